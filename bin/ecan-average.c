/* SPDX-License-Identifier: Apache-2.0 */
/* scored records of several models, the same encounters in the same order -> one scored stream, of their mean
 */
#include "cli.h"

#include "base/err.h"
#include "base/progress.h"
#include "eval/score_average.h"
#include "io/output.h"
#include "io/stream_zip.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static struct {
    const char *output, *thresholds;
    int by;
    cli_reals weights;
    double threshold;
    bool threshold_given, skip_bad, unbuffered, quiet;
    int64_t max_record;
} o = {.threshold = NAN, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"by", 0, "NAME", CLI_CHOICE, &o.by, .choices = AVERAGE_BY,
     .help = "mean of the probabilities or of their logits. Logits give more weight to confident models"},
    {"weights", 0, "W,...", CLI_REALS, &o.weights, .min = 1e-6, .max = 1e6,
     .help = "weights of the files, in their order", .show = "1 for each"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose mean is above P", .show = "the mean of the files' thresholds"},
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
        "(ecan-import). pipelines/ensemble.sh trains such models and compares them.\n\nLabels may differ: "
        "the mean of a label is over the models that have it. If a system can predict a label but never did, "
        "add the label to its stream with ecan-import --labels; it then counts as 0. The order of labels is "
        "that of the first file. So are all other keys of a record, such as words and peaks. ecan-explain -m "
        "with the first model therefore shows the evidence of the first model for all predicted codes. If "
        "other files have labels that the first file lacks, peaks, peak_weights, A and V are dropped. Gold "
        "codes must be equal.\n\nThresholds are averaged in the same way as scores. The best threshold of "
        "the average may differ: find it on dev (ecan-metrics --best-threshold).\n\nOne record of each file "
        "is in memory. A single file keeps its scores, and gets the thresholds of the options.",
    .example = "ecan-average dev-1.scored dev-2.scored dev-3.scored | ecan-metrics "
               "--best-threshold\necan-average --threshold 0.41 test-*.scored > test.scored\necan-average "
               "<(ecan-predict -m a test.mp) <(ecan-predict -m b test.mp) | ecan-metrics",
    .see_also = "ecan-predict, ecan-import, ecan-metrics, ecan-compare",
    .options = options,
};

typedef struct run {
    stream_zip *in;
    score_average *mean;
    stream_out *out;
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
    for (int i = 0, standard = 0; i < n; i++)
        if (strcmp(files[i], "-") == 0 && standard++ > 0)
            cli_usage("standard input can only be one of the files");
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    if (n == 0) {
        files = standard_input;
        n = 1;
    }
    check_options(files, n);
    const score_average_options how = {.by = (score_average_by)o.by,
                                       .weights = o.weights.n > 0 ? o.weights.v : NULL,
                                       .threshold = o.threshold_given ? o.threshold : NAN,
                                       .thresholds = o.thresholds};
    run r = {0};
    if (input_named(files, n) || !(r.mean = score_average_new(n, &how)) ||
        !(r.in = stream_zip_open(files, n, "scored", (size_t)o.max_record)) ||
        !(r.out = stream_create(o.output, o.unbuffered)))
        cli_die("%s", err_message());
    int result = begin_segment(&r);
    if (result)
        cli_warn("%s", err_message());
    else
        result = copy(&r);
    if (result) {
        stream_abandon(r.out);
    } else if (stream_end(r.out)) {
        cli_warn("%s", err_message());
        result = -1;
    }
    if (o.skip_bad && r.bad)
        cli_warn("wrote %" PRIu64 " records, skipped %" PRIu64 " bad records", r.written, r.bad);
    score_average_free(r.mean);
    stream_zip_close(r.in);
    pack_free(&r.fields);
    return cli_finish(result || r.bad ? CLI_FAILED : CLI_OK);
}
