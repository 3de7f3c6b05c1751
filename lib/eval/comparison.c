/* SPDX-License-Identifier: Apache-2.0 */
/* Writes intervals and differences as JSON and as a table. */
#include "eval/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- JSON ---- */

static void set(json_t *object, const char *key, double value)
{
    ecan_json_set(object, key, isnan(value) ? json_null() : ecan_json_double(value));
}

/* The object of that name in o; it is added if missing. */
static json_t *within(json_t *o, const char *name)
{
    json_t *inner = json_object_get(o, name);
    if (!inner) {
        inner = json_object();
        ecan_json_set(o, name, inner);
    }
    return inner;
}

/* Sets each metric under the key that ecan-metrics --json uses. p is NULL for the values of a system. */
static void set_metrics(json_t *o, const system_results *of, const interval *intervals, const double *p)
{
    for (int f = 0; f < bootstrap_sample_n_metrics(of); f++) {
        bootstrap_metric_name name = bootstrap_sample_metric(of, f);
        json_t *place = name.group ? within(o, name.group) : o, *metric = json_object();
        if (name.k) {
            char k[16];
            snprintf(k, sizeof k, "%d", name.k);
            place = within(place, k);
        }
        set(metric, p ? "difference" : "value", intervals[f].value);
        set(metric, "low", intervals[f].low);
        set(metric, "high", intervals[f].high);
        if (p)
            set(metric, "p", p[f]);
        ecan_json_set(place, name.key, metric);
    }
}

json_t *comparison_json(const comparison *c)
{
    json_t *o = json_object(), *systems = json_array(), *differences = json_array();
    int F = bootstrap_sample_n_metrics(c->system_results);
    for (int s = 0; s < system_results_systems(c->system_results); s++) {
        json_t *system = json_object();
        ecan_json_set(system, "name", json_string(c->systems[s].name));
        ecan_json_set(system, "threshold", ecan_json_float((float)c->systems[s].threshold));
        ecan_json_set(system, "own_thresholds", json_integer(c->systems[s].own_thresholds));
        set_metrics(system, c->system_results, c->intervals + s * F, NULL);
        ecan_json_append(systems, system);
        if (s == 0)
            continue;
        json_t *difference = json_object();
        ecan_json_set(difference, "name", json_string(c->systems[s].name));
        ecan_json_set(difference, "less", json_string(c->systems[0].name));
        set_metrics(difference, c->system_results, c->differences + s * F, c->p_values + s * F);
        ecan_json_append(differences, difference);
    }
    ecan_json_set(o, "documents", json_integer(system_results_encounters(c->system_results)));
    ecan_json_set(o, "left_out", json_integer(system_results_left_out(c->system_results)));
    ecan_json_set(o, "labels", json_integer(system_results_labels(c->system_results)));
    ecan_json_set(o, "resamples", json_integer(c->resamples));
    ecan_json_set(o, "shuffles", json_integer(c->shuffles));
    ecan_json_set(o, "confidence", ecan_json_double(c->confidence));
    ecan_json_set(o, "seed", json_integer((json_int_t)c->seed));
    ecan_json_set(o, "systems", systems);
    ecan_json_set(o, "differences", differences);
    return o;
}

/* ---- table ---- */

enum { NAME_WIDTH = 26 };

static void put_name(FILE *f, bootstrap_metric_name name)
{
    static const struct {
        const char *group, *key, *name;
    } names[] = {{"micro", "precision", "micro precision"},
                 {"micro", "recall", "micro recall"},
                 {"micro", "f1", "micro-F1"},
                 {"macro", "precision", "macro precision"},
                 {"macro", "recall", "macro recall"},
                 {"macro", "f1_of_means", "macro-F1 of the means"},
                 {"macro", "f1_mean", "macro-F1 mean, all labels"},
                 {"macro", "f1_mean_present", "macro-F1 mean, with gold"},
                 {"", "map", "MAP"},
                 {"", "exact_match", "exact match"},
                 {"", "jaccard", "Jaccard"}};
    char text[64];
    snprintf(text, sizeof text, "%s at %d", name.key, name.k);
    for (size_t i = 0; name.k == 0 && i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].group, name.group ? name.group : "") && !strcmp(names[i].key, name.key))
            snprintf(text, sizeof text, "%s", names[i].name);
    fprintf(f, "%-*s", NAME_WIDTH, text);
}

static void put_interval(FILE *f, interval i, bool sign)
{
    char text[3][32], whole[112];
    const double values[3] = {i.value, i.low, i.high};
    for (int k = 0; k < 3; k++)
        if (isnan(values[k]))
            snprintf(text[k], sizeof text[k], "-");
        else
            snprintf(text[k], sizeof text[k], sign ? "%+.4f" : "%.4f", values[k]);
    snprintf(whole, sizeof whole, "%s [%s, %s]", text[0], text[1], text[2]);
    fprintf(f, "%28s", whole);
}

static char letter(int system)
{
    return (char)('A' + system);
}

static void what_was_done(FILE *f, const comparison *c)
{
    int32_t n = system_results_encounters(c->system_results),
            labels = system_results_labels(c->system_results);
    int32_t left_out = system_results_left_out(c->system_results);
    fprintf(f,
            "%" PRId32 " encounter%s, %" PRId32
            " label%s; %g%% intervals from %d resamples of the encounters\n",
            n, n == 1 ? "" : "s", labels, labels == 1 ? "" : "s", 100 * c->confidence, c->resamples);
    if (left_out)
        fprintf(f, "%" PRId32 " encounter%s left out that not every system has\n", left_out,
                left_out == 1 ? "" : "s");
    for (int s = 0; s < system_results_systems(c->system_results); s++) {
        const comparison_system *system = &c->systems[s];
        fprintf(f, "%c  %s: predicted is p > %.6g", letter(s), system->name, system->threshold);
        if (system->own_thresholds)
            fprintf(f, ", but for %d label%s", system->own_thresholds,
                    system->own_thresholds == 1 ? "" : "s");
        fputc('\n', f);
    }
}

static void put_difference(FILE *f, const comparison *c, int system)
{
    int F = bootstrap_sample_n_metrics(c->system_results);
    fprintf(f, "\n%-*s%28s%10s\n", NAME_WIDTH, "", (char[]){letter(system), ' ', '-', ' ', 'A', '\0'}, "p");
    for (int i = 0; i < F; i++) {
        put_name(f, bootstrap_sample_metric(c->system_results, i));
        put_interval(f, c->differences[system * F + i], true);
        double p = c->p_values[system * F + i];
        if (isnan(p))
            fprintf(f, "%10s\n", "-");
        else
            fprintf(f, "%10.2g\n", p);
    }
}

void comparison_table(FILE *f, const comparison *c)
{
    int F = bootstrap_sample_n_metrics(c->system_results), S = system_results_systems(c->system_results);
    what_was_done(f, c);
    fprintf(f, "\n%-*s", NAME_WIDTH, "");
    for (int s = 0; s < S; s++)
        fprintf(f, "%28c", letter(s));
    fputc('\n', f);
    for (int i = 0; i < F; i++) {
        put_name(f, bootstrap_sample_metric(c->system_results, i));
        for (int s = 0; s < S; s++)
            put_interval(f, c->intervals[s * F + i], false);
        fputc('\n', f);
    }
    for (int s = 1; s < S; s++)
        put_difference(f, c, s);
    if (S > 1)
        fprintf(f, "\np: approximate randomisation, %d shuffles; not corrected for the number of tests\n",
                c->shuffles);
}
