# SPDX-License-Identifier: Apache-2.0
# The effect of each setting: awk -v points=FILE -f mattered.awk FS=$'\037' DRAWN FS=$'\t' TABLE
#
# DRAWN is the output of draw.awk, TABLE the table of tune.sh. Output, one line for each setting, largest share first: name, kind,
# share, its chance, correlation, its chance. The results used are those of the first rung, after which all configurations have the
# same number of epochs.
#
#   share        share of the variance of the results that the setting explains: epsilon squared
#                = 1 - (within / (n - k)) / (all / (n - 1)), where within and all are the sums of squares about the means of k bins and
#                of all n results. A bin is a choice, or one of at most five parts of a range with equally many values, at least four.
#                If a setting has no effect, the mean of the share is 0.
#   correlation  Spearman's correlation of result and value, for numbers. It detects only monotonic effects
#   chance       the 95% quantile of the share, or of the absolute correlation, over 999 random permutations of the results
#
# Each setting is analysed separately, so interactions are not detected.
#
# FILE gets three data sets for each setting, in the same order: for each configuration the value, the result at the first rung, the
# result at the last rung and the last rung; value and mean of each bin; position and name of each choice.

function is_number(x) { return x ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ }

FS == "\037" {
    if ($1 != "S") next
    name[++settings] = $2
    kind[settings] = $3
    choices[settings] = split($4, part, "\036")
    numbers[settings] = 1
    for (i = 1; i <= choices[settings]; i++) {
        choice[settings, i] = part[i]
        if (!is_number(part[i])) numbers[settings] = 0
    }
    next
}

FNR == 1 || $1 == 0 || $8 == "" { next }

{
    id[++n] = $1
    result[n] = first[n] = $8
    last[n] = $5
    rung[n] = $2
    for (s = 1; s <= settings; s++) value[n, s] = $(9 + s)
}

# by_value(S, ORDER): sorts the configurations by value.
function by_value(s, order,    i, j, c) {
    for (i = 1; i <= n; i++) {
        for (j = i; j > 1 && value[order[j - 1], s] + 0 > value[i, s] + 0; j--) order[j] = order[j - 1]
        order[j] = i
    }
}

# divide(S): sets bin[i, S] of each configuration, 1 .. bins[S].
function divide(s,    order, i, j, most) {
    if (kind[s] == "choice") {
        bins[s] = choices[s]
        for (i = 1; i <= n; i++)
            for (j = 1; j <= choices[s]; j++)
                if (choice[s, j] == value[i, s]) bin[i, s] = j
        return
    }
    most = int(n / 4)
    bins[s] = most > 5 ? 5 : most < 2 ? 2 : most
    by_value(s, order)
    for (i = 1; i <= n; i++) bin[order[i], s] = int((i - 1) * bins[s] / n) + 1
}

# share(S): epsilon squared of the results in their current order.
function share(s,    i, k, within, all, size, sum, square, total, total_square) {
    for (i = 1; i <= n; i++) {
        size[bin[i, s]]++
        sum[bin[i, s]] += result[i]
        total += result[i]
    }
    for (i = 1; i <= n; i++) {
        all += (result[i] - total / n) ^ 2
        within += (result[i] - sum[bin[i, s]] / size[bin[i, s]]) ^ 2
    }
    for (i in size) k++
    return k < 2 || n <= k || all == 0 ? "" : 1 - within / (n - k) / (all / (n - 1))
}

# random(): a random number above 0 and below 1, by L'Ecuyer's combined generator (1988).
function random(    z) {
    state1 = state1 * 40014 % 2147483563
    state2 = state2 * 40692 % 2147483399
    z = state1 - state2
    if (z < 1) z += 2147483562
    return z / 2147483563
}

# shuffle(): permutes the results, each with its rank.
function shuffle(    i, j, f) {
    for (i = n; i > 1; i--) {
        j = 1 + int(random() * i)
        f = result[i]
        result[i] = result[j]
        result[j] = f
        f = result_rank[i]
        result_rank[i] = result_rank[j]
        result_rank[j] = f
    }
}

