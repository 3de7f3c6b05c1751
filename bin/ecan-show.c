/* SPDX-License-Identifier: Apache-2.0 */
/* streams, model folders, word vectors -> JSON Lines */
#include "cli.h"
#include "show_model.h"
#include "warn_vectors.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/input_kind.h"
#include "io/show.h"
#include "io/stream.h"
#include "io/vectors.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static struct {
    const char *output, *keys, *id, *image;
    bool full, records, skip_bad, unbuffered;
    int64_t record, max_record;
} o = {.max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"full", 'f', NULL, CLI_FLAG, &o.full,
     .help = "print the numbers of tensors as nested lists instead of a summary"},
    {"key", 'k', "NAME,...", CLI_STRING, &o.keys,
     .help = "print only id and these keys of each record, or only these tensors of a model"},
    {"id", 0, "ID", CLI_STRING, &o.id,
     .help = "print only records with this id, or only this word of word vectors"},
    {"record", 0, "N", CLI_INT, &o.record, .min = 1, .max = 1e15, .show = "",
     .help = "print only record N, or row N of word vectors, counted from 1"},
    {"records", 'r', NULL, CLI_FLAG, &o.records, .help = "print records without headers and end records"},
    {"image", 'i', "FILE", CLI_STRING, &o.image,
     .help = "also draw the printed tensors as heat maps in PNG files: the first in FILE, the second in FILE "
             "with -2 before its extension, and so on. A row of the picture is a row of the tensor. Larger "
             "numbers are brighter, negative numbers are blue, NaN and infinity are green"},
    CLI_ROW_OUTPUT(o.output),
    CLI_ROW_SKIP_BAD(o.skip_bad),
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every line immediately"},
    CLI_ROW_MOVED('n', "--record"),
    {"attention", 'a', "CODE,...", CLI_STRING, .moved = "ecan-explain --attention"},
    {"nearest", 0, "WORD,...", CLI_STRING, .moved = "ecan-vectors --nearest"},
    {"coverage", 0, "FILE", CLI_STRING, .moved = "ecan-vectors --coverage"},
    {0}};

static const cli_program program = {
    .name = "ecan-show",
    .summary = "show any stream, model or word vectors as text",
    .usage = "[OPTION]... [FILE|FOLDER]...",
    .description = "Writes JSON Lines. For a stream: a line for each header, record and end record. For a "
                   "model folder: config.json, each tensor, and the number of parameters with their memory "
                   "in prediction and in training (with Adam's moments). For word vectors (word2vec, GloVe): "
                   "each word with the norm of its vector.\n"
                   "\n"
                   "The summary of a tensor is its type, shape, minimum, maximum, mean, and the number of "
                   "NaN and infinite values. With --full it is printed as lists of numbers, with NaN and "
                   "infinity as null. Bytes are printed as {\"bin\": BASE64}.\n"
                   "\n"
                   "Records contain the notes: store the output as securely as the notes.",
    .example = "ecan-tokenize < notes.jsonl | ecan-show\n"
               "ecan-show --records --key predicted scored.mp | jq .predicted\n"
               "ecan-show --key U --image U.png model",
    .see_also = "ecan-check, ecan-explain, ecan-vectors, jq",
    .options = options,
};

static show_options to;
static uint64_t shown; /* records and words */
static images pictures;

/* ---- streams ---- */

/* Prints one field with its separator. */
static int show_field(buf *text, const field *f, bool first)
{
    if (show_text(text, first ? "{" : ", ") < 0)
        return -1;
    if (show_string(text, f->key, f->key_len) < 0 || show_text(text, ": ") < 0)
        return -1;
    if (o.image && images_value(&pictures, f->value, f->size) < 0)
        return -1;
    return show_object(text, f->value, f->size, o.full);
}

static int show_record(buf *text, const record *r)
{
    bool first = true;
    for (size_t i = 0; i < r->n; i++) {
        const field *f = &r->fields[i];
        bool is_id = f->key_len == 2 && memcmp(f->key, "id", 2) == 0;
        if (r->number > 0 && !is_id && !show_wanted(&to, f->key, f->key_len))
            continue;
        if (show_field(text, f, first) < 0) {
            char *key = mem_strndup(f->key, f->key_len);
            int result = record_error(r, key);
            mem_free(key);
            text->len = 0;
            return result;
        }
        first = false;
    }
    return show_text(text, first ? "{}" : "}");
}

static bool records_only(void)
{
    return o.records || o.id || o.record > 0;
}

static int on_header(void *context, const record *header)
{
    buf *text = context;
    if (records_only())
        return 0;
    if (show_record(text, header) < 0)
        return -1;
    show_line(&to, text);
    return 0;
}

