/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/highlight.h"

#include "base/err.h"
#include "io/utf8check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct word {
    int32_t note, begin, end; /* code points */
    float weight;
    bool read; /* by the model: it has a weight */
} word;

typedef struct words {
    word *of; /* [n] sorted by note and position */
    size_t n;
    float largest;
} words;

/* ---- weights ---- */

/* Adds block `t` [L][T] to the weights of the words. */
static int add_block(words *w, const tensor *t, size_t j, size_t L)
{
    buf scratch = {0};
    if (t->type != 'f' || t->ndim != 2 || t->shape[0] != L || t->shape[1] > w->n)
        return err_set("expected float32 [%zu labels][at most %zu words]", L, w->n);
    const float *a = tensor_floats(t, &scratch);
    size_t T = t->shape[1]; /* at most max_words: the words after these are not read */
    for (size_t i = 0; a && i < T; i++) {
        w->of[i].weight += a[j * T + i];
        w->of[i].read = true;
    }
    buf_free(&scratch);
    return a ? 0 : -1;
}

static int add_weights(words *w, const record *r, size_t j, size_t L)
{
    const field *f = record_find(r, "A");
    if (!f)
        return err_set("missing: ecan-attend --weights adds it");
    walk at = {f->value, f->value + f->size};
    uint32_t blocks;
    tensor t;
    if (walk_array(&at, &blocks) < 0)
        return -1;
    for (uint32_t b = 0; b < blocks; b++)
        if (tensor_read(&at, &t) < 0 || add_block(w, &t, j, L) < 0)
            return err_prefix("block %u: ", (unsigned)b);
    for (size_t i = 0; i < w->n; i++) {
        w->of[i].weight /= (float)blocks;
        w->largest = fmaxf(w->largest, w->of[i].weight);
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const word *x = a, *y = b;
    if (x->note != y->note)
        return x->note < y->note ? -1 : 1;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end
               ? -1
               : x->end > y->end; /* a note marker is empty, and comes before the note's first word */
}

/* Reads the words with their positions and weights. The caller frees w->of with mem_free, also on error. */
static int read_words(words *w, const record *r, size_t j, size_t L)
{
    tensor t;
    buf scratch = {0};
    *w = (words){0};
    if (record_tensor(r, "spans", 'i', 2, &t) < 0)
        return -1;
    if (t.shape[1] != 3) {
        err_set("expected three columns");
        return record_error(r, "spans");
    }
    const int32_t *spans = tensor_ints(&t, &scratch);
    w->n = t.shape[0];
    w->of = mem_array(w->n, sizeof *w->of);
    int result = spans && w->of ? 0 : -1;
    for (size_t i = 0; result == 0 && i < w->n; i++)
        w->of[i] = (word){spans[3 * i], spans[3 * i + 1], spans[3 * i + 2], 0, false};
    buf_free(&scratch);
    if (result == 0 && (result = add_weights(w, r, j, L)) < 0)
        record_error(r, "A");
    if (result == 0)
        qsort(w->of, w->n, sizeof *w->of, by_place);
    return result;
}

/* ---- text ---- */

static int put(buf *out, const char *s)
{
    return buf_add(out, s, strlen(s));
}

/* Appends n bytes of text. Control characters that act on a terminal (C0, C1 and delete, except line feed
 * and tab) are replaced. */
static int put_text(buf *out, const unsigned char *s, size_t n)
{
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length(s + i, n - i);
        if (length == 0)
            return err_set("invalid UTF-8 at byte %zu of a text", i);
        bool control = (s[i] < 0x20 && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7f ||
                       (length == 2 && s[i] == 0xc2 && s[i + 1] < 0xa0);
        if (control && s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
            continue;
        if (control ? put(out, "\xef\xbf\xbd") < 0 : buf_add(out, s + i, length) < 0)
            return -1;
    }
    return 0;
}

/* Black text on a background between white and orange. x is the weight divided by the largest of the
 * encounter. */
static int put_colour(buf *out, float x)
{
    char s[40];
    snprintf(s, sizeof s, "\033[38;5;16;48;2;255;%d;%dm", (int)(245 - 105 * x), (int)(200 - 200 * x));
    return put(out, s);
}

/* A word that the model did not read is grey. */
static int put_word(buf *out, const unsigned char *s, size_t n, const words *w, const word *of, bool colour)
{
    const float weight = of->weight, x = w->largest > 0 ? weight / w->largest : 0;
    if (!of->read && colour)
        return put(out, "\033[90m") < 0 || put_text(out, s, n) < 0 ? -1 : put(out, "\033[0m");
    bool is_highlighted = colour ? x >= 0.02f : weight >= HIGHLIGHT_LEAST;
    char suffix[16] = "\033[0m";
    if (!is_highlighted)
        return put_text(out, s, n);
    if (!colour)
        snprintf(suffix, sizeof suffix, weight > 0.995f ? "{1}" : "{.%02d}", (int)lroundf(100 * weight));
    if ((colour && put_colour(out, x) < 0) || put_text(out, s, n) < 0)
        return -1;
    return put(out, suffix);
}

/* Moves *byte forward by n_code_points. False if the text ends first. */
static bool advance(const unsigned char *s, size_t n, int32_t n_code_points, size_t *byte)
{
    while (n_code_points-- > 0) {
        size_t length = *byte < n ? utf8_length(s + *byte, n - *byte) : 0;
        if (length == 0)
            return false;
        *byte += length;
    }
    return true;
}

/* Appends a note's text with its words, which start at *next. */
static int put_note(buf *out, const unsigned char *s, size_t n, const words *w, size_t *next, int32_t note,
                    bool colour)
{
    size_t done = 0;
    for (int32_t at = 0; *next < w->n && w->of[*next].note == note; ++*next) {
        const word *x = &w->of[*next];
        size_t begin = done, end;
        if (x->begin < at || x->end < x->begin || !advance(s, n, x->begin - at, &begin))
            return err_set("words overlap, or are beyond the end of their note");
        end = begin;
        if (!advance(s, n, x->end - x->begin, &end))
            return err_set("a word beyond the end of its note");
        if (put_text(out, s + done, begin - done) < 0 ||
            put_word(out, s + begin, end - begin, w, x, colour) < 0)
            return -1;
        at = x->end;
        done = end;
    }
    return put_text(out, s + done, n - done);
}

/* The line above a note shows these, in this order. */
enum { ID, TYPE, DATE, TEXT, SHOWN };
static const char *const shown[SHOWN] = {"id", "type", "date", "text"};

typedef struct string {
    const char *s;
    size_t n;
} string;

/* Reads one key of a note. Its value is stored if it is a string that is shown. */
static int read_member(walk *at, string values[SHOWN])
{
    string key, value;
    if (walk_str(at, &key.s, &key.n) < 0)
        return -1;
    walk head = *at;
    walk_value v;
    if (walk_next(&head, &v) != 1 || (v.type != WALK_STR && walk_skip(at) != 1))
        return err_set("truncated note");
    if (v.type != WALK_STR)
        return 0;
    if (walk_str(at, &value.s, &value.n) < 0)
        return -1;
    for (int i = 0; i < SHOWN; i++)
        if (key.n == strlen(shown[i]) && memcmp(key.s, shown[i], key.n) == 0)
            values[i] = value;
    return 0;
}

/* Appends one document: a line with its id, type and date, then its text. */
static int put_document(buf *out, walk *at, const words *w, size_t *next, int32_t note, bool colour)
{
    string values[SHOWN] = {{0}};
    uint32_t keys;
    if (walk_map(at, &keys) < 0)
        return -1;
    while (keys-- > 0)
        if (read_member(at, values) < 0)
            return -1;
    if (put(out, colour ? "\033[2m--" : "--") < 0)
        return -1;
    for (int i = ID; i < TEXT; i++)
        if (values[i].n > 0 &&
            (put(out, " ") < 0 || put_text(out, (const unsigned char *)values[i].s, values[i].n) < 0))
            return -1;
    const string *text = &values[TEXT];
    if (put(out, colour ? "\033[0m\n" : "\n") < 0 ||
        put_note(out, (const unsigned char *)text->s, text->n, w, next, note, colour) < 0)
        return -1;
    return text->n > 0 && text->s[text->n - 1] == '\n' ? 0 : put(out, "\n");
}

int highlight_record(buf *out, const record *r, size_t j, size_t L, bool colour)
{
    words w;
    uint32_t notes;
    size_t next = 0;
    const field *f = record_find(r, "documents");
    int result = read_words(&w, r, j, L);
    if (result == 0) {
        walk at = f ? (walk){f->value, f->value + f->size} : (walk){0};
        result = f ? walk_array(&at, &notes) : err_set("missing: there is no text to show");
        for (uint32_t i = 0; result == 0 && i < notes; i++)
            result = put_document(out, &at, &w, &next, (int32_t)i, colour);
        if (result == 0 && next < w.n)
            result = err_set("word %zu is in a note that the record does not have", next);
        if (result < 0)
            record_error(r, "documents");
    }
    mem_free(w.of);
    return result;
}
