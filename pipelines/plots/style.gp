# SPDX-License-Identifier: Apache-2.0
# Style of all plots: the title above the subtitle (small), at left_edge and top_edge of the screen.
# The colours are distinguishable for colour-blind people (Okabe and Ito). The background is white, so that plots are readable on dark pages.
blue = "#0072b2"; orange = "#d55e00"; green = "#007a5a"; grey = "#6b6b6b"
set output output
set border 3 lc rgb grey lw 1
set tics nomirror out scale 0.5 textcolor rgb "#333333"
set grid lc rgb "#ececec" lt 1 lw 1
set key off
set datafile separator "\t"
set datafile missing ""
set label 92 small at screen left_edge, screen top_edge font ",12" textcolor rgb grey
set label 91 title at screen left_edge, screen top_edge offset 0,1.2 font "sans-serif:Bold,15"
