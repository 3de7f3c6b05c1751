/* SPDX-License-Identifier: Apache-2.0 */
#include "train/kmeans.h"

#include "base/mem.h"
#include "tensor/gemm.h"

#include <math.h>
#include <string.h>

#define TILE 64 /* vectors that are compared with all centres at once */

typedef struct clustering {
    int32_t *class_of;
    const float *x;
    int32_t n, size, classes;
    double *sum;    /* [classes][size] */
    float *centre;  /* [classes][size], 1 long */
    bool *is_empty; /* [classes] */
    float *score;   /* [workers][TILE][classes] */
} clustering;

static void find_centres(clustering *k)
{
    size_t size = (size_t)k->size;
    memset(k->sum, 0, (size_t)k->classes * size * sizeof *k->sum);
    for (int32_t i = 0; i < k->n; i++)
        for (size_t j = 0; j < size; j++)
            k->sum[(size_t)k->class_of[i] * size + j] += (double)k->x[(size_t)i * size + j];
    for (int32_t c = 0; c < k->classes; c++) {
        const double *sum = k->sum + (size_t)c * size;
        double squares = 0;
        for (size_t j = 0; j < size; j++)
            squares += sum[j] * sum[j];
        k->is_empty[c] = squares == 0;
        for (size_t j = 0; j < size; j++)
            k->centre[(size_t)c * size + j] = k->is_empty[c] ? 0 : (float)(sum[j] / sqrt(squares));
    }
}

static int32_t best_class(const clustering *k, const float *score)
{
    int32_t best = -1;
    for (int32_t c = 0; c < k->classes; c++)
        if (!k->is_empty[c] && (best < 0 || score[c] > score[best]))
            best = c;
    return best < 0 ? 0 : best;
}

/* score[TILE][classes] = x centre' */
static void assign_tile(void *context, int tile, int worker)
{
    clustering *k = context;
    size_t size = (size_t)k->size, classes = (size_t)k->classes;
    int32_t first = tile * TILE, last = k->n - first < TILE ? k->n : first + TILE;
    float *score = k->score + (size_t)worker * TILE * classes;
    const size_t n = (size_t)(last - first);
    gemm(matrix_rows(score, n, classes), 0, 1, const_rows(k->x + (size_t)first * size, n, size),
         transpose(const_rows(k->centre, classes, size)));
    for (int32_t i = first; i < last; i++)
        k->class_of[i] = best_class(k, score + (size_t)(i - first) * classes);
}

int kmeans(int32_t *class_of, const float *x, int32_t n, int32_t size, int32_t classes, int32_t rounds,
           pool *threads)
{
    size_t numbers = (size_t)classes * (size_t)size;
    clustering k = {.class_of = class_of,
                    .x = x,
                    .n = n,
                    .size = size,
                    .classes = classes,
                    .sum = mem_array(numbers, sizeof *k.sum),
                    .centre = mem_array(numbers, sizeof *k.centre),
                    .is_empty = mem_array((size_t)classes, sizeof *k.is_empty),
                    .score = mem_array((size_t)pool_size(threads) * TILE * (size_t)classes, sizeof *k.score)};
    int rc = k.sum && k.centre && k.is_empty && k.score ? 0 : -1;
    if (rc == 0)
        gemm_init();
    for (int32_t i = 0; rc == 0 && i < n; i++)
        class_of[i] = i % classes;
    for (int32_t round = 0; rc == 0 && round < rounds; round++) {
        find_centres(&k);
        pool_run(threads, assign_tile, &k, (n - 1) / TILE + 1);
    }
    mem_free(k.sum);
    mem_free(k.centre);
    mem_free(k.is_empty);
    mem_free(k.score);
    return rc;
}
