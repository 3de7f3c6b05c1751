# SPDX-License-Identifier: Apache-2.0
# Reliability of the probabilities. The caller sets output, small, bins (ecan-metrics --reliability).
set terminal svg size 640,760 font "sans-serif,13" background "white"
title = "Reliability of the probabilities"; left_edge = 0.13; top_edge = 0.92
load style
stats bins using 3 every ::1 nooutput
set multiplot
set lmargin at screen left_edge
set rmargin at screen 0.95
set xrange [0:1]
set xtics 0.2

set tmargin at screen 0.88
set bmargin at screen 0.31
set yrange [0:1]
set ytics 0.2
set format x ""
set ylabel "share of gold codes" textcolor rgb "#333333" offset 0.5,0
set label 1 "perfect calibration" at graph 1, graph 1 right offset 0,0.6 textcolor rgb grey font ",11"
plot x title "perfect calibration" with lines lc rgb "#b5b5b5" lw 1.5 dt (6, 4), \
    bins using 5:6 every ::1 title "share of gold codes at mean score" with linespoints lc rgb blue lw 2.5 pt 7 ps 0.7

unset label
set tmargin at screen 0.27
set bmargin at screen 0.09
set format x "%.1f"
set xlabel "score (probability of a code)" textcolor rgb "#333333"
set ylabel "scores" textcolor rgb "#333333" offset 0.5,0
set logscale y
set yrange [0.7:*]
decades = STATS_max > 1e4 ? 100 : 10
set ytics decades
set format y "10^{%L}"
set style fill solid noborder
plot bins using (($1 + $2) / 2):($3 > 0 ? $3 : NaN):(($2 - $1) * 0.92) every ::1 title "scores in the bin" \
    with boxes lc rgb "#9ecae1"
unset multiplot
