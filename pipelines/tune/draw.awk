# SPDX-License-Identifier: Apache-2.0
# Draws configurations from a space (formats/space.md): awk -v seed=1 -v n=27 -f draw.awk SPACE
#
# Output, one line for each setting that is not a list: S, its name, its kind (range, log or choice), its choices. Then one line for
# each configuration: C, its number, what it adds to TOKENIZE and to W2V, its TEXT after a =, its options of ecan-train, and the
# value of each setting. Byte 31 separates columns, byte 30 options and choices. An error names the line of SPACE.
#
# Each setting has its own random numbers, from the seed and its name. So the first configurations do not depend on N or on other
# settings. A duplicate configuration is drawn again.

function wrong(text) {
    printf "%s:%s %s\n", FILENAME, FNR ? FNR ":" : "", text >"/dev/stderr"
    failed = 1
    exit 1
}

# split_words(LINE, WORD): splits a line into words as a shell does: blanks separate words except in quotes, # starts a comment.
function split_words(line, word,    i, c, quote, n, open) {
    n = open = 0
    quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (quote != "") {
            if (c == quote) quote = ""
            else word[n] = word[n] c
            continue
        }
        if (c == " " || c == "\t" || c == "\r") {
            open = 0
            continue
        }
        if (c == "#" && !open) break
        if (!open) {
            word[++n] = ""
            open = 1
        }
        if (c == "'" || c == "\"") quote = c
        else word[n] = word[n] c
    }
    if (quote != "") wrong("a quote " quote " that is not closed")
    return n
}

function is_number(x) { return x ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ }
function is_whole(x) { return x ~ /^[0-9]+$/ }

# knows(PROGRAM, OPTION): whether the --help of PROGRAM has OPTION.
function knows(program, option,    line, command) {
    if (!(program in help)) {
        command = program " --help 2>/dev/null"
        while ((command | getline line) > 0) help[program] = help[program] line "\n"
        close(command)
    }
    return help[program] == "" || match(help[program], option "[] ,\n]")
}

function check_option(program, option) {
    if (option !~ /^--[a-z0-9][a-z0-9-]*$/) wrong(option ": not an option")
    if (option ~ /^--(output|threads|quiet|seed)$/) wrong(option ": not a setting to search over")
    if (!knows(program, option)) wrong(program " has no " option)
}

# load_settings(): loads the table of ecan-train --settings: type, low, high and choices, by name and by alias.
function load_settings(    line, column, rows, i) {
    while (("ecan-train --settings" | getline line) > 0) {
        split(line, column, "\t")
        if (rows++ == 0) continue
        for (i = 1; i <= 2; i++) {
            if (column[i] == "") continue
            type_of["--" column[i]] = column[3]
            low_of["--" column[i]] = column[4]
            high_of["--" column[i]] = column[5]
            choices_of["--" column[i]] = column[6]
            searched["--" column[i]] = column[7]
        }
    }
    close("ecan-train --settings")
    if (rows == 0) wrong("ecan-train --settings printed no table: is ecan-train on the PATH?")
}

function check_setting(name) {
    if (!(name in type_of)) wrong("ecan-train has no setting " name)
    if (searched[name] != "yes") wrong(name ": not a setting to search over")
}

function is_choice(name, text) { return index("|" choices_of[name] "|", "|" text "|") > 0 }

function check_number(name, text) {
    if (type_of[name] == "real" ? !is_number(text) : !is_whole(text))
        wrong(name ": " text ": not a " (type_of[name] == "real" ? "" : "whole ") "number")
    if (text + 0 < low_of[name] + 0 || text + 0 > high_of[name] + 0)
        wrong(name ": " text " is not within " low_of[name] " .. " high_of[name])
}

# check_value(NAME, TEXT): fails if the value is not valid for ecan-train.
function check_value(name, text,    part, n, i) {
    if (type_of[name] == "flag") wrong(name " has no value: write " name " flag")
    n = type_of[name] == "list" || type_of[name] == "names" ? split(text, part, ",") : split(text, part, "\n")
    for (i = 1; i <= n; i++) {
        if (choices_of[name] != "" && is_choice(name, part[i])) continue
        if (type_of[name] == "choice" || type_of[name] == "names")
            wrong(name ": invalid value '" part[i] "': choose " (type_of[name] == "choice" ? "one " : "") "of " choices_of[name])
        check_number(name, part[i])
    }
}

# check_options(TEXT): checks options with their values, as on the command line.
function check_options(text,    part, n, i, name, at) {
    n = split_words(text, part)
    for (i = 1; i <= n; i++) {
        name = part[i]
        if (name !~ /^--/) wrong(name ": not an option")
        at = index(name, "=")
        if (at) name = substr(name, 1, at - 1)
        if (!(name in type_of) && type_of["--" substr(name, 6)] == "flag" && name ~ /^--no-/) name = "--" substr(name, 6)
        check_setting(name)
        if (at) check_value(name, substr(part[i], at + 1))
        else if (type_of[name] != "flag") {
            if (i == n) wrong(name " wants a value")
            check_value(name, part[++i])
        }
    }
}

