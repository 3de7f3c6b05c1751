/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/summary.h"
#include "base/ratio.h"

#include <math.h>

double harmonic(double p, double r)
{
    return isnan(p) || isnan(r) ? NAN : ratio_or_0(2 * p * r, p + r);
}

void summary_add(summary *s, const label_counts *label)
{
    const double true_positives = (double)label->true_positives, gold = (double)label->gold,
                 predicted = (double)label->predicted;
    const double f1 = ratio_or_0(2 * true_positives, predicted + gold);
    s->labels++;
    s->sum.gold += label->gold;
    s->sum.predicted += label->predicted;
    s->sum.true_positives += label->true_positives;
    s->macro.precision += ratio_or_0(true_positives, predicted);
    s->macro.recall += ratio_or_0(true_positives, gold);
    s->macro.accuracy += ratio_or_0(true_positives, predicted + gold - true_positives);
    s->macro.f1_mean += f1;
    if (label->gold) {
        s->macro.f1_mean_present += f1;
        s->present++;
    }
}

void summary_end(summary *s, bool any)
{
    const double true_positives = (double)s->sum.true_positives, gold = (double)s->sum.gold,
                 predicted = (double)s->sum.predicted;
    const double n = any ? s->labels : 0;
    s->micro.precision = ratio(true_positives, predicted);
    s->micro.recall = ratio(true_positives, gold);
    s->micro.f1 = ratio(2 * true_positives, predicted + gold);
    s->micro.accuracy = ratio(true_positives, predicted + gold - true_positives);
    s->macro.precision = ratio(s->macro.precision, n);
    s->macro.recall = ratio(s->macro.recall, n);
    s->macro.accuracy = ratio(s->macro.accuracy, n);
    s->macro.f1_of_means = harmonic(s->macro.precision, s->macro.recall);
    s->macro.f1_mean = ratio(s->macro.f1_mean, n);
    s->macro.f1_mean_present = ratio(s->macro.f1_mean_present, s->present);
}
