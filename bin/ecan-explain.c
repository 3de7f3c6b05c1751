/* SPDX-License-Identifier: Apache-2.0 */
/* scored records -> the passages of the notes that support each code */
#include "attention_text.h"
#include "cli.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "eval/evidence.h"
#include "eval/page.h"
#include "io/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES, MDACE };
enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

static struct {
    const char *model, *codes, *html, *table, *output, *code_system, *attention;
    int by, format, colour;
    int64_t top, ngram, threads, max_record;
    double above;
    bool gold, by_given, ngram_given, skip_bad, unbuffered, quiet;
} o = {.by = EVIDENCE_ATTINGRAD, .top = 1, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help = "folder of the model that made the scores; provides descriptions of codes, attention and "
             "gradients"},
    {"by", 0, "RULE", CLI_CHOICE, &o.by, .choices = EVIDENCE_BY, .given = &o.by_given,
     .help =
         "weight of a word: peak is its largest attention weight in any block (equation 8 of the paper); "
         "sum is the mean of its weights over the blocks; attingrad is the square root of that mean times "
         "the input times the gradient of the code's logit, if it is positive. Without --model: peak"},
    {"top", 'n', "N", CLI_INT, &o.top, .min = 1, .max = 1000000,
     .help = "maximum number of passages of a code, not counting other places with the same words"},
    {"ngram", 'N', "N", CLI_INT, &o.ngram, .min = 1, .max = 1000000, .given = &o.ngram_given,
     .help = "number of words of a passage: (N-1)/2 before the word with the largest weight, N/2 after it",
     .show = "the part of its phrase that has enough weight, and other places with the same words"},
    {"above", 0, "W", CLI_REAL, &o.above, .max = 1, .help = "write only passages with a weight above W"},
    {"code", 'c', "CODE,...", CLI_STRING, &o.codes, .help = "also explain these codes, predicted or not"},
    {"gold-codes", 0, NULL, CLI_FLAG, &o.gold,
     .help = "also explain the gold codes of the record, predicted or not"},
    {"format", 0, "NAME", CLI_CHOICE, &o.format, .choices = "lines|mdace",
     .help = "output format: lines has codes with passages, mdace has notes with annotations as in MDACE"},
    {"code-system", 0, "NAME", CLI_STRING, &o.code_system,
     .help = "code_system of the annotations of --format mdace, for example ICD-10-CM"},
    {"html", 0, "FILE", CLI_STRING, &o.html,
     .help = "also write a self-contained page to FILE that shows notes, codes and evidence"},
    {"codes", 0, "FILE", CLI_STRING, &o.table,
     .help =
         "with --html: the table of codes that the page offers when a coder adds one: code, tab, description "
         "on each line, as in labels.tsv",
     .show = "the codes of the model"},
    {"attention", 'a', "CODE,...", CLI_STRING, &o.attention,
     .help = "print the notes as text instead, and mark the attention of each of these codes: by colour, or "
             "as fever{.31} without colours. The records must come from ecan-attend --weights | ecan-score"},
    {"color", 0, "WHEN", CLI_CHOICE, &o.colour, .choices = "auto|always|never",
     .help = "use of colours by --attention; auto: on a terminal, unless NO_COLOR is set", .alias = "colour"},
    CLI_ROW_OUTPUT(o.output),
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the output does not depend on it"},
    CLI_ROW_SKIP_BAD(o.skip_bad),
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every line immediately"},
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    CLI_ROW_QUIET(o.quiet),
    {0}};

static const cli_program program = {
    .name = "ecan-explain",
    .summary = "show the words that support each code",
    .usage = "-m DIR [OPTION]... [FILE]...",
    .description =
        "Reads the output of ecan-predict or ecan-score. Writes a line of JSON for each encounter: its "
        "codes, best first, each with description, score and evidence. If a term of the code with a positive "
        "weight occurs (ecan-match), its words are the first passage of evidence. The next passage is "
        "around the word with the largest weight for the code. The passage after it is around the "
        "word with the largest weight outside the passages so far, and so on. A passage ends at punctuation, "
        "at the end of a line and at function words of Dutch, French, Spanish and English, and where the "
        "weights are small. A negation stays with what it negates. Then follow other places with the same "
        "words, at most 9 for each passage. begin and end count "
        "Unicode code points of the note's text. A passage lies within one note.\n"
        "\n"
        "The model reads the words again, and computes a gradient for each code that is explained by other "
        "than a term. Only --by peak --top 1 --ngram N needs nothing but the scored records.\n"
        "\n"
        "Evidence shows which words the model used. It does not prove that these words mean the code: read "
        "them. ecan-evidence measures how often they are the words that a coder marked. The output contains "
        "the notes: store it as securely as the notes.",
    .example = "ecan-predict -m model < tokens.mp | ecan-explain -m model --html page.html > evidence.jsonl\n"
               "ecan-explain -m model --by sum --top 3 --ngram 5 --format mdace < scored.mp > mdace.jsonl\n"
               "ecan-attend -m model --weights < encoded.mp | ecan-score -m model |\n"
               "  ecan-explain --attention I10 | less -R",
    .see_also = "ecan-predict, ecan-attend, ecan-evidence, ecan-show, ecan-metrics",
    .options = options,
};

