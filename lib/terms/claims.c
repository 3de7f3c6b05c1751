/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/claims.h"

#include "base/mem.h"

#include <math.h>

int claims_begin(claims *x, const term_corpus *c)
{
    const size_t n = c->gold_at[c->n];
    x->best = mem_array(n, sizeof *x->best);
    x->term = mem_array(n, sizeof *x->term);
    x->marked = mem_array(n, sizeof *x->marked);
    x->phrase = mem_array(n, sizeof *x->phrase);
    if (!x->best || !x->term || !x->marked || !x->phrase)
        return -1;
    for (size_t i = 0; i < c->phrases.n; i++)
        x->marked[c->phrases.of[i].gold] = true;
    for (size_t g = 0; g < n; g++)
        for (int p = 0; p < CLAIM_COUNTS; p++)
            x->best[g][p] = -INFINITY;
    return 0;
}

void claims_free(claims *x)
{
    mem_free(x->best);
    mem_free(x->term);
    mem_free(x->marked);
    mem_free(x->phrase);
    *x = (claims){0};
}
