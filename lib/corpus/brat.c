/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/brat.h"

#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void brat_close(brat *b)
{
    mem_free(b->lines);
    mem_free(b->marks);
    mem_free(b->parts);
    mem_free(b->mark_of);
    map_free(b->names);
    *b = (brat){0};
}

static int at_line(const brat_line *line)
{
    return err_prefix("line %d: ", line->number);
}

/* ---- lines ---- */

static int add_line(brat *b, char *s, int number)
{
    if (!*s)
        return 0;
    if (mem_grow(&b->lines, &b->cap_lines, b->n_lines + 1, sizeof *b->lines))
        return -1;
    brat_line *line = &b->lines[b->n_lines++];
    *line = (brat_line){s, "", "", number};
    char *tab = strchr(s, '\t');
    if (!tab)
        return err_set("expected an id, a tab and an annotation"), at_line(line);
    *tab = '\0';
    line->annotation = tab + 1;
    tab = strchr(tab + 1, '\t');
    if (tab) {
        *tab = '\0';
        line->text = tab + 1;
    }
    return 0;
}

static int split_lines(brat *b, char *s)
{
    int number = 1;
    for (char *next; s; s = next, number++) {
        next = strchr(s, '\n');
        if (next)
            *next++ = '\0';
        const size_t n = strlen(s);
        if (n && s[n - 1] == '\r')
            s[n - 1] = '\0';
        if (add_line(b, s, number))
            return -1;
    }
    return 0;
}

/* ---- marks ---- */

/* Names a mark. */
static int add_name(brat *b, const char *name, size_t n, int32_t mark)
{
    const int32_t there = map_size(b->names), i = map_add(b->names, name, n);
    if (i < there)
        return i < 0 ? -1 : err_set("duplicate id %.20s", name);
    if (mem_grow(&b->mark_of, &b->cap_mark_of, (size_t)i + 1, sizeof *b->mark_of))
        return -1;
    b->mark_of[i] = mark;
    return 0;
}

/* Reads a number, and moves past it. */
static bool get_number(const char **s, size_t *to)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(*s, &end, 10);
    if (!isdigit((unsigned char)**s) || errno || value > INT32_MAX)
        return false;
    *s = end;
    *to = value;
    return true;
}

/* "Disease 0 6;10 14" */
static int add_mark(brat *b, const brat_line *line)
{
    const char *s = line->annotation + strcspn(line->annotation, " ");
    brat_mark m = {.line = line, .type = s - line->annotation, .first = b->n_parts};
    do {
        brat_part part;
        s++;
        if (mem_grow(&b->parts, &b->cap_parts, b->n_parts + 1, sizeof *b->parts))
            return -1;
        if (s[-1] == '\0' || !get_number(&s, &part.begin) || *s++ != ' ' || !get_number(&s, &part.end) ||
            part.begin > part.end || (*s && *s != ';'))
            return err_set("expected 'TYPE BEGIN END', or several 'BEGIN END' with ; between them");
        b->parts[b->n_parts++] = part;
    } while (*s);
    m.n = b->n_parts - m.first;
    if (mem_grow(&b->marks, &b->cap_marks, b->n_marks + 1, sizeof *b->marks))
        return -1;
    b->marks[b->n_marks++] = m;
    return add_name(b, line->id, strlen(line->id), (int32_t)b->n_marks - 1);
}

/* "Disease:T1 Cause:T2": the first is the mark of the event. */
static int add_event(brat *b, const brat_line *line)
{
    const char *colon = strchr(line->annotation, ':');
    const brat_mark *m = colon ? brat_find(b, colon + 1, strcspn(colon + 1, " ")) : NULL;
    return add_name(b, line->id, strlen(line->id), m ? (int32_t)(m - b->marks) : -1);
}

brat_mark *brat_find(const brat *b, const char *name, size_t n)
{
    const int32_t i = map_find(b->names, name, n);
    return i >= 0 && b->mark_of[i] >= 0 ? &b->marks[b->mark_of[i]] : NULL;
}

static int read_kind(brat *b, char kind, int (*read)(brat *, const brat_line *))
{
    for (size_t i = 0; i < b->n_lines; i++)
        if (*b->lines[i].id == kind && read(b, &b->lines[i]))
            return at_line(&b->lines[i]);
    return 0;
}

/* ---- places ---- */

/* Moves *s past a part of the note if it has the same characters, apart from white space. */
static bool same_characters(const char **s, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isspace((unsigned char)part[i]))
            continue;
        while (isspace((unsigned char)**s))
            ++*s;
        if (*(*s)++ != part[i])
            return false;
    }
    return true;
}

bool brat_is_at_its_place(const brat *b, const brat_mark *m, const char *text, size_t n)
{
    const char *s = m->line->text;
    if (!*s)
        return true;
    for (size_t i = m->first; i < m->first + m->n; i++) {
        const brat_part p = b->parts[i];
        if (p.begin < b->shift)
            return false;
        const ssize_t begin = offset_bytes(text, n, p.begin - b->shift, b->unit),
                      end = offset_bytes(text, n, p.end - b->shift, b->unit);
        if (begin < 0 || end < 0 || !same_characters(&s, text + begin, end - begin))
            return false;
    }
    return s[strspn(s, " \t\r\n")] == '\0';
}

static size_t count_at_their_place(const brat *b, const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < b->n_marks; i++)
        count += brat_is_at_its_place(b, &b->marks[i], text, n);
    return count;
}

/* Programs count differently. brat counts code points, of the file with its byte order mark. The unit is the
 * one for which most marks have the text of their lines; if equal, the first. */
static void find_unit(brat *b, const char *text, size_t n)
{
    offset_unit best_unit = OFFSET_CODE_POINTS;
    size_t best = 0, best_shift = 0;
    for (int i = 0; i < 2 * OFFSET_UNITS && best < b->n_marks; i++) {
        static const offset_unit order[] = {OFFSET_CODE_POINTS, OFFSET_LINES, OFFSET_UTF16, OFFSET_BYTES};
        b->unit = order[i % OFFSET_UNITS];
        b->shift = i < OFFSET_UNITS ? 0 : b->unit == OFFSET_BYTES ? 3 : 1;
        const size_t count = count_at_their_place(b, text, n);
        if (count > best) {
            best = count;
            best_unit = b->unit;
            best_shift = b->shift;
        }
    }
    b->unit = best_unit;
    b->shift = best_shift;
}

int brat_read(brat *b, char *ann, const char *text, size_t n)
{
    *b = (brat){.names = map_new()};
    if (!b->names || split_lines(b, ann) || read_kind(b, 'T', add_mark) || read_kind(b, 'E', add_event))
        return -1;
    find_unit(b, text, n);
    return 0;
}
