/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/import.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct import {
    predictions *gold, *predicted;
    labels *own; /* the universe if none was given */
    const labels *universe;
    float threshold;
    int32_t *label; /* [codes predicted] index in the universe */
    float *scores;  /* [L], 0 between two records */
    int32_t *named; /* [L], 0 between two records */
    size_t n_named;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The predicted codes, sorted by their bytes. */
static labels *make_universe(const predictions *p)
{
    const size_t n = (size_t)predictions_codes(p);
    const char **codes = mem_array(n, sizeof *codes);
    labels *l = codes ? labels_new() : NULL;
    for (size_t i = 0; l && i < n; i++)
        codes[i] = predictions_code(p, (int32_t)i);
    if (l && n)
        qsort(codes, n, sizeof *codes, by_bytes);
    for (size_t i = 0; l && i < n; i++)
        if (labels_add(l, codes[i], strlen(codes[i]), NULL) < 0) {
            labels_free(l);
            l = NULL;
        }
    mem_free(codes);
    return l;
}

static int number_codes(import *m)
{
    const int32_t n = predictions_codes(m->predicted);
    if (!(m->label = mem_array((size_t)n, sizeof *m->label)))
        return -1;
    for (int32_t c = 0; c < n; c++) {
        const char *code = predictions_code(m->predicted, c);
        m->label[c] = labels_index(m->universe, code, strlen(code));
        if (m->label[c] < 0)
            return err_set("a code of the predictions is not among the labels");
    }
    return 0;
}

import *import_new(predictions *gold, predictions *predicted, const labels *universe,
                   float threshold){import *m = mem_array(1, sizeof *m);
if (!m)
    return NULL;
*m = (import){.gold = gold, .predicted = predicted, .universe = universe, .threshold = threshold};
if (!universe)
    m->universe = m->own = make_universe(predicted);
if (m->universe) {
    m->scores = mem_array((size_t)labels_count(m->universe), sizeof *m->scores);
    m->named = mem_array((size_t)labels_count(m->universe), sizeof *m->named);
}
if (m->scores && m->named && !number_codes(m))
    return m;
import_free(m);
return NULL;
}

void import_free(import *m)
{
    if (!m)
        return;
    labels_free(m->own);
    mem_free(m->label);
    mem_free(m->scores);
    mem_free(m->named);
    mem_free(m);
}

static int packed(const pack *p)
{
    return pack_failed(p) ? err_memory("out of memory") : 0;
}

int import_header(const import *m, pack *fields)
{
    labels_pack(fields, m->universe);
    pack_key(fields, "threshold");
    pack_float(fields, m->threshold);
    return packed(fields);
}

static int best_first(const void *a, const void *b, void *scores)
{
    const float *s = scores;
    const int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    return s[i] != s[j] ? (s[i] < s[j]) - (s[i] > s[j]) : (i > j) - (i < j);
}

/* Loads the scores of an encounter of the predictions; -1 if there is none, then it has no scores. */
static void load_scores(import *m, int32_t encounter)
{
    int32_t code;
    float score;
    uint32_t at = 0;
    m->n_named = 0;
    for (int got = encounter < 0 ? 0 : 1; got != 0;) {
        got = predictions_next(m->predicted, encounter, &at, &code, &score);
        if (got > 0 && score > 0) {
            m->scores[m->label[code]] = score;
            m->named[m->n_named++] = m->label[code];
        }
    }
    if (m->n_named)
        qsort_r(m->named, m->n_named, sizeof *m->named, best_first, m->scores);
}

static void pack_gold(import *m, int32_t encounter, pack *fields)
{
    int32_t code;
    float score;
    size_t n = 0;
    uint32_t at = 0;
    for (int got; (got = predictions_next(m->gold, encounter, &at, &code, &score)) != 0;)
        n += got > 0;
    pack_key(fields, "labels");
    pack_array(fields, n);
    at = 0;
    for (int got; (got = predictions_next(m->gold, encounter, &at, &code, &score)) != 0;)
        if (got > 0)
            pack_str(fields, predictions_code(m->gold, code));
}

static void pack_predicted(const import *m, pack *fields)
{
    size_t n = 0;
    while (n < m->n_named && m->scores[m->named[n]] > m->threshold)
        n++;
    pack_key(fields, "predicted");
    pack_array(fields, n);
    for (size_t i = 0; i < n; i++) {
        pack_map(fields, 2);
        pack_str(fields, "code");
        pack_str(fields, labels_code(m->universe, m->named[i]));
        pack_str(fields, "score");
        pack_float(fields, m->scores[m->named[i]]);
    }
}

int import_record(import *m, int32_t encounter, pack *fields, bool *found)
{
    const char *id = predictions_id(m->gold, encounter);
    const size_t L = (size_t)labels_count(m->universe);
    const int32_t predicted = predictions_find(m->predicted, id, strlen(id));
    *found = predicted >= 0;
    load_scores(m, predicted);
    pack_clear(fields);
    pack_key(fields, "id");
    pack_str(fields, id);
    if (predictions_known(m->gold, encounter))
        pack_gold(m, encounter, fields);
    pack_key(fields, "scores");
    pack_f4(fields, m->scores, 1, &L);
    pack_predicted(m, fields);
    for (size_t i = 0; i < m->n_named; i++)
        m->scores[m->named[i]] = 0;
    return packed(fields);
}
