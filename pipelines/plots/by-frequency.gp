# SPDX-License-Identifier: Apache-2.0
# F1 of rare and of frequent codes. The caller sets output, small and bins (from, to, labels, labels with gold, gold codes,
# micro-F1, mean F1 of the labels with gold; one line for each bin).
set terminal svg size 760,540 font "sans-serif,13" background "white"
title = "F1 by number of training encounters of a code"; left_edge = 0.17; top_edge = 0.91
load style
set lmargin at screen left_edge
set rmargin at screen 0.97
set tmargin at screen 0.82
set bmargin at screen 0.17
unset grid
set grid y lc rgb "#ececec" lt 1 lw 1
set key at screen left_edge, screen 0.865 left horizontal Left reverse samplen 1 width -9 textcolor variable
stats bins using 3 nooutput
set xrange [-0.5:STATS_records - 0.5]
set yrange [0:1]
set ytics 0.2
set xtics scale 0
set ylabel "F1" textcolor rgb "#333333" offset screen 0.012,0
set label 1 "in training\nlabels with gold\ngold codes" at graph 0, graph 0 right offset -1.2,-1.03 textcolor rgb grey
set style fill solid noborder
thousands(n) = n < 1000 ? sprintf("%d", n) : sprintf("%s,%03d", n < 1e6 ? sprintf("%d", int(n) / 1000) \
    : sprintf("%d,%03d", int(n) / 1000000, int(n) / 1000 % 1000), int(n) % 1000)
range(from, to) = from == to ? sprintf("%d", from) : to > 0 ? sprintf("%d to %d", from, to) : sprintf("more than %d", from - 1)
plot bins using ($0 - 0.19):6:(0.36) title "micro-F1" with boxes lc rgb blue, \
    "" using ($0 + 0.19):7:(0.36) title "mean F1 over labels with gold" with boxes lc rgb orange, \
    "" using 0:(0):xtic(range($1, $2) . "\n" . thousands($4) . "\n" . thousands($5)) notitle with dots lc rgb "#ff000000", \
    "" using ($0 - 0.19):6:(sprintf("%.2f", $6)) notitle with labels center offset 0,0.6 textcolor rgb blue font ",11", \
    "" using ($0 + 0.19):7:(sprintf("%.2f", $7)) notitle with labels center offset 0,0.6 textcolor rgb orange font ",11"
