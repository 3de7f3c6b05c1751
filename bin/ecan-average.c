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
     .help = "the mean of the probabilities, or of their logits (the odds' geometric mean), to which a model "
             "that is sure contributes more"},
    {"weights", 0, "W,...", CLI_REALS, &o.weights, .min = 1e-6, .max = 1e6,
     .help = "what each file counts, in their order; 2,1,1: the first as much as the others together",
     .show = "1 each"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose mean is above P", .show = "the mean of the files' thresholds"},
    {"thresholds", 0, "FILE", CLI_STRING, &o.thresholds,
     .help = "... or above the label's own threshold in FILE: code, tab, threshold"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .help = "write the stream to FILE",
     .show = "standard output"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report encounters with a bad record in some file, go on without them, and exit 1 at the end"},
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
        "Reads a scored stream of each model, with the same encounters in the same order, and writes one "
        "with "
        "the mean of their scores, which the other programs read as they read a model's. The average of "
        "models "
        "that were trained alike but for the seed is usually better than each; so is that of other settings, "
        "vectors, or kinds of systems (ecan-import). pipelines/ensemble.sh trains and compares them.\n"
        "\n"
        "Labels may differ: a label's mean is over the models that have it. To count as 0 where another "
        "system does not name a label, the label must be in that system's stream: give ecan-import --labels. "
        "The labels' order, and everything else in a record (words, peaks, what came with the encounter), is "
        "the "
        "first file's, so ecan-explain -m with the first model shows its evidence for the codes of all; if "
        "other "
        "files have labels that the first lacks, peaks, peak_weights, A and V are dropped. Gold codes must "
        "agree.\n"
        "\n"
        "Thresholds are averaged as the scores are: what all models predict is predicted. The best one for "
        "the average is another, and found on dev.\n"
        "\n"
        "One record of each file is in memory. A single file comes out with the scores it had, and with the "
        "thresholds asked for.",
    .example = "ecan-average dev-1.scored dev-2.scored dev-3.scored | ecan-metrics --best-threshold\n"
               "ecan-average --threshold 0.41 test-*.scored > test.scored\n"
               "ecan-average <(ecan-predict -m a test.mp) <(ecan-predict -m b test.mp) | ecan-metrics",
    .see_also = "ecan-predict, ecan-import, ecan-metrics, ecan-compare",
    .options = options,
};

typedef struct run {
    stream_zip *in;
    score_average *mean;
    stream_out *out;
    pack fields;
    uint64_t segments, written, bad;
    bool told; /* what is to be said of the headers */
} run;

static void tell(run *r)
{
    const int32_t partial = score_average_partial(r->mean);
    if (!r->told && partial > 0)
        cli_warn("%" PRId32 " of %" PRId32
                 " labels are not in every file: their means are over the files that "
                 "have them",
                 partial, score_average_labels(r->mean));
    if (!r->told && score_average_thresholds_differ(r->mean))
        cli_warn("the files' thresholds differ; codes are predicted above their mean, %.3g for most, unless "
                 "--threshold says otherwise",
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

/* One encounter: 1; 0 at the end; -1. *hopeless: nothing can follow after that. */
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

/* Every encounter. 0, or -1: what is wrong was said. */
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
        cli_usage("--weights: %d for %d file%s", o.weights.n, n, n == 1 ? "" : "s");
    for (int i = 0, standard = 0; i < n; i++)
        if (strcmp(files[i], "-") == 0 && standard++ > 0)
            cli_usage("standard input cannot be two of the files");
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
        cli_warn("%" PRIu64 " records done, %" PRIu64 " bad ones left out", r.written, r.bad);
    score_average_free(r.mean);
    stream_zip_close(r.in);
    pack_free(&r.fields);
    return cli_finish(result || r.bad ? CLI_FAILED : CLI_OK);
}
