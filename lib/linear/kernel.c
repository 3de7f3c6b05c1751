/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/kernel.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/ops.h"

#include <stdatomic.h>
#include <string.h>

/* start[f + 1]: the number of texts with feature f; then the cumulative sum. */
static int count_texts(kernel *k, const grams *g, const dataset *d, sparse *x)
{
    for (size_t i = 0; i < d->n; i++) {
        if (grams_vector(x, g, d->docs[i].ids, d->docs[i].T))
            return -1;
        for (size_t j = 0; j < x->n; j++)
            k->start[x->at[j] + 1]++;
    }
    for (size_t f = 0; f < k->features; f++)
        k->start[f + 1] += k->start[f];
    return 0;
}

/* next[f]: the index for the next text with feature f. */
static int put_texts(kernel *k, size_t *next, const grams *g, const dataset *d, sparse *x)
{
    memcpy(next, k->start, k->features * sizeof *next);
    for (size_t i = 0; i < d->n; i++) {
        if (grams_vector(x, g, d->docs[i].ids, d->docs[i].T))
            return -1;
        for (size_t j = 0; j < x->n; j++) {
            const size_t to = next[x->at[j]]++;
            k->text[to] = (uint32_t)i;
            k->x[to] = x->x[j];
        }
    }
    return 0;
}

enum { COMMON = 8 }; /* a feature is common when more than one in COMMON texts has it */

int kernel_spread(kernel *k)
{
    size_t rows = 0;
    k->common = mem_room(k->features, sizeof *k->common);
    if (!k->common)
        return -1;
    for (size_t f = 0; f < k->features; f++) {
        const bool common = k->start[f + 1] - k->start[f] > k->n / COMMON;
        k->common[f] = common ? (int32_t)rows++ : -1;
    }
    k->rows = mem_array(rows, k->n * sizeof *k->rows);
    if (!k->rows)
        return -1;
    for (size_t f = 0; f < k->features; f++)
        for (size_t p = k->start[f]; k->common[f] >= 0 && p < k->start[f + 1]; p++)
            k->rows[k->common[f] * k->n + k->text[p]] = k->x[p];
    return 0;
}

int kernel_make(kernel *k, const grams *g, const dataset *d)
{
    *k = (kernel){.n = d->n, .features = g->n, .start = mem_array(g->n + 1, sizeof *k->start)};
    size_t *next = mem_room(g->n, sizeof *next);
    sparse x = {0};
    int result = k->start && next && !count_texts(k, g, d, &x) ? 0 : -1;
    if (!result) {
        const size_t all = k->start[k->features];
        k->text = mem_room(all, sizeof *k->text);
        k->x = mem_room(all, sizeof *k->x);
        result = k->text && k->x && !put_texts(k, next, g, d, &x) && !kernel_spread(k) ? 0 : -1;
    }
    sparse_free(&x);
    mem_free(next);
    return result;
}

void kernel_free(kernel *k)
{
    mem_free(k->start);
    mem_free(k->text);
    mem_free(k->x);
    mem_free(k->common);
    mem_free(k->rows);
    *k = (kernel){0};
}

/* Adds the products of feature f, which has the value x. A rare feature is read backwards, until its texts
 * are before `from`. */
static void add_feature(float *products, const kernel *k, int32_t f, float x, size_t from)
{
    if (k->common[f] >= 0) {
        const float *row = k->rows + k->common[f] * k->n;
        ops_axpy(products + from, x, row + from, k->n - from);
        return;
    }
    for (size_t p = k->start[f + 1]; p > k->start[f] && k->text[p - 1] >= from; p--)
        products[k->text[p - 1]] += x * k->x[p - 1];
}

void kernel_row(float *products, const kernel *k, const sparse *x, size_t from)
{
    memset(products + from, 0, (k->n - from) * sizeof *products);
    for (size_t j = 0; j < x->n; j++)
        add_feature(products, k, x->at[j], x->x[j], from);
}

typedef struct fill {
    float *K;
    const kernel *k;
    const grams *g;
    const dataset *d;
    sparse *x; /* [workers] */
    atomic_bool failed;
} fill;

static void fill_row(void *context, size_t i, size_t worker)
{
    fill *f = context;
    sparse *x = &f->x[worker];
    if (grams_vector(x, f->g, f->d->docs[i].ids, f->d->docs[i].T))
        atomic_store(&f->failed, true);
    else
        kernel_row(f->K + i * f->k->n, f->k, x, i);
}

int kernel_matrix(float *K, const kernel *k, const grams *g, const dataset *d, pool *threads)
{
    const size_t workers = pool_size(threads);
    fill f = {.K = K, .k = k, .g = g, .d = d, .x = mem_array(workers, sizeof *f.x)};
    if (!f.x)
        return -1;
    pool_run(threads, fill_row, &f, d->n);
    for (size_t i = 0; i < workers; i++)
        sparse_free(&f.x[i]);
    mem_free(f.x);
    return f.failed ? err_memory("out of memory for the vectors of texts") : 0;
}
