/* SPDX-License-Identifier: Apache-2.0 */
#include "train/sampler.h"

#include "base/mem.h"

/* Each number has a column of weight 1/n. A number with less weight shares its column with a number that has
 * more, its alias. */
int sampler_init(sampler *s, double *weight, int32_t n)
{
    double sum = 0;
    int32_t *stack = mem_array(n, sizeof *stack), small = 0, large = n;
    *s = (sampler){.n = n, .columns = mem_array(n, sizeof *s->columns)};
    if (stack == NULL || s->columns == NULL) {
        mem_free(stack);
        return -1;
    }
    for (int32_t i = 0; i < n; i++)
        sum += weight[i];
    for (int32_t i = 0; i < n; i++) {
        weight[i] *= n / sum;
        s->columns[i] = (struct column){UINT32_MAX, i};
        stack[weight[i] < 1 ? small++ : --large] =
            i; /* small weights from the bottom, large ones from the top */
    }
    while (small > 0 && large < n) {
        int32_t i = stack[--small], j = stack[large];
        s->columns[i] = (struct column){(uint32_t)(weight[i] * 0x1p32), j};
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
    mem_free(s->columns);
    *s = (sampler){0};
}
