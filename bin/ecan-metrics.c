/* SPDX-License-Identifier: Apache-2.0 */
/* scored records with gold codes -> metrics */
#include "cli.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/printable.h"
#include "eval/breakdown.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/report.h"
#include "eval/scored.h"
#include "eval/selective.h"
#include "io/stream.h"
#include "model/model.h"
#include "text/similar_codes.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static struct {
    const char *output, *per_label, *curve, *reliability, *thresholds, *train, *groups, *label_thresholds,
        *tune, *coverage;
    bool json, best, known_only, skip_unlabelled, skip_bad, quiet, auc, threshold_given;
    double threshold, shrink;
    cli_ints at, train_bins;
    cli_reals propensity;
    int64_t bins, prefix, max_record;
    int chapters;
} o = {.auc = true,
       .threshold = 0.5,
       .shrink = 30,
       .at = {3, {5, 8, 15}},
       .train_bins = {5, {0, 10, 50, 100, 500}},
       .propensity = {2, {0.55, 1.5}},
       .bins = 10,
       .max_record = STREAM_MAX_RECORD};

#define CHAPTERS "none|" GROUPS_CHAPTERS
static const char *const chapters[] = {NULL, "icd10", "icd9"};

static const cli_option options[] = {
    {"json", 0, NULL, CLI_FLAG, &o.json, .help = "print one JSON object instead of the table"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the labels whose score is above P; a score equal to P is not above it",
     .show = "the stream's, or 0.5 if it has none"},
    {"thresholds", 0, "FILE", CLI_STRING, &o.thresholds,
     .help = "thresholds of single labels, one per line of FILE: code, tab, threshold. Other labels have the "
             "threshold of --threshold",
     .show = "the stream's, if it has any"},
    {"best-threshold", 0, NULL, CLI_FLAG, &o.best,
     .help = "also find the threshold with the highest micro-F1 on this stream. If several are equally good, "
             "the nearest to 0.5 is chosen; otherwise the threshold is midway between two scores. Find it on "
             "dev and use it on test"},
    {"label-thresholds", 0, "FILE", CLI_STRING, &o.label_thresholds,
     .help =
         "also find the best threshold, and for each label the threshold with its highest F1 on this stream. "
         "Write them, shrunk towards the best threshold (--shrink), to FILE, in the format of --thresholds"},
    {"shrink", 0, "K", CLI_REAL, &o.shrink, .max = 1e9,
     .help = "shrinkage of label thresholds: for a label with n encounters the logit of the threshold is (n "
             "own + K common) / (n + K). 0 disables it"},
    {"tune", 0, "DIR", CLI_STRING, &o.tune,
     .help = "write the results of --best-threshold and --label-thresholds into the model in DIR, which must "
             "have made this stream. ecan-predict then uses them"},
    {"at", 0, "K,...", CLI_INTS, &o.at, .min = 1, .max = 1e6,
     .help = "values of k for precision, recall, F1, nDCG and R-precision at k"},
    {"known-labels-only", 0, NULL, CLI_FLAG, &o.known_only,
     .help = "ignore gold codes that the model has no label for; without this option they count as false "
             "negatives"},
    {"skip-unlabelled", 0, NULL, CLI_FLAG, &o.skip_unlabelled,
     .help = "skip records without the key labels; without this option they are an error"},
    {"per-label", 0, "FILE", CLI_STRING, &o.per_label,
     .help = "write a line for each label to FILE: code, counts and metrics, separated by tabs"},
    {"train", 0, "FILE", CLI_STRING, &o.train,
     .help =
         "training data of the model: a stream of any kind, encounters as JSON Lines, or CSV with id and "
         "code. Adds metrics by the frequency of a label in training, and propensity-scored precision (PSP)"},
    {"train-bins", 0, "N,...", CLI_INTS, &o.train_bins, .min = 0, .max = 1e15,
     .help = "upper bounds of the frequency bins of --train; one more bin is for labels above the last"},
    {"propensity", 0, "A,B", CLI_REALS, &o.propensity, .min = 0.001, .max = 1000,
     .help = "parameters A and B of the propensity model of Jain et al.: 0.55,1.5 is usual, 0.5,0.4 for "
             "Wikipedia, 0.6,2.6 for Amazon"},
    {"prefix", 0, "N", CLI_INT, &o.prefix, .min = 1, .max = 32, .show = "",
     .help = "add metrics by the first N characters of the code, points not counted: 3 for the categories of "
             "ICD-10"},
    {"chapters", 0, "NAME", CLI_CHOICE, &o.chapters, .choices = CHAPTERS,
     .help = "add metrics by the chapters of ICD-10 (of the WHO and ICD-10-CM; ICD-10-PCS is one chapter) or "
             "ICD-9-CM"},
    {"groups", 0, "FILE", CLI_STRING, &o.groups,
     .help = "add metrics by the groups in FILE, one per line: code, range (A00-B99) or pattern (E11*), tab, "
             "name of the group"},
    {"curve", 0, "FILE", CLI_STRING, &o.curve,
     .help = "write the precision-recall curve over all scores to FILE: threshold, counts, precision, recall "
             "and F1, separated by tabs, reduced to some hundred lines"},
    {"coverage", 0, "FILE", CLI_STRING, &o.coverage,
     .help = "write to FILE the precision at each percent of coverage, if only the most confident predicted "
             "codes, or encounters, are coded without a person. Adds the coverage at a precision of 0.95 and "
             "0.98, with intervals, to the results"},
    {"reliability", 0, "FILE", CLI_STRING, &o.reliability,
     .help = "write a reliability table to FILE: for each bin of probabilities the mean probability and the "
             "fraction that is correct"},
    {"bins", 0, "N", CLI_INT, &o.bins, .min = 1, .max = 1e6,
     .help = "number of bins of equal width for --reliability and the calibration error"},
    {"auc", 0, NULL, CLI_FLAG, &o.auc,
     .help =
         "compute areas under the ROC curve, which needs a temporary file in $TMPDIR of 4 bytes per score"},
    CLI_ROW_OUTPUT(o.output),
    CLI_ROW_SKIP_BAD(o.skip_bad),
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    CLI_ROW_QUIET(o.quiet),
    CLI_ROW_MOVED('k', "--at"),
    {0}};

