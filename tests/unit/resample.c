/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals and p-values where they can be worked out by hand; calibration and the thinned curve at their
 * edges. What they are on random cases, ecan-compare.bats and curves.bats hold against Python. */
#include "eval/resample.h"

#include "base/err.h"
#include "eval/calibration.h"
#include "eval/curve.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const metrics_options quiet = {.threshold = NAN};

static void codes(pack *p, const char *letters)
{
    pack_key(p, "labels");
    pack_array(p, strlen(letters));
    for (; *letters; letters++)
        pack_str_n(p, letters, 1);
}

static void parse(record *r, pack *p)
{
    ok(!record_from_fields(r, p), "record made");
    pack_free(p);
}

/* A system of two labels, a and b, whose encounter i has gold "a" and the scores given; ids count from first.
 */
static int add_system(system_results *o, const char *name, const float (*scores)[2], int n, int first)
{
    metrics_options how = quiet;
    how.on_encounter = system_results_add;
    how.context = o;
    metrics *m = metrics_new(&how);
    record r = {0};
    pack p = {0};
    size_t L = 2;
    codes(&p, "ab");
    parse(&r, &p);
    int status = !m || metrics_header(m, &r) || system_results_begin(o, name, m) ? -1 : 0;
    for (int i = 0; !status && i < n; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%d", first + i);
        pack_key(&p, "id");
        pack_str(&p, id);
        codes(&p, "a");
        pack_key(&p, "scores");
        pack_f4(&p, scores[i], 1, &L);
        parse(&r, &p);
        status = metrics_add(m, &r) == 1 ? 0 : -1;
    }
    if (!status)
        status = system_results_end(o, 2);
    metrics_free(m);
    record_free(&r);
    return status;
}

static int metric_number(const system_results *o, const char *group, const char *key)
{
    for (int f = 0; f < bootstrap_sample_n_metrics(o); f++) {
        bootstrap_metric_name name = bootstrap_sample_metric(o, f);
        if (!strcmp(name.group ? name.group : "", group) && !strcmp(name.key, key))
            return f;
    }
    return -1;
}

/* The first system is right in encounters 0 to 3, the second in none. */
static void two_systems(void)
{
    static const float right[4][2] = {{1, 0}, {1, 0}, {1, 0}, {1, 0}},
                       wrong[4][2] = {{0, 1}, {0, 1}, {0, 1}, {0, 1}};
    system_results *o = system_results_new(&(system_results_options){.n_at = 1, .at = {1}});
    pool *threads = pool_new(3);
    interval intervals[2][13], differences[2][13];
    double p[13];
    ok(!add_system(o, "first", right, 4, 0) && !add_system(o, "second", wrong, 4, 0) &&
           !system_results_finish(o),
       "read");
    ok(system_results_systems(o) == 2 && system_results_encounters(o) == 4 && system_results_labels(o) == 2,
       "counted");
    ok(bootstrap_sample_n_metrics(o) == 13, "metrics");
    ok(!bootstrap(o, 100, 1, 0.95, threads, intervals[0], differences[0]), "bootstrap");
    int f1 = metric_number(o, "micro", "f1"), at = metric_number(o, "at", "precision");
    ok(intervals[0][f1].value == 1 && intervals[0][f1].low == 1 && intervals[0][f1].high == 1,
       "always right");
    ok(differences[1][at].value == -1 && differences[1][at].low == -1 && differences[1][at].high == -1,
       "never right");
    /* all four exchanged or none: 2 of 16 ways are as far apart */
    ok(!randomisation(o, 0, 1, 20000, 3, threads, p), "randomisation");
    ok(fabs(p[f1] - 0.125) < 0.01 && fabs(p[at] - 0.125) < 0.01, "p is 2/16: %g %g", p[f1], p[at]);
    int macro = metric_number(o, "macro", "f1_mean_present");
    ok(intervals[0][macro].value == 1 && intervals[0][macro].high <= 1, "no macro interval beyond 1");
    pool_free(threads);
    system_results_free(o);
}

/* One of four encounters right: the number that a draw finds right is binomial(4, 1/4). */
static void quantiles(void)
{
    static const float scores[4][2] = {{1, 0}, {0, 0}, {0, 0}, {0, 0}};
    system_results *o = system_results_new(&(system_results_options){.n_at = 0});
    pool *threads = pool_new(1);
    interval intervals[11];
    ok(!add_system(o, "only", scores, 4, 0) && !system_results_finish(o), "read");
    ok(!bootstrap(o, 5000, 1, 0.5, threads, intervals, NULL), "one system");
    int recall = metric_number(o, "micro", "recall"), precision = metric_number(o, "micro", "precision");
    /* P(0) = .316, P(<= 1) = .738, P(<= 2) = .949 */
    ok(intervals[recall].low == 0 && intervals[recall].high == 0.5, "quartiles of a binomial: %g %g",
       intervals[recall].low, intervals[recall].high);
    ok(!bootstrap(o, 5000, 1, 0.3, threads, intervals, NULL) && intervals[recall].low == 0.25 &&
           intervals[recall].high == 0.25,
       "and the middle three tenths");
    ok(intervals[precision].low == 1 && intervals[precision].high == 1,
       "draws without a prediction have no precision");
    pool_free(threads);
    system_results_free(o);
}

static void matching(void)
{
    static const float scores[3][2] = {{1, 0}, {0, 0}, {0, 0}};
    system_results *o = system_results_new(&(system_results_options){.n_at = 0});
    ok(!add_system(o, "one", scores, 3, 0) && add_system(o, "two", scores, 3, 1), "an encounter too many");
    ok(!strcmp(err_message(), "two: encounter e3 is not in one"), "%s", err_message());
    system_results_free(o);
    o = system_results_new(&(system_results_options){.n_at = 0});
    ok(!add_system(o, "one", scores, 3, 0) && !add_system(o, "two", scores, 2, 0) && system_results_finish(o),
       "one too few");
    ok(!strcmp(err_message(), "two: encounter e2 of one is missing"), "%s", err_message());
    system_results_free(o);
    o = system_results_new(&(system_results_options){.common = true});
    ok(!add_system(o, "one", scores, 3, 0) && !add_system(o, "two", scores, 3, 1) &&
           !system_results_finish(o),
       "common ones");
    ok(system_results_encounters(o) == 2 && system_results_left_out(o) == 2, "two left out");
    system_results_free(o);
}

static void bins(void)
{
    static const float scores[4] = {0, .5f, 1, .75f};
    static const int32_t gold[2] = {1, 2};
    calibration c = {0};
    ok(!calibration_init(&c, 2) && isnan(calibration_brier(&c)) && isnan(calibration_error(&c)),
       "nothing is not defined");
    calibration_add(&c, scores, 4, gold, 2);
    ok(c.bin[0].n == 1 && c.bin[1].n == 3 && c.bin[1].gold == 2,
       "an edge is in the upper bin, 1 in the last");
    ok(calibration_brier(&c) == (0.25 + 0.5625) / 4, "Brier score");
    ok(calibration_error(&c) == 0.25 / 4, "calibration error");
    calibration_release(&c);
}

static void thinning(void)
{
    curve c = {0};
    int failed = 0;
    for (uint64_t i = 1; i <= 100000; i++)
        failed |= curve_cut(&c, &(roc_cut){1 / (double)i, i, i, 100000});
    ok(!failed && c.n == 500 && c.last.true_positives == 100000,
       "a straight line is left with a point every 0.002: %zu", c.n);
    curve_release(&c);
}

int main(void)
{
    two_systems();
    quantiles();
    matching();
    bins();
    thinning();
    return tap_done();
}
