/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/faithfulness_words.h"

#include "base/err.h"
#include "base/printable.h"
#include "text/note_ids.h"

#include <string.h>

void encounter_words_free(encounter_words *x)
{
    mem_free(x->tokens);
    map_free(x->notes);
    buf_free(&x->scratch);
    buf_free(&x->id_scratch);
}

static int read_tokens(encounter_words *x, const record *r)
{
    walk w;
    uint32_t n;
    if (record_strings(r, "tokens", &w, &n))
        return -1;
    if (mem_grow(&x->tokens, &x->tokens_cap, (size_t)n + 1, sizeof *x->tokens))
        return record_error(r, "tokens");
    for (uint32_t t = 0; t < n; t++) {
        const char *s;
        size_t size;
        if (walk_str(&w, &s, &size))
            return record_error(r, "tokens");
        x->tokens[t] = (field){.key = s, .key_len = size};
    }
    x->T = n;
    return 0;
}

static int check_notes(const encounter_words *x, const gold_spans *line)
{
    for (int32_t i = 0; i < map_size(line->notes); i++) {
        size_t n;
        char note[PRINTABLE_ROOM];
        const char *id = map_key(line->notes, i, &n);
        if (map_find(x->notes, id, n) < 0) {
            err_set("evidence in a note that the words do not have: %s", printable_id(note, id, n));
            return record_error(x->r, NULL);
        }
    }
    return 0;
}

int encounter_words_read(encounter_words *x, const record *r, const gold_spans *line)
{
    tensor t;
    x->r = r;
    map_free(x->notes);
    if (!(x->notes = map_new()) || note_ids_read(x->notes, r) || read_tokens(x, r) ||
        record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    if (t.shape[0] != x->T || t.shape[1] != 3) {
        err_set("expected one row of 3 numbers for each of %zu words", x->T);
        return record_error(r, "spans");
    }
    x->scratch.len = 0;
    return (x->spans = tensor_ints(&t, &x->scratch)) ? check_notes(x, line) : record_error(r, "spans");
}

int encounter_words_ids(encounter_words *x, const record *scored)
{
    tensor t;
    if (record_tensor(scored, "ids", 'i', 1, &t))
        return -1;
    x->id_scratch.len = 0;
    if (buf_add(&x->id_scratch, t.data, t.count * sizeof(int32_t))) /* a copy: the record changes */
        return -1;
    x->ids = (const int32_t *)(const void *)x->id_scratch.data;
    x->read = t.count;
    return 0;
}

static void copy(pack *p, const record *r, const char *key)
{
    const field *f = record_find(r, key);
    if (!f)
        return;
    pack_key(p, key);
    pack_raw(p, f->value, f->size);
}

int encounter_words_pack(pack *p, const encounter_words *x, const unsigned char *keep, unsigned char value)
{
    size_t n = 0;
    int32_t *spans = mem_array(3 * x->T + 1, sizeof *spans);
    if (!spans)
        return -1;
    for (size_t t = 0; t < x->T; t++)
        if (!keep || keep[t] == value)
            memcpy(spans + 3 * n++, x->spans + 3 * t, 3 * sizeof *spans);
    copy(p, x->r, "id");
    copy(p, x->r, "documents");
    copy(p, x->r, "note_languages");
    pack_key(p, "tokens");
    pack_array(p, n);
    for (size_t t = 0; t < x->T; t++)
        if (!keep || keep[t] == value)
            pack_str_n(p, x->tokens[t].key, x->tokens[t].key_len);
    pack_key(p, "spans");
    pack_i4(p, spans, 2, (const size_t[]){n, 3});
    mem_free(spans);
    return pack_failed(p) ? err_memory("out of memory for an encounter") : 0;
}

uint64_t encounter_words_choose(unsigned char *chosen, const encounter_words *x, const gold_spans *line,
                                int32_t code)
{
    size_t n;
    uint64_t words = 0;
    const gold_spans_span *s = gold_spans_of(line, code, &n);
    for (size_t t = 0; t < x->T; t++) {
        const int32_t *w = x->spans + 3 * t;
        chosen[t] = 0;
        for (size_t i = 0; i < n && !chosen[t]; i++) {
            size_t size;
            const char *id = map_key(line->notes, s[i].note, &size);
            chosen[t] =
                w[1] < w[2] && map_find(x->notes, id, size) == w[0] && w[1] < s[i].end && w[2] > s[i].begin;
        }
        words += chosen[t];
    }
    return words;
}

/* ---- spans of the same lengths ---- */

/* The number of words of the evidence from word t on. */
static size_t run_at(const unsigned char *evidence, size_t T, size_t t)
{
    size_t n = 0;
    while (t + n < T && evidence[t + n])
        n++;
    return n;
}

/* The number of runs of exactly n words. */
static size_t runs_of(const unsigned char *evidence, size_t T, size_t n)
{
    size_t found = 0;
    for (size_t t = 0; t < T;) {
        const size_t run = run_at(evidence, T, t);
        found += run == n;
        t += run ? run : 1;
    }
    return found;
}

static size_t longest(const unsigned char *evidence, size_t T)
{
    size_t most = 0;
    for (size_t t = 0; t < T;) {
        const size_t run = run_at(evidence, T, t);
        most = run > most ? run : most;
        t += run ? run : 1;
    }
    return most;
}

/* Whether words t .. t+n-1 are free. */
static int fits(const unsigned char *is_free, size_t t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_free[t + i])
            return 0;
    return 1;
}

/* The free place of n words with the largest sum of weights or, without weights, a random one. T: none is
 * free. */
static size_t place(const unsigned char *is_free, const float *weights, rng *random, size_t T, size_t n)
{
    size_t best = T;
    double largest = -1;
    uint32_t free_places = 0;
    for (size_t t = 0; t + n <= T; t++) {
        if (!fits(is_free, t, n))
            continue;
        free_places++;
        double sum = 0;
        for (size_t i = 0; weights && i < n; i++)
            sum += weights[t + i];
        /* the k-th free place replaces those before it with probability 1/k: each is equally likely */
        if (weights ? sum > largest : rng_below(random, free_places) == 0) {
            largest = sum;
            best = t;
        }
    }
    return best;
}

static void choose(unsigned char *chosen, unsigned char *is_free, const unsigned char *evidence,
                   const float *weights, rng *random, const encounter_words *x)
{
    memset(chosen, 0, x->T);
    memset(is_free, 0, x->T);
    memset(is_free, 1, x->read);
    for (size_t n = longest(evidence, x->T); n > 0; n--)
        for (size_t runs = runs_of(evidence, x->T, n); runs > 0; runs--) {
            const size_t t = place(is_free, weights, random, x->read, n);
            if (t == x->read)
                break;
            memset(chosen + t, 1, n);
            memset(is_free + t, 0, n);
        }
}

void spans_of_most(unsigned char *chosen, unsigned char *is_free, const unsigned char *evidence,
                   const float *weights, const encounter_words *x)
{
    choose(chosen, is_free, evidence, weights, NULL, x);
}

void spans_at_random(unsigned char *chosen, unsigned char *is_free, const unsigned char *evidence,
                     rng *random, const encounter_words *x)
{
    choose(chosen, is_free, evidence, NULL, random, x);
}