/* ---- groups of records: threads explain one record each, output is in order ---- */

typedef struct job {
    record r;
    evidence e;
    char *error; /* NULL: none */
} job;

typedef struct group {
    explainer *x;
    pool *threads;
    stream_in *in;
    job *jobs; /* [room], n of them filled */
    int n, room;
    record next;  /* read last */
    bool waiting; /* next is the first of a segment whose header was not checked yet */
    unsigned segment;
    FILE *lines, *page;
    uint64_t bad;
} group;

/* Moves the record that was read last into the group. */
static void add(group *g)
{
    record *r = &g->jobs[g->n++].r, swap = *r;
    *r = g->next;
    g->next = swap;
    g->waiting = false;
}

/* Reads until the group is full, no more input is available yet, or another segment begins. Returns 1, 0 at
 * the end of the input, or -1. */
static int fill(group *g)
{
    g->n = 0;
    if (g->waiting)
        add(g);
    while (g->n < g->room && (g->n == 0 || stream_ready(g->in, 0))) {
        const int got = stream_read(g->in, &g->next);
        if (got <= 0)
            return got;
        g->waiting = stream_segment(g->in) != g->segment;
        if (g->waiting)
            break;
        add(g);
    }
    return 1;
}

static void explain_one(void *context, size_t task, size_t worker)
{
    group *g = context;
    job *j = &g->jobs[task];
    j->error = explainer_find(g->x, worker, &j->r, &j->e) ? err_copy() : NULL;
}

static void write_encounter(const group *g, const evidence *e, uint64_t number)
{
    json_t *object = o.format == MDACE ? evidence_mdace(e, o.code_system) : evidence_json(e);
    if (!object || ecan_json_write_line(g->lines, object))
        cli_die("%s", err_message());
    if (g->page)
        page_encounter(g->page, e, number);
    json_decref(object);
    if (o.unbuffered && fflush(g->lines))
        cli_close(g->lines); /* reports it and exits */
}

/* Reports a bad record. Returns 0, or -1 if it ends the run. */
static int report(group *g, const char *why)
{
    cli_warn("%s", why);
    g->bad++;
    return o.skip_bad ? 0 : -1;
}

/* Explains and writes the group. Returns 0, or -1 at a bad record that ends the run. */
static int finish(group *g)
{
    int status = 0;
    pool_run(g->threads, explain_one, g, g->n);
    for (int i = 0; i < g->n; i++) {
        job *j = &g->jobs[i];
        if (!status && j->error)
            status = report(g, j->error);
        else if (!status)
            write_encounter(g, &j->e, j->r.number);
        err_copy_free(j->error);
    }
    return status;
}

/* Checks the header of the segment that the waiting record begins. Returns 0 or -1. */
static int read_header(group *g)
{
    g->segment = stream_segment(g->in);
    return explainer_header(g->x, stream_header(g->in)) ? err_prefix("header: ") : 0;
}

/* Explains every record and returns the exit code. Errors are reported, and the records before them are
 * written. *complete: all records were read; --skip-bad may have skipped some. */
static int explain(group *g, bool *complete)
{
    progress p;
    uint64_t done = 0;
    int got = 1, status = 0;
    progress_start(&p, program.name, "records", 0, o.quiet);
    while (got && !status) {
        got = fill(g);
        char *why = got < 0 ? err_copy() : NULL;
        status = finish(g);
        progress_fraction(&p, done += (uint64_t)g->n, stream_fraction(g->in));
        progress_update(&p, done, "");
        if (got < 0 && !status)
            status = report(g, why) || !stream_recoverable(g->in) ? -1 : 0;
        err_copy_free(why);
        if (g->waiting && !status && (status = read_header(g)))
            cli_warn("%s", err_message());
    }
    progress_end(&p);
    if (o.skip_bad && g->bad)
        cli_warn("skipped %" PRIu64 " bad record%s", g->bad, g->bad == 1 ? "" : "s");
    *complete = !status;
    return status || g->bad ? CLI_FAILED : CLI_OK;
}