static int on_end(void *context, uint64_t n)
{
    buf *text = context;
    char line[40];
    if (records_only())
        return 0;
    snprintf(line, sizeof line, "{\"end\": %llu}", (unsigned long long)n);
    show_must(show_text(text, line));
    show_line(&to, text);
    return 0;
}

static bool chosen(const record *r)
{
    return (o.record == 0 || r->number == (uint64_t)o.record) && (!o.id || strcmp(r->id, o.id) == 0);
}

static int show_one(buf *text, const record *r)
{
    if (show_record(text, r) < 0)
        return -1;
    show_line(&to, text);
    return 0;
}

/* Returns 0, or 1 after an error. */
static int show_stream(const char *file)
{
    buf text = {0};
    record r = {0};
    int bad = 0, got = -1;
    stream_options so = {.max_record = o.max_record,
                         .unchecked = true,
                         .on_header = on_header,
                         .on_end = on_end,
                         .context = &text};
    stream_in *in = stream_open(&file, 1, &so);
    if (!in)
        cli_warn("%s", err_message());
    while (in && (got = stream_read(in, &r)) != 0) {
        bool recoverable = got > 0 || stream_recoverable(in);
        if (got > 0 && !chosen(&r))
            continue;
        if (got > 0 && show_one(&text, &r) == 0) {
            shown++;
            continue;
        }
        cli_warn("%s", err_message());
        bad = 1;
        if (!recoverable || !o.skip_bad)
            break;
    }
    stream_close(in);
    record_free(&r);
    buf_free(&text);
    return got != 0 || bad;
}

/* ---- word vectors ---- */

static void show_word(buf *text, const vectors *v, int32_t i)
{
    size_t n, size = v->size;
    const char *word = map_key(v->words, i, &n);
    const float *row = vectors_row(v, i);
    double norm = 0;
    if ((o.id && (strlen(o.id) != n || memcmp(o.id, word, n) != 0)) || (o.record > 0 && o.record != i + 1))
        return;
    for (size_t k = 0; k < size; k++)
        norm += (double)row[k] * (double)row[k];
    show_must(show_text(text, "{\"word\": "));
    show_must(show_string(text, word, n));
    show_must(show_text(text, ", \"norm\": "));
    show_must(show_number(text, (float)sqrt(norm)));
    if (o.full) {
        show_must(show_text(text, ", \"values\": "));
        show_must(show_floats(text, row, 1, &size));
    }
    show_must(show_text(text, "}"));
    show_line(&to, text);
    shown++;
}

static int show_vectors(const char *file)
{
    vectors v;
    buf text = {0};
    char line[80];
    if (vectors_read(&v, file) < 0) {
        cli_warn("%s", err_message());
        return 1;
    }
    warn_vectors(&v, file);
    snprintf(line, sizeof line, "{\"vectors\": {\"words\": %d, \"size\": %d, \"duplicates\": %d}}", v.n,
             v.size, v.duplicates);
    if (!records_only()) {
        show_must(show_text(&text, line));
        show_line(&to, &text);
    }
    for (int32_t i = 0; i < v.n; i++)
        show_word(&text, &v, i);
    buf_free(&text);
    vectors_free(&v);
    return 0;
}

/* ---- any of them ---- */

static int show_operand(const char *file)
{
    switch (detect_input_kind(file)) {
    case INPUT_FOLDER:
        return show_model(&to, file);
    case INPUT_VECTORS:
        return show_vectors(file);
    case INPUT_UNREADABLE:
        cli_warn("%s", err_message());
        return 1;
    default:
        return show_stream(file);
    }
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n, failed = 0;
    fd_wait_on_stdout();
    cli_parse_files(&program, argc, argv, &files, &n);
    FILE *out = cli_output(o.output, OUTPUT_NOTES);
    pictures.path = o.image;
    to = (show_options){.out = out,
                        .name = o.output ? o.output : "standard output",
                        .unbuffered = o.unbuffered || isatty(fileno(out)),
                        .full = o.full,
                        .keys = o.keys,
                        .pictures = o.image ? &pictures : NULL};
    for (int i = 0; i < n; i++)
        failed |= show_operand(files[i]);
    bool complete = !failed || o.skip_bad;
    if (!failed && o.image && pictures.n == 0) {
        cli_warn("--image: no tensor was printed: choose one with --key");
        failed = 1;
    }
    if (!failed && shown == 0 && (o.id || o.record > 0)) {
        cli_warn("no record with that %s", o.id ? "--id" : "number (--record)");
        failed = 1;
        complete = false;
    }
    (complete ? cli_close : cli_discard)(out);
    return cli_finish(failed ? CLI_FAILED : CLI_OK);
}
