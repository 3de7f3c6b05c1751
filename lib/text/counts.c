/* SPDX-License-Identifier: Apache-2.0 */
#include "text/counts.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/vectors.h"
#include "text/labels.h"
#include "text/lines.h"
#include "text/tokenized.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "1"

int counts_init(counts *c)
{
    *c = (counts){0};
    return (c->words.names = map_new()) && (c->codes.names = map_new()) ? 0 : -1;
}

static void free_table(count_table *t)
{
    map_free(t->names);
    mem_free(t->rows);
}

void counts_free(counts *c)
{
    free_table(&c->words);
    free_table(&c->codes);
    json_decref(c->tokenizer);
    *c = (counts){0};
}

/* The row of a name, which is added if it is new. NULL: out of memory. */
static count_row *row_of(count_table *t, const char *name, size_t n)
{
    const size_t before = (size_t)map_size(t->names);
    if (mem_grow(&t->rows, &t->room, before + 1, sizeof *t->rows))
        return NULL;
    const int32_t i = map_add(t->names, name, n);
    if (i < 0)
        return NULL;
    if ((size_t)i == before)
        t->rows[i] = (count_row){0};
    return &t->rows[i];
}

/* ---- the settings of the text ---- */

/* Takes settings. 0, or -1 if they are not those of before. */
static int take_tokenizer(counts *c, json_t *settings)
{
    if (!c->has_tokenizer) {
        c->tokenizer = settings;
        c->has_tokenizer = true;
        return 0;
    }
    const bool same = settings ? json_equal(settings, c->tokenizer) : !c->tokenizer;
    const char *key = settings && c->tokenizer ? ecan_json_difference(settings, c->tokenizer) : NULL;
    if (!same)
        err_set("tokenized with other settings than the previous text%s%s%s: use the same options of "
                "ecan-tokenize everywhere",
                key ? ": \"" : "", key ? key : "", key ? "\" differs" : "");
    json_decref(settings);
    return same ? 0 : -1;
}

int counts_header(counts *c, const record *header)
{
    json_t *settings;
    if (tokenized_with(&settings, header))
        return -1;
    return take_tokenizer(c, settings) ? record_error(header, NULL) : 0;
}

/* ---- counting ---- */

