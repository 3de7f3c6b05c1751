/* SPDX-License-Identifier: Apache-2.0 */
/* stream -> shards, which are whole streams; or shards -> the stream */
#include "cli.h"

#include "base/err.h"
#include "io/output.h"
#include "io/shard.h"

#include <string.h>

static struct {
    const char *output;
    int64_t number, max_record;
    bool join;
} o = {.max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"number", 0, "N", CLI_INT, &o.number, .max = SHARD_MOST, .help = "divide the stream into N shards",
     .show = ""},
    {"output", 'o', "DIR|FILE", CLI_STRING, &o.output,
     .help = "write the shards to DIR, which is new or empty; with --join, write the stream to FILE",
     .show = "with --join: standard output"},
    {"join", 0, NULL, CLI_FLAG, &o.join, .help = "join the shards in the files, in any order, to one stream"},
    CLI_ROW_MAX_RECORD(o.max_record, 1024),
    {0}};

static const cli_program program = {
    .name = "ecan-shard",
    .summary = "divide a stream into shards for several computers, and join them again",
    .usage = "--number N -o DIR [FILE]...\n       ecan-shard --join [-o FILE] FILE...",
    .description = "Divides a stream of any kind into N files, DIR/1.mp to DIR/N.mp, each of which is a "
                   "whole stream of consecutive records. They have about equally many bytes. Process each "
                   "with the same command, on any computer, and join the results. The joined stream is "
                   "bit-identical to that of the same command on the whole stream, for any N.\n"
                   "\n"
                   "--join wants all shards of one stream. A shard that is missing, given twice, truncated, "
                   "of another stream, or made by another program, version, model or threshold than the "
                   "others, is an error, and -o FILE is not written. The key shard in the headers says which "
                   "shard a file has (formats/stream.md); it is removed.\n"
                   "\n"
                   "A temporary file in $TMPDIR holds the stream while it is divided. Without a division, "
                   "cat of streams is a stream, too.",
    .example = "ecan-tokenize notes.jsonl | ecan-shard --number 3 -o shards\n"
               "for i in 1 2 3; do ecan-predict -m model -o scored-$i.mp shards/$i.mp; done\n"
               "ecan-shard --join -o scored.mp scored-*.mp",
    .see_also = "ecan-predict, ecan-check",
    .options = options};

static void check_options(int n)
{
    if (o.join && o.number)
        cli_usage("--number divides a stream, --join joins shards: choose one");
    if (!o.join && !o.number)
        cli_usage("missing option --number N or --join");
    if (!o.join && !o.output)
        cli_usage("missing option --output DIR");
    if (o.join && n == 0)
        cli_usage("expected the files of the shards");
}

static int join(const char *const *files, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(files[i], "-") == 0)
            cli_usage("--join reads files, not standard input");
    stream_out *out = input_named(files, n) ? NULL : stream_create(o.output, false);
    if (!out)
        cli_die("%s", err_message());
    stream_limit(out, (size_t)o.max_record);
    if (shard_join(out, files, n, (size_t)o.max_record)) {
        stream_abandon(out);
        cli_die("%s", err_message());
    }
    return stream_end(out);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    check_options(n);
    if (o.join ? join(files, n) : shard_write(o.output, (int)o.number, files, n, (size_t)o.max_record))
        cli_die("%s", err_message());
    return cli_finish(CLI_OK);
}
