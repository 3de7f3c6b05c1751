/* SPDX-License-Identifier: Apache-2.0 */
/* Counts probabilities in bins. How well they rank is measured in roc.c. */
#include "eval/calibration.h"

#include "base/mem.h"
#include "base/ratio.h"

#include <inttypes.h>
#include <math.h>

int calibration_init(calibration *c, int bins)
{
    *c = (calibration){.bins = bins, .bin = mem_array((size_t)bins, sizeof *c->bin)};
    return c->bin ? 0 : -1;
}

void calibration_release(calibration *c)
{
    mem_free(c->bin);
    *c = (calibration){0};
}

void calibration_add(calibration *c, const float *scores, int L, const int32_t *gold, int n)
{
    for (int j = 0, next = 0; j < L; j++) {
        int is_gold = next < n && gold[next] == j;
        next += is_gold;
        double score = scores[j], miss = score - is_gold;
        int i = (int)(score * c->bins);
        calibration_bin *b = &c->bin[i < c->bins ? i : c->bins - 1];
        b->n++;
        b->gold += (uint64_t)is_gold;
        b->sum += score;
        c->squares += miss * miss;
    }
    c->n += (uint64_t)L;
}

double calibration_brier(const calibration *c)
{
    return ratio(c->squares, (double)c->n);
}

double calibration_error(const calibration *c)
{
    double sum = 0;
    for (int i = 0; i < c->bins; i++)
        sum += fabs(c->bin[i].sum - (double)c->bin[i].gold);
    return ratio(sum, (double)c->n);
}

void calibration_write(const calibration *c, FILE *f)
{
    fputs("low\thigh\tn\tgold\tmean\tshare\n", f);
    for (int i = 0; i < c->bins; i++) {
        const calibration_bin *b = &c->bin[i];
        fprintf(f, "%.6g\t%.6g\t%" PRIu64 "\t%" PRIu64, (double)i / c->bins, (double)(i + 1) / c->bins, b->n,
                b->gold);
        if (b->n)
            fprintf(f, "\t%.6g\t%.6g\n", b->sum / (double)b->n, (double)b->gold / (double)b->n);
        else
            fputs("\t\t\n", f);
    }
}
