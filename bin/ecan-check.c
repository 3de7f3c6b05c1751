/* SPDX-License-Identifier: Apache-2.0 */
/* streams, model folders, word vectors -> a verdict */
#include "cli.h"

#include "base/err.h"
#include "io/check.h"
#include "io/input_kind.h"
#include "io/stream.h"
#include "io/vectors.h"
#include "model/model.h"

static struct {
    bool quiet;
    int64_t limit, max_record;
} o = {.limit = 20, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "print nothing; only set the exit status"},
    {"limit", 0, "N", CLI_INT, &o.limit, .min = 1, .max = 1e15, .help = "stop reading a file after N errors"},
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    CLI_ROW_MOVED('n', "--limit"),
    {0}};

static const cli_program program = {
    .name = "ecan-check",
    .summary = "check streams, models and word vectors",
    .usage = "[OPTION]... [FILE|FOLDER]...",
    .description =
        "Reads each file, or standard input, to its end and says nothing when all is well. Otherwise the "
        "reasons go to standard error, the first of each bad record, and the exit status is 1.\n"
        "\n"
        "Of a stream it checks that it is whole (header, records, end record, counts); the type and shape "
        "of every key that ecan knows, and that they fit each other; that spans lie in the documents' "
        "texts, that scores are within 0 and 1 and no tensor holds NaN, that ids differ, and that all "
        "text is UTF-8. Of a model folder: that its files are there and fit together. Word vectors are "
        "read. The pages in formats/ say what is legal.",
    .example = "ecan-check tokens.mp scored.mp && echo well\n"
               "ecan-tokenize < notes.jsonl | ecan-check",
    .see_also = "ecan-show",
    .options = options,
};

typedef struct run {
    check *c;
    int64_t reasons;
} run;

static void say(run *r)
{
    r->reasons++;
    if (!o.quiet)
        cli_warn("%s", err_message());
}

/* A header that is wrong is a reason; its records are read all the same. */
static int on_header(void *context, const record *header)
{
    run *r = context;
    if (check_header(r->c, header) < 0)
        say(r);
    return 0;
}

static void check_records(run *r, stream_in *in)
{
    record rec = {0};
    int got;
    while ((got = stream_read(in, &rec)) != 0) {
        bool can_go_on = got > 0 || stream_recoverable(in);
        if (got < 0 || check_record(r->c, &rec) < 0)
            say(r);
        if (!can_go_on || r->reasons >= o.limit)
            break;
    }
    record_free(&rec);
}

/* Whether all was well. */
static bool check_stream(const char *file)
{
    run r = {.c = check_new(true)};
    if (!r.c)
        cli_die("%s", err_message());
    stream_options so = {
        .max_record = (size_t)o.max_record, .unchecked = true, .on_header = on_header, .context = &r};
    stream_in *in = stream_open(&file, 1, &so);
    if (in)
        check_records(&r, in);
    else
        say(&r);
    stream_close(in);
    check_free(r.c);
    return r.reasons == 0;
}

/* Those that are read as a whole have one reason at most. */
static bool verdict(int result)
{
    if (result < 0 && !o.quiet)
        cli_warn("%s", err_message());
    return result == 0;
}

static bool check_vectors(const char *file)
{
    vectors v = {0};
    bool well = verdict(vectors_read(&v, file));
    vectors_free(&v);
    return well;
}

static bool check_operand(const char *file)
{
    switch (detect_input_kind(file)) {
    case INPUT_FOLDER:
        return verdict(model_check(file));
    case INPUT_VECTORS:
        return check_vectors(file);
    default:
        return check_stream(file);
    }
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    bool well = true;
    cli_parse(&program, argc, argv, &files, &n);
    if (n == 0) {
        files = standard_input;
        n = 1;
    }
    for (int i = 0; i < n; i++)
        well &= check_operand(files[i]);
    return cli_finish(well ? CLI_OK : CLI_FAILED);
}
