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
} o = {.id = PREDICTIONS_ID,
       .code = PREDICTIONS_CODE,
       .score = PREDICTIONS_SCORE,
       .threshold = 0.5,
       .max_record = 64 << 20};

static const cli_option options[] = {
    {"gold", 'g', "FILE", CLI_STRING, &o.gold,
     .help = "gold codes: a stream of any kind, encounters as JSON Lines, or CSV with id and code"},
    {"labels", 0, "FILE", CLI_STRING, &o.labels, .show = "the predicted codes, sorted",
     .help = "all codes that the system can predict, one per line (labels.tsv). Equal scores are ranked in "
             "this order"},
    {"id", 0, "NAME,...", CLI_STRING, &o.id,
     .help = "column or key of the encounter, in predictions and gold"},
    {"code", 0, "NAME,...", CLI_STRING, &o.code, .help = "column or key of the code"},
    {"score", 0, "NAME,...", CLI_STRING, &o.score,
     .help = "column or key of the score; without scores each score is 1"},
    {"logits", 0, NULL, CLI_FLAG, &o.logits,
     .help = "read scores as logits; the sigmoid of each is its probability"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1,
     .help = "predict the codes whose score is above P; a score equal to P is not above it"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "write the stream to FILE"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad, .help = "report and skip bad rows; exit with 1 at the end"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1024, .max = STREAM_MAX_RECORD,
     .help = "maximum size of a row, line or record in bytes"},
    CLI_ROW_QUIET(o.quiet),
    {0}};

static const cli_program program = {
    .name = "ecan-import",
    .summary = "convert the predictions of another system into a scored stream",
    .usage = "--gold FILE [OPTION]... [FILE]...",
    .description =
        "Reads the predictions of any system and writes a scored stream for ecan-metrics and ecan-compare. "
        "The input is CSV or tab-separated values with a header row (id, code, score), or JSON Lines "
        "({\"id\", \"code\", \"score\"} or {\"id\", \"scores\": {code: score, ...}}, or the lines of "
        "ecan predict; --threshold 0 then keeps all their codes).\n"
        "\n"
        "The output has one record for each encounter with gold codes, in the order of the gold. If an "
        "encounter and code have no row, the score is 0. Rows may have any order. Memory grows by 16 bytes "
        "per row. Encounters without gold, duplicate codes of an encounter, and scores outside 0 to 1 are "
        "errors.",
    .example =
        "ecan-import --gold test.jsonl --labels labels.tsv predictions.csv | ecan-metrics\n"
        "ecan-import --gold gold.csv --id hadm_id --code icd9_code --score p predictions.csv > scored.mp",
    .see_also = "ecan-metrics, ecan-compare, ecan-predict",
    .options = options};

static uint64_t bad;

/* Reports a bad row. Exits unless bad rows are to be skipped. */
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

/* Reports duplicate codes before anything is written. */
static void reject_twice(predictions *p)
{
    int32_t code;
    float score;
    for (int32_t e = 0; e < predictions_encounters(p); e++) {
        uint32_t at = 0;
        for (int got; (got = predictions_next(p, e, &at, &code, &score)) != 0;)
            if (got < 0)
                bad_row(false);
    }
}

/* Returns 0 or -1. *missing: number of encounters without predictions. */
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
    const char *const *files;
    int n;
    cli_parse_files(&program, argc, argv, &files, &n);
    if (!o.gold)
        cli_usage("missing option --gold FILE");
    for (int i = 0; i < n; i++)
        if (strcmp(o.gold, "-") == 0 && strcmp(files[i], "-") == 0)
            cli_usage("--gold and the predictions both read standard input: name a file for one of them");

    labels *universe = o.labels ? labels_read(o.labels) : NULL;
    if (o.labels && !universe)
        cli_die("%s", err_message());
    predictions_reader_options how = {
        .id = o.id, .code = o.code, .score = o.score, .gold = true, .max_record = o.max_record};
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
        cli_warn("%" PRIu64 " of %" PRId32 " encounters have no predictions; their scores are 0", missing,
                 predictions_encounters(gold));
    if (bad)
        cli_warn("skipped %" PRIu64 " bad row%s", bad, bad == 1 ? "" : "s");
    import_free(m);
    predictions_free(gold);
    predictions_free(predicted);
    labels_free(universe);
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