static int count_names(counts *c, count_table *t, const record *r, const char *key)
{
    walk w;
    uint32_t n;
    if (record_strings(r, key, &w, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *name;
        size_t size;
        if (walk_str(&w, &name, &size))
            return record_error(r, key);
        count_row *row = row_of(t, name, size);
        if (!row)
            return record_error(r, key);
        row->occurrences++;
        row->encounters += row->last != c->encounters;
        row->last = c->encounters;
    }
    return 0;
}

int counts_add(counts *c, const record *r)
{
    c->encounters++;
    return count_names(c, &c->words, r, "tokens") ||
                   (record_find(r, "labels") && count_names(c, &c->codes, r, "labels"))
               ? -1
               : 0;
}

/* ---- order ---- */

typedef struct ranked {
    const char *name;
    size_t n;
    uint64_t encounters;
    int32_t row;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->encounters != y->encounters)
        return x->encounters > y->encounters ? -1 : 1;
    const int order = memcmp(x->name, y->name, x->n < y->n ? x->n : y->n);
    return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

int32_t *counts_sorted(const count_table *t, uint64_t least, int32_t *n)
{
    const int32_t all = map_size(t->names);
    ranked *r = mem_array(all, sizeof *r);
    int32_t *order = mem_array(all, sizeof *order);
    *n = 0;
    for (int32_t i = 0; r && order && i < all; i++) {
        if (t->rows[i].encounters < least)
            continue;
        r[*n] = (ranked){.encounters = t->rows[i].encounters, .row = i};
        r[*n].name = map_key(t->names, i, &r[*n].n);
        ++*n;
    }
    if (r && order) {
        qsort(r, *n, sizeof *r, by_rank);
        for (int32_t i = 0; i < *n; i++)
            order[i] = r[i].row;
    }
    mem_free(r);
    if (r)
        return order;
    mem_free(order);
    return NULL;
}

/* ---- writing ---- */

/* Words and codes are checked as the readers of the model's files check them. */
static int check_name(const char *kind, const char *name, size_t n)
{
    if (strcmp(kind, "code") == 0)
        return labels_check_code(name, n);
    return vectors_word(name, n) ? 0 : err_set("a word is empty, or has a blank or a control character");
}

static int write_rows(const count_table *t, const char *kind, uint64_t least, FILE *f, uint64_t *written)
{
    int32_t n;
    int32_t *order = counts_sorted(t, least, &n);
    int result = order ? 0 : -1;
    for (int32_t i = 0; !result && i < n; i++) {
        size_t size;
        const char *name = map_key(t->names, order[i], &size);
        const count_row *row = &t->rows[order[i]];
        result = check_name(kind, name, size);
        fprintf(f, "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", kind, name, row->encounters, row->occurrences);
        ++*written;
    }
    mem_free(order);
    return result;
}

int counts_write(const counts *c, uint64_t least, FILE *f)
{
    uint64_t rows = 0;
    fprintf(f, "counts\t" VERSION "\nencounters\t%" PRIu64 "\nleast\t%" PRIu64 "\n", c->encounters, least);
    if (c->tokenizer) {
        fprintf(f, "tokenizer\t");
        if (ecan_json_write_line(f, c->tokenizer))
            return -1;
    }
    if (write_rows(&c->words, "word", least, f, &rows) || write_rows(&c->codes, "code", least, f, &rows))
        return -1;
    fprintf(f, "end\t%" PRIu64 "\n", rows);
    return 0;
}

/* ---- reading ---- */

enum { FIELDS = 4 };

typedef struct reading {
    counts *c;
    count_table words, codes; /* the rows of this file: no duplicates */
    uint64_t encounters, rows;
    bool has_encounters, has_tokenizer, ended;
} reading;

static int number(uint64_t *to, const char *text)
{
    char *end;
    errno = 0;
    *to = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *to <= INT64_MAX ? 0
                                                                               : err_set("expected a number");
}

static int read_row(reading *r, const char *kind, const char *name, const char *encounters,
                    const char *occurrences)
{
    const bool is_word = strcmp(kind, "word") == 0;
    const size_t n = strlen(name);
    uint64_t e, o;
    if (number(&e, encounters) || number(&o, occurrences) || check_name(kind, name, n))
        return -1;
    if (e < 1 || e > r->encounters || o < e)
        return err_set("invalid counts: expected encounters within 1 .. %" PRIu64
                       ", and at least as many occurrences as encounters",
                       r->encounters);
    count_row *own = row_of(is_word ? &r->words : &r->codes, name, n);
    if (!own)
        return -1;
    if (own->encounters)
        return err_set("duplicate %s", kind);
    own->encounters = e;
    count_row *row = row_of(is_word ? &r->c->words : &r->c->codes, name, n);
    if (!row)
        return -1;
    row->encounters += e;
    row->occurrences += o;
    r->rows++;
    return 0;
}

static int read_end(reading *r, const char *text)
{
    uint64_t n;
    if (number(&n, text))
        return -1;
    r->ended = true;
    return n == r->rows ? 0 : err_set("the end says %" PRIu64 " rows, but %" PRIu64 " were read", n, r->rows);
}

static int read_head(reading *r, const char *key, const char *value)
{
    if (strcmp(key, "encounters") == 0 && !r->has_encounters) {
        r->has_encounters = true;
        if (number(&r->encounters, value))
            return -1;
        r->c->encounters += r->encounters;
        return 0;
    }
    if (strcmp(key, "tokenizer") == 0 && !r->has_tokenizer && !r->rows) {
        json_t *settings = ecan_json_parse(value, strlen(value));
        if (!settings)
            return -1;
        r->has_tokenizer = true;
        return take_tokenizer(r->c, settings);
    }
    if (strcmp(key, "least") == 0)
        return number(&(uint64_t){0}, value);
    return err_set("expected a row of ecan-counts");
}

static int read_line(reading *r, lines *in)
{
    char *part[FIELDS + 1], *at = in->text;
    int n = 0;
    if (memchr(in->text, '\0', in->n))
        return err_set("a NUL byte");
    while (at && n <= FIELDS) {
        part[n++] = at;
        if ((at = strchr(at, '\t')))
            *at++ = '\0';
    }
    if (in->number == 1)
        return n == 2 && strcmp(part[0], "counts") == 0 && strcmp(part[1], VERSION) == 0
                   ? 0
                   : err_set("expected a table of ecan-counts");
    if (r->ended)
        return err_set("a line after the end");
    if (n == FIELDS && r->has_encounters && (strcmp(part[0], "word") == 0 || strcmp(part[0], "code") == 0))
        return read_row(r, part[0], part[1], part[2], part[3]);
    if (n == 2 && strcmp(part[0], "end") == 0)
        return read_end(r, part[1]);
    return n == 2 ? read_head(r, part[0], part[1]) : err_set("expected a row of ecan-counts");
}

static int read_all(reading *r, lines *in, const char *path)
{
    int got;
    while ((got = lines_next_named(in)) > 0)
        if (read_line(r, in))
            return lines_error(in);
    if (got < 0)
        return -1;
    if (!r->ended)
        return err_set("%s: truncated: expected a last line with 'end'", path);
    if (!r->has_tokenizer && take_tokenizer(r->c, NULL))
        return err_prefix("%s: ", path);
    return 0;
}

int counts_read(counts *c, const char *path)
{
    reading r = {.c = c};
    lines in;
    r.words.names = map_new();
    r.codes.names = map_new();
    int result = r.words.names && r.codes.names ? lines_open(&in, path, LINES_SHORT) : -1;
    if (!result) {
        result = read_all(&r, &in, path);
        lines_close(&in);
    }
    free_table(&r.words);
    free_table(&r.codes);
    return result;
}
