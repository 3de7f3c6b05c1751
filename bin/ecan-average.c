/* SPDX-License-Identifier: Apache-2.0 */
/* scored records of several models, the same encounters in the same order -> one scored stream of their mean,
 * or the weights of the best score_combination */
#include "cli.h"

#include "base/err.h"
#include "base/progress.h"
#include "eval/score_average.h"
#include "eval/score_combine.h"
#include "io/output.h"
#include "io/stream_zip.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static struct {
    const char *output, *thresholds, *combination;
    int by;
    cli_reals weights;
    double threshold;
    bool by_given, fit, threshold_given, skip_bad, unbuffered, quiet;
    int64_t max_record;
} o = {.threshold = NAN, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"by", 0, "NAME", CLI_CHOICE, &o.by, .choices = AVERAGE_BY, .given = &o.by_given,
     .help = "mean of the probabilities or of their logits. Logits give more weight to confident models"},
    {"weights", 0, "W,...", CLI_REALS, &o.weights, .min = 1e-6, .max = 1e6,
     .help = "weights of the files, in their order", .show = "1 for each"},
    {"fit", 0, NULL, CLI_FLAG, &o.fit,
     .help = "learn a weight for each file and a bias from the gold codes, and write them as JSON instead of "
             "scores"},
    {"combination", 0, "FILE", CLI_STRING, &o.combination,
     .help = "the weights, bias and threshold in FILE, which --fit wrote, for the same systems in the same "
             "order"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose mean is above P",
     .show = "that of --combination, or the mean of the files' thresholds"},
    {"thresholds", 0, "FILE", CLI_STRING, &o.thresholds,
     .help = "thresholds of single labels, one per line of FILE: code, tab, threshold"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .help = "write the stream to FILE",
     .show = "standard output"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report and skip encounters with a bad record in any file; exit with 1 at the end"},
    CLI_ROW_MAX_RECORD(o.max_record, 1024),
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every record immediately"},
    CLI_ROW_QUIET(o.quiet),
    CLI_ROW_MOVED('w', "--weights"),
    {0}};

static const cli_program program = {
    .name = "ecan-average",
    .summary = "average the scores of several models",
    .usage = "[OPTION]... FILE...",
    .description =
        "Reads a scored stream of each model, with the same encounters in the same order. Writes one scored "
        "stream with the mean of their scores. The average of models that differ only in the seed is usually "
        "better than each of them. The models may also differ in settings or vectors, or be other systems "
        "(ecan-import). ecan ensemble trains such models and compares them.\n\nLabels may differ: the mean "
        "of a label is over the models that have it. If a system can predict a label but never did, add the "
        "label to its stream with ecan-import --labels; it then counts as 0. The order of labels is that of "
        "the first file. So are all other keys of a record, such as words and peaks. ecan-explain -m with "
        "the first model therefore shows the evidence of the first model for all predicted codes. If other "
        "files have labels that the first file lacks, peaks, peak_weights, A and V are dropped. Gold codes "
        "must be equal.\n\n--fit and --combination use a sum of weighted logits and a bias instead of the "
        "mean. They are learned on dev by logistic regression. The weights are not shares: their sum also "
        "sets how confident the combination is. Every file must have all labels. formats/combination.md "
        "describes the file.\n\nThresholds are averaged in the same way as scores. The best threshold of the "
        "average may differ: find it on dev (ecan-metrics --best-threshold).\n\nOne record of each file is "
        "in memory. A single file keeps its scores, and gets the thresholds of the options.",
    .example = "ecan-average --fit -o combination.json network/dev.scored linear/dev.scored\n"
               "ecan-average --combination combination.json network/test.scored linear/test.scored | "
               "ecan-metrics\n"
               "ecan-average dev-1.scored dev-2.scored dev-3.scored | ecan-metrics "
               "--best-threshold\necan-average --threshold 0.41 test-*.scored > test.scored\necan-average "
               "<(ecan-predict -m a test.mp) <(ecan-predict -m b test.mp) | ecan-metrics",
    .see_also = "ecan-predict, ecan-import, ecan-metrics, ecan-compare",
    .options = options,
};

typedef struct run {
    stream_zip *in;
    score_average *mean;
    stream_out *out;
    score_combine *fit; /* instead of mean and out */
    pack fields;
    uint64_t segments, written, bad;
    bool told; /* warnings about the headers were printed */
} run;

static void tell(run *r)
{
    const int32_t partial = score_average_partial(r->mean);
    if (!r->told && partial > 0)
        cli_warn("%" PRId32 " of %" PRId32
                 " labels are not in every file: their means are over the files that have them",
                 partial, score_average_labels(r->mean));
    if (!r->told && score_average_thresholds_differ(r->mean))
        cli_warn("the thresholds of the files differ: their mean is used, %.3g for most labels; --threshold "
                 "sets another",
                 (double)score_average_threshold(r->mean));
    r->told = true;
}