static const cli_program program = {
    .name = "ecan-metrics",
    .summary = "compare scores with gold codes",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads scored records that have gold codes (key labels). Prints micro and macro precision, recall, "
        "F1, accuracy and area under the ROC curve; precision, recall, F1, nDCG and R-precision at k; mean "
        "average precision, exact match and Jaccard index. Options add metrics by training frequency, "
        "metrics by group of codes, and propensity-scored precision.\n\n"
        "Macro metrics are means over all labels of the model and the gold codes that it lacks. The "
        "literature uses the name macro-F1 for three metrics; all three are printed, with different names. "
        "Labels are ranked by score; equal scores are ranked in the order of the model's labels. Areas under "
        "the curve are exact, over all pairs of encounter and label.\n\n"
        "Find thresholds on dev (--best-threshold, --label-thresholds) and write them into the model "
        "(--tune).",
    .example = "ecan-predict -m model < test.mp | ecan-metrics --json > metrics.json\n"
               "ecan-predict -m model < dev.mp | ecan-metrics --tune model\n"
               "ecan-metrics --train train.mp --chapters icd10 --prefix 3 < test-scored.mp\n"
               "ecan-import --gold test.jsonl predictions.csv | ecan-metrics",
    .see_also = "ecan-predict, ecan-score, ecan-average, ecan-import, ecan-compare, ecan-train",
    .options = options,
};

enum { MOST_WAYS = 3 }; /* by prefix, chapters, table */

/* What is collected while records are read. */
typedef struct collected {
    curve pr_curve;
    const metrics *m;
    training *train;
    selective *selective; /* NULL: not requested */
    groups *groups[MOST_WAYS];
    breakdown *by[MOST_WAYS];
    int ways;
} collected;

static int on_encounter(void *context, const metrics_encounter *e)
{
    collected *all = context;
    for (int i = 0; i < all->ways; i++)
        if (breakdown_add(all->by[i], all->m, e))
            return -1;
    return all->selective ? selective_add(all->selective, e) : 0;
}

static int on_cut(void *context, const roc_cut *cut)
{
    return curve_cut(&((collected *)context)->pr_curve, cut);
}

static void add_way(collected *all, groups *g)
{
    breakdown *by = g ? breakdown_new(g) : NULL;
    if (!by)
        cli_die("%s", err_message());
    all->groups[all->ways] = g;
    all->by[all->ways++] = by;
}

