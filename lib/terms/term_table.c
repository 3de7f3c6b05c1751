/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_table.h"

#include "base/err.h"
#include "terms/terms_file.h"
#include "text/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void term_table_free(term_table *t)
{
    mem_free(t->rows);
    buf_free(&t->text);
    t->rows = NULL;
    t->n = t->room = 0;
}

/* Adds a row whose term begins at offset r.term of t->text. */
static int push(term_table *t, table_row r)
{
    if (t->n == t->room && mem_grow(&t->rows, &t->room, t->n + 1, sizeof *t->rows))
        return -1;
    t->rows[t->n++] = r;
    return 0;
}

static int add_text(term_table *t, const char *s, size_t *at)
{
    *at = t->text.len;
    return buf_add(&t->text, s, strlen(s) + 1);
}

/* ---- sources of rows ---- */

/* Of a mined term that coders did not mark, in units of the logit: a probability of 0.018. With those below,
 * tables are 4 to 40 times as large, and micro-F1 on dev is the same within .002. */
#define LEAST_WEIGHT (-4.0f)

int term_table_add_mined(term_table *t, const term_corpus *c, const mined *m, const term_weights *w,
                         bool only_marked)
{
    size_t train, span;
    if (add_text(t, "train", &train) || add_text(t, "span", &span))
        return -1;
    for (size_t i = 0; i < m->n; i++) {
        const mined_term *x = &m->terms[i];
        const table_row r = {.term = t->text.len,
                             .source = x->counts.marked ? span : train,
                             .label = x->label,
                             .both = x->counts.both,
                             .encounters = x->counts.encounters,
                             .weight = term_weight(w, &x->counts),
                             .learnt = true};
        if (!x->counts.marked && (only_marked || r.weight < LEAST_WEIGHT))
            continue;
        if (term_corpus_phrase(c, x->at, x->counts.length, &t->text) || push(t, r))
            return -1;
    }
    return 0;
}

typedef struct adding {
    term_table *t;
    const term_weights *w;
    matcher *words; /* counts the words of a term */
    size_t source;
    bool given;
} adding;

static int add_row(adding *a, const terms_row *row)
{
    if (row->has_weight != a->given)
        return 0;
    const int length = matcher_length(a->words, row->term);
    const term_counts trusted = {2, 2, 2, length, 2, 0};
    table_row r = {.source = a->source, .label = row->label, .weight = row->weight, .learnt = !a->given};
    if (length <= 0) {
        a->t->empty += length == 0;
        return length;
    }
    if (!a->given)
        r.weight = term_weight(a->w, &trusted);
    return add_text(a->t, row->term, &r.term) || push(a->t, r) ? -1 : 0;
}

static int begin(adding *a, term_table *t, const char *source, bool given, const term_weights *w)
{
    *a = (adding){.t = t, .w = w, .given = given};
    a->words = matcher_new(t->tokenizer, t->form, labels_count(t->labels), true);
    return a->words && !add_text(t, source, &a->source) ? 0 : -1;
}

static int on_row(void *context, const terms_row *row)
{
    return add_row(context, row);
}

int term_table_add_file(term_table *t, const char *path, bool given, bool skip_unknown, const term_weights *w)
{
    const char *slash = strrchr(path, '/');
    adding a;
    terms_reader file = {.labels = t->labels, .skip_unknown = skip_unknown, .on_row = on_row, .context = &a};
    const int result = begin(&a, t, slash ? slash + 1 : path, given, w) ? -1 : terms_file_read(&file, path);
    if (given)
        t->unknown += file.unknown;
    matcher_free(a.words);
    return result;
}

int term_table_add_descriptions(term_table *t, const term_weights *w)
{
    adding a;
    int result = begin(&a, t, "description", false, w);
    int32_t described = 0;
    for (int32_t j = 0; !result && j < labels_count(t->labels); j++) {
        const terms_row row = {.term = labels_description(t->labels, j), .label = j};
        described += *row.term != '\0';
        if (*row.term)
            result = add_row(&a, &row);
    }
    matcher_free(a.words);
    if (!result && described == 0)
        return err_set(
            "descriptions for 0 of %d codes of the model: train the network with a file of descriptions "
            "(ecan-train --labels)",
            (int)labels_count(t->labels));
    return result;
}

/* ---- all rows ---- */

static int add_all(const term_table *t, matcher *m, bool any, bool learnt)
{
    int words;
    for (size_t i = 0; i < t->n; i++) {
        const table_row *r = &t->rows[i];
        if ((any || r->learnt == learnt) &&
            matcher_add(m, (const char *)t->text.data + r->term, r->label, r->weight, &words) < 0)
            return -1;
    }
    return matcher_finish(m);
}

static matcher *make_matcher(const term_table *t, bool any, bool learnt)
{
    matcher *m = matcher_new(t->tokenizer, t->form, labels_count(t->labels), learnt);
    if (m && !add_all(t, m, any, learnt)) {
        matcher_use_scopes(m, t->scopes, &t->marks);
        return m;
    }
    matcher_free(m);
    return NULL;
}

matcher *term_table_matcher(const term_table *t, bool learnt)
{
    return make_matcher(t, false, learnt);
}

int term_table_unique(term_table *t)
{
    matcher *m = make_matcher(t, true, true);
    bool *stays = mem_array(t->n, sizeof *stays);
    const int result = m && stays ? 0 : -1;
    for (size_t i = 0; !result && i < matcher_rows(m); i++)
        stays[matcher_row(m, i)] = true;
    size_t n = 0;
    for (size_t i = 0; !result && i < t->n; i++)
        if (stays[i])
            t->rows[n++] = t->rows[i];
    if (!result)
        t->n = n;
    mem_free(stays);
    matcher_free(m);
    return result;
}

void term_table_scale(term_table *t, double scale, double bias)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        table_row r = t->rows[i];
        if (r.learnt)
            r.weight = (float)(scale * (double)r.weight + bias);
        if (!r.learnt || r.weight > 0)
            t->rows[n++] = r;
    }
    t->n = n;
    for (int k = 0; scale > 0 && k < SCOPE_KINDS; k++)
        t->marks.of[k] = (float)(scale * (double)t->marks.of[k]);
}

static int by_label_and_weight(const void *a, const void *b, void *text)
{
    const table_row *x = a, *y = b;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return strcmp((const char *)text + x->term, (const char *)text + y->term);
}

void term_table_sort(term_table *t)
{
    if (t->n) /* otherwise there may be no memory yet */
        qsort_r(t->rows, t->n, sizeof *t->rows, by_label_and_weight, t->text.data);
}

void term_table_put(const term_table *t, FILE *f)
{
    terms_file_head(f, t->form, &t->marks);
    for (size_t i = 0; i < t->n; i++) {
        const table_row *r = &t->rows[i];
        terms_file_row(f, t->labels,
                       &(terms_row){.term = (const char *)t->text.data + r->term,
                                    .label = r->label,
                                    .weight = r->weight,
                                    .both = r->both,
                                    .encounters = r->encounters,
                                    .source = (const char *)t->text.data + r->source});
    }
}

int term_table_write(const void *context, const char *path)
{
    FILE *f = lines_create(path);
    if (!f)
        return -1;
    term_table_put(context, f);
    return lines_finish(f, path);
}
