# SPDX-License-Identifier: Apache-2.0
# The effect of each setting in a search. The caller sets output, small, criterion (its name), first and last (captions of the results
# of the first and of the last rung), n (number of settings), and mattered and points, the output of tune/mattered.awk.
across = 3
down = (n + across - 1) / across
bar = 21; panel = 130; below = 74; head = 96; between = 140
top = head + n * bar + between
height = top + down * (panel + below)
set terminal svg size 760,height font "sans-serif,13" background "white"
title = "What mattered"; left_edge = 0.03; top_edge = 1 - 52.0 / height
load style
y(pixels) = 1 - pixels / real(height)
larger(a, b) = a > b ? a : b
short(text) = strlen(text) > 14 ? text[1:12] . ".." : text

array name[n]; array kind[n]; array choices[n]; array longest[n]; array least[n]; array most[n]
low = high = 0
do for [i = 0:n - 1] {
    stats mattered using (name[i + 1] = strcol(1), kind[i + 1] = strcol(2), $0) every ::i::i nooutput
    stats points index 3 * i using 1 nooutput
    least[i + 1] = STATS_min
    most[i + 1] = STATS_max
    stats points index 3 * i + 2 using 1 nooutput
    choices[i + 1] = STATS_max
    stats points index 3 * i + 2 using (strlen(short(strcol(2)))) nooutput
    longest[i + 1] = STATS_max
    do for [column = 2:3] {
        stats points index 3 * i using column nooutput
        low = i + column == 2 || STATS_min < low ? STATS_min : low
        high = i + column == 2 || STATS_max > high ? STATS_max : high
    }
}
room = high > low ? 0.08 * (high - low) : 0.01
decimals = high - low > 0.05 ? "%.2f" : high - low > 0.005 ? "%.3f" : "%g"

# Shares of the variance, the largest at the top.
set multiplot
set label 2 "* rank correlation above chance" at screen 0.62, screen y(head - 14) textcolor rgb "#333333" font ",11"
set lmargin at screen 0.24
set rmargin at screen 0.80
set tmargin at screen y(head)
set bmargin at screen y(head + n * bar)
set xrange [0:1]
set yrange [n - 0.5:-0.5]
set xtics 0.2
set ytics scale 0 noenhanced
unset grid
set grid x lc rgb "#ececec" lt 1 lw 1
set style fill solid noborder
share(column) = larger(column, 0)
said(share, r, chance) = sprintf("%.0f%%", 100 * larger(share, 0)) . (strlen(r) ? sprintf(", rank %+.2f", real(r)) \
    . (abs(real(r)) > real(chance) ? " *" : "") : "")
set xlabel offset 0,0.4 "share of the variance that the setting explains, after the first rung" textcolor rgb "#333333"
set label 1 "marks: 95% of random permutations are below" at screen 0.24, y(head - 14) left textcolor rgb orange font ",11"
plot mattered using (share($3) / 2):0:(share($3) / 2):(0.33):ytic(1) title "share of the variance" with boxxyerror lc rgb blue, \
    "" using 4:($0 - 0.42):(0):(0.84) title "share by chance" with vectors nohead lw 2 lc rgb orange, \
    "" using (larger(share($3), $4)):0:(said($3, strcol(5), strcol(6))) title "" with labels left offset 0.8,0 textcolor rgb "#333333" font ",11"
unset label

# Results by value of each setting.
unset grid
set grid y lc rgb "#ececec" lt 1 lw 1
unset xlabel
set ytics scale 0.5 autofreq format decimals font ",11"
set xtics font ",11" noenhanced
set yrange [low - room:high + room]
set label 2 criterion at screen left_edge, screen y(top - 68) textcolor rgb "#333333"
set label 3 first at screen left_edge + 0.02, screen y(top - 45) textcolor rgb blue font ",11" \
    point pt 7 ps 0.4 lc rgb blue offset 0.6,0
set label 4 last at screen 0.5, screen y(top - 45) textcolor rgb orange font ",11" \
    point pt 7 ps 0.5 lc rgb orange offset 0.6,0
results = "points index 3 * i using 1:2:(0):($3 - $2) title '' with vectors nohead lc rgb '#d9b8a0' lw 1, \
    '' index 3 * i using 1:2 title 'first rung' with points pt 7 ps 0.4 lc rgb blue, \
    '' index 3 * i using 1:(strcol(4) eq '1' ? NaN : $3) title 'last rung' with points pt 7 ps 0.5 lc rgb orange, \
    '' index 3 * i + 1 using 1:2 title 'mean of the first rung' with lines lc rgb blue lw 1.5"
do for [i = 0:n - 1] {
    column = i % across
    down = i / across
    left = 0.075 + 0.315 * column
    above = top + down * (panel + below)
    set lmargin at screen left
    set rmargin at screen left + 0.265
    set tmargin at screen y(above)
    set bmargin at screen y(above + panel)
    set label 1 name[i + 1] at screen left, screen y(above - 12) noenhanced
    unset logscale x
    set xtics autofreq scale 0.5 norotate
    if (kind[i + 1] eq "log") {
        set logscale x
        margin = most[i + 1] > least[i + 1] ? (most[i + 1] / least[i + 1]) ** 0.04 : 1.5
        set xrange [least[i + 1] / margin:most[i + 1] * margin]
        set xtics () scale 0.5
        steps = most[i + 1] / least[i + 1] > 300 ? "1" : most[i + 1] / least[i + 1] > 8 ? "1 3" : "1 2 3 5"
        do for [decade = -12:6] {
            do for [step in steps] { set xtics add (sprintf("%g", real(step) * 10 ** decade) real(step) * 10 ** decade) }
        }
    }
    if (kind[i + 1] eq "range") {
        margin = most[i + 1] > least[i + 1] ? 0.04 * (most[i + 1] - least[i + 1]) : 1
        set xrange [least[i + 1] - margin:most[i + 1] + margin]
    }
    if (kind[i + 1] eq "choice") {
        set xrange [0.4:choices[i + 1] + 0.6]
        set xtics scale 0
        if (choices[i + 1] * longest[i + 1] > 26) { set xtics rotate by -30 }
        plot points index 3 * i + 2 using 1:(low - room):xtic(short(strcol(2))) title "" with dots lc rgb "#ff000000", \
            @results
    } else {
        plot @results
    }
    unset label 2
    unset label 3
    unset label 4
}
unset multiplot
