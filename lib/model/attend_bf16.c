/* SPDX-License-Identifier: Apache-2.0 */
/* Prediction in bfloat16. Of thousands of labels only a few are near the threshold. So attention is computed
 * for all labels in bfloat16 first, with an error of a logit of about 0.01, and then again in 32 bits for the
 * labels whose network has a probability above 1%. Their outputs are those of 32 bits, except for rounding.
 * Probabilities below that have errors of at most some 0.0001. The choice depends on the parameters and the
 * words only, so that the stages of a pipe and ecan-predict make the same one. */
#include "model/attend_private.h"

#include "base/mem.h"

#include <string.h>

/* The logit of a probability of 1%. */
static const float candidate = -4.595f;

struct attend_again {
    int32_t *label; /* [n] their indices in ascending order */
    size_t n;
    params p;      /* of these labels */
    float *memory; /* U, W, b and the results */
    size_t capacity;
    float *V, *logits, *peak_weights;
    int32_t *peaks;
    attend_work work;
    float *all; /* [L] logits in bfloat16, if the caller does not want logits */
};

void attend_again_free(attend_again *x)
{
    if (!x)
        return;
    mem_free(x->label);
    mem_free(x->memory);
    mem_free(x->all);
    attend_work_free(&x->work);
    mem_free(x);
}

static int begin(attend_work *w, size_t L)
{
    attend_again *x = w->again;
    if (x)
        return 0;
    w->again = x = mem_array(1, sizeof *x);
    if (!x)
        return -1;
    x->label = mem_room(L, sizeof *x->label);
    x->all = mem_room(L, sizeof *x->all);
    if (x->label && x->all)
        return 0;
    attend_again_free(x);
    w->again = NULL;
    return -1;
}

static void choose(attend_again *x, const float *logits, size_t L)
{
    x->n = 0;
    for (size_t l = 0; l < L; l++)
        if (!(logits[l] < candidate)) /* NaN is not hidden */
            x->label[x->n++] = (int32_t)l;
}

/* Copies the parameters of the chosen labels, and makes room for their results. */
static int gather(attend_again *x, const params *p)
{
    const size_t n = x->n, d_l = p->sizes.d_l, S = p->sizes.S;
    if (mem_grow(&x->memory, &x->capacity, n * (d_l + 2 * S + 5), sizeof *x->memory))
        return -1;
    x->p = *p;
    x->p.labels = n;
    x->p.U = x->memory;
    x->p.W = x->p.U + n * d_l;
    x->V = x->p.W + n * S;
    x->p.b = x->V + n * S;
    x->logits = x->p.b + n;
    x->peak_weights = x->logits + n;
    x->peaks = (int32_t *)(void *)(x->peak_weights + n);
    for (size_t i = 0; i < n; i++) {
        const size_t l = (size_t)x->label[i];
        memcpy(x->p.U + i * d_l, p->U + l * d_l, d_l * sizeof(float));
        memcpy(x->p.W + i * S, p->W + l * S, S * sizeof(float));
        x->p.b[i] = p->b[l];
    }
    mem_free(x->work.queries); /* of other labels */
    x->work.queries = NULL;
    return 0;
}

static void scatter(const attended *to, const attend_again *x)
{
    const size_t row = x->p.sizes.S * sizeof(float);
    for (size_t i = 0; i < x->n; i++) {
        const size_t l = (size_t)x->label[i];
        if (to->V)
            memcpy((unsigned char *)to->V + l * row, x->V + i * x->p.sizes.S, row);
        if (to->logits)
            to->logits[l] = x->logits[i];
        to->peaks[2 * l] = x->peaks[2 * i];
        to->peaks[2 * l + 1] = x->peaks[2 * i + 1];
        to->peak_weights[l] = x->peak_weights[i];
    }
}

int attend_in_bf16(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w)
{
    if (begin(w, p->labels))
        return -1;
    attend_again *x = w->again;
    attended all = *to;
    if (!all.logits)
        all.logits = x->all;
    if (attend_all(&all, p, PRECISION_BF16, H, T, w))
        return -1;
    choose(x, all.logits, p->labels);
    if (x->n == 0)
        return 0;
    if (gather(x, p))
        return -1;
    const attended few = {.V = to->V ? x->V : NULL,
                          .logits = to->logits ? x->logits : NULL,
                          .peaks = x->peaks,
                          .peak_weights = x->peak_weights};
    if (attend_all(&few, &x->p, PRECISION_F32, H, T, &x->work))
        return -1;
    scatter(to, x);
    return 0;
}
