/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/grams.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/ops.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void sparse_free(sparse *v)
{
    mem_free(v->at);
    mem_free(v->x);
    mem_free(v->keys);
    mem_free(v->counts);
    *v = (sparse){0};
}

/* ---- the words and pairs of a text ---- */

/* Ids are above VOCAB_UNK, so a word's key differs from any pair's, and none is 0. */
static uint64_t key_of(int32_t first, int32_t second)
{
    return (uint64_t)(uint32_t)first << 32 | (uint32_t)second;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Fills v->keys[*n] with the keys of the text in ascending order. A key occurs as often as its word or pair.
 */
static int list_keys(sparse *v, size_t *n, bool bigrams, const int32_t *ids, size_t T)
{
    *n = 0;
    if (mem_grow(&v->keys, &v->keys_capacity, 2 * T + 1, sizeof *v->keys))
        return -1;
    for (size_t t = 0; t < T; t++) {
        if (ids[t] <= VOCAB_UNK)
            continue;
        v->keys[(*n)++] = key_of(ids[t], 0);
        if (bigrams && t + 1 < T && ids[t + 1] > VOCAB_UNK)
            v->keys[(*n)++] = key_of(ids[t], ids[t + 1]);
    }
    qsort(v->keys, *n, sizeof *v->keys, compare_keys);
    return 0;
}

/* The number of keys equal to keys[i], from i on. */
static size_t run_length(const uint64_t *keys, size_t i, size_t n)
{
    size_t end = i + 1;
    while (end < n && keys[end] == keys[i])
        end++;
    return end - i;
}

/* ---- the table ---- */

/* The slot of the key, or a free slot for it. */
static gram *find(const grams *g, uint64_t key)
{
    size_t i = ((key ^ key >> 29) * 0x9e3779b97f4a7c15u >> 20) & (g->n_slots - 1);
    while (g->slots[i].key && g->slots[i].key != key)
        i = (i + 1) & (g->n_slots - 1);
    return &g->slots[i];
}

/* Reserves a slot: the table is at most three quarters full. */
static int reserve_slot(grams *g)
{
    if (g->n_grams < g->n_slots / 4 * 3)
        return 0;
    grams old = *g;
    g->n_slots = old.n_slots ? 2 * old.n_slots : 1 << 16;
    g->slots = mem_array(g->n_slots, sizeof *g->slots);
    if (!g->slots) {
        *g = old;
        return -1;
    }
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].key)
            *find(g, old.slots[i].key) = old.slots[i];
    mem_free(old.slots);
    return 0;
}

static int count(grams *g, uint64_t key)
{
    if (reserve_slot(g))
        return -1;
    gram *found = find(g, key);
    g->n_grams += !found->key;
    found->key = key;
    found->df++;
    return 0;
}

static int count_all(grams *g, const dataset *d, sparse *scratch)
{
    for (size_t i = 0; i < d->n; i++) {
        size_t n;
        if (list_keys(scratch, &n, g->bigrams, d->docs[i].ids, d->docs[i].T))
            return -1;
        for (size_t k = 0; k < n; k += run_length(scratch->keys, k, n))
            if (count(g, scratch->keys[k]))
                return -1;
    }
    return 0;
}

static size_t count_features(const grams *g, int min_df, int *least)
{
    size_t n = 0;
    *least = INT_MAX;
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].key && g->slots[i].df >= min_df) {
            n++;
            *least = g->slots[i].df < *least ? g->slots[i].df : *least;
        }
    return n;
}

static float idf_of(size_t texts, int32_t df)
{
    return (float)(1 + log((1 + (double)texts) / (1 + (double)df)));
}

/* Features are numbered in the order of the slots, which depends only on the set of keys. */
static int number_features(grams *g, size_t texts, int min_df, size_t max_features)
{
    int least;
    size_t n;
    while ((n = count_features(g, min_df, &least)) > max_features && max_features)
        min_df = least + 1;
    if (n > INT32_MAX)
        return err_set("%zu words and pairs of words: at most %d are supported", n, INT32_MAX);
    if (!(g->idf = mem_array(n, sizeof *g->idf)))
        return -1;
    for (size_t i = 0; i < g->n_slots; i++) {
        gram *s = &g->slots[i];
        const bool is_feature = s->key && s->df >= min_df;
        s->feature = is_feature ? g->n : -1;
        if (is_feature)
            g->idf[g->n++] = idf_of(texts, s->df);
    }
    return 0;
}

/* Adds the character n-grams of the words to the features. */
static int add_chars(grams *g, const dataset *d, const map *words, int min_df, size_t max_features)
{
    if (char_grams_learn(&g->chars, words, VOCAB_UNK + 1, d, min_df, max_features / 2))
        return -1;
    float *idf = mem_array((size_t)g->n_words + (size_t)g->chars.n, sizeof *idf);
    if (!idf)
        return -1;
    if (g->n_words)
        memcpy(idf, g->idf, (size_t)g->n_words * sizeof *idf);
    mem_free(g->idf);
    g->idf = idf;
    for (int32_t f = 0; f < g->chars.n; f++)
        idf[g->n++] = idf_of(d->n, g->chars.df[f]);
    return 0;
}

