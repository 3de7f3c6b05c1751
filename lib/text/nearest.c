/* SPDX-License-Identifier: Apache-2.0 */
#include "text/nearest.h"

#include <math.h>
#include <string.h>

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Inserts x into best[n], which is in descending order and keeps at most k. Returns its new size. */
static int32_t insert(neighbour *best, int32_t n, int32_t k, neighbour x)
{
    int32_t at = n;
    while (at > 0 && best[at - 1].cosine < x.cosine)
        at--;
    if (at == k)
        return n;
    int32_t kept = n < k ? n : k - 1;
    memmove(best + at + 1, best + at, (kept - at) * sizeof *best);
    best[at] = x;
    return kept + 1;
}

int32_t nearest(const float *v, int32_t rows, size_t size, int32_t first, int32_t of, neighbour *best,
                int32_t k)
{
    const float *a = v + of * size;
    double length = sqrt(dot(a, a, size));
    int32_t n = 0;
    for (int32_t i = first; length > 0 && i < rows; i++) {
        const float *b = v + i * size;
        double other = sqrt(dot(b, b, size));
        if (i != of && other > 0)
            n = insert(best, n, k, (neighbour){i, (float)(dot(a, b, size) / (length * other))});
    }
    return n;
}
