/* SPDX-License-Identifier: Apache-2.0 */
/* tokens -> a table of the words and codes that many encounters have */
#include "cli.h"

#include "base/err.h"
#include "base/progress.h"
#include "io/output.h"
#include "text/counts.h"

#include <inttypes.h>

static struct {
    const char *output;
    int64_t least, max_record;
    bool quiet;
} o = {.least = 5, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"min-docs", 0, "N", CLI_INT, &o.least, .min = 1, .max = 1e15,
     .help = "leave out the words and codes that fewer than N encounters have"},
    CLI_ROW_OUTPUT(o.output),
    CLI_ROW_MAX_RECORD(o.max_record, 1024),
    CLI_ROW_QUIET(o.quiet),
    {0}};

static const cli_program program = {
    .name = "ecan-counts",
    .summary = "count the encounters that have each word and each code",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads tokens and writes a table of words and codes, with the number of encounters that have each "
        "(formats/counts.md). ecan-agree joins the tables of several hospitals into the words and codes of a "
        "common model. This table, and later the parameters of models, are all that a hospital sends.\n"
        "\n"
        "Words and codes that fewer than --min-docs encounters have are left out, and a message counts them. "
        "The table has no order of words and no text. A name that occurs in many encounters, such as that of "
        "a physician, is in it: look at the table before you send it.",
    .example = "ecan-tokenize train.jsonl | ecan-counts --min-docs 10 -o north.counts\n"
               "ecan-agree -o start north.counts south.counts",
    .see_also = "ecan-agree, ecan-tokenize, ecan-merge",
    .options = options};

static int on_header(void *context, const record *header)
{
    return counts_header(context, header);
}

static void count_all(counts *c, stream_in *in)
{
    progress p;
    record r = {0};
    int got;
    progress_start(&p, program.name, "records", 0, o.quiet);
    while ((got = stream_read(in, &r)) > 0) {
        if (counts_add(c, &r))
            cli_die("%s", err_message());
        progress_update(&p, c->encounters, "");
    }
    progress_end(&p);
    if (got < 0)
        cli_die("%s", err_message());
    record_free(&r);
}

/* Prints what is in the table and what is not. */
static void report(const counts *c)
{
    int32_t words, codes;
    int32_t *w = counts_sorted(&c->words, (uint64_t)o.least, &words),
            *l = counts_sorted(&c->codes, (uint64_t)o.least, &codes);
    if (!w || !l)
        cli_die("%s", err_message());
    mem_free(w);
    mem_free(l);
    cli_warn("%" PRIu64 " encounters: %d of %d words and %d of %d codes are in at least %" PRId64 " of them",
             c->encounters, (int)words, (int)map_size(c->words.names), (int)codes,
             (int)map_size(c->codes.names), o.least);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    counts c;
    cli_parse_files(&program, argc, argv, &files, &n);
    if (counts_init(&c))
        cli_die("%s", err_message());
    stream_in *in = stream_open(
        files, n,
        &(stream_options){.max_record = (size_t)o.max_record, .on_header = on_header, .context = &c});
    if (!in || stream_expect(in, "tokens"))
        cli_die("%s", err_message());
    FILE *f = cli_output(o.output, OUTPUT_NOTES);
    count_all(&c, in);
    stream_close(in);
    if (!o.quiet)
        report(&c);
    if (counts_write(&c, (uint64_t)o.least, f))
        cli_die("%s", err_message());
    cli_close(f);
    counts_free(&c);
    return cli_finish(CLI_OK);
}
