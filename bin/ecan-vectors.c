/* SPDX-License-Identifier: Apache-2.0 */
/* word vectors -> nearest neighbours of words, coverage of a text */
#include "cli.h"
#include "warn_vectors.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/input_kind.h"
#include "io/safetensors.h"
#include "io/show.h"
#include "io/stream.h"
#include "io/vectors.h"
#include "model/model.h"
#include "text/coverage.h"
#include "text/nearest.h"
#include "text/vocab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *output, *nearest, *coverage;
    int64_t top, max_record;
} o = {.top = 10, .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"nearest", 0, "WORD,...", CLI_STRING, &o.nearest,
     .help = "print the nearest neighbours of each of these words by cosine; FILE is word vectors or a model "
             "folder"},
    {"coverage", 0, "FILE", CLI_STRING, &o.coverage,
     .help = "count the words of a stream of tokens that have a vector in FILE, which is word vectors or a "
             "model folder"},
    {"top", 'n', "N", CLI_INT, &o.top, .min = 1, .max = 1000000,
     .help = "number of neighbours of each word, or of missing words, to print"},
    CLI_ROW_OUTPUT(o.output),
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    {0}};

static const cli_program program = {
    .name = "ecan-vectors",
    .summary = "find the nearest neighbours of words; measure the coverage of a text by word vectors",
    .usage = "--nearest WORD,... FILE...\n       ecan-vectors --coverage FILE [STREAM]...",
    .description = "Writes JSON Lines. --nearest prints a line for each word and FILE: the words whose "
                   "vectors have the largest cosine similarity with the vector of the word. --coverage "
                   "prints one line. It has the number of records and words, and the number and fraction of "
                   "words that have a vector (known, share). It also has the numbers of distinct words, and "
                   "the most frequent words without a vector.\n\nWord vectors are files of word2vec, "
                   "fastText (.vec) or GloVe. A model folder has trained vectors.",
    .example = "ecan-vectors --nearest fever,cough vectors.bin\necan-tokenize notes.jsonl | ecan-vectors "
               "--coverage vectors.bin --top 50",
    .see_also = "ecan-w2v, ecan-tokenize, ecan-show",
    .options = options,
};

/* ---- words and their vectors ---- */

/* The words and vectors of a file or of a model. */
typedef struct lexicon {
    vectors v;       /* of a file; of a model only its words, with <pad> and <unk> */
    safetensors s;   /* of a model */
    const float *of; /* [n][size] */
    int32_t n, size;
    int32_t first; /* row of the first word */
} lexicon;

static void close_lexicon(lexicon *x)
{
    vectors_free(&x->v);
    safetensors_close(&x->s);
}

static int add_words(lexicon *x, const vocab *words)
{
    if (!(x->v.words = map_new()))
        return -1;
    for (int32_t i = 0; i < vocab_size(words); i++) {
        size_t n;
        const char *word = vocab_word(words, i, &n);
        if (map_add(x->v.words, word, n) < 0)
            return -1;
    }
    return 0;
}

static int open_files(lexicon *x, const folder_files *f)
{
    file_map text;
    char *path = folder_path(f, 0), *tensors = folder_path(f, 1);
    if (!path || !tensors || folder_map(f, 0, &text))
        return -1;
    vocab *words = vocab_parse((const char *)text.data, text.size, path);
    file_map_close(&text);
    const safetensor *t = NULL;
    int result = -1;
    if (words && f->fd[1] < 0)
        err_io("%s: %s", tensors, strerror(ENOENT));
    else if (words && safetensors_open_fd(&x->s, f->fd[1], tensors) == 0 &&
             !(t = safetensors_find(&x->s, "embed.weight")))
        err_set("%s: no tensor embed.weight", tensors);
    if (t && (t->ndim != 2 || t->shape[0] != (size_t)vocab_size(words)))
        err_set("%s: embed.weight: expected one row for each word of %s", tensors, path);
    else if (t) {
        x->of = t->data;
        x->n = vocab_size(words);
        x->size = (int32_t)t->shape[1];
        x->first = VOCAB_UNK + 1;
        result = add_words(x, words);
    }
    vocab_free(words);
    free(path);
    free(tensors);
    return result;
}

static int open_model(lexicon *x, const char *path)
{
    static const char *const names[] = {MODEL_VOCAB, MODEL_TENSORS};
    folder_files f;
    if (folder_open(&f, path, names, 2))
        return -1;
    const int result = open_files(x, &f);
    folder_close(&f);
    return result;
}

/* Returns 0 or -1. Free with close_lexicon() in both cases. */
static int open_lexicon(lexicon *x, const char *path)
{
    *x = (lexicon){0};
    const input_kind kind = detect_input_kind(path);
    if (kind == INPUT_UNREADABLE)
        return -1;
    if (kind == INPUT_FOLDER)
        return open_model(x, path);
    if (vectors_read(&x->v, path) < 0)
        return -1;
    warn_vectors(&x->v, path);
    x->of = x->v.data;
    x->n = x->v.n;
    x->size = x->v.size;
    return 0;
}

