/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing what reads scored streams: metrics, the average of systems, learned combinations, comparisons.
 * Parts: a scored stream, and one of another system. Metrics are within 0 and 1; an average passes the
 * checks. */
#include "fuzz.h"

#include "eval/bootstrap_sample.h"
#include "eval/metrics.h"
#include "eval/report.h"
#include "eval/score_average.h"
#include "eval/score_combine.h"
#include "eval/system_results.h"
#include "io/check.h"
#include "io/stream_zip.h"

#include <math.h>
#include <string.h>

static bool undefined_or_share(double x)
{
    return isnan(x) || (x >= 0 && x <= 1 + 1e-9);
}

static void check_results(metrics *m)
{
    metrics_results x;
    if (metrics_finish(m, &x) < 0) {
        CHECK_MESSAGE();
        return;
    }
    CHECK(undefined_or_share(x.micro.precision) && undefined_or_share(x.micro.recall) &&
          undefined_or_share(x.micro.f1) && undefined_or_share(x.micro.auc) &&
          undefined_or_share(x.micro.average_precision) && undefined_or_share(x.macro.auc) &&
          undefined_or_share(x.macro.f1_of_means) && undefined_or_share(x.map) &&
          undefined_or_share(x.exact_match) && undefined_or_share(x.jaccard) && undefined_or_share(x.brier) &&
          undefined_or_share(x.best_threshold) && undefined_or_share(x.best_micro_f1));
    for (int i = 0; i < x.n_at; i++)
        CHECK(undefined_or_share(x.at[i].precision) && undefined_or_share(x.at[i].recall) &&
              undefined_or_share(x.at[i].ndcg) && undefined_or_share(x.at[i].rp));
    for (int i = 0; i < metrics_labels(m); i++) {
        metrics_label_results l;
        metrics_label(m, i, &l);
        CHECK(l.true_positives <= l.gold && l.true_positives <= l.predicted && undefined_or_share(l.auc));
    }
    json_t *report = report_json(&x, true);
    CHECK(report);
    json_decref(report);
    fuzz_file out = fuzz_file_new("", 0);
    FILE *f = fopen(out.path, "w");
    CHECK(f);
    report_table(f, &x, &(metrics_options){.threshold = NAN}, true);
    report_labels(f, m);
    float *t = mem_array((size_t)x.labels, sizeof *t);
    CHECK(t);
    if (metrics_tune(m, 0.5f, 1, t) == 0)
        for (int i = 0; i < x.labels; i++)
            CHECK(t[i] >= 0 && t[i] <= 1);
    report_thresholds(f, m, t, 0);
    CHECK(fclose(f) == 0);
    fuzz_file_close(&out);
    mem_free(t);
}

/* false: no header was accepted, or a later one was not; then there are no results. */
static bool read_metrics(const char *path, metrics *m)
{
    record r = {0};
    stream_in *in = stream_open(&path, 1, NULL);
    bool good = in && metrics_header(m, stream_header(in)) == 0;
    unsigned segment = in ? stream_segment(in) : 0;
    for (int got; good && (got = stream_read(in, &r)) != 0;) {
        if (got > 0 && segment != stream_segment(in))
            good = metrics_header(m, stream_header(in)) == 0;
        segment = stream_segment(in);
        if (got < 0 && !stream_recoverable(in))
            break;
        if (good && got > 0 && metrics_add(m, &r) < 0)
            CHECK_MESSAGE();
    }
    record_free(&r);
    stream_close(in);
    return good;
}

static metrics *new_metrics(const metrics_options *how)
{
    metrics *m = metrics_new(how);
    CHECK(m);
    return m;
}

static void fuzz_metrics(const char *path, size_t variant)
{
    training *t = variant % 2 ? training_read(path, 1 << 20) : NULL;
    metrics *m = new_metrics(&(metrics_options){.threshold = variant % 3 ? NAN : 0.25,
                                                .n_at = 2,
                                                .at = {1, 5},
                                                .skip_unlabelled = variant % 5,
                                                .known_only = variant / 2 % 2,
                                                .training = t,
                                                .propensity_a = 0.55,
                                                .propensity_b = 1.5,
                                                .auc = true});
    if (read_metrics(path, m))
        check_results(m);
    metrics_free(m);
    training_free(t);
}

