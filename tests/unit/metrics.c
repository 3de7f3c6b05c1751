/* SPDX-License-Identifier: Apache-2.0 */
/* Figures against the golden fixture of formats/metrics.md, and what is refused. */
#include "eval/metrics.h"

#include "base/err.h"
#include "eval/roc.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const metrics_options defaults = {.threshold = NAN, .n_at = 2, .at = {1, 2}, .auc = true};

static void parse(record *r, const pack *p)
{
    ok(!record_from_fields(r, p), "record made");
}

static void pack_codes(pack *p, const char *codes)
{
    pack_key(p, "labels");
    pack_array(p, strlen(codes));
    for (const char *c = codes; *c; c++)
        pack_str_n(p, c, 1);
}

/* Codes are letters. */
static void header(record *r, const char *codes, double threshold)
{
    pack p = {0};
    pack_codes(&p, codes);
    if (!isnan(threshold)) {
        pack_key(&p, "threshold");
        pack_double(&p, threshold);
    }
    parse(r, &p);
    pack_free(&p);
}

/* gold NULL: no key. */
static void scored(record *r, const char *id, const char *gold, const float *scores, size_t L)
{
    pack p = {0};
    pack_key(&p, "id");
    pack_str(&p, id);
    if (gold)
        pack_codes(&p, gold);
    pack_key(&p, "scores");
    pack_f4(&p, scores, 1, &L);
    parse(r, &p);
    pack_free(&p);
}

static int near(double a, double b)
{
    return fabs(a - b) < 5e-6;
}

/* Four encounters, five labels, each metric computed by hand. */
static void golden(void)
{
    static const float scores[4][5] = {{.9f, .2f, .6f, .1f, .05f},
                                       {.4f, .7f, .55f, .3f, .02f},
                                       {.8f, .1f, .2f, .65f, .51f},
                                       {.3f, .45f, .1f, .2f, .01f}};
    static const char *const gold[4] = {"ac", "bd", "a", "bc"}, *const ids[4] = {"1", "2", "3", "4"};
    record r = {0};
    metrics_results f;
    metrics *m = metrics_new(&defaults);
    header(&r, "abcde", NAN);
    ok(!metrics_header(m, &r), "header");
    for (int i = 0; i < 4; i++) {
        scored(&r, ids[i], gold[i], scores[i], 5);
        ok(metrics_add(m, &r) == 1, "encounter %d", i + 1);
    }
    ok(!metrics_finish(m, &f), "finished");
    ok(f.documents == 4 && f.labels == 5 && f.labels_unknown == 0 && f.labels_present == 4, "counts");
    ok(near(f.threshold, 0.5), "0.5 where the header names no threshold");
    ok(near(f.macro.precision, .5) && near(f.macro.recall, .4), "macro precision and recall");
    ok(near(f.macro.f1_of_means, .44444), "macro-F1 of the means: %g", f.macro.f1_of_means);
    ok(near(f.macro.f1_mean, .43333), "macro-F1 over all labels: %g", f.macro.f1_mean);
    ok(near(f.macro.f1_mean_present, .54167), "macro-F1 over labels with gold: %g", f.macro.f1_mean_present);
    ok(near(f.micro.precision, .57143) && near(f.micro.recall, .57143) && near(f.micro.f1, .57143), "micro");
    ok(near(f.macro.accuracy, .36667) && near(f.micro.accuracy, .4), "accuracy");
    ok(near(f.macro.auc, .79167) && near(f.micro.auc, .80769), "areas: %g %g", f.macro.auc, f.micro.auc);
    static const double auc[5] = {1, 1, .5, .66667, NAN};
    for (int j = 0; j < 5; j++) {
        metrics_label_results l;
        metrics_label(m, j, &l);
        ok(near(l.auc, auc[j]) || (isnan(l.auc) && isnan(auc[j])), "area of label %s: %g", l.code, l.auc);
    }
    ok(near(f.at[0].precision, 1) && near(f.at[0].recall, .625), "at 1");
    ok(near(f.at[1].precision, .625) && near(f.at[1].recall, .75), "at 2");
    metrics_free(m);
    record_free(&r);
}

/* Two encounters: gold codes the model has no label for, equal scores, an encounter without gold. */
static void unknown_codes(bool known_only)
{
    static const float scores[2][3] = {{.5f, .5f, .75f}, {.75f, 0, .25f}};
    record r = {0};
    metrics_results f;
    metrics_options o = defaults;
    o.known_only = known_only;
    metrics *m = metrics_new(&o);
    header(&r, "abc", .25);
    metrics_header(m, &r);
    scored(&r, "1", "bxbx", scores[0], 3);
    ok(metrics_add(m, &r) == 1, "unknown code, duplicate codes");
    scored(&r, "2", "", scores[1], 3);
    ok(metrics_add(m, &r) == 1, "encounter without gold codes");
    ok(!metrics_finish(m, &f) && f.labels == 3 && f.labels_unknown == 1, "unknown codes counted");
    ok(near(f.threshold, .25), "the header's threshold; a score equal to it is not above it");
    ok(metrics_labels(m) == (known_only ? 3 : 4), "universe");
    ok(near(f.micro.precision, .25) && near(f.micro.recall, known_only ? 1 : .5), "missed unless left out");
    ok(near(f.macro.recall, known_only ? 1. / 3 : .25), "macro recall over the universe");
    ok(near(f.at[1].precision, 0), "of equal scores the first label ranks first");
    ok(near(f.map, known_only ? 1. / 6 : 1. / 12), "average precision: %g", f.map);
    ok(near(f.jaccard, known_only ? 1. / 6 : 1. / 8) && f.exact_match == 0, "Jaccard: %g", f.jaccard);
    metrics_free(m);
    record_free(&r);
}

