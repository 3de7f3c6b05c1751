/* SPDX-License-Identifier: Apache-2.0 */
#include "text/predicted.h"

#include <stdlib.h>

static int best_first(const void *a, const void *b, void *context)
{
    const float *scores = context;
    const int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    if (scores[i] != scores[j])
        return scores[i] > scores[j] ? -1 : 1;
    return i < j ? -1 : i > j;
}

void predicted_pack(pack *fields, const labels *l, const float *scores, const float *thresholds,
                    int32_t *order)
{
    const int32_t L = labels_count(l);
    size_t n = 0;
    for (int32_t j = 0; j < L; j++)
        if (scores[j] > thresholds[j])
            order[n++] = j;
    qsort_r(order, n, sizeof *order, best_first, (void *)(uintptr_t)scores);
    pack_key(fields, "predicted");
    pack_array(fields, n);
    for (size_t i = 0; i < n; i++) {
        pack_map(fields, 2);
        pack_str(fields, "code");
        pack_str(fields, labels_code(l, order[i]));
        pack_str(fields, "score");
        pack_float(fields, scores[order[i]]);
    }
}
