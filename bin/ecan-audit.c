/* SPDX-License-Identifier: Apache-2.0 */
/* scored records with codes -> the codes that are probably missing or wrong, ranked */
#include "cli.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/printable.h"
#include "eval/audit.h"
#include "eval/evidence.h"
#include "io/stream.h"
#include "model/model.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *model, *output;
    bool json, quiet;
    int64_t top, threads, max_record;
    double errors;
} o = {.top = 100, .errors = 0.05, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help =
         "folder of the model that made the scores: adds descriptions and evidence. The files are then read "
         "twice"},
    {"top", 'n', "N", CLI_INT, &o.top, .min = 1, .max = 1e9,
     .help = "number of findings, the most probable first"},
    {"errors", 0, "P", CLI_REAL, &o.errors, .min = 1e-6, .max = 0.5,
     .help = "assumed fraction of codes that coders leave out, and fraction that they give by mistake"},
    {"json", 0, NULL, CLI_FLAG, &o.json,
     .help = "write a line of JSON for each finding instead of the table"},
    CLI_ROW_OUTPUT(o.output),
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the output does not depend on it"},
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    {0}};

static const cli_program program = {
    .name = "ecan-audit",
    .summary = "find codes that are probably missing or wrong in encounters that are coded",
    .usage = "[-m DIR] [OPTION]... [FILE]...",
    .description =
        "Reads scored records of encounters that coders have coded (key labels). Ranks all pairs of "
        "encounter and code by the probability that the coder is wrong: a code that is not given but "
        "probable, or a code that is given but improbable. The probability follows from the score and from "
        "how often the code is given; see --errors. With --model each finding has its evidence: for a code "
        "that is missing, the words that support it; for a code that is wrong, the words that support it "
        "most, which need not be a reason.\n"
        "\n"
        "The scores must be those of a model that was not trained on these encounters. A model with terms is "
        "calibrated; ecan-terms --no-mined --no-linear calibrates a network. Codes that the model does not "
        "have are not audited.\n"
        "\n"
        "With --model the output contains text of the notes: store it as securely as the notes.",
    .example = "ecan-predict -m model test.mp > test.scored\n"
               "ecan-audit -m model test.scored | less -S\n"
               "ecan-audit -m model --json --top 1000 test.scored > findings.jsonl",
    .see_also = "ecan-predict, ecan-terms, ecan-explain, ecan-metrics",
    .options = options,
};

static void die_unless(bool good)
{
    if (!good)
        cli_die("%s", err_message());
}

/* Calls fn for each record, with its number from 0, and on_header for each segment. */
static void read_all(const char *const *files, int n, int (*on_header)(void *context, const record *header),
                     void (*fn)(void *context, const record *r, size_t number), void *context)
{
    record r = {0};
    unsigned segment = 0;
    int got;
    stream_in *in = stream_open(files, n, &(stream_options){.max_record = (size_t)o.max_record});
    die_unless(in && !stream_expect(in, "scored") && !on_header(context, stream_header(in)));
    segment = stream_segment(in);
    for (size_t number = 0; (got = stream_read(in, &r)) > 0; number++) {
        if (stream_segment(in) != segment) {
            segment = stream_segment(in);
            die_unless(!on_header(context, stream_header(in)));
        }
        fn(context, &r, number);
    }
    die_unless(got == 0);
    record_free(&r);
    stream_close(in);
}

/* ---- first reading: the ranking ---- */

static int audit_segment(void *context, const record *header)
{
    return audit_header(context, header);
}

static void audit_record(void *context, const record *r, size_t number)
{
    (void)number;
    die_unless(!audit_add(context, r));
}

/* ---- second reading: evidence ---- */

typedef struct explanation {
    explainer *x;
    evidence e;
    const finding *findings; /* by probability */
    size_t n;
    size_t *order;     /* [n] findings by encounter */
    size_t next;       /* in order: the first of an encounter that was not read yet */
    int32_t *only;     /* [n] labels of one encounter */
    json_t **passages; /* [n] of each finding; owned until they are written */
} explanation;

static int explain_segment(void *context, const record *header)
{
    return explainer_header(((explanation *)context)->x, header);
}

static void explain_record(void *context, const record *r, size_t number)
{
    explanation *x = context;
    size_t n = 0;
    while (x->next + n < x->n && x->findings[x->order[x->next + n]].encounter == number) {
        x->only[n] = x->findings[x->order[x->next + n]].label;
        n++;
    }
    if (!n)
        return;
    x->e.only = x->only;
    x->e.n_only = n;
    die_unless(!explainer_find(x->x, 0, r, &x->e));
    for (size_t i = 0; i < n; i++)
        die_unless((x->passages[x->order[x->next + i]] = evidence_passages_json(&x->e, i)) != NULL);
    x->next += n;
}

static const finding *ordered; /* for the comparison */

static int by_encounter(const void *a, const void *b)
{
    const finding *p = &ordered[*(const size_t *)a], *q = &ordered[*(const size_t *)b];
    if (p->encounter != q->encounter)
        return p->encounter < q->encounter ? -1 : 1;
    return (p->label > q->label) - (p->label < q->label);
}

