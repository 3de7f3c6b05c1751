/* SPDX-License-Identifier: Apache-2.0 */
/* The weight of each word for a code, from the attention of the record or of the model, and from the
 * gradient. The attention itself is computed in model/attend.c, the gradient in model/gradient.c. */
#include "eval/evidence_private.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { GROUP = 256 }; /* codes that the model attends for at a time: memory does not grow with their number */

/* The model reads the words once. Then it computes attentions for a group of codes at a time. */
static int read_words(explainer *x, int worker, const evidence_view *v)
{
    if (!x->stage) {
        err_set("missing: give the model with -m, or add them with ecan-attend --weights");
        return record_error(v->r, "A");
    }
    if (!v->ids && v->T) {
        err_set("missing: run ecan-embed or ecan-predict first");
        return record_error(v->r, "ids");
    }
    return model_stage_read(x->stage, worker, v->ids, v->T) ? record_error(v->r, "ids") : 0;
}

static int attend(explainer *x, int worker, evidence_view *v, const evidence *e, size_t first, size_t n)
{
    int32_t asked[GROUP];
    for (size_t i = 0; i < n; i++)
        asked[i] = e->codes[first + i].label;
    v->made_for = first;
    v->made_end = first + n;
    v->attentions = x->stage->m->p.sizes.attentions;
    return model_stage_weights(x->stage, worker, asked, n, &v->made) ? record_error(v->r, NULL) : 0;
}

/* Attention a of code i, [T]. NULL when memory is out. */
static const float *attention_row(const evidence_view *v, const evidence *e, size_t i, int a)
{
    if (v->made)
        return v->made[a] + (i - v->made_for) * v->T;
    tensor row = v->A[a];
    row.data += sizeof(float) * (size_t)e->codes[i].label * v->T;
    row.count = v->T;
    e->work->row.len = 0;
    return tensor_floats(&row, &e->work->row);
}

/* Fills the weights of the words for code i (evidence.h). */
static int weigh_words(const evidence_view *v, const evidence *e, size_t i, evidence_by by)
{
    weighed *words = e->work->words;
    memset(words, 0, v->T * sizeof *words);
    for (int a = 0; a < v->attentions; a++) {
        const float *row = attention_row(v, e, i, a);
        if (!row)
            return -1;
        for (size_t t = 0; t < v->T; t++) {
            weighed *w = &words[t];
            w->weight += row[t];
            if (row[t] > w->largest) {
                w->largest = row[t];
                w->attention = a;
            }
        }
    }
    for (size_t t = 0; t < v->T; t++)
        words[t].weight = by == EVIDENCE_PEAK ? words[t].largest : words[t].weight / (float)v->attentions;
    return 0;
}

/* weight = sqrt(weight) max(0, support), scaled so that the weights add up to 1. If no word supports the
 * code, the weights do not change. The words that markers replace are no evidence, so they do not count. */
static void weigh_by_gradient(weighed *words, const places *p, const float *support, size_t T)
{
    double sum = 0;
    for (size_t t = 0; t < T; t++)
        if (p->of[t].note >= 0 && support[t] > 0)
            sum += sqrt(words[t].weight) * support[t];
    for (size_t t = 0; sum > 0 && t < T; t++)
        words[t].weight = support[t] > 0 ? (float)(sqrt(words[t].weight) * support[t] / sum) : 0;
}

int evidence_weights_room(evidence_work *w, size_t T)
{
    return mem_grow(&w->words, &w->words_cap, T + 1, sizeof *w->words) ||
                   mem_grow(&w->heap, &w->heap_cap, T + 1, sizeof *w->heap) ||
                   mem_grow(&w->seen, &w->seen_cap, T + 1, sizeof *w->seen)
               ? -1
               : 0;
}

int evidence_weights_begin(explainer *x, int worker, evidence_view *v)
{
    v->computed = v->attentions == 0;
    return (v->computed || x->o.by == EVIDENCE_ATTINGRAD) && read_words(x, worker, v) ? -1 : 0;
}

int evidence_weigh(explainer *x, int worker, evidence_view *v, const evidence *e, size_t i)
{
    const size_t left = e->n_codes - i;
    const float *support;
    if (v->computed && i >= v->made_end && attend(x, worker, v, e, i, left < GROUP ? left : GROUP))
        return -1;
    if (weigh_words(v, e, i, x->o.by))
        return -1;
    if (x->o.by != EVIDENCE_ATTINGRAD)
        return 0;
    if (model_stage_support(x->stage, worker, e->codes[i].label, &support))
        return record_error(v->r, NULL);
    weigh_by_gradient(e->work->words, &e->work->places, support, v->T);
    return 0;
}
