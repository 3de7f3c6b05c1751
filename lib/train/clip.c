/* SPDX-License-Identifier: Apache-2.0 */
#include "train/clip.h"

#include "tensor/ops.h"

#include <math.h>

enum { PARTS = 64 };

typedef struct sums {
    const params *grad;
    const unsigned char *in_batch;
    double part[PARTS];
} sums;

/* Part k of the rows of the embedding and of the other tensors. The gaps between tensors are zero. */
static void sum_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    sums *s = context;
    const params *g = s->grad;
    const size_t E = g->sizes.E, words = g->words, k = part;
    double sum = 0;
    for (size_t row = words * k / PARTS; row < words * (k + 1) / PARTS; row++)
        if (s->in_batch[row])
            sum += ops_sum_squares(g->embed + row * E, E);
    const size_t n = g->size - g->shared_begin, from = n * k / PARTS, to = n * (k + 1) / PARTS;
    s->part[k] = sum + ops_sum_squares(g->data + g->shared_begin + from, to - from);
}

double clip_norm(const params *grad, const unsigned char *in_batch, pool *threads)
{
    sums s = {.grad = grad, .in_batch = in_batch};
    pool_run(threads, sum_part, &s, PARTS);
    double sum = 0;
    for (int k = 0; k < PARTS; k++)
        sum += s.part[k];
    return sqrt(sum);
}

float clip_factor(double norm, double max_norm)
{
    const double factor = max_norm / (norm + 1e-6);
    return factor < 1 ? (float)factor : 1;
}
