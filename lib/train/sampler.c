/* SPDX-License-Identifier: Apache-2.0 */
#include "train/sampler.h"

#include "base/mem.h"

/* Urns of equal size, one a number: those with less than 1/n of the weight are filled up from one that has
 * more. */
int sampler_init(sampler *s, double *weight, int32_t n)
{
    double sum = 0;
    int32_t *stack = mem_array(n, sizeof *stack), small = 0, large = n;
    *s = (sampler){.n = n, .urns = mem_array(n, sizeof *s->urns)};
    if (stack == NULL || s->urns == NULL) {
        mem_free(stack);
        return -1;
    }
    for (int32_t i = 0; i < n; i++)
        sum += weight[i];
    for (int32_t i = 0; i < n; i++) {
        weight[i] *= n / sum;
        s->urns[i] = (struct urn){UINT32_MAX, i};
        stack[weight[i] < 1 ? small++ : --large] = i; /* small ones from below, large ones from above */
    }
    while (small > 0 && large < n) {
        int32_t i = stack[--small], j = stack[large];
        s->urns[i] = (struct urn){(uint32_t)(weight[i] * 0x1p32), j};
        weight[j] -= 1 - weight[i];
        if (weight[j] < 1) {
            large++;
            stack[small++] = j;
        }
    }
    mem_free(stack);
    return 0;
}

void sampler_free(sampler *s)
{
    mem_free(s->urns);
    *s = (sampler){0};
}
