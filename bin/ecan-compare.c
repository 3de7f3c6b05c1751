/* SPDX-License-Identifier: Apache-2.0 */
/* scored records of one or more systems -> metrics with confidence intervals, paired tests of differences */
#include "cli.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "eval/comparison.h"
#include "eval/scored.h"
#include "io/stream.h"

#include <inttypes.h>
#include <math.h>

enum { SYSTEMS = 16 };

static struct {
    const char *output;
    bool json, known_only, common, skip_unlabelled, skip_bad, quiet, thresholds_given;
    cli_ints at;
    cli_reals thresholds;
    double confidence;
    int64_t resamples, shuffles, seed, threads, max_record;
} o = {.at = {3, {5, 8, 15}},
       .confidence = 0.95,
       .resamples = 1000,
       .shuffles = 10000,
       .seed = 1,
       .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"json", 0, NULL, CLI_FLAG, &o.json, .help = "print one JSON object instead of the tables"},
    {"threshold", 't', "P,...", CLI_REALS, &o.thresholds, .max = 1, .given = &o.thresholds_given,
     .help = "predict the labels whose score is above P: one number for all systems, or one for each",
     .show = "each stream's, or 0.5 if it has none"},
    {"at", 0, "K,...", CLI_INTS, &o.at, .min = 1, .max = 1e6,
     .help = "values of k for precision and recall at k"},
    {"resamples", 0, "N", CLI_INT, &o.resamples, .min = 1, .max = 1e6,
     .help = "number of bootstrap resamples", .alias = "bootstrap"},
    {"confidence", 0, "P", CLI_REAL, &o.confidence, .min = 0.01, .max = 0.9999,
     .help = "confidence level of the intervals"},
    {"shuffles", 0, "N", CLI_INT, &o.shuffles, .min = 1, .max = 1e8,
     .help = "number of shuffles of the approximate randomisation test; p is at least 1/(N + 1)"},
    {"seed", 0, "N", CLI_INT, &o.seed, .min = 0, .max = 9e15,
     .help = "seed of the random numbers; the same seed gives the same output"},
    {"common", 0, NULL, CLI_FLAG, &o.common,
     .help = "use only the encounters that all systems have, and print how many are ignored; without this "
             "option a missing encounter is an error"},
    {"known-labels-only", 0, NULL, CLI_FLAG, &o.known_only,
     .help = "ignore gold codes that no system has a label for; without this option they count as false "
             "negatives"},
    {"skip-unlabelled", 0, NULL, CLI_FLAG, &o.skip_unlabelled,
     .help = "skip records without the key labels; without this option they are an error"},
    CLI_ROW_OUTPUT(o.output),
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024,
     .help = "number of threads; the output does not depend on it", .show = "all cores"},
    CLI_ROW_SKIP_BAD(o.skip_bad),
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    CLI_ROW_QUIET(o.quiet),
    CLI_ROW_MOVED('k', "--at"),
    CLI_ROW_MOVED('n', "--resamples"),
    CLI_ROW_MOVED('c', "--confidence"),
    {0}};

static const cli_program program = {
    .name = "ecan-compare",
    .summary = "compare systems: metrics with confidence intervals, paired tests",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads a scored stream of each system, with gold codes. Prints the metrics of each system with "
        "confidence intervals (percentile bootstrap over encounters). For every system after the first it "
        "prints the difference from the first, with an interval from the same resamples and a two-sided "
        "p-value from approximate randomisation.\n"
        "\n"
        "Encounters are matched by id and may have any order. Systems may have different labels: metrics are "
        "computed over the union, so macro metrics can be lower here than in ecan-metrics.\n"
        "\n"
        "Encounters are assumed to be independent. If patients have several encounters, the intervals are "
        "too narrow. Intervals of macro metrics over a thousand labels or more are also too narrow. An "
        "interval covers the choice of encounters, not the seed of the training. Memory grows by about 200 "
        "bytes per encounter, and does not depend on the number of labels.",
    .example = "ecan-compare --threshold 0.5,0.41 baseline.scored new.scored\n"
               "ecan-predict -m model test.mp | ecan-compare --json",
    .see_also = "ecan-metrics, ecan-predict",
    .options = options,
};

