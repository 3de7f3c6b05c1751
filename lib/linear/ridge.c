/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/ridge.h"

#include "base/mem.h"
#include "tensor/cholesky.h"

#include <string.h>

int ridge_make(ridge *r, const kernel *k, size_t L, pool *threads)
{
    const size_t n = k->n;
    *r = (ridge){.n = n, .L = L};
    r->K = mem_array(n, n * sizeof *r->K);
    r->diagonal = mem_array(n, sizeof *r->diagonal);
    r->alpha = mem_array(n, L * sizeof *r->alpha);
    if (!r->K || !r->diagonal || !r->alpha)
        return -1;
    kernel_matrix(r->K, k, threads);
    for (size_t i = 0; i < n; i++)
        r->diagonal[i] = r->K[i * n + i];
    return 0;
}

void ridge_forget_kernel(ridge *r)
{
    mem_free(r->K);
    mem_free(r->diagonal);
    r->K = r->diagonal = NULL;
}

void ridge_free(ridge *r)
{
    ridge_forget_kernel(r);
    mem_free(r->alpha);
    *r = (ridge){0};
}

/* ---- alpha ---- */

enum { TILE = 64 }; /* rows and columns that are mirrored together; they fit the cache */

typedef struct mirror {
    ridge *r;
    float lambda;
} mirror;

/* Copies the elements above the diagonal below it, and sets the diagonal to that of G. */
static void mirror_rows(void *context, size_t task, size_t worker)
{
    const mirror *s = context;
    (void)worker;
    float *K = s->r->K;
    const size_t n = s->r->n, first = task * TILE, end = first + TILE < n ? first + TILE : n;
    for (size_t column = 0; column < end; column += TILE)
        for (size_t i = first; i < end; i++)
            for (size_t j = column; j < column + TILE && j < i; j++)
                K[i * n + j] = K[j * n + i];
    for (size_t i = first; i < end; i++)
        K[i * n + i] = s->r->diagonal[i] + s->lambda;
}

static void put_labels(float *Y, const dataset *d, size_t L)
{
    memset(Y, 0, d->n * L * sizeof *Y);
    for (size_t i = 0; i < d->n; i++)
        for (size_t j = 0; j < d->docs[i].n_gold; j++)
            Y[i * L + d->docs[i].gold[j]] = 1;
}

int ridge_solve(ridge *r, float lambda, const dataset *d, pool *threads)
{
    const size_t n = r->n, L = r->L;
    pool_run(threads, mirror_rows, &(mirror){.r = r, .lambda = lambda}, (n + TILE - 1) / TILE);
    if (cholesky(r->K, n, threads))
        return -1;
    put_labels(r->alpha, d, L);
    cholesky_solve(r->alpha, r->K, n, L, threads);
    return 0;
}

/* ---- leave-one-out scores ---- */

/* Adds the scores of text i. gold[j] says whether label j is gold. */
static void histogram_text(score_histogram *t, const ridge *r, size_t i, float inverse,
                           const unsigned char *gold)
{
    const float *alpha = r->alpha + i * r->L;
    for (size_t j = 0; j < r->L; j++)
        score_histogram_add(t, (gold[j] ? 1 : 0) - alpha[j] / inverse, gold[j]);
}

int ridge_left_out(score_histogram *t, const ridge *r, const dataset *d, pool *threads)
{
    float *inverse = mem_array(r->n, sizeof *inverse); /* the diagonal of G^-1 */
    unsigned char *gold = mem_array(r->L, 1);
    const int result = inverse && gold && !cholesky_inverse_diagonal(inverse, r->K, r->n, threads) ? 0 : -1;
    for (size_t i = 0; !result && i < d->n; i++) {
        const example *text = &d->docs[i];
        for (size_t j = 0; j < text->n_gold; j++)
            gold[text->gold[j]] = 1;
        histogram_text(t, r, i, inverse[i], gold);
        for (size_t j = 0; j < text->n_gold; j++)
            gold[text->gold[j]] = 0;
    }
    mem_free(inverse);
    mem_free(gold);
    return result;
}