static void explain(explanation *x, const char *const *files, int n_files)
{
    x->order = mem_array(x->n + 1, sizeof *x->order);
    x->only = mem_array(x->n + 1, sizeof *x->only);
    die_unless(x->order && x->only);
    for (size_t i = 0; i < x->n; i++)
        x->order[i] = i;
    ordered = x->findings;
    qsort(x->order, x->n, sizeof *x->order, by_encounter);
    read_all(files, n_files, explain_segment, explain_record, x);
    if (x->next < x->n)
        cli_die("the files changed while they were read");
}

/* ---- output ---- */

static const char *kind(const finding *f)
{
    return f->coded ? "wrong" : "missing";
}

static void write_lines(FILE *f, const audit *a, const explanation *x, const labels *described)
{
    for (size_t i = 0; i < x->n; i++) {
        const finding *one = &x->findings[i];
        json_t *line = json_object();
        ecan_json_set(line, "rank", json_integer((json_int_t)i + 1));
        ecan_json_set(line, "id", json_string(audit_id(a, one->encounter)));
        ecan_json_set(line, "finding", json_string(kind(one)));
        ecan_json_set(line, "code", json_string(labels_code(audit_labels(a), one->label)));
        ecan_json_set(line, "description",
                      json_string(described ? labels_description(described, one->label) : ""));
        ecan_json_set(line, "probability", ecan_json_float((float)one->probability));
        ecan_json_set(line, "score", ecan_json_float(one->score));
        if (x->passages[i])
            ecan_json_set(line, "evidence", x->passages[i]);
        x->passages[i] = NULL;
        line = ecan_json_complete(line);
        die_unless(line && !ecan_json_write_line(f, line));
        json_decref(line);
    }
}

/* The text of the first passage, on one line, and its marks, such as negated. */
static void write_text(FILE *f, const json_t *passages)
{
    const char *text = json_string_value(json_object_get(json_array_get(passages, 0), "text"));
    char shown[PRINTABLE_ROOM];
    const json_t *marks = json_object_get(json_array_get(passages, 0), "marks"), *mark;
    size_t i;
    if (text)
        fprintf(f, "  \"%s\"", printable_id(shown, text, strlen(text)));
    json_array_foreach(marks, i, mark) fprintf(f, "%s%s", i ? ", " : " (", json_string_value(mark));
    if (json_array_size(marks))
        fputc(')', f);
}

static void write_table(FILE *f, const audit *a, const explanation *x, const labels *described)
{
    const audit_totals t = audit_totals_of(a);
    fprintf(f, "%" PRIu64 " encounter%s, %" PRIu64 " code%s", t.encounters, t.encounters == 1 ? "" : "s",
            t.codes, t.codes == 1 ? "" : "s");
    if (t.unknown)
        fprintf(f, "; %" PRIu64 " more that the model does not have are not audited", t.unknown);
    fputs("\n\nrank  finding  probability  score  code      encounter\n", f);
    for (size_t i = 0; i < x->n; i++) {
        const finding *one = &x->findings[i];
        char code[PRINTABLE_ROOM], id[PRINTABLE_ROOM], about[PRINTABLE_ROOM];
        const char *c = labels_code(audit_labels(a), one->label), *name = audit_id(a, one->encounter),
                   *d = described ? labels_description(described, one->label) : "";
        fprintf(f, "%4zu  %-7s  %11.3f  %5.3f  %-8s  %s", i + 1, kind(one), one->probability,
                (double)one->score, printable_id(code, c, strlen(c)), printable_id(id, name, strlen(name)));
        if (*d)
            fprintf(f, "  %s", printable_id(about, d, strlen(d)));
        write_text(f, x->passages[i]);
        fputc('\n', f);
        json_decref(x->passages[i]);
    }
}

static void check_files(const char *const *files, int n)
{
    if (o.model && n == 0)
        cli_usage("--model reads the records twice: name a file");
    for (int i = 0; o.model && i < n; i++)
        if (!strcmp(files[i], "-"))
            cli_usage("--model reads the records twice: name a file, not -");
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    o.threads = pool_cores();
    fd_wait_on_stdout();
    cli_parse(&program, argc, argv, &files, &n_files);
    check_files(files, n_files);

    FILE *out = cli_output(o.output, o.model ? OUTPUT_NOTES : OUTPUT_PLAIN);
    model m = {0};
    model_stage stage = {0};
    pool *threads = pool_new((int)o.threads);
    audit *a = audit_new();
    explanation x = {0};
    die_unless(threads && a);
    if (o.model) {
        die_unless(!model_open(&m, o.model, true, threads) &&
                   !model_stage_open(&stage, &m, pool_size(threads)));
        x.x = explainer_new(&stage, &(explainer_options){.by = EVIDENCE_ATTINGRAD, .top = 1});
        die_unless(x.x != NULL);
    }
    read_all(files, n_files, audit_segment, audit_record, a);
    x.findings = audit_rank(a, o.errors, (size_t)o.top, &x.n);
    die_unless((x.passages = mem_array(x.n + 1, sizeof(json_t *))) != NULL);
    if (x.x)
        explain(&x, files, n_files);
    (o.json ? write_lines : write_table)(out, a, &x, x.x ? m.labels : NULL);
    cli_close(out);
    mem_free(x.passages);
    mem_free(x.order);
    mem_free(x.only);
    evidence_free(&x.e);
    explainer_free(x.x);
    model_stage_close(&stage);
    model_close(&m);
    audit_free(a);
    pool_free(threads);
    return cli_finish(CLI_OK);
}
