/* SPDX-License-Identifier: Apache-2.0 */
/* Writes metrics as JSON, as a table and as tab-separated values. */
#include "eval/report.h"

#include <inttypes.h>
#include <math.h>

/* ---- JSON ---- */

static void set(json_t *object, const char *key, double value)
{
    ecan_json_set(object, key, isnan(value) ? json_null() : json_real(value));
}

static json_t *micro_json(const metrics_results *f)
{
    json_t *o = json_object();
    set(o, "precision", f->micro.precision);
    set(o, "recall", f->micro.recall);
    set(o, "f1", f->micro.f1);
    set(o, "accuracy", f->micro.accuracy);
    set(o, "auc", f->micro.auc);
    set(o, "average_precision", f->micro.average_precision);
    return o;
}

static json_t *macro_json(const metrics_results *f)
{
    json_t *o = json_object();
    set(o, "precision", f->macro.precision);
    set(o, "recall", f->macro.recall);
    set(o, "accuracy", f->macro.accuracy);
    set(o, "auc", f->macro.auc);
    set(o, "f1_of_means", f->macro.f1_of_means);
    set(o, "f1_mean", f->macro.f1_mean);
    set(o, "f1_mean_present", f->macro.f1_mean_present);
    return o;
}

static json_t *at_json(const metrics_results *f)
{
    json_t *all = json_object();
    for (int i = 0; i < f->n_at; i++) {
        const metrics_at *at = &f->at[i];
        char k[16];
        snprintf(k, sizeof k, "%d", at->k);
        json_t *o = json_object();
        set(o, "precision", at->precision);
        set(o, "recall", at->recall);
        set(o, "f1", at->f1);
        set(o, "ndcg", at->ndcg);
        set(o, "rp", at->rp);
        set(o, "psp", at->psp);
        ecan_json_set(all, k, o);
    }
    return all;
}

json_t *report_json(const metrics_results *f, bool best)
{
    json_t *o = json_object();
    ecan_json_set(o, "documents", json_integer((json_int_t)f->documents));
    ecan_json_set(o, "unlabelled", json_integer((json_int_t)f->unlabelled));
    ecan_json_set(o, "labels", json_integer(f->labels));
    ecan_json_set(o, "labels_unknown", json_integer(f->labels_unknown));
    ecan_json_set(o, "labels_present", json_integer(f->labels_present));
    ecan_json_set(o, "threshold", ecan_json_float((float)f->threshold));
    ecan_json_set(o, "own_thresholds", json_integer(f->own_thresholds));
    if (best) {
        set(o, "best_threshold", f->best_threshold);
        set(o, "best_micro_f1", f->best_micro_f1);
    }
    ecan_json_set(o, "micro", micro_json(f));
    ecan_json_set(o, "macro", macro_json(f));
    ecan_json_set(o, "at", at_json(f));
    set(o, "map", f->map);
    set(o, "r_precision", f->r_precision);
    set(o, "exact_match", f->exact_match);
    set(o, "jaccard", f->jaccard);
    set(o, "brier", f->brier);
    set(o, "calibration_error", f->calibration_error);
    return o;
}

/* ---- table ---- */

static void cell(FILE *f, double value)
{
    if (isnan(value))
        fprintf(f, "%10s", "-");
    else
        fprintf(f, "%10.4f", value);
}

static void row(FILE *f, const char *name, const double *values, int n)
{
    fprintf(f, "%-10s", name);
    for (int i = 0; i < n; i++)
        cell(f, values[i]);
    fputc('\n', f);
}

static void heading(FILE *f, const char *const *names, int n)
{
    fprintf(f, "\n%-10s", "");
    for (int i = 0; i < n; i++)
        fprintf(f, "%10s", names[i]);
    fputc('\n', f);
}

