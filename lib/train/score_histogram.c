/* SPDX-License-Identifier: Apache-2.0 */
#include "train/score_histogram.h"
#include "base/ratio.h"

void score_histogram_merge(score_histogram *to, const score_histogram *from)
{
    for (int bin = 0; bin < SCORE_HISTOGRAM_BINS; bin++) {
        to->right[bin] += from->right[bin];
        to->wrong[bin] += from->wrong[bin];
    }
}

double score_histogram_f1(uint64_t tp, uint64_t fp, uint64_t gold)
{
    return ratio_or_0(2.0 * (double)tp, (double)(tp + fp + gold));
}

/* From the highest threshold down. */
double score_histogram_best(double *threshold, const score_histogram *t, uint64_t gold)
{
    uint64_t tp = 0, fp = 0;
    double best = 0;
    *threshold = 0.5;
    for (int bin = SCORE_HISTOGRAM_BINS - 1; bin > 0; bin--) {
        tp += t->right[bin];
        fp += t->wrong[bin];
        const double f = score_histogram_f1(tp, fp, gold), at = (double)bin / SCORE_HISTOGRAM_BINS;
        if (f > best || (f == best && fabs(at - 0.5) < fabs(*threshold - 0.5))) {
            best = f;
            *threshold = at;
        }
    }
    return best;
}