/* ---- neighbours ---- */

static int put_neighbours(buf *line, const lexicon *x, const char *word, size_t length, const neighbour *best,
                          int32_t n)
{
    if (show_text(line, "{\"word\": ") < 0 || show_string(line, word, length) < 0 ||
        show_text(line, ", \"nearest\": [") < 0)
        return -1;
    for (int32_t i = 0; i < n; i++) {
        const char *other = map_key(x->v.words, best[i].row, &length);
        if (show_text(line, i > 0 ? ", {\"word\": " : "{\"word\": ") < 0 ||
            show_string(line, other, length) < 0 || show_text(line, ", \"cosine\": ") < 0 ||
            show_number(line, best[i].cosine) < 0 || show_text(line, "}") < 0)
            return -1;
    }
    return show_text(line, "]}\n");
}

static int nearest_words(FILE *out, const char *path, const char *words, int k)
{
    lexicon x;
    buf line = {0};
    neighbour *best = mem_array(k, sizeof *best);
    const char *word;
    size_t n;
    int failed = !best || open_lexicon(&x, path) < 0;
    if (failed)
        cli_warn("%s", err_message());
    while (!failed && list_next(&words, &word, &n)) {
        int32_t row = map_find(x.v.words, word, n);
        if (row < x.first) {
            cli_warn("%s: unknown word '%.*s'", path, (int)n, word);
            failed = 1;
            break;
        }
        int32_t found = nearest(x.of, x.n, x.size, x.first, row, best, k);
        line.len = 0;
        if (put_neighbours(&line, &x, word, n, best, found) < 0) {
            cli_warn("%s", err_message());
            failed = 1;
        }
        fwrite(line.data, 1, line.len, out);
    }
    if (best)
        close_lexicon(&x);
    buf_free(&line);
    mem_free(best);
    return failed;
}

/* ---- coverage ---- */

static int put_coverage(FILE *out, const coverage *c, int k)
{
    buf line = {0};
    char numbers[240];
    missing_word *missing = coverage_missing(c);
    int32_t lacking = c->missing ? map_size(c->missing) : 0, known = c->seen ? map_size(c->seen) : 0;
    snprintf(numbers, sizeof numbers,
             "{\"records\": %" PRId64 ", \"words\": %" PRId64 ", \"known\": %" PRId64
             ", \"share\": %.6g, \"distinct\": %d, \"distinct_known\": %d, \"missing\": [",
             c->records, c->words, c->covered, c->words > 0 ? (double)c->covered / (double)c->words : 1.0,
             known + lacking, known);
    int result = missing && show_text(&line, numbers) == 0 ? 0 : -1;
    for (int32_t i = 0; result == 0 && i < lacking && i < k; i++) {
        size_t n;
        const char *word = map_key(c->missing, missing[i].word, &n);
        snprintf(numbers, sizeof numbers, ", \"count\": %" PRId64 "}", missing[i].count);
        if (show_text(&line, i > 0 ? ", {\"word\": " : "{\"word\": ") < 0 ||
            show_string(&line, word, n) < 0 || show_text(&line, numbers) < 0)
            result = -1;
    }
    if (result == 0 && (result = show_text(&line, "]}\n")) == 0)
        fwrite(line.data, 1, line.len, out);
    mem_free(missing);
    buf_free(&line);
    return result;
}

static int count_words(coverage *c, const char *const *files, int n, size_t max_record)
{
    record r = {0};
    int got = -1;
    stream_in *in = stream_open(files, n, &(stream_options){.max_record = max_record});
    while (in && (got = stream_read(in, &r)) > 0 && coverage_add(c, &r) == 0)
        ;
    stream_close(in);
    record_free(&r);
    return got == 0 ? 0 : -1;
}

static int cover_words(FILE *out, const char *path, const char *const *files, int n, size_t max_record, int k)
{
    lexicon x;
    coverage c = {0};
    int result = open_lexicon(&x, path);
    if (result == 0) {
        c.known = x.v.words;
        c.first = x.first;
        result = count_words(&c, files, n, max_record);
    }
    if (result == 0)
        result = put_coverage(out, &c, k);
    if (result < 0)
        cli_warn("%s", err_message());
    coverage_free(&c);
    close_lexicon(&x);
    return result < 0;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n, failed = 0;
    cli_parse(&program, argc, argv, &files, &n);
    fd_wait_on_stdout();
    if ((o.nearest != NULL) == (o.coverage != NULL))
        cli_usage("choose one of --nearest and --coverage");
    if (o.nearest && n == 0)
        cli_usage("--nearest: missing FILE: name word vectors or a model folder");
    FILE *out = cli_output(o.output, OUTPUT_PLAIN);
    if (o.coverage)
        failed = cover_words(out, o.coverage, files, n, o.max_record, (int)o.top);
    for (int i = 0; o.nearest && i < n; i++)
        failed |= nearest_words(out, files[i], o.nearest, (int)o.top);
    (failed ? cli_discard : cli_close)(out);
    return cli_finish(failed ? CLI_FAILED : CLI_OK);
}
