/* SPDX-License-Identifier: Apache-2.0 */
/* Output of the metrics of evidence. */
#include "base/ratio.h"
#include "eval/evidence_metrics.h"

#include <math.h>

const char *const evidence_metrics_scope_names[EVIDENCE_METRICS_SCOPES] = {"gold", "explained", "predicted",
                                                                           "all"};
const char *const evidence_metrics_mean_names[EVIDENCE_METRICS_MEANS] = {"micro", "macro", "mean"};

/* ---- JSON ---- */

static json_t *results_json(const evidence_metrics_results *f)
{
    json_t *o = json_object();
    ecan_json_set(o, "precision", ecan_json_double(f->precision));
    ecan_json_set(o, "recall", ecan_json_double(f->recall));
    ecan_json_set(o, "f1", ecan_json_double(f->f1));
    ecan_json_set(o, "iou", ecan_json_double(f->iou));
    ecan_json_set(o, "span_precision", ecan_json_double(f->span_precision));
    ecan_json_set(o, "span_recall", ecan_json_double(f->span_recall));
    ecan_json_set(o, "exact_precision", ecan_json_double(f->exact_precision));
    ecan_json_set(o, "exact_recall", ecan_json_double(f->exact_recall));
    return o;
}

static json_t *scope_json(const evidence_metrics *a, evidence_metrics_scope s)
{
    evidence_metrics_counts c;
    json_t *o = json_object();
    evidence_metrics_sum(a, s, &c);
    ecan_json_set(o, "pairs", json_integer((json_int_t)c.n_compared));
    ecan_json_set(o, "passages", json_integer((json_int_t)c.passages));
    ecan_json_set(o, "spans", json_integer((json_int_t)c.spans));
    ecan_json_set(o, "shown", ecan_json_double(ratio((double)c.shown, (double)c.n_compared)));
    ecan_json_set(o, "marked", ecan_json_double(ratio((double)c.gold_spans, (double)c.n_compared)));
    for (int m = 0; m < EVIDENCE_METRICS_MEANS; m++) {
        evidence_metrics_results f;
        evidence_metrics_of(a, s, (evidence_metrics_mean)m, &f);
        ecan_json_set(o, evidence_metrics_mean_names[m], results_json(&f));
    }
    return o;
}

static const char *unit_name(const evidence_metrics_totals *t)
{
    return t->unit == EVIDENCE_METRICS_WORDS ? "words" : "characters";
}

json_t *evidence_metrics_json(const evidence_metrics *a)
{
    evidence_metrics_totals t;
    json_t *o = json_object();
    evidence_metrics_totals_of(a, &t);
    ecan_json_set(o, "encounters", json_integer((json_int_t)t.encounters));
    ecan_json_set(o, "without_gold", json_integer((json_int_t)t.without_gold));
    ecan_json_set(o, "spans_unseen", json_integer((json_int_t)t.spans_unseen));
    ecan_json_set(o, "unit", json_string(unit_name(&t)));
    for (int s = 0; s < EVIDENCE_METRICS_SCOPES; s++)
        ecan_json_set(o, evidence_metrics_scope_names[s], scope_json(a, (evidence_metrics_scope)s));
    return o;
}

/* ---- a table ---- */

static void cell(FILE *f, double x)
{
    if (isnan(x))
        fputs("         -", f);
    else
        fprintf(f, "    %.4f", x);
}

static void row(FILE *f, const char *scope, const char *mean, const evidence_metrics_results *g)
{
    fprintf(f, "%-10s %-5s", scope, mean);
    cell(f, g->precision);
    cell(f, g->recall);
    cell(f, g->f1);
    cell(f, g->iou);
    cell(f, g->span_precision);
    cell(f, g->span_recall);
    cell(f, g->exact_precision);
    cell(f, g->exact_recall);
    fputc('\n', f);
}

void evidence_metrics_table(FILE *f, const evidence_metrics *a)
{
    static const char *const meanings[EVIDENCE_METRICS_SCOPES] = {
        "every code with gold spans", "those of them that are in the evidence",
        "those of them that were predicted", "every code with gold spans or predicted"};
    evidence_metrics_totals t;
    evidence_metrics_totals_of(a, &t);
    fprintf(f, "%llu encounters (%llu more without gold), units are %s", (unsigned long long)t.encounters,
            (unsigned long long)t.without_gold, unit_name(&t));
    if (t.spans_unseen)
        fprintf(f, "; %llu gold spans contain no unit and are left out", (unsigned long long)t.spans_unseen);
    fputs("\n\n                 precision    recall        F1       IoU    span P    span R   exact P   "
          "exact R\n",
          f);
    for (int s = 0; s < EVIDENCE_METRICS_SCOPES; s++)
        for (int m = 0; m < EVIDENCE_METRICS_MEANS; m++) {
            evidence_metrics_results g;
            evidence_metrics_of(a, (evidence_metrics_scope)s, (evidence_metrics_mean)m, &g);
            row(f, m ? "" : evidence_metrics_scope_names[s], evidence_metrics_mean_names[m], &g);
        }
    fputc('\n', f);
    for (int s = 0; s < EVIDENCE_METRICS_SCOPES; s++) {
        evidence_metrics_counts c;
        evidence_metrics_sum(a, (evidence_metrics_scope)s, &c);
        fprintf(f, "%-10s %s: %llu", evidence_metrics_scope_names[s], meanings[s],
                (unsigned long long)c.n_compared);
        if (c.n_compared)
            fprintf(f, ", %.1f %s shown and %.1f marked of each",
                    ratio((double)c.shown, (double)c.n_compared), unit_name(&t),
                    ratio((double)c.gold_spans, (double)c.n_compared));
        fputc('\n', f);
    }
}

/* ---- one line per code ---- */

static void column(FILE *f, double x)
{
    fputc('\t', f);
    if (!isnan(x))
        fprintf(f, "%.6f", x);
}

void evidence_metrics_lines(FILE *f, const evidence_metrics *a)
{
    fputs("code\tpairs\tshown\tmarked\tboth\tpassages\tspans\tprecision\trecall\tf1\tiou\tspan_"
          "precision\tspan_recall\texact_precision\texact_recall\n",
          f);
    for (int32_t i = 0; i < evidence_metrics_codes(a); i++) {
        evidence_metrics_counts c;
        const char *code = evidence_metrics_code(a, i, EVIDENCE_METRICS_GOLD, &c);
        const evidence_metrics_results g = evidence_metrics_results_of(&c);
        if (c.n_compared == 0)
            continue;
        fprintf(f, "%s\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu", code, (unsigned long long)c.n_compared,
                (unsigned long long)c.shown, (unsigned long long)c.gold_spans, (unsigned long long)c.both,
                (unsigned long long)c.passages, (unsigned long long)c.spans);
        column(f, g.precision);
        column(f, g.recall);
        column(f, g.f1);
        column(f, g.iou);
        column(f, g.span_precision);
        column(f, g.span_recall);
        column(f, g.exact_precision);
        column(f, g.exact_recall);
        fputc('\n', f);
    }
}
