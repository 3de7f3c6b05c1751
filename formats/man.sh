#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a page of formats/ as a manual page: man.sh NAME SECTION VERSION DATE PAGE.md
#
#   formats/man.sh ecan-stream 5 0.2.0 2026-11-29 formats/stream.md >ecan-stream.5
#
# It reads the Markdown that these pages use: headings, paragraphs, indented code, tables, lists, `code`, **bold**,
# *emphasis* and links. The title of the page is "# WHAT: SUMMARY".
set -eu
[ $# -eq 5 ] || { sed -n '2,/^[^#]/{ /SPDX-/d; s/^# \{0,1\}//p }' "$0" >&2; exit 2; }
LC_ALL=C.UTF-8 awk -v name="$1" -v section="$2" -v version="$3" -v date="$4" '
    # s so that roff prints it as it is: no escapes, and characters that can be copied.
    function plain(s) {
        gsub(/\\/, "\\(rs", s)
        gsub(/-/, "\\-", s)
        gsub(/\047/, "\\(aq", s)
        gsub(/`/, "\\(ga", s)
        gsub(/\^/, "\\(ha", s)
        gsub(/~/, "\\(ti", s)
        return s
    }
    function bold(s) { return "\\fB" plain(s) "\\fR" }

    # The text of a link, and its address if it is on another site.
    function link(s,  address) {
        address = s
        sub(/^.*\]\(/, "", address)
        sub(/\)$/, "", address)
        sub(/^\[/, "", s)
        sub(/\]\([^)]*\)$/, "", s)
        s = s ~ /^`.*`$/ ? bold(substr(s, 2, length(s) - 2)) : plain(s)
        return address ~ /^https?:/ ? s " <" plain(address) ">" : s
    }
    function inline(s,  out, part) {
        out = ""
        while (match(s, /`[^`]+`|\*\*[^*]+\*\*|\*[^* ][^*]*\*|\[[^]]+\]\([^)]*\)/)) {
            out = out plain(substr(s, 1, RSTART - 1))
            part = substr(s, RSTART, RLENGTH)
            s = substr(s, RSTART + RLENGTH)
            if (part ~ /^\[/) out = out link(part)
            else if (part ~ /^`/) out = out bold(substr(part, 2, length(part) - 2))
            else if (part ~ /^\*\*/) out = out bold(substr(part, 3, length(part) - 4))
            else out = out "\\fI" plain(substr(part, 2, length(part) - 2)) "\\fR"
        }
        return out plain(s)
    }

    # A line that begins with a point would be a request.
    function put(s) { print s ~ /^\./ ? "\\&" s : s }

    # Text before the first heading is the description.
    function begin() {
        if (!begun++) print ".SH DESCRIPTION"
    }
    # Ends the paragraph or list item, the code or the table that is open.
    function finish() {
        if (text != "") {
            begin()
            print item == "" ? ".PP" : item
            put(inline(text))
        }
        if (code) print ".EE\n.RE"
        text = item = ""
        code = blank_lines = columns = 0
    }
    function split_cells(line,  n, i) {
        gsub(/\\\|/, "\001", line)
        sub(/^\| */, "", line)
        sub(/ *\| *$/, "", line)
        n = split(line, cell, / *\| */)
        for (i = 1; i <= n; i++) gsub(/\001/, "|", cell[i])
        return n
    }
    # The first cell, and below it the others. With three columns and more each has its heading.
    function row(line,  n, i, separator) {
        n = split_cells(line)
        print ".TP"
        put(cell[1] == "" ? "\\&" : inline(cell[1]))
        separator = ""
        for (i = 2; i <= n; i++) {
            if (cell[i] == "") continue
            printf "%s", separator
            put((columns > 2 && heading[i] != "" ? "\\fI" plain(heading[i]) ":\\fR " : "") inline(cell[i]))
            separator = ".br\n"
        }
        if (separator == "") print "\\&"
    }

    BEGIN { printf ".TH \"%s\" %s \"%s\" \"ecan %s\" \"ecan\"\n", plain(toupper(name)), section, date, version }
    NR == 1 {
        sub(/^# ([^:]*: )?/, "")
        print ".SH NAME\n" plain(name) " \\- " plain($0)
        next
    }
    /^### / { finish(); print ".SS \"" plain(substr($0, 5)) "\""; next }
    /^## / { finish(); begun = 1; print ".SH \"" plain(toupper(substr($0, 4))) "\""; next }
    /^    / && text == "" {
        if (!code) {
            finish()
            begin()
            print ".PP\n.RS 4\n.EX"
            code = 1
        }
        for (; blank_lines > 0; blank_lines--) print ""
        put(plain(substr($0, 5)))
        next
    }
    /^\| *---/ { next }
    /^\|/ {
        if (columns) {
            row($0)
            next
        }
        finish()
        begin()
        columns = split_cells($0)
        for (i = 1; i <= columns; i++) heading[i] = cell[i]
        next
    }
    /^ *$/ {
        if (code) blank_lines++
        else finish()
        next
    }
    /^(- |[0-9]+\. )/ {
        finish()
        item = $1 == "-" ? ".IP \\(bu 3" : ".IP " $1 " 4"
        sub(/^(-|[0-9]+\.) +/, "")
    }
    {
        if (code || columns) finish()
        sub(/^ +/, "")
        text = text (text == "" ? "" : " ") $0
    }
    END { finish() }
' "$5"
