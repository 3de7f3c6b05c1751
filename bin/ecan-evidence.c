/* SPDX-License-Identifier: Apache-2.0 */
/* evidence and gold spans -> metrics of their agreement */
#include "cli.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/pool.h"
#include "eval/evidence_metrics.h"
#include "eval/faithfulness.h"
#include "io/stream.h"
#include "text/lines.h"

#include <string.h>

static struct {
    const char *gold, *words, *code_system, *per_code, *output, *model;
    bool json, faithfulness;
    int64_t threads, max_record;
} o = {.max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"gold", 'g', "FILE", CLI_STRING, &o.gold,
     .help = "spans that coders marked: lines of MDACE's JSON or of ecan-explain"},
    {"words", 0, "FILE", CLI_STRING, &o.words,
     .help = "stream with the words of the encounters (tokens or scored), in the order of the evidence. "
             "Words are counted",
     .show = "none; characters are counted"},
    {"code-system", 0, "NAME", CLI_STRING, &o.code_system,
     .help = "use only gold spans whose code_system is NAME or absent; for example ICD-10-CM"},
    {"json", 0, NULL, CLI_FLAG, &o.json, .help = "print one JSON object instead of the table"},
    {"per-code", 0, "FILE", CLI_STRING, &o.per_code,
     .help = "write a line for each code to FILE: counts and metrics, separated by tabs"},
    {"faithfulness", 0, NULL, CLI_FLAG, &o.faithfulness,
     .help =
         "instead measure how much the probabilities of the predicted codes depend on the evidence: without "
         "these words, and with only these words; for comparison with as many words of the largest "
         "attention, and random words. Needs --model and --words, and no gold spans"},
    {"model", 'm', "DIR", CLI_STRING, &o.model, .help = "folder of the model, for --faithfulness"},
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads of --faithfulness; the output does not depend on it"},
    CLI_ROW_OUTPUT(o.output),
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1, .max = 1e15,
     .help = "maximum size of a line or record in bytes"},
    CLI_ROW_MOVED('w', "--words"),
    {0}};

static const cli_program program = {
    .name = "ecan-evidence",
    .summary = "compare evidence with the spans that coders marked",
    .usage = "--gold FILE | --faithfulness -m DIR [--words FILE] [OPTION]... [FILE]...",
    .description =
        "Reads evidence, lines of ecan-explain or of MDACE's JSON. Compares the words shown with the words "
        "that coders marked and prints precision, recall, F1 and intersection over union. It also prints how "
        "many passages and gold spans overlap, and how many are equal. A word is shown or marked if a span "
        "covers any part of it.\n\nMetrics are printed for four sets of codes:\n\n  gold       codes with "
        "gold spans\n  explained  gold codes with evidence; ecan-explain --gold-codes adds it\n  predicted  "
        "gold codes that were predicted\n  all        gold codes and predicted codes\n\nmicro is computed "
        "over all words together. macro is the mean over codes. mean is the mean over pairs of encounter and "
        "code.\n\nEncounters without a line in the gold file are skipped and counted.",
    .example =
        "ecan-explain -m model --gold-codes test.scored |\n    ecan-evidence --gold gold.jsonl "
        "--words test.scored\n"
        "ecan-explain -m model test.scored | ecan-evidence --faithfulness -m model --words test.scored",
    .see_also = "ecan-explain, ecan-metrics",
    .options = options,
};

/* Calls fn for each line of a file. Skips empty lines. */
static void read_lines(const char *path, int (*fn)(void *context, const json_t *line), void *context)
{
    lines l;
    int got;
    if (lines_open(&l, path, o.max_record))
        cli_die("%s", err_message());
    while ((got = lines_next_named(&l)) > 0) {
        if (l.n == 0)
            continue;
        json_t *line = ecan_json_parse_line(l.text, l.n);
        if (!line || fn(context, line)) {
            lines_error(&l);
            cli_die("%s", err_message());
        }
        json_decref(line);
    }
    if (got < 0)
        cli_die("%s", err_message());
    lines_close(&l);
}

/* ---- the words, in the order of the evidence ---- */