int grams_learn(grams *g, const dataset *d, const map *words, int min_df, bool bigrams, size_t max_features)
{
    *g = (grams){.bigrams = bigrams};
    sparse scratch = {0};
    int result =
        reserve_slot(g) || count_all(g, d, &scratch) || number_features(g, d->n, min_df, max_features) ? -1
                                                                                                       : 0;
    sparse_free(&scratch);
    g->n_words = g->n;
    if (!result && words)
        result = add_chars(g, d, words, min_df, max_features);
    return result;
}

void grams_drop_chars(grams *g)
{
    g->chars = (char_grams){0};
    g->n = g->n_words;
}

void grams_keys(uint64_t *keys, const grams *g)
{
    for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].key && g->slots[i].feature >= 0)
            keys[g->slots[i].feature] = g->slots[i].key;
}

int grams_restore(grams *g, const uint64_t *keys, const float *idf, int32_t n, bool bigrams)
{
    *g = (grams){.bigrams = bigrams};
    for (int32_t f = 0; f < n; f++) {
        if (reserve_slot(g))
            return -1;
        gram *s = find(g, keys[f]);
        if (!keys[f] || s->key)
            return err_set("feature %d is %s", (int)f, keys[f] ? "a duplicate" : "empty");
        *s = (gram){.key = keys[f], .feature = f};
        g->n_grams++;
    }
    if (reserve_slot(g)) /* the table is not NULL, also without features */
        return -1;
    g->idf = (float *)idf;
    g->n = n;
    return 0;
}

void grams_free(grams *g)
{
    char_grams_free(&g->chars);
    mem_free(g->slots);
    mem_free(g->idf);
    *g = (grams){0};
}

/* ---- the vector of a text ---- */

/* Scales the elements from `first` on to the length 1 / sqrt(parts). */
static void scale_part(sparse *v, size_t first, int parts)
{
    double sum = 0;
    for (size_t k = first; k < v->n; k++)
        sum += (double)v->x[k] * (double)v->x[k];
    const float scale = sum > 0 ? (float)(1 / sqrt(parts * sum)) : 0;
    ops_scale_rows(v->x + first, &scale, 1, v->n - first, v->n - first);
}

static int reserve(sparse *v, size_t n)
{
    return mem_grow(&v->at, &v->at_capacity, n, sizeof *v->at) ||
                   mem_grow(&v->x, &v->x_capacity, n, sizeof *v->x)
               ? -1
               : 0;
}

static void push(sparse *v, const grams *g, int32_t feature, size_t count)
{
    v->at[v->n] = feature;
    v->x[v->n++] = (float)(1 + log((double)count)) * g->idf[feature];
}

/* Appends the character n-grams of a text, in the order in which they occur first. */
static int add_char_vector(sparse *v, const grams *g, const int32_t *ids, size_t T)
{
    const char_grams *c = &g->chars;
    const size_t first = v->n;
    if (!v->counts && !(v->counts = mem_array((size_t)c->n, sizeof *v->counts)))
        return -1;
    if (reserve(v, first + (size_t)c->n))
        return -1;
    for (size_t t = 0; t < T; t++) {
        const int32_t word = ids[t] - (VOCAB_UNK + 1);
        for (size_t k = word < 0 ? 0 : c->start[word]; word >= 0 && k < c->start[word + 1]; k++)
            if (v->counts[c->of[k]]++ == 0)
                v->at[v->n++] = c->of[k];
    }
    const size_t n = v->n;
    v->n = first;
    for (size_t k = first; k < n; k++) {
        const int32_t f = v->at[k];
        push(v, g, g->n_words + f, v->counts[f]);
        v->counts[f] = 0;
    }
    scale_part(v, first, 2);
    return 0;
}

/* Appends the words and pairs of a text, in ascending order of their keys. */
static int add_word_vector(sparse *v, const grams *g, const int32_t *ids, size_t T)
{
    size_t n, length;
    if (list_keys(v, &n, g->bigrams, ids, T) || reserve(v, v->n + n + 1))
        return -1;
    for (size_t k = 0; k < n; k += length) {
        length = run_length(v->keys, k, n);
        const gram *found = find(g, v->keys[k]);
        if (found->key && found->feature >= 0)
            push(v, g, found->feature, length);
    }
    return 0;
}

/* The number of ids up to word H of the text. */
static size_t first_ids(const int32_t *ids, size_t T, size_t H)
{
    size_t t = 0;
    for (size_t words = 0; t < T && words < H; t++)
        words += ids[t] > VOCAB_UNK;
    return t;
}

/* Adds the vector of the first words to v, the vector of all words. Its features are some of those of v, in
 * the same order. */
static int add_first_words(sparse *v, const grams *g, const int32_t *ids, size_t T)
{
    const size_t n = v->n;
    scale_part(v, 0, 1);
    if (add_word_vector(v, g, ids, first_ids(ids, T, g->first_words)))
        return -1;
    scale_part(v, n, 1);
    for (size_t k = n, to = 0; k < v->n; k++) {
        while (v->at[to] != v->at[k])
            to++;
        v->x[to] += v->x[k];
    }
    v->n = n;
    return 0;
}

int grams_vector(sparse *v, const grams *g, const int32_t *ids, size_t T)
{
    v->n = 0;
    if (add_word_vector(v, g, ids, T) || (g->first_words && add_first_words(v, g, ids, T)))
        return -1;
    scale_part(v, 0, g->chars.start ? 2 : 1);
    return g->chars.start ? add_char_vector(v, g, ids, T) : 0;
}
