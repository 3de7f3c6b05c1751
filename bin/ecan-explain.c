/* scored records -> the passages of the notes that spoke for each code */
#include "cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"
#include "eval/evidence.h"
#include "eval/page.h"
#include "io/stream.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *model, *codes, *html, *output;
    int64_t window, max_record;
    bool window_given, skip_bad, unbuffered, quiet;
} o = {.max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help = "model folder: descriptions of the codes, widths of the kernels"},
    {"window", 'w', "N", CLI_INT, &o.window, .max = 1000000, .given = &o.window_given,
     .help = "N words on either side of the word with the largest weight",
     .show = "half of the kernel that read it"},
    {"code", 'c', "CODE,...", CLI_STRING, &o.codes, .help = "also explain these codes, predicted or not"},
    {"html", 0, "FILE", CLI_STRING, &o.html,
     .help = "also write a page that shows notes, codes and evidence to FILE, which needs nothing else"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .help = "write to FILE", .show = "standard output"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "go on after a bad record; they are reported, and the exit status is 1"},
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every line out at once"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1, .max = 1e15,
     .help = "largest record accepted"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no progress line"},
    {0}};

static const cli_program program = {
    .name = "ecan-explain",
    .summary = "show which words of which note spoke for each code",
    .usage = "-m DIR [OPTION]... [FILE]...",
    .description =
        "Reads what ecan-predict or ecan-score writes, and writes a line of JSON for each encounter: its "
        "codes, "
        "best first, each with description, score and evidence. Evidence is the words around the one that "
        "the "
        "code's attention weighs most in any block, as many as the kernel of that block covers (equation 8 "
        "of "
        "the paper); begin and end count Unicode code points of the note's text, and no passage goes over "
        "the "
        "border of a note.\n"
        "\n"
        "Attention tells where the model looked. It does not prove that the words say what the code means: "
        "read them. The page and the lines hold the patients' text; keep them where the notes are kept.",
    .example = "ecan-predict -m model < tokens.mp | ecan-explain -m model --html page.html > evidence.jsonl",
    .see_also = "ecan-predict, ecan-attend, ecan-show, ecan-metrics",
    .options = options,
};

static void write_encounter(FILE *lines, FILE *page, const evidence *e, uint64_t number)
{
    json_t *object = evidence_json(e);
    if (!object || json_write_line(lines, object) || (page && page_encounter(page, e, number)))
        cli_die("%s", err_message());
    json_decref(object);
    if (o.unbuffered && fflush(lines))
        cli_close(lines, o.output); /* reports it and exits */
}

/* Every record of `in`. The exit code: what went wrong is reported, and the records before it are written. */
static int explain(explainer *x, stream_in *in, FILE *lines, FILE *page)
{
    record r = {0};
    evidence e = {0};
    progress p;
    uint64_t bad = 0;
    unsigned segment = 0;
    int code = CLI_OK;
    progress_start(&p, program.name, "records", 0, o.quiet);
    for (int got; (got = stream_read(in, &r)) != 0;) {
        bool header = got < 0 || stream_segment(in) == segment || !explainer_header(x, stream_header(in));
        if (got > 0 && header && !explainer_find(x, &r, &e)) {
            segment = stream_segment(in);
            write_encounter(lines, page, &e, r.number);
            progress_update(&p, r.number, "");
            continue;
        }
        cli_warn("%s", err_message());
        code = CLI_FAILED;
        if (!o.skip_bad || !header || (got < 0 && !stream_recoverable(in)))
            break;
        bad++;
    }
    progress_end(&p);
    if (bad)
        cli_warn("%" PRIu64 " bad record%s passed over", bad, bad == 1 ? "" : "s");
    evidence_free(&e);
    record_free(&r);
    return code;
}

static bool standard_output(const char *path)
{
    return !path || !strcmp(path, "-");
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    cli_parse(&program, argc, argv, &files, &n_files);
    if (!o.model && !o.window_given)
        cli_usage("--model is missing (or --window, for evidence without descriptions)");
    if (o.html && standard_output(o.html) && standard_output(o.output))
        cli_usage("--html and --output both write to standard output");

    explainer *x = explainer_new(o.model, o.window_given ? (int)o.window : -1);
    if (!x)
        cli_die("%s", err_message());
    explainer_ask(x, o.codes);
    stream_in *in = stream_open(files, n_files, &(stream_options){.max_record = (size_t)o.max_record});
    if (!in)
        cli_die("%s", err_message());
    if (strcmp(stream_kind(in), "scored"))
        cli_die("the records are %s, not scored: ecan-predict or ecan-score makes scores", stream_kind(in));
    if (explainer_header(x, stream_header(in)))
        cli_die("%s", err_message());

    FILE *lines = cli_output(o.output), *page = o.html ? cli_output(o.html) : NULL;
    if (page)
        page_begin(page);
    int code = explain(x, in, lines, page);
    if (page) {
        page_end(page);
        cli_close(page, o.html);
    }
    cli_close(lines, o.output);
    explainer_free(x);
    stream_close(in);
    return cli_finish(code);
}