typedef struct work {
    evidence_metrics *a;
    faithfulness *f;
    stream_in *in; /* NULL: characters */
    record r;
} work;

static const record *find_words(void *context, const char *id)
{
    work *w = context;
    int got;
    while ((got = stream_read(w->in, &w->r)) > 0)
        if (strcmp(w->r.id, id) == 0)
            return &w->r;
    if (got == 0)
        err_set("%s: not found in --words after the encounter before it: expected the same encounters in the "
                "order of the evidence",
                id);
    return NULL;
}

static int add_gold(void *context, const json_t *line)
{
    const work *w = context;
    return evidence_metrics_gold(w->a, line, o.code_system);
}

static int add_evidence(void *context, const json_t *line)
{
    work *w = context;
    return evidence_metrics_add(w->a, line, find_words, w);
}

static int add_faithfulness(void *context, const json_t *line)
{
    work *w = context;
    return faithfulness_add(w->f, line, find_words, w);
}

/* ---- faithfulness ---- */

static void measure_faithfulness(work *w, const char *const *files, int n_files, FILE *out)
{
    model m = {0};
    model_stage stage = {0};
    matcher *terms = NULL;
    pool *threads = pool_new((int)o.threads);
    if (!threads || model_open(&m, o.model, true, threads) ||
        model_stage_open(&stage, &m, pool_size(threads)) ||
        model_stage_read_terms(&m, o.model, NULL, &terms) || model_stage_use_terms(&stage, terms) ||
        model_stage_check(&stage, stream_header(w->in)) || !(w->f = faithfulness_new(&stage, threads)))
        cli_die("%s", err_message());
    for (int i = 0; i < n_files; i++)
        read_lines(files[i], add_faithfulness, w);
    if (o.json)
        cli_write_json(out, faithfulness_json(w->f));
    else
        faithfulness_table(out, w->f);
    cli_close(out);
    faithfulness_free(w->f);
    model_stage_close(&stage);
    matcher_free(terms);
    model_close(&m);
    pool_free(threads);
}

static void check_options(void)
{
    if (o.faithfulness && (o.gold || o.per_code || o.code_system))
        cli_usage("--faithfulness cannot be used with --gold, --per-code or --code-system");
    if (o.faithfulness && !o.model)
        cli_usage("--faithfulness requires --model DIR");
    if (o.faithfulness && !o.words)
        cli_usage("--faithfulness requires --words FILE");
    if (!o.faithfulness && o.model)
        cli_usage("--model requires --faithfulness");
    if (!o.faithfulness && !o.gold)
        cli_usage("missing option --gold FILE");
}

/* ---- output ---- */

static void write_metrics(const evidence_metrics *a, FILE *f)
{
    if (o.json) {
        cli_write_json(f, evidence_metrics_json(a));
    } else {
        evidence_metrics_table(f, a);
    }
    cli_close(f);
}

static void write_codes(const evidence_metrics *a, FILE *f)
{
    evidence_metrics_lines(f, a);
    cli_close(f);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    fd_wait_on_stdout();
    o.threads = pool_cores();
    cli_parse_files(&program, argc, argv, &files, &n_files);
    check_options();

    FILE *metrics = cli_output(o.output, OUTPUT_PLAIN);
    FILE *codes = o.per_code ? cli_output(o.per_code, OUTPUT_PLAIN) : NULL;
    work w = {.a = evidence_metrics_new(o.words ? EVIDENCE_METRICS_WORDS : EVIDENCE_METRICS_CHARACTERS)};
    if (!w.a)
        cli_die("%s", err_message());
    if (o.words && !(w.in = stream_open(&o.words, 1, &(stream_options){.max_record = o.max_record})))
        cli_die("%s", err_message());
    if (o.faithfulness) {
        measure_faithfulness(&w, files, n_files, metrics);
    } else {
        read_lines(o.gold, add_gold, &w);
        for (int i = 0; i < n_files; i++)
            read_lines(files[i], add_evidence, &w);
        write_metrics(w.a, metrics);
    }
    if (codes)
        write_codes(w.a, codes);
    evidence_metrics_free(w.a);
    record_free(&w.r);
    if (w.in)
        stream_close(w.in);
    return cli_finish(CLI_OK);
}
