/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the metrics of groups of labels as JSON and as tables. */
#include "base/ratio.h"
#include "eval/report.h"

#include <inttypes.h>
#include <math.h>

/* ---- JSON ---- */

static void set(json_t *object, const char *key, double value)
{
    ecan_json_set(object, key, isnan(value) ? json_null() : json_real(value));
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
    ecan_json_set(object, key, json_integer((json_int_t)count));
}

/* Adds the counts and metrics of a set of labels to o. */
static void set_summary(json_t *o, const summary *s)
{
    set_count(o, "labels", (uint64_t)s->labels);
    set_count(o, "labels_present", (uint64_t)s->present);
    set_count(o, "gold", s->sum.gold);
    set_count(o, "predicted", s->sum.predicted);
    set_count(o, "hits", s->sum.true_positives);
    json_t *micro = json_object(), *macro = json_object();
    set(micro, "precision", s->micro.precision);
    set(micro, "recall", s->micro.recall);
    set(micro, "f1", s->micro.f1);
    set(micro, "accuracy", s->micro.accuracy);
    set(macro, "precision", s->macro.precision);
    set(macro, "recall", s->macro.recall);
    set(macro, "accuracy", s->macro.accuracy);
    set(macro, "f1_of_means", s->macro.f1_of_means);
    set(macro, "f1_mean", s->macro.f1_mean);
    set(macro, "f1_mean_present", s->macro.f1_mean_present);
    ecan_json_set(o, "micro", micro);
    ecan_json_set(o, "macro", macro);
}

static double precision(const label_counts *t)
{
    return ratio((double)t->true_positives, (double)t->predicted);
}

static double recall(const label_counts *t)
{
    return ratio((double)t->true_positives, (double)t->gold);
}

static double f1(const label_counts *t)
{
    return ratio(2 * (double)t->true_positives, (double)(t->predicted + t->gold));
}

/* A group as a code. */
static json_t *code_json(const label_counts *t)
{
    json_t *o = json_object();
    set_count(o, "gold", t->gold);
    set_count(o, "predicted", t->predicted);
    set_count(o, "hits", t->true_positives);
    set(o, "precision", precision(t));
    set(o, "recall", recall(t));
    set(o, "f1", f1(t));
    return o;
}

static json_t *group_json(const breakdown_group *g)
{
    json_t *o = json_object();
    ecan_json_set(o, "group", *g->name ? json_string(g->name) : json_null());
    set_summary(o, &g->labels);
    ecan_json_set(o, "as_code", code_json(&g->as_code));
    return o;
}

json_t *report_groups_json(const breakdown *b)
{
    const breakdown_total *all = breakdown_all(b);
    json_t *o = json_object(), *as_codes = json_object(), *each = json_array();
    ecan_json_set(o, "by", json_string(breakdown_by(b)));
    set_summary(as_codes, &all->as_codes);
    set(as_codes, "exact_match", all->exact_match);
    set(as_codes, "jaccard", all->jaccard);
    ecan_json_set(o, "as_codes", as_codes);
    for (int i = 0; i < breakdown_groups(b); i++)
        ecan_json_append(each, group_json(breakdown_at(b, i)));
    ecan_json_set(o, "groups", each);
    return o;
}

json_t *report_bins_json(const frequency_bin *bins, int n)
{
    json_t *all = json_array();
    for (int i = 0; i < n; i++) {
        json_t *o = json_object();
        set_count(o, "from", bins[i].from);
        ecan_json_set(o, "to", bins[i].to == UINT64_MAX ? json_null() : json_integer((json_int_t)bins[i].to));
        set_summary(o, &bins[i].labels);
        ecan_json_append(all, o);
    }
    return all;
}

/* ---- tables ---- */

static void cell(FILE *f, double value)
{
    if (isnan(value))
        fprintf(f, "%9s", "-");
    else
        fprintf(f, "%9.4f", value);
}

static void summary_heading(FILE *f)
{
    fprintf(f, "%8s%9s%9s%9s%9s%9s%9s%9s%9s%9s\n", "labels", "present", "gold", "P", "R", "F1", "macro-P",
            "macro-R", "macro-F1", "mean F1");
}

static void summary_row(FILE *f, const summary *s, const char *name)
{
    fprintf(f, "%8d%9d%9" PRIu64, s->labels, s->present, s->sum.gold);
    const double values[] = {s->micro.precision, s->micro.recall,      s->micro.f1,     s->macro.precision,
                             s->macro.recall,    s->macro.f1_of_means, s->macro.f1_mean};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cell(f, values[i]);
    fprintf(f, "  %s\n", name);
}

static const char *shown(const char *name)
{
    return *name ? name : "(no group)";
}

static void code_rows(FILE *f, const breakdown *b)
{
    const breakdown_total *all = breakdown_all(b);
    fprintf(f, "%8s%11s%9s%9s%9s\n", "gold", "predicted", "P", "R", "F1");
    for (int i = 0; i < breakdown_groups(b); i++) {
        const breakdown_group *g = breakdown_at(b, i);
        fprintf(f, "%8" PRIu64 "%11" PRIu64, g->as_code.gold, g->as_code.predicted);
        cell(f, precision(&g->as_code));
        cell(f, recall(&g->as_code));
        cell(f, f1(&g->as_code));
        fprintf(f, "  %s\n", shown(g->name));
    }
    fputs("all groups as codes:\n", f);
    summary_heading(f);
    summary_row(f, &all->as_codes, "");
    fputs("exact match", f);
    cell(f, all->exact_match);
    fputs(", Jaccard", f);
    cell(f, all->jaccard);
    fputc('\n', f);
}

void report_groups(FILE *f, const breakdown *b)
{
    fprintf(f,
            "\nBy %s: the labels of each group, each counted separately (macro-F1: of the means; mean F1: "
            "over all its labels)\n",
            breakdown_by(b));
    summary_heading(f);
    for (int i = 0; i < breakdown_groups(b); i++)
        summary_row(f, &breakdown_at(b, i)->labels, shown(breakdown_at(b, i)->name));
    fprintf(f, "\nBy %s: each group as a code, which an encounter has when it has any label of the group\n",
            breakdown_by(b));
    code_rows(f, b);
}

void report_bins(FILE *f, const frequency_bin *bins, int n)
{
    fputs("\nBy how often a label was in training (macro-F1: of the means; mean F1: over all labels)\n", f);
    summary_heading(f);
    for (int i = 0; i < n; i++) {
        char name[48];
        if (bins[i].to == UINT64_MAX)
            snprintf(name, sizeof name, "more than %" PRIu64, bins[i].from - 1);
        else if (bins[i].from == bins[i].to)
            snprintf(name, sizeof name, "%" PRIu64, bins[i].from);
        else
            snprintf(name, sizeof name, "%" PRIu64 " to %" PRIu64, bins[i].from, bins[i].to);
        summary_row(f, &bins[i].labels, name);
    }
}