# add_largest(WHAT, X): keeps the 50 largest of 999.
function add_largest(what, x,    i) {
    for (i = kept[what] < 50 ? ++kept[what] : 51; i > 1 && largest[what, i - 1] < x; i--)
        largest[what, i] = largest[what, i - 1]
    largest[what, i] = x
}

# ranks(X, RANK): mean ranks of x[1 .. n].
function ranks(x, rank,    i, j, less, same) {
    for (i = 1; i <= n; i++) {
        less = same = 0
        for (j = 1; j <= n; j++) {
            if (x[j] < x[i]) less++
            if (x[j] == x[i]) same++
        }
        rank[i] = less + (same + 1) / 2
    }
}

# rank_values(S): sets value_rank[S, i], the rank minus the mean rank.
function rank_values(s,    i, x, rank) {
    for (i = 1; i <= n; i++) x[i] = value[i, s] + 0
    ranks(x, rank)
    for (i = 1; i <= n; i++) value_rank[s, i] = rank[i] - (n + 1) / 2
}

# correlation(S): correlation of the ranks in their current order; empty if all values, or all results, are equal.
function correlation(s,    i, b, ab, aa, bb) {
    for (i = 1; i <= n; i++) {
        b = result_rank[i] - (n + 1) / 2
        ab += value_rank[s, i] * b
        aa += value_rank[s, i] ^ 2
        bb += b ^ 2
    }
    return aa * bb > 0 ? ab / sqrt(aa * bb) : ""
}

function absolute(x) { return x < 0 ? -x : x }

# text(X, FORMAT): the formatted number, or empty if there is none.
function text(x, format) { return x == "" ? "" : sprintf(format, x) }

# at(I, S): position of a configuration on the axis; equal choices are spread out.
function at(i, s,    spread) {
    if (kind[s] != "choice") return value[i, s]
    spread = id[i] * 0.618034
    return bin[i, s] + 0.5 * (spread - int(spread) - 0.5)
}

function write_points(s,    i, b, size, sum, x) {
    for (i = 1; i <= n; i++) print at(i, s) "\t" first[i] "\t" last[i] "\t" rung[i] >points
    print "\n" >points
    for (i = 1; i <= n; i++) {
        b = bin[i, s]
        size[b]++
        sum[b] += first[i]
        x[b] += kind[s] == "log" ? log(value[i, s]) : kind[s] == "choice" ? b : value[i, s]
    }
    for (b = 1; b <= bins[s]; b++)
        if (size[b]) print (kind[s] == "log" ? exp(x[b] / size[b]) : x[b] / size[b]) "\t" sum[b] / size[b] >points
    print "\n" >points
    if (kind[s] != "choice") print "0\t" >points
    else for (b = 1; b <= bins[s]; b++) print b "\t" (choice[s, b] == "" ? "none" : choice[s, b]) >points
    print "\n" >points
}

END {
    for (i = 1; i <= n; i++) {
        result[i] += 0
        first[i] += 0
    }
    state1 = 12345
    state2 = 67890
    if (n == 0) exit
    ranks(first, result_rank)
    for (s = 1; s <= settings; s++) {
        divide(s)
        shares[s] = share(s)
        correlations[s] = ""
        if (kind[s] != "choice" || numbers[s]) {
            rank_values(s)
            correlations[s] = correlation(s)
        }
    }
    for (t = 1; t <= 999; t++) {
        shuffle()
        for (s = 1; s <= settings; s++) {
            if (shares[s] != "") add_largest(s, share(s))
            if (correlations[s] != "") add_largest(s "r", absolute(correlation(s)))
        }
    }
    # Largest share first; settings without a share last.
    for (s = 1; s <= settings; s++) {
        x = shares[s] == "" ? -9 : shares[s]
        for (i = s; i > 1 && height[i - 1] < x; i--) {
            height[i] = height[i - 1]
            order[i] = order[i - 1]
        }
        height[i] = x
        order[i] = s
    }
    for (i = 1; i <= settings; i++) {
        s = order[i]
        print name[s] "\t" kind[s] "\t" text(shares[s], "%.4f") "\t" text(largest[s, 50], "%.4f") "\t" \
            text(correlations[s], "%.3f") "\t" text(largest[s "r", 50], "%.3f")
        write_points(s)
    }
}