static void refuses(metrics *m, record *r, const char *why)
{
    ok(metrics_add(m, r) == -1 && strstr(err_message(), why) && !metrics_broken(m), "refused: %s",
       err_message());
}

static void bad_records(void)
{
    static const float good[2] = {.9f, .1f}, nan[2] = {.9f, NAN}, logit[2] = {.9f, 3};
    record r = {0};
    metrics_results f;
    metrics *m = metrics_new(&defaults);
    header(&r, "ab", NAN);
    metrics_header(m, &r);
    scored(&r, "1", "a", good, 2);
    ok(metrics_add(m, &r) == 1, "a good one");
    refuses(m, &r, "duplicate encounter");
    scored(&r, "2", "a", nan, 2);
    refuses(m, &r, "NaN");
    scored(&r, "3", "a", logit, 2);
    refuses(m, &r, "probability");
    scored(&r, "4", "a", good, 1);
    refuses(m, &r, "1 scores for 2 labels");
    scored(&r, "5", NULL, good, 2);
    refuses(m, &r, "no gold");
    scored(&r, "6", "x\t", good, 2);
    refuses(m, &r, "tab");
    header(&r, "ba", NAN);
    ok(metrics_header(m, &r) == -1, "other labels in a later header: %s", err_message());
    header(&r, "ab", .25);
    ok(metrics_header(m, &r) == -1, "another threshold in a later header: %s", err_message());
    ok(!metrics_finish(m, &f) && f.documents == 1 && f.labels_unknown == 0 && f.micro.f1 == 1,
       "nothing of the bad ones is counted");
    metrics_free(m);

    m = metrics_new(&defaults);
    header(&r, "aa", NAN);
    ok(metrics_header(m, &r) == -1, "a duplicate label: %s", err_message());
    metrics_free(m);
    m = metrics_new(&defaults);
    header(&r, "a", 7);
    ok(metrics_header(m, &r) == -1, "a threshold beyond 1: %s", err_message());
    metrics_free(m);
    record_free(&r);
}

static void nothing(void)
{
    record r = {0};
    metrics_results f;
    metrics *m = metrics_new(&defaults);
    header(&r, "ab", NAN);
    metrics_header(m, &r);
    ok(!metrics_finish(m, &f) && f.documents == 0, "no encounter");
    ok(isnan(f.micro.f1) && isnan(f.macro.f1_mean) && isnan(f.macro.auc) && isnan(f.micro.auc) &&
           isnan(f.map) && isnan(f.at[0].f1) && isnan(f.best_threshold),
       "nothing is defined");
    metrics_free(m);
    record_free(&r);
}

/* The best threshold of one row with one label for each score. */
static roc_results best(const float *scores, int L, const int32_t *gold, int n)
{
    roc_results f = {NAN, NAN, NAN, NAN};
    roc *r = roc_new(L);
    ok(r && !roc_add(r, scores, gold, n) && !roc_finish(r, (uint64_t)n, NULL, &f), "row of %d", L);
    roc_free(r);
    return f;
}

static void thresholds(void)
{
    static const int32_t gold[] = {0, 1};
    roc_results f = best((const float[]){.9f, .8f, .1f}, 3, gold, 2);
    ok(f.best_threshold == 0.5 && f.best_micro_f1 == 1, "0.5 where it is as good as any");
    f = best((const float[]){.25f, .25f, .125f}, 3, gold, 2);
    ok(f.best_threshold == 0.1875 && f.best_micro_f1 == 1, "else the middle: %g", f.best_threshold);
    float next = nextafterf(.25f, 1);
    f = best((const float[]){next, next, .25f}, 3, gold, 2);
    ok((float)f.best_threshold == .25f,
       "between neighbouring floats the lower: nothing equals what is above it");
    f = best((const float[]){.25f, 0, .125f}, 3, gold, 2);
    ok(near(f.best_micro_f1, 2. / 3) && f.best_threshold == 0.1875, "a score of 0 is never predicted");
    f = best((const float[]){0, 0, .125f}, 3, gold, 2);
    ok(isnan(f.best_threshold) && f.micro_auc == 0, "no threshold helps");
    f = best((const float[]){-0.0f, .5f, 0}, 3, gold, 2);
    ok(near(f.micro_auc, .75), "-0 equals 0: %g", f.micro_auc);
    f = best((const float[]){.5f, .5f}, 2, gold, 2);
    ok(isnan(f.micro_auc), "no negative, no area");
}

int main(void)
{
    golden();
    unknown_codes(false);
    unknown_codes(true);
    bad_records();
    nothing();
    thresholds();
    return tap_done();
}