static void macro_f1(FILE *f, const char *name, double value, const char *meaning)
{
    fprintf(f, "%-20s", name);
    cell(f, value);
    fprintf(f, "  %s\n", meaning);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void counted(FILE *f, const metrics_results *g, const metrics_options *o)
{
    fprintf(f, "%" PRIu64 " encounter%s, %d label%s (%d with gold here), predicted is p > %.6g\n",
            g->documents, plural(g->documents), g->labels, plural((uint64_t)g->labels), g->labels_present,
            g->threshold);
    if (g->own_thresholds)
        fprintf(f, "%d label%s with a threshold of %s own\n", g->own_thresholds,
                plural((uint64_t)g->own_thresholds), g->own_thresholds == 1 ? "its" : "their");
    if (g->labels_unknown)
        fprintf(f, "%d gold code%s that the model has no label for: %s\n", g->labels_unknown,
                plural((uint64_t)g->labels_unknown),
                o->known_only ? "left out" : "every one counts as missed");
    if (g->unlabelled)
        fprintf(f, "%" PRIu64 " encounter%s without gold codes skipped\n", g->unlabelled,
                plural(g->unlabelled));
}

/* Number of columns: 6 with PSP. */
static void at_table(FILE *f, const metrics_results *g, int columns)
{
    heading(f, (const char *const[]){"precision", "recall", "F1", "nDCG", "RP", "PSP"}, columns);
    for (int i = 0; i < g->n_at; i++) {
        const metrics_at *at = &g->at[i];
        char name[24];
        snprintf(name, sizeof name, "at %d", at->k);
        row(f, name, (double[]){at->precision, at->recall, at->f1, at->ndcg, at->rp, at->psp}, columns);
    }
    fputs("ranked by score, equal scores in the order of the labels\n", f);
}

void report_table(FILE *f, const metrics_results *g, const metrics_options *o, bool best)
{
    counted(f, g, o);
    heading(f, (const char *const[]){"precision", "recall", "F1", "accuracy", "AUC"}, 5);
    row(f, "micro",
        (double[]){g->micro.precision, g->micro.recall, g->micro.f1, g->micro.accuracy, g->micro.auc}, 5);
    row(f, "macro",
        (double[]){g->macro.precision, g->macro.recall, g->macro.f1_of_means, g->macro.accuracy,
                   g->macro.auc},
        5);
    fputs("\nThree results are called macro-F1:\n", f);
    macro_f1(f, "of the means", g->macro.f1_of_means,
             "of macro precision and recall (CAML, MultiResCNN, LAAT, EffectiveCAN)");
    macro_f1(f, "mean, all labels", g->macro.f1_mean, "of each label's F1 (scikit-learn)");
    macro_f1(f, "mean, with gold", g->macro.f1_mean_present,
             "the same over labels with gold here (Edin et al. 2023)");
    if (g->n_at)
        at_table(f, g, o->training ? 6 : 5);
    heading(f, (const char *const[]){"MAP", "R-prec", "exact", "Jaccard"}, 4);
    row(f, "encounters", (double[]){g->map, g->r_precision, g->exact_match, g->jaccard}, 4);
    heading(f, (const char *const[]){"avg prec", "Brier", "cal error"}, 3);
    row(f, "all scores", (double[]){g->micro.average_precision, g->brier, g->calibration_error}, 3);
    if (!best)
        return;
    if (isnan(g->best_threshold))
        fputs("\nno best threshold: no label with gold has a score\n", f);
    else
        fprintf(f, "\nbest threshold %.9g: micro-F1 %.4f\n", g->best_threshold, g->best_micro_f1);
}

/* ---- one line per label ---- */

static void column(FILE *f, double value)
{
    if (isnan(value))
        fputc('\t', f);
    else
        fprintf(f, "\t%.6g", value);
}

void report_labels(FILE *f, const metrics *m)
{
    fputs("code\tgold\tpredicted\thits\tprecision\trecall\tf1\tauc\n", f);
    for (int i = 0; i < metrics_labels(m); i++) {
        metrics_label_results l;
        metrics_label(m, i, &l);
        fprintf(f, "%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, l.code, l.gold, l.predicted, l.true_positives);
        column(f, l.precision);
        column(f, l.recall);
        column(f, l.f1);
        column(f, l.auc);
        fputc('\n', f);
    }
}

void report_thresholds(FILE *f, const metrics *m, const float *t, int L)
{
    for (int j = 0; j < L; j++)
        fprintf(f, "%s\t%.9g\n", metrics_code(m, j), (double)t[j]);
}
