/* SPDX-License-Identifier: Apache-2.0 */
/* streams, model folders, word vectors -> exit status */
#include "cli.h"
#include "warn_vectors.h"

#include "base/err.h"
#include "ensemble/ensemble.h"
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
        "Reads each file, or standard input, completely. Prints nothing and exits with 0 if it is valid. "
        "Otherwise prints the errors to standard error, one for each bad record, and exits with 1.\n"
        "\n"
        "A stream must be complete (header, records, end record, counts). Every key that ecan knows must "
        "have the right type and a shape that agrees with the other keys. Spans must lie within the texts of "
        "the documents, scores within 0 and 1. Tensors must not contain NaN, ids must be unique, and text "
        "must be UTF-8. A model folder must have all files, and they must agree with each other; so must the "
        "models of an ensemble folder. Word "
        "vectors must be readable. The pages in formats/ define what is valid.",
    .example = "ecan-check tokens.mp scored.mp && echo valid\n"
               "ecan-tokenize < notes.jsonl | ecan-check",
    .see_also = "ecan-show",
    .options = options,
};

typedef struct run {
    check *c;
    int64_t reasons;
} run;

/* Reports an error of the stream. Without memory nothing can be said about it. */
static void say(run *r)
{
    if (err_get_class() == ERR_MEMORY)
        cli_die("%s", err_message());
    r->reasons++;
    if (!o.quiet)
        cli_warn("%s", err_message());
}

/* Reports a bad header. Its records are read nevertheless. */
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

/* Returns whether the stream is valid. */
static bool check_stream(const char *file)
{
    run r = {.c = check_new(true)};
    if (!r.c)
        cli_die("%s", err_message());
    stream_options so = {
        .max_record = o.max_record, .unchecked = true, .on_header = on_header, .context = &r};
    stream_in *in = stream_open(&file, 1, &so);
    if (in)
        check_records(&r, in);
    else
        say(&r);
    stream_close(in);
    check_free(r.c);
    return r.reasons == 0;
}

/* Reports the error of an input that is read as a whole. */
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
    warn_vectors(&v, file);
    vectors_free(&v);
    return well;
}

static bool check_ensemble(const char *folder)
{
    ensemble e;
    const bool well = verdict(ensemble_open(&e, folder, NULL));
    ensemble_close(&e);
    return well;
}

static bool check_folder(const char *file)
{
    const int is_ensemble = ensemble_exists(file);
    return is_ensemble < 0 ? verdict(-1) : is_ensemble ? check_ensemble(file) : verdict(model_check(file));
}

static bool check_operand(const char *file)
{
    switch (detect_input_kind(file)) {
    case INPUT_FOLDER:
        return check_folder(file);
    case INPUT_VECTORS:
        return check_vectors(file);
    case INPUT_UNREADABLE:
        return verdict(-1);
    default:
        return check_stream(file);
    }
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    bool well = true;
    cli_parse_files(&program, argc, argv, &files, &n);
    for (int i = 0; i < n; i++)
        well &= check_operand(files[i]);
    return cli_finish(well ? CLI_OK : CLI_FAILED);
}
