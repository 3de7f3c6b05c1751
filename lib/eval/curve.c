/* SPDX-License-Identifier: Apache-2.0 */
/* Thins out a curve. Its points come from roc.c. */
#include "eval/curve.h"

#include "base/mem.h"

#include <inttypes.h>
#include <math.h>

static double precision(const roc_cut *c)
{
    return (double)c->true_positives / (double)c->predicted;
}

static double recall(const roc_cut *c)
{
    return (double)c->true_positives / (double)c->gold;
}

void curve_release(curve *c)
{
    mem_free(c->cuts);
    *c = (curve){0};
}

static int far(const roc_cut *a, const roc_cut *b)
{
    return fabs(precision(a) - precision(b)) >= CURVE_STEP || fabs(recall(a) - recall(b)) >= CURVE_STEP;
}

int curve_cut(void *context, const roc_cut *cut)
{
    curve *c = context;
    c->last = *cut;
    if (c->n && !far(cut, &c->cuts[c->n - 1]))
        return 0;
    if (mem_grow(&c->cuts, &c->cap, c->n + 1, sizeof *c->cuts))
        return -1;
    c->cuts[c->n++] = *cut;
    return 0;
}

static void write_cut(FILE *f, const roc_cut *c)
{
    fprintf(f, "%.9g\t%" PRIu64 "\t%" PRIu64 "\t%.6g\t%.6g\t%.6g\n", c->threshold, c->predicted,
            c->true_positives, precision(c), recall(c),
            2 * (double)c->true_positives / (double)(c->predicted + c->gold));
}

void curve_write(const curve *c, FILE *f)
{
    fputs("threshold\tpredicted\thits\tprecision\trecall\tf1\n", f);
    for (size_t i = 0; i < c->n; i++)
        write_cut(f, &c->cuts[i]);
    if (c->n && c->last.predicted != c->cuts[c->n - 1].predicted)
        write_cut(f, &c->last);
}
