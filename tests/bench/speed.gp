# speed.svg: one column of pictures for each kind of documents, one row each for the speed of training and of prediction
# (as share of the rate of a large sgemm: so configurations can be compared) and for the memory of both. Called by
# bench.py with folder, kinds and machine set. A line of the data: configuration, then median, least and
# most share and peak MiB of ecan-predict, the pipe, ecan, ONNX Runtime and PyTorch.
columns = words(kinds)
set terminal svg size 240 + 420 * columns, 1180 font "sans-serif,12" background "white"
set output folder . "/speed.svg"
set multiplot layout 4, columns columnsfirst margins 80.0 / (240 + 420 * columns), 1 - 20.0 / (240 + 420 * columns), 0.09, 0.93 \
    spacing 0.06, 0.075 title machine font ",13"
set style data histogram
set style histogram errorbars gap 1.2 lw 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set grid y lc "#dddddd"
set border 3
set tics nomirror out
set key top left horizontal samplen 1 width -2
name(k) = k eq "mix" ? "encounters, about 1,500 words" : k . " words each"
file(work, k) = folder . "/" . work . "-" . k . ".dat"
predict = "#1b6ca8"; pipe = "#7fb3d5"; onnx = "#c0504d"; torch = "#e8a33d"
set datafile missing "NaN"
do for [i = 1:columns] {
    k = word(kinds, i)
    set xtics rotate by -30
    unset logscale y
    set yrange [0:130]
    set ylabel (i == 1 ? "% of the sgemm rate" : "")
    set title "Training, " . name(k)
    plot file("train", k) using 10:11:12:xtic(1) title "ecan" lc rgb predict, \
         "" using 18:19:20 title "PyTorch" lc rgb torch
    set title "Prediction, " . name(k)
    plot file("predict", k) using 2:3:4:xtic(1) title "ecan-predict" lc rgb predict, \
         "" using 6:7:8 title "pipe" lc rgb pipe, \
         "" using 14:15:16 title "ONNX Runtime" lc rgb onnx, \
         "" using 18:19:20 title "PyTorch" lc rgb torch
    set style histogram clustered gap 1.2
    set logscale y
    set yrange [30:50000]
    set ylabel (i == 1 ? "peak MiB" : "")
    set title "Memory of training"
    plot file("train", k) using 13:xtic(1) title "ecan" lc rgb predict, "" using 21 title "PyTorch" lc rgb torch
    set title "Memory of prediction"
    plot file("predict", k) using 5:xtic(1) title "ecan-predict" lc rgb predict, "" using 9 title "pipe" lc rgb pipe, \
         "" using 17 title "ONNX Runtime" lc rgb onnx, "" using 21 title "PyTorch" lc rgb torch
    set style histogram errorbars gap 1.2 lw 1
}
unset multiplot