static int begin_segment(run *r)
{
    const record *const *headers = stream_zip_headers(r->in);
    r->segments = stream_zip_segments(r->in);
    if (r->fit)
        return score_combine_headers(r->fit, headers);
    if (score_average_headers(r->mean, headers) || score_average_header(r->mean, headers, &r->fields))
        return -1;
    tell(r);
    return stream_begin(r->out, "scored", program.name, NULL, headers[0], &r->fields);
}

/* Averages one encounter. Returns 1, 0 at the end, or -1. *hopeless: nothing can be read after the error. */
static int step(run *r, bool *hopeless)
{
    const int got = stream_zip_read(r->in);
    *hopeless = got < 0 && !stream_zip_recoverable(r->in);
    if (got <= 0)
        return got;
    *hopeless = true;
    if (stream_zip_segments(r->in) != r->segments && begin_segment(r))
        return -1;
    *hopeless = false;
    const record *records = stream_zip_records(r->in);
    if (r->fit) {
        const int added = score_combine_add(r->fit, records);
        *hopeless = score_combine_broken(r->fit);
        return added ? -1 : 1;
    }
    if (score_average_record(r->mean, records, &r->fields))
        return -1;
    *hopeless = true;
    return stream_write(r->out, &records[0], score_average_drop(r->mean), &r->fields) ? -1 : 1;
}

/* Averages every encounter. Returns 0, or -1 after an error that was reported. */
static int copy(run *r)
{
    progress p;
    int got = 1;
    progress_start(&p, program.name, "records", 0, o.quiet);
    while (got) {
        bool hopeless;
        got = step(r, &hopeless);
        if (got > 0) {
            progress_update(&p, ++r->written, "");
        } else if (got < 0) {
            cli_warn("%s", err_message());
            r->bad++;
            if (hopeless || !o.skip_bad)
                break;
        }
    }
    progress_end(&p);
    return got;
}

static void check_options(const char *const *files, int n)
{
    if (o.weights.n > 0 && o.weights.n != n)
        cli_usage("--weights: expected %d, one for each file, got %d", n, o.weights.n);
    if (o.fit && o.combination)
        cli_usage("--fit writes the file that --combination reads: choose one");
    if ((o.fit || o.combination) && (o.by_given || o.weights.n > 0))
        cli_usage("%s: the weights are learned, so --by and --weights have no effect",
                  o.fit ? "--fit" : "--combination");
    if (o.fit && (o.threshold_given || o.thresholds))
        cli_usage("--fit finds the threshold: give --threshold and --thresholds with --combination");
    for (int i = 0, standard = 0; i < n; i++)
        if (strcmp(files[i], "-") == 0 && standard++ > 0)
            cli_usage("standard input can only be one of the files");
}

/* Reads the first headers and every encounter. 0, or -1: the error was printed. */
static int read_all(run *r)
{
    if (!begin_segment(r))
        return copy(r);
    cli_warn("%s", err_message());
    return -1;
}

/* The learned weights, to the output. */
static int fit(run *r, int n)
{
    score_combination learned;
    FILE *f = cli_output(o.output, OUTPUT_PLAIN);
    if (!(r->fit = score_combine_new(n)))
        cli_die("%s", err_message());
    if (read_all(r))
        return -1;
    if (score_combine_finish(r->fit, &learned))
        cli_die("%s", err_message());
    if (score_combination_write(f, &learned))
        cli_die("%s", err_message());
    cli_close(f);
    return 0;
}

/* The mean of all encounters, to the output. */
static int average_all(run *r, int n)
{
    score_combination combination;
    if (o.combination && score_combination_read(&combination, o.combination))
        cli_die("%s", err_message());
    const score_average_options how = {.by = (score_average_by)o.by,
                                       .weights = o.weights.n > 0 ? o.weights.v : NULL,
                                       .combination = o.combination ? &combination : NULL,
                                       .threshold = o.threshold_given ? o.threshold : NAN,
                                       .thresholds = o.thresholds};
    if (!(r->mean = score_average_new(n, &how)) || !(r->out = stream_create(o.output, o.unbuffered)))
        cli_die("%s", err_message());
    int result = read_all(r);
    if (result) {
        stream_abandon(r->out);
    } else if (stream_end(r->out)) {
        cli_warn("%s", err_message());
        result = -1;
    }
    return result;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    cli_parse_files(&program, argc, argv, &files, &n);
    check_options(files, n);
    run r = {0};
    if (input_named(files, n) || !(r.in = stream_zip_open(files, n, "scored", o.max_record)))
        cli_die("%s", err_message());
    const int result = o.fit ? fit(&r, n) : average_all(&r, n);
    if (o.skip_bad && r.bad)
        cli_warn("wrote %" PRIu64 " records, skipped %" PRIu64 " bad records", r.written, r.bad);
    score_average_free(r.mean);
    score_combine_free(r.fit);
    stream_zip_close(r.in);
    pack_free(&r.fields);
    return cli_finish(result || r.bad ? CLI_FAILED : CLI_OK);
}
