#include "eval/summary.h"

#include <math.h>

double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

double ratio_or_0(double a, double b)
{
    return b > 0 ? a / b : 0;
}

double harmonic(double p, double r)
{
    return isnan(p) || isnan(r) ? NAN : ratio_or_0(2 * p * r, p + r);
}

void summary_add(summary *s, const tally *label)
{
    const double hits = (double)label->hits, gold = (double)label->gold, predicted = (double)label->predicted;
    const double f1 = ratio_or_0(2 * hits, predicted + gold);
    s->labels++;
    s->sum.gold += label->gold;
    s->sum.predicted += label->predicted;
    s->sum.hits += label->hits;
    s->macro.precision += ratio_or_0(hits, predicted);
    s->macro.recall += ratio_or_0(hits, gold);
    s->macro.accuracy += ratio_or_0(hits, predicted + gold - hits);
    s->macro.f1_mean += f1;
    if (label->gold) {
        s->macro.f1_mean_present += f1;
        s->present++;
    }
}

void summary_end(summary *s, bool any)
{
    const double hits = (double)s->sum.hits, gold = (double)s->sum.gold, predicted = (double)s->sum.predicted;
    const double n = any ? s->labels : 0;
    s->micro.precision = ratio(hits, predicted);
    s->micro.recall = ratio(hits, gold);
    s->micro.f1 = ratio(2 * hits, predicted + gold);
    s->micro.accuracy = ratio(hits, predicted + gold - hits);
    s->macro.precision = ratio(s->macro.precision, n);
    s->macro.recall = ratio(s->macro.recall, n);
    s->macro.accuracy = ratio(s->macro.accuracy, n);
    s->macro.f1_of_means = harmonic(s->macro.precision, s->macro.recall);
    s->macro.f1_mean = ratio(s->macro.f1_mean, n);
    s->macro.f1_mean_present = ratio(s->macro.f1_mean_present, s->present);
}