static void fuzz_comparison(const char *const *paths, bool strict)
{
    system_results *o = system_results_new(
        &(system_results_options){.n_at = 1, .at = {2}, .common = !strict, .known_only = strict});
    CHECK(o);
    int result = 0;
    for (int i = 0; !result && i < 2; i++) {
        metrics *m = new_metrics(&(metrics_options){.threshold = NAN,
                                                    .n_at = 1,
                                                    .at = {2},
                                                    .skip_unlabelled = true,
                                                    .on_encounter = system_results_add,
                                                    .context = o});
        CHECK(system_results_begin(o, paths[i], m) == 0);
        metrics_results x;
        result =
            read_metrics(paths[i], m) && metrics_finish(m, &x) == 0 ? system_results_end(o, x.labels) : -1;
        metrics_free(m);
    }
    if (result || system_results_finish(o)) {
        CHECK_MESSAGE();
    } else {
        bootstrap_sample *t = bootstrap_sample_new(o);
        double *x = mem_array((size_t)bootstrap_sample_n_metrics(o), sizeof *x);
        CHECK(t && x && system_results_systems(o) == 2);
        for (int32_t i = 0; i < system_results_encounters(o); i++)
            bootstrap_sample_add(t, 1, i, 2);
        bootstrap_sample_metrics(t, x);
        for (int i = 0; i < bootstrap_sample_n_metrics(o); i++)
            CHECK(undefined_or_share(x[i]) && bootstrap_sample_metric(o, i).key);
        bootstrap_sample_clear(t);
        mem_free(x);
        bootstrap_sample_free(t);
    }
    system_results_free(o);
}

/* The average as a record of its own, with all checks. */
static void check_average(const score_average *a, const record *const *headers, const record *first,
                          const pack *fields)
{
    fuzz_file copy = fuzz_file_new("", 0);
    const char *path = copy.path;
    pack header = {0};
    record r = {0};
    stream_out *out = stream_create(path, false);
    CHECK(out);
    if (score_average_header(a, headers, &header) < 0) { /* a history that is not valid */
        CHECK_MESSAGE();
        stream_abandon(out);
        pack_free(&header);
        fuzz_file_close(&copy);
        return;
    }
    CHECK(stream_begin(out, "scored", "fuzz", NULL, headers[0], &header) == 0);
    CHECK(stream_write(out, first, score_average_drop(a), fields) == 0 && stream_end(out) == 0);
    stream_in *in = stream_open(&path, 1, NULL);
    CHECK(in && stream_read(in, &r) == 1);
    record_free(&r);
    stream_close(in);
    pack_free(&header);
    fuzz_file_close(&copy);
}

/* using: a combination that was learned, or NULL. Returns whether one was learned, in c. */
static bool fuzz_average(const char *const *paths, score_average_by by, const score_combination *using,
                         score_combination *c)
{
    score_average *a =
        score_average_new(2, &(score_average_options){.by = by, .combination = using, .threshold = NAN});
    score_combine *learned = score_combine_new(2);
    stream_zip *zip = stream_zip_open(paths, 2, "scored", 1 << 20);
    uint64_t segments = 0;
    pack fields = {0};
    bool good = a && learned && zip, learns = good;
    for (int got; good && (got = stream_zip_read(zip)) != 0;) {
        if (got < 0 && !stream_zip_recoverable(zip))
            break;
        if (got < 0)
            continue;
        const record *const *headers = stream_zip_headers(zip);
        const record *records = stream_zip_records(zip);
        if (stream_zip_segments(zip) != segments) {
            good = score_average_headers(a, headers) == 0;
            learns = learns && good && score_combine_headers(learned, headers) == 0;
        }
        segments = stream_zip_segments(zip);
        pack_clear(&fields);
        if (good && score_average_record(a, records, &fields) == 0)
            check_average(a, headers, &records[0], &fields);
        else
            CHECK_MESSAGE();
        if (good && learns && score_combine_add(learned, records) < 0)
            CHECK_MESSAGE();
    }
    const bool found = good && learns && segments && score_combine_finish(learned, c) == 0;
    if (found)
        CHECK(c->n == 2 && isfinite(c->weights[0]) && isfinite(c->bias) && c->threshold >= 0 &&
              c->threshold <= 1);
    pack_free(&fields);
    stream_zip_close(zip);
    score_combine_free(learned);
    score_average_free(a);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file one = fuzz_file_new(part[0].data, part[0].n), two = fuzz_file_new(part[1].data, part[1].n);
    const char *paths[] = {one.path, part[1].n > 0 ? two.path : one.path};
    fuzz_metrics(paths[0], n);
    score_combination c, again;
    if (fuzz_average(paths, n % 2 ? AVERAGE_MEAN : AVERAGE_LOGIT, NULL, &c))
        (void)fuzz_average(paths, AVERAGE_MEAN, &c, &again);
    fuzz_comparison(paths, n % 2);
    fuzz_file_close(&one);
    fuzz_file_close(&two);
    return 0;
}
