/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/char_grams.h"

#include "base/mem.h"
#include "terms/linear_branch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The keys of all words, in the order of the words. Sets start. NULL: out of memory. */
static uint64_t *list_keys(char_grams *g, const map *words)
{
    const size_t n = (size_t)map_size(words);
    uint64_t *keys = NULL;
    size_t room = 0;
    g->start = mem_array(n + 1, sizeof *g->start);
    if (!g->start || mem_grow(&keys, &room, 1, sizeof *keys))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t bytes;
        const char *word = map_key(words, (int32_t)i, &bytes);
        if (mem_grow(&keys, &room, g->start[i] + LINEAR_CHARS, sizeof *keys)) {
            mem_free(keys);
            return NULL;
        }
        g->start[i + 1] = g->start[i] + linear_branch_chars(keys + g->start[i], word, bytes);
    }
    return keys;
}

/* Sets keys, each once in ascending order, and of: the index of each of `listed`. */
static int number_keys(char_grams *g, const uint64_t *listed, size_t n)
{
    g->keys = mem_array(n, sizeof *g->keys);
    g->of = mem_array(n, sizeof *g->of);
    if (!g->keys || !g->of)
        return -1;
    if (n)
        memcpy(g->keys, listed, n * sizeof *listed);
    qsort(g->keys, n, sizeof *g->keys, compare_keys);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || g->keys[i] != g->keys[i - 1])
            g->keys[g->n++] = g->keys[i];
    for (size_t i = 0; i < n; i++) {
        const uint64_t *found = bsearch(&listed[i], g->keys, (size_t)g->n, sizeof *g->keys, compare_keys);
        g->of[i] = (int32_t)(found - g->keys);
    }
    return 0;
}

/* Sets df. last[n]: the last text in which a feature was counted, plus 1. */
static int count_texts(char_grams *g, int32_t first_id, const dataset *d)
{
    uint32_t *last = mem_array((size_t)g->n, sizeof *last);
    g->df = mem_array((size_t)g->n, sizeof *g->df);
    if (!last || !g->df) {
        mem_free(last);
        return -1;
    }
    for (size_t i = 0; i < d->n; i++)
        for (size_t t = 0; t < d->docs[i].T; t++) {
            const int32_t word = d->docs[i].ids[t] - first_id;
            for (size_t k = word < 0 ? 0 : g->start[word]; word >= 0 && k < g->start[word + 1]; k++)
                if (last[g->of[k]] != i + 1) {
                    last[g->of[k]] = (uint32_t)(i + 1);
                    g->df[g->of[k]]++;
                }
        }
    mem_free(last);
    return 0;
}

static size_t count_features(const char_grams *g, int min_df, int *least)
{
    size_t n = 0;
    *least = INT_MAX;
    for (int32_t f = 0; f < g->n; f++)
        if (g->df[f] >= min_df) {
            n++;
            *least = g->df[f] < *least ? g->df[f] : *least;
        }
    return n;
}

/* Removes the n-grams that are no features. */
static int keep_features(char_grams *g, size_t words, int min_df, size_t max_features)
{
    int32_t *number = mem_array((size_t)g->n, sizeof *number), n = 0;
    int least;
    if (!number)
        return -1;
    while (max_features && count_features(g, min_df, &least) > max_features)
        min_df = least + 1;
    for (int32_t f = 0; f < g->n; f++) {
        number[f] = g->df[f] >= min_df ? n : -1;
        if (number[f] < 0)
            continue;
        g->keys[n] = g->keys[f];
        g->df[n++] = g->df[f];
    }
    g->n = n;
    size_t kept = 0;
    for (size_t i = 0, k = 0; i < words; i++) {
        const size_t end = g->start[i + 1];
        for (; k < end; k++)
            if (number[g->of[k]] >= 0)
                g->of[kept++] = number[g->of[k]];
        g->start[i + 1] = kept;
    }
    mem_free(number);
    return 0;
}

int char_grams_learn(char_grams *g, const map *words, int32_t first_id, const dataset *d, int min_df,
                     size_t max_features)
{
    *g = (char_grams){0};
    const size_t n = (size_t)map_size(words);
    uint64_t *listed = list_keys(g, words);
    const int result = !listed || number_keys(g, listed, g->start[n]) || count_texts(g, first_id, d) ||
                               keep_features(g, n, min_df, max_features)
                           ? -1
                           : 0;
    mem_free(listed);
    return result;
}

void char_grams_free(char_grams *g)
{
    mem_free(g->keys);
    mem_free(g->df);
    mem_free(g->start);
    mem_free(g->of);
    *g = (char_grams){0};
}
