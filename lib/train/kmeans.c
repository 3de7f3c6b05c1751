/* SPDX-License-Identifier: Apache-2.0 */
#include "train/kmeans.h"

#include "base/mem.h"
#include "tensor/gemm.h"

#include <math.h>
#include <string.h>

#define TILE 64 /* vectors of a task */

typedef struct clustering {
    int32_t *class_of;
    const float *x;
    size_t n, size, classes;
    double *sum;    /* [classes][size] */
    float *centre;  /* [classes][size], of length 1 */
    bool *is_empty; /* [classes] */
    float *score;   /* [workers][TILE][classes] */
} clustering;

static void find_centres(clustering *k)
{
    size_t size = k->size;
    memset(k->sum, 0, k->classes * size * sizeof *k->sum);
    for (size_t i = 0; i < k->n; i++)
        for (size_t j = 0; j < size; j++)
            k->sum[k->class_of[i] * size + j] += (double)k->x[i * size + j];
    for (size_t c = 0; c < k->classes; c++) {
        const double *sum = k->sum + c * size;
        double squares = 0;
        for (size_t j = 0; j < size; j++)
            squares += sum[j] * sum[j];
        k->is_empty[c] = squares == 0;
        for (size_t j = 0; j < size; j++)
            k->centre[c * size + j] = k->is_empty[c] ? 0 : (float)(sum[j] / sqrt(squares));
    }
}

/* The class with the largest score, except empty classes. */
static int32_t best_class(const clustering *k, const float *score)
{
    size_t best = k->classes;
    for (size_t c = 0; c < k->classes; c++)
        if (!k->is_empty[c] && (best == k->classes || score[c] > score[best]))
            best = c;
    return best == k->classes ? 0 : (int32_t)best;
}

/* score[TILE][classes] = x centre' */
static void assign_tile(void *context, size_t tile, size_t worker)
{
    clustering *k = context;
    size_t size = k->size, classes = k->classes;
    size_t first = tile * TILE, n = k->n - first < TILE ? k->n - first : TILE;
    float *score = k->score + worker * TILE * classes;
    gemm(matrix_rows(score, n, classes), 0, 1, const_rows(k->x + first * size, n, size),
         transpose(const_rows(k->centre, classes, size)));
    for (size_t i = 0; i < n; i++)
        k->class_of[first + i] = best_class(k, score + i * classes);
}

int kmeans(int32_t *class_of, const float *x, size_t n, size_t size, size_t classes, int rounds,
           pool *threads)
{
    size_t numbers = classes * size;
    clustering k = {.class_of = class_of,
                    .x = x,
                    .n = n,
                    .size = size,
                    .classes = classes,
                    .sum = mem_array(numbers, sizeof *k.sum),
                    .centre = mem_array(numbers, sizeof *k.centre),
                    .is_empty = mem_array(classes, sizeof *k.is_empty),
                    .score = mem_array(pool_size(threads) * TILE * classes, sizeof *k.score)};
    int rc = k.sum && k.centre && k.is_empty && k.score ? gemm_init() : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        class_of[i] = (int32_t)(i % classes);
    for (int round = 0; rc == 0 && round < rounds; round++) {
        find_centres(&k);
        pool_run(threads, assign_tile, &k, (n - 1) / TILE + 1);
    }
    mem_free(k.sum);
    mem_free(k.centre);
    mem_free(k.is_empty);
    mem_free(k.score);
    return rc;
}
