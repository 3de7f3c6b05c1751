# SPDX-License-Identifier: Apache-2.0
# speed.svg: a column of pictures for each kind of documents; in a column the speed of training and of prediction, as far
# as they were measured, as share of the rate of a large sgemm so that configurations can be compared, and the memory of
# both. bench.py sets folder, kinds, works and machine. A line of the data: the configuration, then for each of
# ecan-predict, the pipe, ecan, ONNX Runtime and PyTorch the median, least and most share and the peak MiB.
columns = words(kinds)
left = 90.0
right = 60.0
width = left + right + 430 * columns
rows = 2 * words(works)
top = 93.0; bottom = 99.0; between = 105.0
height = top + 183 * rows + between * (rows - 1) + bottom
set terminal svg size width, height font "sans-serif,12" background "white"
set output folder . "/speed.svg"
set multiplot layout rows, columns columnsfirst title machine font ",13" \
    margins left / width, 1 - right / width, bottom / height, 1 - top / height spacing 60.0 / width, between / height
set style data histogram
set style fill solid noborder
set boxwidth 0.9
set grid y lc "#dddddd"
set border 3
set tics nomirror out
set xtics rotate by -25
set key top right horizontal samplen 1.2 width -1 maxcols 5
set datafile missing "NaN"
set errorbars lw 1 lc "#444444"
name(k) = k eq "mix" ? "encounters of about 1,500 words" : k . " words each"
file(work, k) = folder . "/" . work . "-" . k . ".dat"
blue = "#1b6ca8"; light = "#8fc1e3"; red = "#c0504d"; yellow = "#e8a33d"

do for [i = 1:columns] {
    k = word(kinds, i)
    set style histogram errorbars gap 1 lw 1
    unset logscale y
    set yrange [0:200] # convolutions take half the multiplications that count; and room for the key
    set ylabel (i == 1 ? "% of the large sgemm's rate" : "")
    set title "Training, " . name(k)
    if (strstrt(works, "train")) {
        plot file("train", k) using 10:11:12:xtic(1) title "ecan" lc rgb blue, "" using 18:19:20 title "PyTorch" lc rgb yellow
    }
    set title "Prediction, " . name(k)
    if (strstrt(works, "predict")) {
        plot file("predict", k) using 2:3:4:xtic(1) title "ecan-predict" lc rgb blue, "" using 6:7:8 title "pipe" lc rgb light, \
             "" using 14:15:16 title "ONNX Runtime" lc rgb red, "" using 18:19:20 title "PyTorch" lc rgb yellow
    }
    set style histogram clustered gap 1
    set logscale y
    set yrange [30:100000]
    set ylabel (i == 1 ? "peak MiB" : "")
    set title "Memory of training"
    if (strstrt(works, "train")) {
        plot file("train", k) using 13:xtic(1) title "ecan" lc rgb blue, "" using 21 title "PyTorch" lc rgb yellow
    }
    set title "Memory of prediction"
    if (strstrt(works, "predict")) {
        plot file("predict", k) using 5:xtic(1) title "ecan-predict" lc rgb blue, "" using 9 title "pipe" lc rgb light, \
             "" using 17 title "ONNX Runtime" lc rgb red, "" using 21 title "PyTorch" lc rgb yellow
    }
}
unset multiplot
