# SPDX-License-Identifier: Apache-2.0
# Precision against recall at every threshold. The caller sets output, small, curve (ecan-metrics --curve), marks (one line for each
# threshold: threshold, precision, recall, F1) and marked (the number of these lines).
set terminal svg size 640,640 font "sans-serif,13" background "white"
title = "Precision and recall"; left_edge = 0.13; top_edge = 0.91
load style
set size ratio 1
set lmargin at screen left_edge
set rmargin at screen 0.90
set tmargin at screen 0.88
set bmargin at screen 0.11
set xrange [0:1]
set yrange [0:1]
set xtics 0.2
set ytics 0.2
set xlabel "micro recall" textcolor rgb "#333333"
set ylabel "micro precision" textcolor rgb "#333333"

# Points of equal F1 are a hyperbola, (2 recall - F) (2 precision - F) = F F: recall = F/2 (1 + exp(t)), precision = F/2
# (1 + exp(-t)).
along(f, t) = f / 2 * (1 + exp(t))
set print $equal
do for [i = 1:4] {
    do for [k = -40:40] {
        t = k / 40.0 * log(10.0 / i - 1)
        print sprintf("%g\t%g", along(i * 0.2, t), along(i * 0.2, -t))
    }
    print ""
}
unset print
do for [i = 1:4] {
    f = i * 0.2
    set label i sprintf(i == 4 ? "F1 = %.1f" : "%.1f", f) at 1, f / (2 - f) left offset 0.4,0 \
        textcolor rgb grey font ",11"
}
low(i) = 0.03 + 0.045 * (marked - 1 - i)
shape(i) = int(word("7 5 9 13", 1 + int(i) % 4))
plot $equal using 1:2 title "equal F1" with lines lc rgb "#b5b5b5" lw 1 dt (6, 4), \
    curve using 5:4 every ::1 title "precision at recall" with lines lc rgb blue lw 2.5, \
    for [i = 0:marked - 1] marks using 3:2 every ::i::i title "at the threshold" with points pt shape(i) ps 0.9 lc rgb orange, \
    for [i = 0:marked - 1] "" using (0.03):(low(i)) every ::i::i title "" with points pt shape(i) ps 0.9 lc rgb orange, \
    for [i = 0:marked - 1] "" using (0.05):(low(i)):(sprintf("threshold %.3g: F1 %.3f", $1, $4)) every ::i::i \
        title "" with labels left textcolor rgb orange