BEGIN {
    program["TOKENIZE"] = "ecan-tokenize"
    program["W2V"] = "ecan-w2v"
    load_settings()
    for (i = 1; i < 256; i++) number_of[sprintf("%c", i)] = i
}

{
    delete word
    words = split_words($0, word)
    if (words == 0) next
    s = ++settings
    line_of[s] = FNR
    at = 1
    place[s] = word[1] == "TOKENIZE" || word[1] == "W2V" ? word[at++] : ""
    name = word[at]
    option[s] = times[s] = ""
    if (name ~ /^--/) {
        option[s] = name
        if (place[s] == "") check_setting(name)
        else check_option(program[place[s]], name)
        at++
    } else if (place[s] == "") {
        place[s] = name == "TEXT" ? "TEXT" : name ~ /^\$/ ? "$" : "bits"
        if (name !~ /^\$?[A-Za-z][A-Za-z0-9-]*$/) wrong(name ": neither an option nor a name")
        at++
    }
    label[s] = place[s] == "TOKENIZE" || place[s] == "W2V" ? place[s] (option[s] == "" ? "" : " " option[s]) : name
    if (label[s] in named) wrong(label[s] ": line " line_of[named[label[s]]] " has it")
    named[label[s]] = s

    kind[s] = word[at++]
    if (words > at && word[words - 1] == "x") {
        if (option[s] == "" || place[s] != "" || kind[s] != "choice" && kind[s] != "integer")
            wrong("x can only repeat the choices or the integer of an option of ecan-train")
        if (word[words] !~ /^\$/) wrong(word[words] ": x needs the name of a setting that begins with $")
        times[s] = word[words]
        words -= 2
    }
    values[s] = words - at + 1
    for (i = 1; i <= values[s]; i++) value[s, i] = word[at + i - 1]
    if (kind[s] == "list") {
        if (place[s] != "" || type_of[name] != "list") wrong("list wants an option of ecan-train that is a list")
        if (values[s] < 1) wrong("list wants numbers, or names that begin with $")
    } else if (kind[s] == "flag") {
        if (values[s] > 0) wrong("flag has no values")
        if (option[s] == "") wrong("flag wants an option")
        if (place[s] == "" && type_of[name] != "flag") wrong(name " is not a flag: it has values")
        values[s] = 2
        value[s, 1] = "on"
        value[s, 2] = "off"
    } else if (kind[s] == "choice") {
        if (values[s] < 1) wrong("choice wants values")
    } else if (kind[s] == "uniform" || kind[s] == "log" || kind[s] == "integer") {
        if (option[s] == "" && place[s] != "$") wrong(kind[s] " wants an option")
        if (values[s] != 2) wrong(kind[s] " wants two numbers, from and to")
        for (i = 1; i <= 2; i++)
            if (!is_number(value[s, i]) || kind[s] == "integer" && !is_whole(value[s, i]))
                wrong(value[s, i] ": not " (kind[s] == "integer" ? "a whole number" : "a number"))
        if (value[s, 1] + 0 >= value[s, 2] + 0) wrong(value[s, 1] " is not less than " value[s, 2])
        if (kind[s] == "log" && value[s, 1] + 0 <= 0) wrong("log wants numbers above 0")
    } else
        wrong((kind[s] == "" ? "no kind" : kind[s]) ": choice, flag, uniform, log, integer or list")
    for (i = 1; i <= values[s]; i++) {
        if (place[s] == "$" && !is_whole(value[s, i])) wrong(value[s, i] ": not a whole number")
        if (kind[s] == "choice" && option[s] != "" && (value[s, i] == "" || value[s, i] ~ /[ \t]/ && place[s] != ""))
            wrong("'" value[s, i] "': not a value of an option")
        if (place[s] == "" && kind[s] != "flag" && value[s, i] !~ /^\$/) check_value(name, value[s, i])
        if (place[s] == "bits") check_options(value[s, i])
    }
    if (place[s] == "$" && kind[s] != "choice" && kind[s] != "integer") wrong(name ": choice or integer")
    if (place[s] == "" && (kind[s] == "uniform" || kind[s] == "log") && type_of[name] != "real")
        wrong(kind[s] ": " name " has whole numbers, or names: use integer or choice")
}

# start(S): sets the two states of its random numbers, from the seed and its name.
function start(s,    text, i) {
    text = seed "/" label[s]
    state1[s] = state2[s] = 1
    for (i = 1; i <= length(text); i++) {
        state1[s] = (state1[s] * 257 + number_of[substr(text, i, 1)]) % 2147483562 + 1
        state2[s] = (state2[s] * 263 + number_of[substr(text, i, 1)]) % 2147483398 + 1
    }
    for (i = 20 + state1[s] % 97; i > 0; i--) random(s) # how many depends on the seed, so that neighbouring seeds differ
}

