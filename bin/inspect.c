/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"

#include "cli.h"

#include "base/err.h"
#include "eval/highlight.h"
#include "io/file.h"
#include "io/heatmap.h"
#include "io/input_kind.h"
#include "io/safetensors.h"
#include "io/show.h"
#include "io/vectors.h"
#include "text/coverage.h"
#include "text/labels.h"
#include "text/nearest.h"
#include "text/vocab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- words and their vectors ---- */

/* Those of a file of vectors, or of a model. */
typedef struct lexicon {
    vectors v;       /* of a file; of a model its words alone, with <pad> and <unk> */
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

static int open_model(lexicon *x, const char *folder)
{
    int result = -1;
    char *path = file_join(folder, "vocab.txt"), *tensors = file_join(folder, "model.safetensors");
    vocab *words = vocab_read(path);
    const safetensor *t = NULL;
    if (words && safetensors_open(&x->s, tensors) == 0 && !(t = safetensors_find(&x->s, "embed.weight")))
        err_set("%s: no embed.weight", tensors);
    if (t && (t->ndim != 2 || t->shape[0] != (size_t)vocab_size(words)))
        err_set("%s: embed.weight has not a row for each word of %s", tensors, path);
    else if (t && (x->v.words = map_new())) {
        x->of = t->data;
        x->n = vocab_size(words);
        x->size = (int32_t)t->shape[1];
        x->first = VOCAB_UNK + 1;
        result = 0;
        for (int32_t i = 0; result == 0 && i < x->n; i++) {
            size_t n;
            const char *word = vocab_word(words, i, &n);
            result = map_add(x->v.words, word, n) < 0 ? -1 : 0;
        }
    }
    vocab_free(words);
    free(path);
    free(tensors);
    return result;
}

/* 0, or -1; freed with close_lexicon() in both cases. */
static int open_lexicon(lexicon *x, const char *path)
{
    *x = (lexicon){0};
    if (detect_input_kind(path) == INPUT_FOLDER)
        return open_model(x, path);
    if (vectors_read(&x->v, path) < 0)
        return -1;
    x->of = x->v.data;
    x->n = x->v.n;
    x->size = x->v.size;
    return 0;
}

/* ---- neighbours ---- */

/* Takes the next item off a list with commas: true, or false at its end. */
static bool next_item(const char **list, const char **item, size_t *n)
{
    if (!*list)
        return false;
    *item = *list;
    *n = strcspn(*list, ",");
    *list += *n;
    *list = **list ? *list + 1 : NULL;
    return true;
}

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

int inspect_nearest(FILE *out, const char *path, const char *words, int k)
{
    lexicon x;
    buf line = {0};
    neighbour *best = mem_array((size_t)k, sizeof *best);
    const char *word;
    size_t n;
    int failed = !best || open_lexicon(&x, path) < 0;
    if (failed)
        cli_warn("%s", err_message());
    while (!failed && next_item(&words, &word, &n)) {
        int32_t row = map_find(x.v.words, word, n);
        if (row < x.first) {
            cli_warn("%s: no word %.*s", path, (int)n, word);
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
    char figures[240];
    missing_word *missing = coverage_missing(c);
    int32_t lacking = c->missing ? map_size(c->missing) : 0, known = c->seen ? map_size(c->seen) : 0;
    snprintf(figures, sizeof figures,
             "{\"records\": %" PRId64 ", \"words\": %" PRId64 ", \"known\": %" PRId64 ", \"share\": %.6g, "
             "\"distinct\": %d, \"distinct_known\": %d, \"missing\": [",
             c->records, c->words, c->covered, c->words > 0 ? (double)c->covered / (double)c->words : 1.0,
             known + lacking, known);
    int result = missing && show_text(&line, figures) == 0 ? 0 : -1;
    for (int32_t i = 0; result == 0 && i < lacking && i < k; i++) {
        size_t n;
        const char *word = map_key(c->missing, missing[i].word, &n);
        snprintf(figures, sizeof figures, ", \"count\": %" PRId64 "}", missing[i].count);
        if (show_text(&line, i > 0 ? ", {\"word\": " : "{\"word\": ") < 0 ||
            show_string(&line, word, n) < 0 || show_text(&line, figures) < 0)
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

int inspect_coverage(FILE *out, const char *path, const char *const *files, int n, size_t max_record, int k)
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

/* ---- pictures ---- */

/* The name of picture i, counted from 0: path itself, then with -2 before its ending. */
static char *picture_name(const char *path, int i)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t n = strlen(path), stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : n;
    size_t have = 0;
    char *name = NULL;
    if (mem_grow(&name, &have, n + 16, 1) < 0)
        return NULL;
    if (i == 0)
        memcpy(name, path, n + 1);
    else
        snprintf(name, n + 16, "%.*s-%d%s", (int)stem, path, i + 1, path + stem);
    return name;
}

int inspect_tensor(inspect_has_images *p, const float *v, int ndim, const size_t *shape)
{
    size_t rows = ndim > 1 ? shape[0] : 1, columns = 1;
    for (int d = ndim > 1 ? 1 : 0; d < ndim; d++)
        columns *= shape[d];
    char *name = picture_name(p->path, p->n++);
    int result = name ? heatmap_write(name, v, rows, columns) : -1;
    mem_free(name);
    return result;
}

static int inspect_tensors(inspect_has_images *p, const tensor *t)
{
    buf scratch = {0};
    float *copy = NULL;
    const float *v = NULL;
    if (t->type == 'f') {
        v = tensor_floats(t, &scratch);
    } else if ((copy = mem_array(t->count, sizeof *copy))) {
        const int32_t *ints = tensor_ints(t, &scratch);
        for (size_t i = 0; ints && i < t->count; i++)
            copy[i] = (float)ints[i];
        v = ints ? copy : NULL;
    }
    int result = v ? inspect_tensor(p, v, t->ndim, t->shape) : -1;
    mem_free(copy);
    buf_free(&scratch);
    return result;
}

int inspect_value(inspect_has_images *p, const unsigned char *data, size_t n)
{
    walk w = {data, data + n}, head = w;
    walk_value v;
    tensor t;
    uint32_t count = 1;
    if (walk_next(&head, &v) != 1)
        return err_set("the bytes stop within an object");
    if (v.type == WALK_ARRAY) {
        count = v.size;
        w = head;
    } else if (v.type != WALK_MAP) {
        return 0;
    }
    while (count-- > 0) {
        walk at = w;
        if (tensor_read(&at, &t) == 0 && inspect_tensors(p, &t) < 0)
            return -1;
        if (walk_skip(&w) != 1)
            return err_set("the bytes stop within an object");
    }
    return 0;
}

/* ---- attention ---- */

static int put_heading(buf *out, const record *r, const char *code, float score, bool colour)
{
    char figure[32] = "";
    if (score >= 0)
        snprintf(figure, sizeof figure, " %.3f", (double)score);
    const char *parts[] = {colour ? "\033[1m== " : "== ", r->id, " ", code, figure,
                           colour ? "\033[0m\n" : "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (show_text(out, parts[i]) < 0)
            return -1;
    return 0;
}

/* The score of label j, -1 where the record has none. */
static float score_of(const record *r, int32_t j)
{
    tensor t;
    float score = -1;
    buf scratch = {0};
    if (record_find(r, "scores") && record_tensor(r, "scores", 'f', 1, &t) == 0 && (size_t)j < t.count) {
        const float *scores = tensor_floats(&t, &scratch);
        score = scores ? scores[j] : -1;
    }
    buf_free(&scratch);
    return score;
}

int inspect_attention(FILE *out, const record *r, const record *header, const char *codes, bool colour)
{
    buf text = {0};
    labels *l = labels_new();
    const char *code;
    size_t n;
    int result = l && labels_from_header(l, header) == 0 ? 0 : -1;
    while (result == 0 && next_item(&codes, &code, &n)) {
        int32_t j = labels_index(l, code, n);
        if (j < 0) {
            result = err_set("the model has no label %.*s", (int)n, code);
            break;
        }
        text.len = 0;
        if (put_heading(&text, r, labels_code(l, j), score_of(r, j), colour) < 0 ||
            highlight_record(&text, r, (size_t)j, (size_t)labels_count(l), colour) < 0)
            result = -1;
        else
            fwrite(text.data, 1, text.len, out);
    }
    labels_free(l);
    buf_free(&text);
    return result;
}
