/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/kernel.h"

#include "base/mem.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <string.h>

/* Lists the features of all texts in k->rare. start[f + 1]: the number of texts with feature f; then the
 * cumulative sum. */
static int list_features(kernel *k, const grams *g, const dataset *d)
{
    rare_features *r = &k->rare;
    sparse x = {0};
    int result = 0;
    for (size_t i = 0; i < d->n && !result; i++) {
        const size_t from = r->start[i];
        result = grams_vector(&x, g, d->docs[i].ids, d->docs[i].T) ||
                         mem_grow(&r->at, &r->at_room, from + x.n, sizeof *r->at) ||
                         mem_grow(&r->x, &r->x_room, from + x.n, sizeof *r->x)
                     ? -1
                     : 0;
        for (size_t j = 0; j < x.n && !result; j++) {
            r->at[from + j] = x.at[j];
            r->x[from + j] = x.x[j];
            k->start[x.at[j] + 1]++;
        }
        r->start[i + 1] = from + x.n;
    }
    for (size_t f = 0; f < k->features; f++)
        k->start[f + 1] += k->start[f];
    sparse_free(&x);
    return result;
}

/* next[f]: the index for the next text with feature f. */
static void put_texts(kernel *k, size_t *next)
{
    const rare_features *r = &k->rare;
    memcpy(next, k->start, k->features * sizeof *next);
    for (size_t i = 0; i < k->n; i++)
        for (size_t j = r->start[i]; j < r->start[i + 1]; j++) {
            const size_t to = next[r->at[j]]++;
            k->text[to] = (uint32_t)i;
            k->x[to] = r->x[j];
        }
}

/* Removes the common features from k->rare. */
static void keep_rare(kernel *k)
{
    rare_features *r = &k->rare;
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < k->n; i++) {
        const size_t end = r->start[i + 1];
        for (; j < end; j++) {
            r->at[kept] = r->at[j];
            r->x[kept] = r->x[j];
            kept += k->common[r->at[j]] < 0;
        }
        r->start[i + 1] = kept;
    }
}

enum { COMMON = 8 }; /* a feature is common when more than one in COMMON texts has it */

int kernel_spread(kernel *k)
{
    k->n_common = 0;
    k->common = mem_room(k->features, sizeof *k->common);
    if (!k->common)
        return -1;
    for (size_t f = 0; f < k->features; f++) {
        const bool common = k->start[f + 1] - k->start[f] > k->n / COMMON;
        k->common[f] = common ? (int32_t)k->n_common++ : -1;
    }
    k->rows = mem_array(k->n_common, k->n * sizeof *k->rows);
    if (!k->rows)
        return -1;
    for (size_t f = 0; f < k->features; f++)
        for (size_t p = k->start[f]; k->common[f] >= 0 && p < k->start[f + 1]; p++)
            k->rows[k->common[f] * k->n + k->text[p]] = k->x[p];
    return 0;
}

int kernel_make(kernel *k, const grams *g, const dataset *d)
{
    *k = (kernel){.n = d->n,
                  .features = g->n,
                  .start = mem_array(g->n + 1, sizeof *k->start),
                  .rare.start = mem_array(d->n + 1, sizeof *k->rare.start)};
    size_t *next = mem_room(g->n, sizeof *next);
    int result = k->start && k->rare.start && next && !list_features(k, g, d) ? 0 : -1;
    if (!result) {
        const size_t all = k->start[k->features];
        k->text = mem_room(all, sizeof *k->text);
        k->x = mem_room(all, sizeof *k->x);
        result = k->text && k->x ? 0 : -1;
    }
    if (!result) {
        put_texts(k, next);
        result = kernel_spread(k);
    }
    if (!result)
        keep_rare(k);
    mem_free(next);
    return result;
}

void kernel_forget_texts(kernel *k)
{
    mem_free(k->rare.start);
    mem_free(k->rare.at);
    mem_free(k->rare.x);
    k->rare = (rare_features){0};
}

void kernel_free(kernel *k)
{
    kernel_forget_texts(k);
    mem_free(k->start);
    mem_free(k->text);
    mem_free(k->x);
    mem_free(k->common);
    mem_free(k->rows);
    *k = (kernel){0};
}

/* Adds the products of a rare feature, which has the value x. It is read backwards, until its texts are
 * before `from`. */
static void add_rare(float *products, const kernel *k, int32_t f, float x, size_t from)
{
    for (size_t p = k->start[f + 1]; p > k->start[f] && k->text[p - 1] >= from; p--)
        products[k->text[p - 1]] += x * k->x[p - 1];
}

void kernel_row(float *products, const kernel *k, const sparse *x, size_t from)
{
    memset(products + from, 0, (k->n - from) * sizeof *products);
    for (size_t j = 0; j < x->n; j++) {
        const int32_t row = k->common[x->at[j]];
        if (row >= 0)
            ops_axpy(products + from, x->x[j], k->rows + row * k->n + from, k->n - from);
        else
            add_rare(products, k, x->at[j], x->x[j], from);
    }
}

typedef struct fill {
    float *K;
    const kernel *k;
} fill;

enum { ROWS = 128 }; /* of a task */

/* The common features are a product of matrices, to which the others are added. */
static void fill_rows(void *context, size_t task, size_t worker)
{
    const fill *f = context;
    const kernel *k = f->k;
    const rare_features *r = &k->rare;
    const size_t n = k->n, first = task * ROWS, rows = n - first < ROWS ? n - first : ROWS;
    const const_matrix of_rows = const_rows_ld(k->rows + first, k->n_common, rows, n),
                       of_all = const_rows_ld(k->rows + first, k->n_common, n - first, n);
    (void)worker;
    gemm(matrix_rows_ld(f->K + first * n + first, rows, n - first, n), 0, 1, transpose(of_rows), of_all);
    for (size_t i = first; i < first + rows; i++)
        for (size_t j = r->start[i]; j < r->start[i + 1]; j++)
            add_rare(f->K + i * n, k, r->at[j], r->x[j], i);
}

void kernel_matrix(float *K, const kernel *k, pool *threads)
{
    pool_run(threads, fill_rows, &(fill){K, k}, (k->n + ROWS - 1) / ROWS);
}
