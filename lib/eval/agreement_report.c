/* How agreement is written. */
#include "eval/agreement.h"

#include <math.h>

const char *const agreement_scope_names[AGREEMENT_SCOPES] = {"gold", "explained", "predicted", "all"};
const char *const agreement_mean_names[AGREEMENT_MEANS] = {"micro", "macro", "mean"};

/* ---- JSON ---- */

static json_t *figures_json(const agreement_figures *f)
{
    json_t *o = json_object();
    json_object_set_new(o, "precision", json_double(f->precision));
    json_object_set_new(o, "recall", json_double(f->recall));
    json_object_set_new(o, "f1", json_double(f->f1));
    json_object_set_new(o, "iou", json_double(f->iou));
    json_object_set_new(o, "span_precision", json_double(f->span_precision));
    json_object_set_new(o, "span_recall", json_double(f->span_recall));
    json_object_set_new(o, "exact_precision", json_double(f->exact_precision));
    json_object_set_new(o, "exact_recall", json_double(f->exact_recall));
    return o;
}

static double each(uint64_t n, uint64_t pairs)
{
    return pairs ? (double)n / (double)pairs : NAN;
}

static json_t *scope_json(const agreement *a, agreement_scope s)
{
    agreement_counts c;
    json_t *o = json_object();
    agreement_sum(a, s, &c);
    json_object_set_new(o, "pairs", json_integer((json_int_t)c.pairs));
    json_object_set_new(o, "passages", json_integer((json_int_t)c.passages));
    json_object_set_new(o, "spans", json_integer((json_int_t)c.spans));
    json_object_set_new(o, "shown", json_double(each(c.shown, c.pairs)));
    json_object_set_new(o, "marked", json_double(each(c.marked, c.pairs)));
    for (int m = 0; m < AGREEMENT_MEANS; m++) {
        agreement_figures f;
        agreement_of(a, s, (agreement_mean)m, &f);
        json_object_set_new(o, agreement_mean_names[m], figures_json(&f));
    }
    return o;
}

static const char *unit_name(const agreement_totals *t)
{
    return t->unit == AGREEMENT_WORDS ? "words" : "characters";
}

json_t *agreement_json(const agreement *a)
{
    agreement_totals t;
    json_t *o = json_object();
    agreement_totals_of(a, &t);
    json_object_set_new(o, "encounters", json_integer((json_int_t)t.encounters));
    json_object_set_new(o, "without_gold", json_integer((json_int_t)t.without_gold));
    json_object_set_new(o, "spans_unseen", json_integer((json_int_t)t.spans_unseen));
    json_object_set_new(o, "unit", json_string(unit_name(&t)));
    for (int s = 0; s < AGREEMENT_SCOPES; s++)
        json_object_set_new(o, agreement_scope_names[s], scope_json(a, (agreement_scope)s));
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

static void row(FILE *f, const char *scope, const char *mean, const agreement_figures *g)
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

void agreement_table(FILE *f, const agreement *a)
{
    static const char *const meanings[AGREEMENT_SCOPES] = {
        "every code with gold spans", "those of them that the evidence speaks of",
        "those of them that were predicted", "every code with gold spans or predicted"};
    agreement_totals t;
    agreement_totals_of(a, &t);
    fprintf(f, "%llu encounters (%llu more without gold), units are %s", (unsigned long long)t.encounters,
            (unsigned long long)t.without_gold, unit_name(&t));
    if (t.spans_unseen)
        fprintf(f, "; %llu gold spans hold none and are left out", (unsigned long long)t.spans_unseen);
    fputs("\n\n                 precision    recall        F1       IoU    span P    span R   exact P   "
          "exact R\n",
          f);
    for (int s = 0; s < AGREEMENT_SCOPES; s++)
        for (int m = 0; m < AGREEMENT_MEANS; m++) {
            agreement_figures g;
            agreement_of(a, (agreement_scope)s, (agreement_mean)m, &g);
            row(f, m ? "" : agreement_scope_names[s], agreement_mean_names[m], &g);
        }
    fputc('\n', f);
    for (int s = 0; s < AGREEMENT_SCOPES; s++) {
        agreement_counts c;
        agreement_sum(a, (agreement_scope)s, &c);
        fprintf(f, "%-10s %s: %llu", agreement_scope_names[s], meanings[s], (unsigned long long)c.pairs);
        if (c.pairs)
            fprintf(f, ", %.1f %s shown and %.1f marked of each", each(c.shown, c.pairs), unit_name(&t),
                    each(c.marked, c.pairs));
        fputc('\n', f);
    }
}

/* ---- a line a code ---- */

static void column(FILE *f, double x)
{
    fputc('\t', f);
    if (!isnan(x))
        fprintf(f, "%.6f", x);
}

void agreement_lines(FILE *f, const agreement *a)
{
    fputs("code\tpairs\tshown\tmarked\tboth\tpassages\tspans\tprecision\trecall\tf1\tiou\tspan_"
          "precision\tspan_recall\t"
          "exact_precision\texact_recall\n",
          f);
    for (int32_t i = 0; i < agreement_codes(a); i++) {
        agreement_counts c;
        const char *code = agreement_code(a, i, AGREEMENT_GOLD, &c);
        const agreement_figures g = agreement_figures_of(&c);
        if (c.pairs == 0)
            continue;
        fprintf(f, "%s\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu", code, (unsigned long long)c.pairs,
                (unsigned long long)c.shown, (unsigned long long)c.marked, (unsigned long long)c.both,
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