static int explain_stream(explainer *x, pool *threads, stream_in *in, FILE *lines, FILE *page, bool *complete)
{
    group g = {.x = x,
               .threads = threads,
               .in = in,
               .room = 4 * pool_size(threads),
               .segment = stream_segment(in),
               .lines = lines,
               .page = page};
    if (!(g.jobs = mem_array(g.room, sizeof *g.jobs)))
        cli_die("%s", err_message());
    const int code = explain(&g, complete);
    for (int i = 0; i < g.room; i++) {
        evidence_free(&g.jobs[i].e);
        record_free(&g.jobs[i].r);
    }
    mem_free(g.jobs);
    record_free(&g.next);
    return code;
}

/* ---- the notes as text ---- */

static int show_attention(stream_in *in, FILE *out, bool *complete)
{
    const bool colour =
        o.colour == COLOUR_ALWAYS || (o.colour == COLOUR_AUTO && isatty(fileno(out)) && !getenv("NO_COLOR"));
    record r = {0};
    uint64_t bad = 0;
    int got;
    *complete = false;
    while ((got = stream_read(in, &r)) != 0) {
        const bool recoverable = got > 0 || stream_recoverable(in);
        if (got > 0 && attention_text(out, &r, stream_header(in), o.attention, colour) == 0) {
            if (o.unbuffered && fflush(out))
                cli_close(out); /* reports it and exits */
            continue;
        }
        cli_warn("%s", err_message());
        bad++;
        if (!recoverable || !o.skip_bad)
            break;
    }
    *complete = got == 0;
    record_free(&r);
    return bad ? CLI_FAILED : CLI_OK;
}

static bool standard_output(const char *path)
{
    return !path || !strcmp(path, "-");
}

static void check_options(void)
{
    if (o.attention && (o.html || o.format != LINES))
        cli_usage("--attention cannot be used with --html or --format");
    if (!o.attention && !o.model && !o.ngram_given)
        cli_usage("missing option --model DIR (or --ngram N, for evidence without descriptions)");
    if (o.html && standard_output(o.html) && standard_output(o.output))
        cli_usage("--html and --output both write to standard output: name a file for one of them");
    if (o.by == EVIDENCE_ATTINGRAD && !o.model && !o.attention) {
        if (o.by_given)
            cli_usage("--by attingrad requires --model DIR");
        o.by = EVIDENCE_PEAK;
    }
    if (o.table && !o.html)
        cli_usage("--codes requires --html");
    if (o.code_system && o.format != MDACE)
        cli_usage("--code-system requires --format mdace");
}

/* The table of the page is that of --codes, or that of the model. */
static void begin_page(FILE *page, const labels *of_model)
{
    labels *read = o.table ? labels_read(o.table) : NULL;
    if (o.table && !read)
        cli_die("%s", err_message());
    page_begin(page);
    if (read || of_model)
        page_codes(page, read ? read : of_model);
    labels_free(read);
}

static int explain_passages(stream_in *in, FILE *lines, FILE *page, bool *complete)
{
    const explainer_options how = {.by = (evidence_by)o.by,
                                   .top = (int)o.top,
                                   .ngram = (int)o.ngram,
                                   .above = (float)o.above,
                                   .codes = o.codes,
                                   .gold = o.gold};
    pool *threads = pool_new((int)o.threads);
    model m = {0};
    model_stage stage = {0};
    if (!threads || (o.model && (model_open(&m, o.model, true, threads) ||
                                 model_stage_open(&stage, &m, pool_size(threads)))))
        cli_die("%s", err_message());
    explainer *x = explainer_new(o.model ? &stage : NULL, &how);
    if (!x || explainer_header(x, stream_header(in)))
        cli_die("%s", err_message());
    if (page)
        begin_page(page, o.model ? m.labels : NULL);
    const int code = explain_stream(x, threads, in, lines, page, complete);
    if (page)
        page_end(page);
    explainer_free(x);
    model_stage_close(&stage);
    model_close(&m);
    pool_free(threads);
    return code;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    o.threads = pool_cores();
    fd_wait_on_stdout();
    cli_parse(&program, argc, argv, &files, &n_files);
    check_options();

    bool complete;
    int code;
    stream_in *in = stream_open(files, n_files, &(stream_options){.max_record = o.max_record});
    if (!in || stream_expect(in, "scored"))
        cli_die("%s", err_message());
    FILE *lines = cli_output(o.output, OUTPUT_NOTES),
         *page = o.html ? cli_output(o.html, OUTPUT_NOTES) : NULL;
    if (o.attention)
        code = show_attention(in, lines, &complete);
    else
        code = explain_passages(in, lines, page, &complete);
    void (*const finish_file)(FILE *) = complete ? cli_close : cli_discard;
    finish_file(page);
    finish_file(lines);
    stream_close(in);
    return cli_finish(code);
}