static double threshold_of(int system)
{
    return o.thresholds.n == 0 ? NAN : o.thresholds.v[o.thresholds.n == 1 ? 0 : system];
}

/* One system's encounters into all. Bad records are added to *bad. */
static comparison_system read_system(system_results *all, int system, const char *file, int64_t *bad)
{
    const metrics_options how = {.threshold = threshold_of(system),
                                 .skip_unlabelled = o.skip_unlabelled,
                                 .on_encounter = system_results_add,
                                 .context = all};
    const scored_source source = {.program = program.name,
                                  .files = &file,
                                  .n_files = 1,
                                  .max_record = o.max_record,
                                  .skip_bad = o.skip_bad,
                                  .quiet = o.quiet,
                                  .warn = cli_warn};
    metrics_results results;
    int64_t skipped;
    metrics *m = metrics_new(&how);
    if (!m || system_results_begin(all, file, m) || (skipped = scored_read(&source, m)) < 0 ||
        metrics_finish(m, &results) || system_results_end(all, results.labels))
        cli_die("%s", err_message());
    metrics_free(m);
    *bad += skipped;
    return (comparison_system){file, results.threshold, results.own_thresholds};
}

static system_results *new_system_results(void)
{
    system_results_options how = {.n_at = o.at.n, .known_only = o.known_only, .common = o.common};
    for (int i = 0; i < o.at.n; i++) {
        how.at[i] = (int)o.at.v[i];
        for (int j = 0; j < i; j++)
            if (how.at[j] == how.at[i])
                cli_usage("--at: duplicate value %d", how.at[i]);
    }
    system_results *all = system_results_new(&how);
    if (!all)
        cli_die("%s", err_message());
    return all;
}

static FILE *output_to;

static void write_comparison(const comparison *c)
{
    FILE *f = output_to;
    if (o.json) {
        cli_write_json(f, comparison_json(c));
    } else {
        comparison_table(f, c);
    }
    cli_close(f);
}

static void compare(const system_results *all, const comparison_system *systems)
{
    int S = system_results_systems(all), F = bootstrap_sample_n_metrics(all);
    size_t n = S * (size_t)F;
    interval *intervals = mem_array(n, sizeof *intervals), *differences = mem_array(n, sizeof *differences);
    double *p_values = mem_array(n, sizeof *p_values);
    pool *threads = pool_new(o.threads ? (int)o.threads : pool_cores());
    if (!intervals || !differences || !p_values || !threads ||
        bootstrap(all, (int)o.resamples, (uint64_t)o.seed, o.confidence, threads, intervals, differences))
        cli_die("%s", err_message());
    for (int s = 1; s < S; s++)
        if (randomisation(all, 0, s, (int)o.shuffles, (uint64_t)o.seed, threads, p_values + s * F))
            cli_die("%s", err_message());
    write_comparison(&(comparison){.system_results = all,
                                   .systems = systems,
                                   .resamples = (int)o.resamples,
                                   .shuffles = (int)o.shuffles,
                                   .seed = (uint64_t)o.seed,
                                   .confidence = o.confidence,
                                   .intervals = intervals,
                                   .differences = differences,
                                   .p_values = p_values});
    pool_free(threads);
    mem_free(intervals);
    mem_free(differences);
    mem_free(p_values);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    fd_wait_on_stdout();
    cli_parse_files(&program, argc, argv, &files, &n_files);
    if (n_files > SYSTEMS)
        cli_usage("expected at most %d systems, got %d", SYSTEMS, n_files);
    if (o.thresholds.n > 1 && o.thresholds.n != n_files)
        cli_usage("--threshold: expected one number or %d (one for each system), got %d", n_files,
                  o.thresholds.n);

    output_to = cli_output(o.output, OUTPUT_PLAIN);
    system_results *all = new_system_results();
    comparison_system systems[SYSTEMS];
    int64_t bad = 0;
    for (int i = 0; i < n_files; i++)
        systems[i] = read_system(all, i, files[i], &bad);
    if (system_results_finish(all))
        cli_die("%s", err_message());
    compare(all, systems);
    system_results_free(all);
    if (bad)
        cli_warn("skipped %" PRId64 " bad record%s", bad, bad == 1 ? "" : "s");
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