static void collect(collected *all)
{
    if (o.prefix)
        add_way(all, groups_prefix((int)o.prefix));
    if (o.chapters)
        add_way(all, groups_chapters(chapters[o.chapters]));
    if (o.groups)
        add_way(all, groups_read(o.groups));
    if (o.coverage && !(all->selective = selective_new()))
        cli_die("%s", err_message());
    if (o.train && !(all->train = training_read(o.train, o.max_record)))
        cli_die("%s", err_message());
}

static void release(collected *all)
{
    for (int i = 0; i < all->ways; i++) {
        breakdown_free(all->by[i]);
        groups_free(all->groups[i]);
    }
    training_free(all->train);
    selective_free(all->selective);
    curve_release(&all->pr_curve);
}

static void write_json(FILE *f, const metrics_results *results, const collected *all,
                       const frequency_bin *bins)
{
    json_t *object = report_json(results, o.best);
    if (all->train) {
        ecan_json_set(object, "train_documents", json_integer((json_int_t)training_encounters(all->train)));
        ecan_json_set(object, "by_frequency", report_bins_json(bins, o.train_bins.n + 1));
    }
    if (all->ways) {
        json_t *ways = json_array();
        for (int i = 0; i < all->ways; i++)
            ecan_json_append(ways, report_groups_json(all->by[i]));
        ecan_json_set(object, "by_group", ways);
    }
    if (all->selective)
        ecan_json_set(object, "coverage", selective_json(all->selective));
    cli_write_json(f, object);
}

/* Output files, opened before anything is read; NULL if not requested. */
static struct {
    FILE *results, *per_label, *curve, *reliability, *label_thresholds, *coverage;
} to;

static FILE *open_if(const char *path)
{
    return path ? cli_output(path, OUTPUT_PLAIN) : NULL;
}

static void open_outputs(void)
{
    if (o.tune && input_folder(o.tune) < 0)
        cli_die("%s", err_message());
    to.results = cli_output(o.output, OUTPUT_PLAIN);
    to.per_label = open_if(o.per_label);
    to.curve = open_if(o.curve);
    to.reliability = open_if(o.reliability);
    to.coverage = open_if(o.coverage);
    to.label_thresholds = open_if(o.label_thresholds);
}

static void write_results(const metrics *m, const metrics_results *results, const metrics_options *how,
                          const collected *all)
{
    FILE *f = to.results;
    frequency_bin bins[sizeof o.train_bins.v / sizeof *o.train_bins.v + 1];
    if (all->train)
        frequency_bins(m, all->train, o.train_bins.v, o.train_bins.n, bins);
    if (o.json) {
        write_json(f, results, all, bins);
    } else {
        report_table(f, results, how, o.best);
        if (all->train)
            report_bins(f, bins, o.train_bins.n + 1);
        for (int i = 0; i < all->ways; i++)
            report_groups(f, all->by[i]);
        if (all->selective && selective_table(f, all->selective))
            cli_die("%s", err_message());
    }
    cli_close(f);
}

static void write_labels(const metrics *m)
{
    report_labels(to.per_label, m);
    cli_close(to.per_label);
}

static void write_curve(const curve *pr_curve)
{
    curve_write(pr_curve, to.curve);
    cli_close(to.curve);
}

static void write_coverage(selective *s)
{
    selective_write(s, to.coverage);
    cli_close(to.coverage);
}

static void write_reliability(const metrics *m)
{
    calibration_write(metrics_calibration(m), to.reliability);
    cli_close(to.reliability);
}

static void check_options(void)
{
    for (int i = 0; i < o.at.n; i++)
        for (int j = 0; j < i; j++)
            if (o.at.v[i] == o.at.v[j])
                cli_usage("--at: duplicate value %" PRId64, o.at.v[i]);
    for (int i = 1; i < o.train_bins.n; i++)
        if (o.train_bins.v[i] <= o.train_bins.v[i - 1])
            cli_usage("--train-bins: expected ascending numbers");
    o.best |= o.label_thresholds || o.tune;
    if (o.propensity.n != 2)
        cli_usage("--propensity: expected two numbers, A,B");
}

/* Checks that this model made the stream. */
static int check_model(const model *tuned, const metrics *m, int L)
{
    bool same = labels_count(tuned->labels) == L && strcmp(metrics_model(m), tuned->fingerprint) == 0;
    for (int j = 0; same && j < L; j++)
        same = strcmp(labels_code(tuned->labels, j), metrics_code(m, j)) == 0;
    return same ? 0 : err_set("%s: expected the model that made these scores, got another", o.tune);
}

