/* SPDX-License-Identifier: Apache-2.0 */
/* another system's predictions, gold codes -> scored records */
#include "cli.h"

#include "base/err.h"
#include "base/progress.h"
#include "eval/import.h"
#include "eval/predictions_reader.h"
#include "io/stream.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *gold, *labels, *id, *code, *score, *output;
    double threshold;
    bool logits, skip_bad, quiet;
    int64_t max_record;
} o = {.id = PAIRS_ID, .code = PAIRS_CODE, .score = PAIRS_SCORE, .threshold = 0.5, .max_record = 64 << 20};

static const cli_option options[] = {
    {"gold", 'g', "FILE", CLI_STRING, &o.gold,
     .help = "the right codes: a stream of any kind, encounters as JSON Lines, or CSV of id and code"},
    {"labels", 0, "FILE", CLI_STRING, &o.labels, .show = "the codes predicted, sorted",
     .help = "all codes that the system can predict, one a line (labels.tsv), in the order that decides "
             "between equal "
             "scores"},
    {"id", 0, "NAME,...", CLI_STRING, &o.id,
     .help = "column or key of the encounter, in predictions and gold"},
    {"code", 0, "NAME,...", CLI_STRING, &o.code, .help = "... of the code"},
    {"score", 0, "NAME,...", CLI_STRING, &o.score,
     .help = "... of the score; where there is none each score is 1"},
    {"logits", 0, NULL, CLI_FLAG, &o.logits,
     .help = "scores are logits, of which sigmoid makes probabilities"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1,
     .help = "a code is predicted when its score is above P, not when it equals P"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "write the stream to FILE"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report bad rows, go on without them, and exit 1 at the end"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1024, .max = STREAM_MAX_RECORD,
     .help = "bytes that a row, a line or a record may have"},
    CLI_ROW_QUIET(o.quiet),
    {0}};

static const cli_program program = {
    .name = "ecan-import",
    .summary = "bring another system's predictions into a scored stream",
    .usage = "--gold FILE [OPTION]... [FILE]...",
    .description = "Reads predictions of any system as CSV or tab-separated values with a header row (id, "
                   "code, score), or as JSON "
                   "Lines ({\"id\", \"code\", \"score\"} or {\"id\", \"scores\": {code: score, ...}}), and "
                   "writes a scored stream, so "
                   "that ecan-metrics and ecan-compare work on it.\n"
                   "\n"
                   "There is one record for each encounter that has gold, in the order of the gold. A pair "
                   "that is not named has "
                   "the score 0. The rows of one encounter may stand anywhere; memory grows by 16 bytes a "
                   "row. Refused are encounters "
                   "without gold, a code twice for one encounter, and scores outside 0 and 1.",
    .example =
        "ecan-import --gold test.jsonl --labels labels.tsv predictions.csv | ecan-metrics\n"
        "ecan-import --gold gold.csv --id hadm_id --code icd9_code --score p predictions.csv > scored.mp",
    .see_also = "ecan-metrics, ecan-compare, ecan-predict",
    .options = options};

static uint64_t bad;

/* Says what is wrong with a row, and ends here unless such rows are to be skipped. */
static void bad_row(bool hopeless)
{
    if (!o.skip_bad || hopeless)
        cli_die("%s", err_message());
    cli_warn("%s", err_message());
    bad++;
}

static void read_file(predictions *p, const char *path, const predictions_reader_options *how, progress *bar,
                      uint64_t *rows)
{
    predictions_reader *in = predictions_reader_open(p, path, how);
    if (!in)
        cli_die("%s", err_message());
    for (int got; (got = predictions_reader_read(in)) != 0;) {
        if (got < 0)
            bad_row(predictions_reader_failed(in));
        else
            progress_update(bar, ++*rows, "");
    }
    predictions_reader_close(in);
}

static predictions *read_files(const char *const *files, int n, const predictions_reader_options *how)
{
    predictions *p = predictions_new();
    progress bar;
    uint64_t rows = 0;
    if (!p)
        cli_die("%s", err_message());
    progress_start(&bar, program.name, "rows", 0, o.quiet);
    for (int i = 0; i < n; i++)
        read_file(p, files[i], how, &bar, &rows);
    progress_end(&bar);
    return p;
}

/* Before anything is written. */
static void reject_twice(predictions *p)
{
    int32_t code;
    float score;
    for (int32_t e = 0; e < predictions_encounters(p); e++) {
        uint32_t at = 0;
        for (int got; (got = predictions_take(p, e, &at, &code, &score)) != 0;)
            if (got < 0)
                bad_row(false);
    }
}

/* 0 or -1. *missing: encounters that nothing was predicted for. */
static int write_records(import *m, int32_t encounters, stream_out *out, uint64_t *missing)
{
    pack fields = {0};
    int result = import_header(m, &fields) || stream_begin(out, "scored", program.name, NULL, NULL, &fields);
    for (int32_t e = 0; !result && e < encounters; e++) {
        bool found;
        result = import_record(m, e, &fields, &found) || stream_write(out, NULL, NULL, &fields);
        *missing += !found;
    }
    pack_free(&fields);
    return result ? -1 : 0;
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    if (!o.gold)
        cli_usage("--gold is missing");
    if (n == 0) {
        files = standard_input;
        n = 1;
    }
    for (int i = 0; i < n; i++)
        if (strcmp(o.gold, "-") == 0 && strcmp(files[i], "-") == 0)
            cli_usage("standard input cannot have both the gold and the predictions");

    labels *universe = o.labels ? labels_read(o.labels) : NULL;
    if (o.labels && !universe)
        cli_die("%s", err_message());
    predictions_reader_options how = {
        .id = o.id, .code = o.code, .score = o.score, .gold = true, .max_record = (size_t)o.max_record};
    predictions *gold = read_files(&o.gold, 1, &how);
    how.gold = false;
    how.logits = o.logits;
    how.among = gold;
    how.codes = universe;
    predictions *predicted = read_files(files, n, &how);
    reject_twice(predicted);

    uint64_t missing = 0;
    import *m = import_new(gold, predicted, universe, (float)o.threshold);
    stream_out *out = m ? stream_create(o.output, false) : NULL;
    if (!out)
        cli_die("%s", err_message());
    if (write_records(m, predictions_encounters(gold), out, &missing)) {
        cli_warn("%s", err_message());
        stream_abandon(out);
        return cli_finish(CLI_FAILED);
    }
    if (stream_end(out))
        cli_die("%s", err_message());
    if (missing)
        cli_warn("%" PRIu64 " of %" PRId32 " encounters have no prediction: their scores are 0", missing,
                 predictions_encounters(gold));
    if (bad)
        cli_warn("%" PRIu64 " bad row%s left out", bad, bad == 1 ? "" : "s");
    import_free(m);
    predictions_free(gold);
    predictions_free(predicted);
    labels_free(universe);
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
