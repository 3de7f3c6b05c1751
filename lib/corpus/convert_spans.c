/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/convert_spans.h"

#include "base/err.h"
#include "base/tempfile.h"
#include "io/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct convert_span {
    int32_t encounter, code, note, begin, end;
} convert_span;

typedef struct convert_text_place {
    int64_t offset;
    size_t size;
} convert_text_place;

convert_spans *convert_spans_new(void)
{
    convert_spans *s = mem_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->last = -1;
    s->notes = map_new();
    s->codes = map_new();
    s->text_ids = map_new();
    s->texts = tempfile_open();
    if (s->notes && s->codes && s->text_ids && s->texts)
        return s;
    convert_spans_free(s);
    return NULL;
}

void convert_spans_free(convert_spans *s)
{
    if (!s)
        return;
    if (s->texts)
        fclose(s->texts);
    map_free(s->notes);
    map_free(s->codes);
    map_free(s->text_ids);
    mem_free(s->spans);
    mem_free(s->places);
    buf_free(&s->key);
    buf_free(&s->text);
    mem_free(s);
}

/* ---- texts ---- */

/* A note is known by its encounter and its id. */
static int make_key(convert_spans *s, int32_t e, convert_slice note)
{
    s->key.len = 0;
    return buf_add(&s->key, &e, sizeof e) || buf_add(&s->key, note.s, note.n) ? -1 : 0;
}

int convert_spans_text(convert_spans *s, int32_t e, convert_slice note, convert_slice text)
{
    if (make_key(s, e, note))
        return -1;
    const int32_t i = map_add(s->text_ids, (const char *)s->key.data, s->key.len);
    if (i < 0 || mem_grow(&s->places, &s->cap_places, (size_t)i + 1, sizeof *s->places))
        return -1;
    if (text.n && fwrite(text.s, 1, text.n, s->texts) != text.n)
        return err_io("%s: writing the temporary file failed: is the disk full?", tempfile_folder());
    s->places[i] = (convert_text_place){s->stored, text.n};
    s->stored += (int64_t)text.n;
    return 0;
}

/* Reads the text of a note into s->text. 1; 0 if there is no such note; or -1. */
static int read_text(convert_spans *s, int32_t e, convert_slice note)
{
    if (make_key(s, e, note))
        return -1;
    const int32_t i = map_find(s->text_ids, (const char *)s->key.data, s->key.len);
    if (i < 0 || i == s->last)
        return i >= 0;
    const convert_text_place p = s->places[i];
    s->text.len = 0;
    s->last = -1;
    if (buf_reserve(&s->text, p.size + 1))
        return -1;
    if (fseeko(s->texts, p.offset, SEEK_SET) || fread(s->text.data, 1, p.size, s->texts) != p.size ||
        fseeko(s->texts, 0, SEEK_END))
        return err_io("%s: writing or reading the temporary file failed: %s", tempfile_folder(),
                      strerror(errno));
    s->text.len = p.size;
    s->last = i;
    return 1;
}

/* ---- spans ---- */

static int keep_span(convert_spans *s, int32_t e, convert_slice code, convert_slice note, size_t begin,
                     size_t end)
{
    const int32_t c = map_add(s->codes, code.s, code.n), n = map_add(s->notes, note.s, note.n);
    if (c < 0 || n < 0 || mem_grow(&s->spans, &s->cap, s->n + 1, sizeof *s->spans))
        return -1;
    s->spans[s->n++] = (convert_span){e, c, n, (int32_t)begin, (int32_t)end};
    return 0;
}

int convert_add_span(convert *v, int32_t e, convert_slice code, convert_slice note, size_t begin, size_t end,
                     offset_unit unit)
{
    convert_spans *s = v->spans;
    const int found = s ? read_text(s, e, note) : 0;
    if (!s || found < 0)
        return found;
    const char *text = (const char *)s->text.data;
    if (found && begin < end && offset_convert(text, s->text.len, unit, OFFSET_CODE_POINTS, &begin) == 0 &&
        offset_convert(text, s->text.len, unit, OFFSET_CODE_POINTS, &end) == 0)
        return keep_span(s, e, code, note, begin, end);
    convert_left_out(v, "span", found ? "it is not a part of its note" : "its note is not in the input", 1);
    return 0;
}

/* ---- output ---- */

static int by_place(const void *a, const void *b)
{
    const convert_span *p = a, *q = b;
    const int32_t x[5] = {p->encounter, p->code, p->note, p->begin, p->end},
                  y[5] = {q->encounter, q->code, q->note, q->begin, q->end};
    for (int i = 0; i < 5; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static int add_key(buf *line, const map *names, int32_t i)
{
    size_t n;
    const char *s = map_key(names, i, &n);
    return show_string(line, s, n);
}

static int add_span(buf *line, const convert_spans *s, const convert_span *p, bool first)
{
    char place[64];
    snprintf(place, sizeof place, ", \"begin\": %d, \"end\": %d}", (int)p->begin, (int)p->end);
    return show_text(line, first ? "{\"document\": " : ", {\"document\": ") ||
                   add_key(line, s->notes, p->note) || show_text(line, place)
               ? -1
               : 0;
}

/* The line of the encounter whose spans begin at i. Returns where those of the next one begin, or 0 when
 * memory is out. */
static size_t make_line(buf *line, const convert *v, size_t i)
{
    const convert_spans *s = v->spans;
    const convert_span *all = s->spans;
    const size_t first = i;
    size_t n;
    const char *id = collection_id(v->c, all[i].encounter, &n);
    line->len = 0;
    if (show_text(line, "{\"id\": ") || show_string(line, id, n) || show_text(line, ", \"codes\": ["))
        return 0;
    for (; i < s->n && all[i].encounter == all[first].encounter; i++) {
        const bool new_code = i == first || all[i].code != all[i - 1].code;
        if (i > first && by_place(&all[i], &all[i - 1]) == 0)
            continue;
        if (new_code && (show_text(line, i == first ? "{\"code\": " : "]}, {\"code\": ") ||
                         add_key(line, s->codes, all[i].code) || show_text(line, ", \"evidence\": [")))
            return 0;
        if (add_span(line, s, &all[i], new_code))
            return 0;
    }
    return show_text(line, "]}]}\n") ? 0 : i;
}

int convert_write_spans(convert *v, FILE *f)
{
    convert_spans *s = v->spans;
    buf line = {0};
    if (s->n == 0)
        return err_set("no span to write: no code of the input has a place in a note");
    qsort(s->spans, s->n, sizeof *s->spans, by_place);
    size_t next = 0;
    do {
        next = make_line(&line, v, next);
        if (next)
            fwrite(line.data, 1, line.len, f);
    } while (next && next < s->n);
    buf_free(&line);
    return next ? 0 : -1;
}