/* Writes the best threshold and the thresholds of labels to their file and into the model. */
static void write_thresholds(metrics *m, const metrics_results *results)
{
    if (isnan(results->best_threshold))
        cli_die("cannot find the best threshold: no label that has a score is a gold code");
    const float common = (float)results->best_threshold;
    float *t = mem_array(results->labels, sizeof *t);
    if (!t || (o.label_thresholds && metrics_tune(m, common, o.shrink, t)))
        cli_die("%s", err_message());
    if (o.label_thresholds) {
        report_thresholds(to.label_thresholds, m, t, results->labels);
        cli_close(to.label_thresholds);
    }
    model tuned;
    if (o.tune && (model_open(&tuned, o.tune, false, NULL) || check_model(&tuned, m, results->labels) ||
                   model_write_thresholds(&tuned, o.tune, common, o.label_thresholds ? t : NULL)))
        cli_die("%s", err_message());
    if (o.tune)
        model_close(&tuned);
    mem_free(t);
}

static metrics_options make_options(collected *all)
{
    metrics_options m = {.threshold = o.threshold_given ? o.threshold : NAN,
                         .thresholds = o.thresholds,
                         .n_at = o.at.n,
                         .known_only = o.known_only,
                         .skip_unlabelled = o.skip_unlabelled,
                         .bins = (int)o.bins,
                         .training = all->train,
                         .propensity_a = o.propensity.v[0],
                         .propensity_b = o.propensity.v[1],
                         .on_encounter = all->ways || all->selective ? on_encounter : NULL,
                         .on_cut = o.curve ? on_cut : NULL,
                         .context = all,
                         .auc = o.auc || o.best || o.curve};
    for (int i = 0; i < o.at.n; i++)
        m.at[i] = (int)o.at.v[i];
    return m;
}

/* Warns of gold codes that the model has only in another form, such as E119 and E11.9. */
static void warn_similar(const metrics *m, const metrics_results *results)
{
    labels *l = labels_new();
    similar_codes *s = NULL;
    int32_t found = -1, n = 0, first = -1, of_model = -1;
    for (int i = 0; l && i < results->labels; i++)
        if (labels_add(l, metrics_code(m, i), strlen(metrics_code(m, i)), NULL) < 0)
            cli_die("%s", err_message());
    if (!l || !(s = similar_codes_new(l)))
        cli_die("%s", err_message());
    for (int i = results->labels; i < metrics_labels(m); i++) {
        if (similar_codes_find(&found, s, metrics_code(m, i)))
            cli_die("%s", err_message());
        n += found >= 0;
        if (found >= 0 && first < 0)
            first = i, of_model = found;
    }
    char a[PRINTABLE_ROOM], b[PRINTABLE_ROOM];
    if (n)
        cli_warn("warning: %" PRId32
                 " gold code%s that the model has only with other points, case or blanks; they "
                 "count as missed (first: '%s', '%s')",
                 n, n == 1 ? "" : "s",
                 printable_id(a, metrics_code(m, first), strlen(metrics_code(m, first))),
                 printable_id(b, labels_code(l, of_model), strlen(labels_code(l, of_model))));
    similar_codes_free(s);
    labels_free(l);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    fd_wait_on_stdout();
    cli_parse(&program, argc, argv, &files, &n_files);
    check_options();
    open_outputs();
    collected all = {0};
    collect(&all);
    const metrics_options how = make_options(&all);
    const scored_source source = {.program = program.name,
                                  .files = files,
                                  .n_files = n_files,
                                  .max_record = o.max_record,
                                  .skip_bad = o.skip_bad,
                                  .quiet = o.quiet,
                                  .warn = cli_warn};
    metrics *m = metrics_new(&how);
    metrics_results results;
    all.m = m;
    const int64_t bad = m ? scored_read(&source, m) : -1;
    if (bad < 0 || metrics_finish(m, &results))
        cli_die("%s", err_message());
    for (int i = 0; i < all.ways; i++)
        if (breakdown_finish(all.by[i], m))
            cli_die("%s", err_message());
    warn_similar(m, &results);
    write_results(m, &results, &how, &all);
    if (o.label_thresholds || o.tune)
        write_thresholds(m, &results);
    if (o.per_label)
        write_labels(m);
    if (o.curve)
        write_curve(&all.pr_curve);
    if (o.reliability)
        write_reliability(m);
    if (o.coverage)
        write_coverage(all.selective);
    release(&all);
    metrics_free(m);
    if (bad)
        cli_warn("skipped %" PRId64 " bad record%s", bad, bad == 1 ? "" : "s");
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
