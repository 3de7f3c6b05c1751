/* scored records with gold codes -> the figures of the literature */
#include "cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"
#include "eval/curve.h"
#include "eval/metrics.h"
#include "eval/report.h"
#include "io/stream.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static struct {
    const char *output, *per_label, *curve, *reliability;
    bool json, best, known_only, skip_unlabelled, skip_bad, quiet, auc, threshold_given;
    double threshold;
    cli_ints at;
    int64_t bins, max_record;
} o = {.auc = true, .threshold = 0.5, .at = {3, {5, 8, 15}}, .bins = 10, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"json", 0, NULL, CLI_FLAG, &o.json, .help = "one JSON object instead of the table"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "a label is predicted when its score is above P, not when it equals P",
     .show = "the stream's, 0.5 where it names none"},
    {"best-threshold", 0, NULL, CLI_FLAG, &o.best,
     .help =
         "also find the threshold with the highest micro-F1 on this stream. Of thresholds that do equally "
         "well the one nearest to 0.5, else the middle between two scores. Find it on dev, use it on test"},
    {"at", 'k', "K,...", CLI_INTS, &o.at, .min = 1, .max = 1e6, .help = "the k of precision at k and so on"},
    {"known-labels-only", 0, NULL, CLI_FLAG, &o.known_only,
     .help = "leave out gold codes that the model has no label for, which else count as missed"},
    {"skip-unlabelled", 0, NULL, CLI_FLAG, &o.skip_unlabelled,
     .help = "pass over records without the key labels, which else are refused"},
    {"per-label", 0, "FILE", CLI_STRING, &o.per_label,
     .help = "write a line for each label to FILE: code, counts and figures between tabs"},
    {"curve", 0, "FILE", CLI_STRING, &o.curve,
     .help = "write the precision-recall curve of all scores to FILE: threshold, counts, precision, recall "
             "and F1 "
             "between tabs, thinned to some hundred lines"},
    {"reliability", 0, "FILE", CLI_STRING, &o.reliability,
     .help = "write to FILE, for each bin of probabilities, their mean and the share that is right"},
    {"bins", 0, "N", CLI_INT, &o.bins, .min = 1, .max = 1e6,
     .help = "bins of equal width, for --reliability and the calibration error"},
    {"auc", 0, NULL, CLI_FLAG, &o.auc,
     .help = "areas under the curve; they need a temporary file in $TMPDIR of 4 bytes a score"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .help = "write to FILE", .show = "standard output"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "go on after a bad record; they are reported, and the exit status is 1"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1, .max = 1e15,
     .help = "largest record accepted"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no progress line"},
    {0}};

static const cli_program program = {
    .name = "ecan-metrics",
    .summary = "compare scores with gold codes",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads scored records that have gold codes (key labels) and prints micro and macro precision, "
        "recall, "
        "F1, accuracy and area under the ROC curve; precision, recall, F1, nDCG and R-precision at k; mean "
        "average precision, exact match and Jaccard.\n"
        "\n"
        "Macro figures are means over all labels of the model and the gold codes it lacks. Three figures in "
        "the "
        "literature are called macro-F1; all are given, and named. Labels are ranked by score, equal scores "
        "in "
        "the order of the model's labels. Areas are exact, over all pairs of encounter and label.",
    .example = "ecan-predict -m model < test.mp | ecan-metrics --json > metrics.json\n"
               "ecan-metrics --best-threshold < dev-scored.mp",
    .see_also = "ecan-predict, ecan-score, ecan-explain, ecan-train",
    .options = options,
};

/* All records into m. The number of bad ones that were passed over. */
static uint64_t count(metrics *m, stream_in *in)
{
    record r = {0};
    progress p;
    uint64_t bad = 0;
    unsigned segment = stream_segment(in);
    progress_start(&p, program.name, "records", 0, o.quiet);
    for (int got; (got = stream_read(in, &r)) != 0;) {
        if (got > 0 && stream_segment(in) != segment && metrics_header(m, stream_header(in)))
            cli_die("%s", err_message());
        segment = stream_segment(in);
        if (got > 0 && metrics_add(m, &r) >= 0) {
            progress_update(&p, r.number, "");
            continue;
        }
        if (!o.skip_bad || (got < 0 && !stream_recoverable(in)) || metrics_broken(m))
            cli_die("%s", err_message());
        cli_warn("%s", err_message());
        bad++;
    }
    progress_end(&p);
    record_free(&r);
    return bad;
}

static void write_figures(const metrics_figures *figures, const metrics_options *how)
{
    FILE *f = cli_output(o.output);
    if (o.json) {
        json_t *object = report_json(figures, o.best);
        if (!object || json_write_line(f, object))
            cli_die("%s", err_message());
        json_decref(object);
    } else {
        report_table(f, figures, how, o.best);
    }
    cli_close(f, o.output);
}

static void write_labels(const metrics *m)
{
    FILE *f = cli_output(o.per_label);
    report_labels(f, m);
    cli_close(f, o.per_label);
}

static void write_curve(const curve *points)
{
    FILE *f = cli_output(o.curve);
    curve_write(points, f);
    cli_close(f, o.curve);
}

static void write_reliability(const metrics *m)
{
    FILE *f = cli_output(o.reliability);
    calibration_write(metrics_calibration(m), f);
    cli_close(f, o.reliability);
}

static metrics_options checked_options(curve *points)
{
    metrics_options m = {.threshold = o.threshold_given ? o.threshold : NAN,
                         .n_at = o.at.n,
                         .known_only = o.known_only,
                         .skip_unlabelled = o.skip_unlabelled,
                         .bins = (int)o.bins,
                         .on_cut = o.curve ? curve_cut : NULL,
                         .context = points,
                         .auc = o.auc || o.best || o.curve};
    for (int i = 0; i < o.at.n; i++) {
        m.at[i] = (int)o.at.v[i];
        for (int j = 0; j < i; j++)
            if (m.at[j] == m.at[i])
                cli_usage("--at: %d is there twice", m.at[i]);
    }
    return m;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    cli_parse(&program, argc, argv, &files, &n_files);
    curve points = {0};
    metrics_options how = checked_options(&points);

    stream_in *in = stream_open(files, n_files, &(stream_options){.max_record = (size_t)o.max_record});
    if (!in)
        cli_die("%s", err_message());
    if (strcmp(stream_kind(in), "scored"))
        cli_die("the records are %s, not scored: ecan-predict or ecan-score makes scores", stream_kind(in));

    metrics *m = metrics_new(&how);
    metrics_figures figures;
    if (!m || metrics_header(m, stream_header(in)))
        cli_die("%s", err_message());
    uint64_t bad = count(m, in);
    if (metrics_finish(m, &figures))
        cli_die("%s", err_message());
    write_figures(&figures, &how);
    if (o.per_label)
        write_labels(m);
    if (o.curve)
        write_curve(&points);
    if (o.reliability)
        write_reliability(m);
    curve_release(&points);
    metrics_free(m);
    stream_close(in);
    if (bad)
        cli_warn("%" PRIu64 " bad record%s passed over", bad, bad == 1 ? "" : "s");
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
