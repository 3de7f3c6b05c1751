/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lookup.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The hash of two hashes: of the words, one on each line, and of the numbers. */
static int compute_fingerprint(lookup *l)
{
    const vectors *v = &l->v;
    uint64_t all[2][2], h[2];
    buf words = {0};
    int rc = 0;
    for (int32_t i = 0; rc == 0 && i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        rc = buf_add(&words, word, n) < 0 || buf_add(&words, "\n", 1) < 0 ? -1 : 0;
    }
    hash128(all[0], words.data, words.len);
    hash128(all[1], v->data, (size_t)v->n * v->size * sizeof *v->data);
    hash128(h, all, sizeof all);
    snprintf(l->fingerprint, sizeof l->fingerprint, "%016" PRIx64 "%016" PRIx64, h[0], h[1]);
    buf_free(&words);
    return rc;
}

static void scale_to_unit(float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    float scale = (float)(1 / (sqrt(sum) + 1e-6));
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

/* Sets rows. A vector of <pad> in the file is ignored. */
static int fill_rows(lookup *l)
{
    for (int32_t i = 0; i < l->v.n; i++) {
        size_t n;
        const char *word = map_key(l->v.words, i, &n);
        if (vocab_add(l->words, word, n) < 0)
            return err_prefix("word %" PRId32 ": ", i + 1);
    }
    l->rows = mem_array(vocab_size(l->words), sizeof *l->rows);
    if (l->rows == NULL)
        return -1;
    l->rows[VOCAB_PAD] = l->none;
    l->rows[VOCAB_UNK] = l->unknown;
    for (int32_t i = 0; i < l->v.n; i++) {
        size_t n;
        const char *word = map_key(l->v.words, i, &n);
        int32_t id = vocab_id(l->words, word, n);
        if (id != VOCAB_UNK || strcmp(word, "<unk>") == 0)
            l->rows[id] = vectors_row(&l->v, i);
    }
    return 0;
}

int lookup_open(lookup *l, const char *path, bool unit)
{
    *l = (lookup){0};
    if (vectors_read(&l->v, path) < 0)
        return -1;
    size_t size = l->v.size;
    l->words = vocab_new();
    l->none = mem_array(size, sizeof *l->none);
    l->unknown = mem_array(size, sizeof *l->unknown);
    int rc = l->words != NULL && l->none != NULL && l->unknown != NULL ? 0 : -1;
    if (rc < 0 || compute_fingerprint(l) < 0 || fill_rows(l) < 0) {
        lookup_close(l);
        return err_prefix("%s: ", path);
    }
    for (int32_t i = 0; unit && i < l->v.n; i++)
        scale_to_unit(l->v.data + i * size, size);
    return 0;
}

void lookup_close(lookup *l)
{
    vectors_free(&l->v);
    vocab_free(l->words);
    mem_free(l->rows);
    mem_free(l->none);
    mem_free(l->unknown);
    *l = (lookup){0};
}

void lookup_unknown(lookup *l, const float *x)
{
    memcpy(l->unknown, x, l->v.size * sizeof *x);
}

void lookup_embed(float *X, const lookup *l, const int32_t *ids, size_t T)
{
    size_t size = l->v.size;
    for (size_t t = 0; t < T; t++)
        memcpy(X + t * size, l->rows[ids[t]], size * sizeof *X);
}
