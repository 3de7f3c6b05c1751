/* SPDX-License-Identifier: Apache-2.0 */
/* streams, model folders, word vectors -> JSON Lines */
#include "base/list.h"
#include "cli.h"
#include "images.h"
#include "warn_vectors.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/input_kind.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/show.h"
#include "io/stream.h"
#include "io/vectors.h"
#include "text/labels.h"
#include "text/vocab.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
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
                   "infinity as null. Bytes are printed as "
                   "{\"bin\": BASE64}.\n"
                   "\n"
                   "Records contain the notes: store the output as securely as the notes.",
    .example = "ecan-tokenize < notes.jsonl | ecan-show\n"
               "ecan-show --records --key predicted scored.mp | jq .predicted\n"
               "ecan-show --key U --image U.png model",
    .see_also = "ecan-check, ecan-explain, ecan-vectors, jq",
    .options = options,
};

static FILE *out;
static uint64_t shown; /* records and words */
static images pictures;

/* Writes the line in text. */
static void put_line(buf *text)
{
    if (show_text(text, "\n") < 0)
        cli_die("%s", err_message());
    fwrite(text->data, 1, text->len,
           out); /* an error stays with the file and is reported when it is closed */
    text->len = 0;
    if (ferror(out) || (o.unbuffered && fflush(out) != 0))
        cli_die("%s: cannot write: %s", o.output ? o.output : "standard output", strerror(errno));
}

static void must(int result)
{
    if (result < 0)
        cli_die("%s", err_message());
}

/* Whether name is in the list after --key. */
static bool wanted(const char *name, size_t n)
{
    if (!o.keys)
        return true;
    const char *rest = o.keys, *key;
    size_t length;
    while (list_next(&rest, &key, &length))
        if (length == n && memcmp(key, name, n) == 0)
            return true;
    return false;
}

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
        if (r->number > 0 && !is_id && !wanted(f->key, f->key_len))
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
    put_line(text);
    return 0;
}

static int on_end(void *context, uint64_t n)
{
    buf *text = context;
    char line[40];
    if (records_only())
        return 0;
    snprintf(line, sizeof line, "{\"end\": %llu}", (unsigned long long)n);
    must(show_text(text, line));
    put_line(text);
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
    put_line(text);
    return 0;
}

/* Returns 0, or 1 after an error. */
static int show_stream(const char *file)
{
    buf text = {0};
    record r = {0};
    int bad = 0, got = -1;
    stream_options so = {.max_record = (size_t)o.max_record,
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

/* ---- model folders ---- */

static int show_config(buf *text, const char *path)
{
    json_t *config = ecan_json_read_file(path);
    char *line = config ? ecan_json_text(config) : NULL;
    int result = line && show_text(text, "{\"config\": ") == 0 && show_text(text, line) == 0
                     ? show_text(text, "}")
                     : -1;
    free(line);
    json_decref(config);
    return result;
}

static int show_shape(buf *text, const safetensor *t)
{
    char number[32];
    must(show_text(text, "["));
    for (int d = 0; d < t->ndim; d++) {
        snprintf(number, sizeof number, "%s%zu", d > 0 ? ", " : "", t->shape[d]);
        must(show_text(text, number));
    }
    return show_text(text, "], ");
}

static void show_tensor(buf *text, const safetensor *t)
{
    must(show_text(text, "{\"tensor\": "));
    must(show_string(text, t->name, strlen(t->name)));
    must(show_text(text, ", \"type\": \"f4\", \"shape\": "));
    must(show_shape(text, t));
    must(show_summary(text, t->data, t->count));
    if (o.full) {
        must(show_text(text, ", \"values\": "));
        must(show_floats(text, t->data, t->ndim, t->shape));
    }
    must(show_text(text, "}"));
    put_line(text);
    if (o.image)
        must(images_tensor(&pictures, t->data, t->ndim, t->shape));
}

static int show_tensors(buf *text, const char *path)
{
    safetensors s;
    size_t parameters = 0;
    char line[120];
    if (safetensors_open(&s, path) < 0)
        return -1;
    for (int i = 0; i < s.n; i++) {
        parameters += s.tensors[i].count;
        if (wanted(s.tensors[i].name, strlen(s.tensors[i].name)))
            show_tensor(text, &s.tensors[i]);
    }
    safetensors_close(&s);
    if (o.keys)
        return 0;
    /* Training keeps two moments of Adam beside each weight. */
    snprintf(line, sizeof line, "{\"parameters\": %zu, \"bytes\": %zu, \"bytes_in_training\": %zu}",
             parameters, 4 * parameters, 12 * parameters);
    return show_text(text, line);
}

static int show_vocab(buf *text, const char *path)
{
    char line[64];
    vocab *v = vocab_read(path);
    if (!v)
        return -1;
    snprintf(line, sizeof line, "{\"vocab\": {\"words\": %d}}", vocab_size(v));
    vocab_free(v);
    return show_text(text, line);
}

static int show_labels(buf *text, const char *path)
{
    char line[80];
    int described = 0;
    labels *l = labels_read(path);
    if (!l)
        return -1;
    for (int i = 0; i < labels_count(l); i++)
        described += *labels_description(l, i) != 0;
    snprintf(line, sizeof line, "{\"labels\": {\"labels\": %d, \"described\": %d}}", labels_count(l),
             described);
    labels_free(l);
    return show_text(text, line);
}

/* Prints each part separately, so that one error does not hide the other parts. */
static int show_model(const char *folder)
{
    static const struct {
        const char *name;
        int (*show)(buf *, const char *);
    } parts[] = {{"config.json", show_config},
                 {"model.safetensors", show_tensors},
                 {"vocab.txt", show_vocab},
                 {"labels.tsv", show_labels}};
    buf text = {0};
    int failed = 0;
    must(input_folder(folder));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (o.keys && parts[i].show != show_tensors)
            continue;
        char *path = file_join(folder, parts[i].name);
        if (!path || parts[i].show(&text, path) < 0) {
            cli_warn("%s", err_message());
            failed = 1;
            text.len = 0;
        } else if (text.len > 0) {
            put_line(&text);
        }
        free(path);
    }
    buf_free(&text);
    return failed;
}

/* ---- word vectors ---- */

static void show_word(buf *text, const vectors *v, int32_t i)
{
    size_t n, size = (size_t)v->size;
    const char *word = map_key(v->words, i, &n);
    const float *row = v->data + (size_t)i * size;
    double norm = 0;
    if ((o.id && (strlen(o.id) != n || memcmp(o.id, word, n) != 0)) || (o.record > 0 && o.record != i + 1))
        return;
    for (size_t k = 0; k < size; k++)
        norm += (double)row[k] * (double)row[k];
    must(show_text(text, "{\"word\": "));
    must(show_string(text, word, n));
    must(show_text(text, ", \"norm\": "));
    must(show_number(text, (float)sqrt(norm)));
    if (o.full) {
        must(show_text(text, ", \"values\": "));
        must(show_floats(text, row, 1, &size));
    }
    must(show_text(text, "}"));
    put_line(text);
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
        must(show_text(&text, line));
        put_line(&text);
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
        return show_model(file);
    case INPUT_VECTORS:
        return show_vectors(file);
    default:
        return show_stream(file);
    }
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n, failed = 0;
    fd_wait_on_stdout();
    cli_parse(&program, argc, argv, &files, &n);
    if (n == 0) {
        files = standard_input;
        n = 1;
    }
    out = cli_output(o.output, OUTPUT_NOTES);
    o.unbuffered |= isatty(fileno(out)) != 0;
    pictures.path = o.image;
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
