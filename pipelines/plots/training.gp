# SPDX-License-Identifier: Apache-2.0
# Loss and dev micro-F1 by epoch. The caller sets output, small, history (one line for each epoch: epoch, phase, loss, dev
# loss, dev micro-F1; an empty line between phases), focal (the first epoch with focal loss; 0: none) and kept (the epoch of the final
# model; 0: unknown).
set terminal svg size 720,720 font "sans-serif,13" background "white"
title = "Training"; left_edge = 0.13; top_edge = 0.93
load style
stats history using 1 nooutput
last = STATS_max
stats history using 3 nooutput
most = STATS_max
stats history using 4 nooutput
most = STATS_max > most ? STATS_max : most
stats history using 5 nooutput
room = STATS_max > STATS_min ? 0.1 * (STATS_max - STATS_min) : 0.01
set multiplot
set lmargin at screen left_edge
set rmargin at screen 0.83
set xrange [0.5:last + 0.5]
step = last > 20 ? ceil(last / 100.0) * 5 : last > 10 ? 2 : 1
set xtics step
if (focal > 0) {
    set arrow 1 from focal - 0.5, graph 0 to focal - 0.5, graph 1 nohead lc rgb "#b5b5b5" dt (6, 4)
    set label 1 "BCE" at focal - 0.5, graph 0.96 right offset -0.8,0 textcolor rgb grey
    set label 2 "focal loss" at focal - 0.5, graph 0.96 left offset 0.8,0 textcolor rgb grey
}
at_end(column) = $1 == last ? column : NaN
at_kept(column) = $1 == kept ? column : NaN

set tmargin at screen 0.89
set bmargin at screen 0.51
set format x ""
set yrange [0:most > 0 ? 1.15 * most : 1]
set ylabel "loss" textcolor rgb "#333333"
plot history using 1:3 title "loss in training" with linespoints lc rgb blue lw 2 pt 7 ps 0.45, \
    "" using 1:4 title "loss on dev" with linespoints lc rgb orange lw 2 pt 7 ps 0.45, \
    "" using 1:(at_end($3)):("training") title "" with labels left offset 0.8,0.15 textcolor rgb blue, \
    "" using 1:(at_end($4)):("dev (BCE)") title "" with labels left offset 0.8,0.4 textcolor rgb orange

unset label
set tmargin at screen 0.47
set bmargin at screen 0.09
set format x "%g"
set xlabel "epoch" textcolor rgb "#333333"
set yrange [STATS_min - room:STATS_max + 1.5 * room]
set ylabel "micro-F1 on dev" textcolor rgb "#333333"
plot history using 1:5 title "micro-F1 on dev" with linespoints lc rgb blue lw 2 pt 7 ps 0.45, \
    for [i = 1:kept > 0] "" using 1:(at_kept($5)) title "epoch of the final model" with points pt 7 ps 0.9 lc rgb green, \
    for [i = 1:kept > 0] "" using 1:(at_kept($5)):(sprintf("kept: %.3f", $5)) title "" with labels center offset 0,0.9 textcolor rgb green
unset multiplot