# random(S): its next random number, above 0 and below 1, by L'Ecuyer's combined generator (1988), exact in doubles.
function random(s,    z) {
    state1[s] = state1[s] * 40014 % 2147483563
    state2[s] = state2[s] * 40692 % 2147483399
    z = state1[s] - state2[s]
    if (z < 1) z += 2147483562
    return z / 2147483563
}

# draw(S): draws a value of the setting, with three digits.
function draw(s,    u, low, high, v) {
    u = random(s)
    if (kind[s] == "choice" || kind[s] == "flag") return value[s, 1 + int(u * values[s])]
    low = value[s, 1] + 0
    high = value[s, 2] + 0
    if (kind[s] == "integer") return sprintf("%.0f", low + int(u * (high - low + 1)))
    v = sprintf("%.3g", kind[s] == "log" ? low * exp(u * log(high / low)) : low + u * (high - low))
    return v + 0 < low ? value[s, 1] : v + 0 > high ? value[s, 2] : v
}

function repeated(text, n,    all) {
    for (all = text; n > 1; n--) all = all "," text
    return all
}

# check_use(NAME, LOW, HIGH, USE): fails if a value of the setting $NAME is outside the range of its use.
function check_use(name, low, high, use,    s, i) {
    if (!(name in named)) wrong("no line has " name)
    s = named[name]
    used[name] = 1
    for (i = 1; i <= values[s]; i++)
        if (value[s, i] + 0 < low + 0 || value[s, i] + 0 > high + 0)
            wrong(use ": the value " value[s, i] " of " name " is not within " low " .. " high)
}

# joined(S): the numbers of a list, with the drawn values in place of names.
function joined(s,    i, all) {
    for (i = 1; i <= values[s]; i++)
        all = all (i > 1 ? "," : "") (value[s, i] ~ /^\$/ ? v[value[s, i]] : value[s, i])
    return all
}

# add(LIST, WORD): the list with WORD added, separated by byte 30.
function add(list, text) { return list == "" ? text : list "\036" text }

# on_command_line(S, V): what the value adds to the command line, separated by byte 30.
function on_command_line(s, v,    part, n, i, all) {
    if (kind[s] == "flag") return v == "on" ? option[s] : "--no-" substr(option[s], 3)
    if (option[s] != "") return option[s] "\036" v
    n = split_words(v, part)
    all = ""
    for (i = 1; i <= n; i++) all = add(all, part[i])
    return all
}

END {
    if (failed) exit 1
    FNR = 0
    for (s = 1; s <= settings; s++) {
        FNR = line_of[s]
        if (times[s] != "") check_use(times[s], 1, 16, "x " times[s])
        if (kind[s] == "list")
            for (i = 1; i <= values[s]; i++)
                if (value[s, i] ~ /^\$/) check_use(value[s, i], low_of[option[s]], high_of[option[s]], option[s])
    }
    for (s = 1; s <= settings; s++)
        if (place[s] == "$" && !(label[s] in used)) {
            FNR = line_of[s]
            wrong(label[s] ": no line uses it")
        }
    FNR = 0
    if (settings == 0) wrong("no settings")
    for (s = 1; s <= settings; s++) {
        if (kind[s] == "list") continue
        choices = ""
        for (i = 1; i <= values[s]; i++) choices = choices (i > 1 ? "\036" : "") value[s, i]
        print "S\037" label[s] "\037" (kind[s] == "uniform" || kind[s] == "integer" ? "range" : kind[s] == "log" ? "log" : "choice") "\037" choices
        start(s)
    }
    number = 0
    for (tries = 0; number < n && tries < 100 * n + 1000; tries++) {
        key = ""
        for (s = 1; s <= settings; s++) {
            if (kind[s] == "list") continue
            v[label[s]] = draw(s)
            key = key "\037" v[label[s]]
        }
        if (key in seen) continue
        seen[key] = 1
        list["TOKENIZE"] = list["W2V"] = list[""] = text = ""
        for (s = 1; s <= settings; s++) {
            drawn = kind[s] == "list" ? joined(s) : v[label[s]]
            if (place[s] == "TEXT") text = "=" drawn
            else if (place[s] != "$" && (bits = on_command_line(s, times[s] == "" ? drawn : repeated(drawn, v[times[s]]))) != "") {
                where = place[s] == "bits" ? "" : place[s]
                list[where] = add(list[where], bits)
            }
        }
        gsub(/\036/, " ", list["TOKENIZE"])
        gsub(/\036/, " ", list["W2V"])
        print "C\037" ++number "\037" list["TOKENIZE"] "\037" list["W2V"] "\037" text "\037" list[""] key
    }
}
