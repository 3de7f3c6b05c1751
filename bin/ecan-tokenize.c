#include "base/err.h"
#include "base/idset.h"
#include "base/progress.h"
#include "cli.h"
#include "io/stream.h"
#include "text/encounter.h"
#include "text/lines.h"
#include "text/tokenize.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

static struct {
    int compat, numbers;
    bool numbers_given, skip_bad, unbuffered, quiet;
    int64_t max_record;
    const char *output;
} o = {.max_record = (int64_t)STREAM_MAX_RECORD};

enum { COMPAT_NONE, COMPAT_CAML };

static const cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.output,
     .show = "standard output",
     .help = "write the stream to FILE"},
    {.name = "compat",
     .arg = "NAME",
     .kind = CLI_CHOICE,
     .value = &o.compat,
     .choices = "none|caml",
     .help = "words exactly as another program makes them: caml is CAML's \\w+, no numbers, lower case, no "
             "normalisation"},
    {.name = "numbers",
     .arg = "RULE",
     .kind = CLI_CHOICE,
     .value = &o.numbers,
     .choices = TOKENIZE_NUMBERS,
     .given = &o.numbers_given,
     .show = "ten; drop with --compat caml",
     .help = "words that are numbers alone: ten drops all but 1 to 10, mask makes <num> of each"},
    {.name = "skip-bad",
     .kind = CLI_FLAG,
     .value = &o.skip_bad,
     .help = "report bad encounters, go on without them, and exit 1 at the end"},
    {.name = "max-record",
     .arg = "SIZE",
     .kind = CLI_SIZE,
     .value = &o.max_record,
     .min = 1024,
     .max = 1 << 30,
     .help = "bytes that a line may have"},
    {.name = "unbuffered", .kind = CLI_FLAG, .value = &o.unbuffered, .help = "write every record at once"},
    {.name = "quiet", .letter = 'q', .kind = CLI_FLAG, .value = &o.quiet, .help = "no progress line"},
    {0}};

static const cli_program program = {
    .name = "ecan-tokenize",
    .summary = "split the notes of encounters into words, with where each stands",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads encounters as JSON Lines, one object a line: {\"id\", \"text\", \"labels\"} or {\"id\", "
        "\"documents\": "
        "[{\"id\", \"type\", \"text\", ...}, ...], \"labels\"}. Writes a stream of them with two more keys: "
        "tokens, the "
        "words, and spans, where each stands: document, start and end in Unicode code points of its text.\n\n"
        "Words are runs of letters, digits, marks and underscores, normalised (NFC) and case folded. What a "
        "model was trained on and what it is used on must be tokenized alike; the settings stand in the "
        "stream's "
        "header, from where they go into the model.",
    .example = "ecan-tokenize encounters.jsonl | ecan-predict -m model | ecan-explain",
    .see_also = "ecan-w2v, ecan-train, ecan-predict, ecan-show",
    .options = options};

typedef struct run {
    tokenizer *tokenizer;
    stream_out *out;
    progress progress;
    encounter encounter;
    pack fields;
    idset ids;
    uint64_t words, written, bad;
} run;

/* Says what is wrong; always returns -1. */
static int report(void)
{
    cli_warn("%s", err_message());
    return -1;
}

/* ---- lines ---- */

static bool is_blank(const lines *l)
{
    return strspn(l->text, " \t\r") == l->n;
}

static int check_new(run *r)
{
    int is_new = idset_add(&r->ids, r->encounter.id, r->encounter.id_len);
    return is_new == 0 ? err_set("an encounter before it has this id") : is_new;
}

/* Makes the fields of the record that the line is. 0, or -1 with the message set. */
static int read_line(run *r, const lines *l)
{
    pack_clear(&r->fields);
    if (encounter_read(&r->encounter, r->tokenizer, l->text, l->n, &r->fields) < 0)
        return -1;
    return check_new(r) < 0 ? -1 : 0;
}

/* Reports a bad line; 0 when the run goes on. */
static int bad_line(run *r, const lines *l)
{
    const char *id = r->encounter.id;
    cli_warn("%s: line %" PRIu64 "%s%s%s: offset %" PRIu64 ": %s", l->path, l->number, *id ? " (" : "", id,
             *id ? ")" : "", l->offset, err_message());
    r->bad++;
    return o.skip_bad ? 0 : -1;
}

static int write_record(run *r)
{
    if (stream_write(r->out, NULL, NULL, &r->fields) < 0)
        return report();
    r->written++;
    r->words += r->encounter.words.T;
    progress_update(&r->progress, r->words, "");
    return 0;
}

static int tokenize_lines(run *r, lines *l)
{
    int got;
    while ((got = lines_next(l)) != 0) {
        if (l->failed)
            return report();
        r->encounter.id = "";
        if (got < 0 || (!is_blank(l) && read_line(r, l) < 0)) {
            if (bad_line(r, l) < 0)
                return -1;
        } else if (!is_blank(l) && write_record(r) < 0) {
            return -1;
        }
    }
    return 0;
}

static int tokenize_files(run *r, const char *const *files, int n)
{
    for (int i = 0; i < n; i++) {
        lines l;
        if (lines_open(&l, files[i], (size_t)o.max_record) < 0)
            return report();
        int result = tokenize_lines(r, &l);
        lines_close(&l);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* ---- the stream ---- */

/* The settings go into the header, so that models can be held against them. */
static int begin(run *r)
{
    pack_key(&r->fields, "tokenizer");
    tokenizer_settings(r->tokenizer, &r->fields);
    if (pack_failed(&r->fields))
        return err_set("out of memory (header)");
    return stream_begin(r->out, "tokens", program.name, NULL, NULL, &r->fields);
}

/* An output that is an input too would be emptied before it is read. */
static void refuse_own_input(const char *const *files, int n)
{
    struct stat out, in;
    if (!o.output || stat(o.output, &out) < 0 || !S_ISREG(out.st_mode))
        return;
    for (int i = 0; i < n; i++)
        if (stat(files[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            cli_die("%s: the output is also an input", o.output);
}

static int finish(run *r, int result)
{
    progress_end(&r->progress);
    if (result < 0)
        stream_abandon(r->out);
    else if (stream_end(r->out) < 0)
        result = report();
    if (o.skip_bad && r->bad > 0)
        cli_warn("%" PRIu64 " encounters done, %" PRIu64 " bad ones left out", r->written, r->bad);
    return result < 0 || r->bad > 0 ? CLI_FAILED : CLI_OK;
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
    refuse_own_input(files, n);

    run r = {0};
    bool caml = o.compat == COMPAT_CAML;
    tokenize_numbers numbers = caml && !o.numbers_given ? TOKENIZE_DROP : (tokenize_numbers)o.numbers;
    r.tokenizer = tokenizer_new(&(tokenize_options){.caml = caml, .numbers = numbers});
    if (!r.tokenizer || !(r.out = stream_create(o.output, o.unbuffered)))
        cli_die("%s", err_message());
    progress_start(&r.progress, program.name, "words", 0, o.quiet);
    int result = begin(&r) < 0 ? report() : tokenize_files(&r, files, n);
    int code = finish(&r, result);

    tokenizer_free(r.tokenizer);
    encounter_free(&r.encounter);
    pack_free(&r.fields);
    idset_free(&r.ids);
    return cli_finish(code);
}
