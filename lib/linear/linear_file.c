/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a linear model (formats/linear.md): the training texts as vectors, and alpha. The weights of
 * all features, [features][L], would be many times as large, and their sums would be rounded in another way.
 * Words that are in no feature are left out. The ids of the others keep their order, and so do the features,
 * so that all sums are made in the same order as without a file. */
#include "linear/linear_private.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/folder.h"
#include "tensor/ops.h"

#include <stdlib.h>
#include <string.h>

/* The tensors; those with larger numbers come first. */
enum { HASH, KEYS, START, ALPHA, IDF, VALUES, TEXTS, WORDS, LABELS, SETTINGS, TENSORS };

static const struct {
    const char *name;
    safetensor_type type;
    int ndim;
} expected[TENSORS] = {[HASH] = {"hash", SAFETENSOR_U64, 1},    [KEYS] = {"keys", SAFETENSOR_U64, 1},
                       [START] = {"start", SAFETENSOR_U64, 1},  [ALPHA] = {"alpha", SAFETENSOR_F32, 2},
                       [IDF] = {"idf", SAFETENSOR_F32, 1},      [VALUES] = {"values", SAFETENSOR_F32, 1},
                       [TEXTS] = {"texts", SAFETENSOR_U32, 1},  [WORDS] = {"words", SAFETENSOR_U8, 1},
                       [LABELS] = {"labels", SAFETENSOR_U8, 1}, [SETTINGS] = {"settings", SAFETENSOR_U8, 1}};

/* Of all tensors but hash. 0 or -1. */
static int compute_hash(uint64_t h[2], const safetensor t[TENSORS])
{
    char all[TENSORS][FOLDER_HASH] = {{0}};
    for (int i = HASH + 1; i < TENSORS; i++)
        if (folder_hash(t[i].data, t[i].count * safetensor_number_size(t[i].type), all[i]))
            return -1;
    hash128(h, all, sizeof all);
    return 0;
}

/* ---- writing ---- */

static safetensor make(int i, size_t rows, size_t columns, const void *data)
{
    return (safetensor){expected[i].name, expected[i].type, expected[i].ndim,
                        {rows, columns},  rows * columns,   data};
}

/* The ids in the keys, renumbered without those that are in none. ids[vocab_size]: the new id of each, 0:
 * none. */
static void renumber(int32_t *ids, uint64_t *keys, size_t n, int32_t words)
{
    for (size_t f = 0; f < n; f++)
        ids[keys[f] >> 32] = ids[keys[f] & UINT32_MAX] = 1;
    int32_t next = VOCAB_UNK + 1;
    for (int32_t i = 0; i < words; i++)
        ids[i] = i > VOCAB_UNK && ids[i] ? next++ : 0;
    for (size_t f = 0; f < n; f++)
        keys[f] = (uint64_t)ids[keys[f] >> 32] << 32 | (uint64_t)ids[keys[f] & UINT32_MAX];
}

static int add_line(buf *text, const char *s, size_t n)
{
    return buf_add(text, s, n) || buf_add(text, "\n", 1) ? -1 : 0;
}

/* The words that have a new id, as the lines of vocab.txt. */
static int list_words(buf *text, const linear *m, const int32_t *ids)
{
    for (int32_t i = 0; i < vocab_size(m->words); i++) {
        size_t n;
        const char *word = vocab_word(m->words, i, &n);
        if ((i <= VOCAB_UNK || ids[i]) && add_line(text, word, n))
            return -1;
    }
    return 0;
}

static int list_labels(buf *text, const linear *m)
{
    for (int32_t j = 0; j < labels_count(m->labels); j++)
        if (add_line(text, labels_code(m->labels, j), strlen(labels_code(m->labels, j))))
            return -1;
    return 0;
}

/* Owned by the caller (free). NULL with the message set. */
static char *settings_text(const linear *m)
{
    const linear_summary *a = &m->fit.about;
    json_t *o = json_object();
    ecan_json_set(o, "kind", json_string("linear"));
    ecan_json_set(o, "fingerprint", json_string(m->fingerprint));
    ecan_json_set(o, "bigrams", json_boolean(m->fit.grams.bigrams));
    ecan_json_set(o, "max_words", json_integer((json_int_t)m->max_words));
    ecan_json_set(o, "lambda", ecan_json_double(a->lambda));
    ecan_json_set(o, "micro_f1", ecan_json_double(a->micro_f1));
    ecan_json_set(o, "threshold", ecan_json_double(a->threshold));
    ecan_json_set(o, "slope", ecan_json_double(m->fit.platt.a));
    ecan_json_set(o, "intercept", ecan_json_double(m->fit.platt.c));
    if (m->tokenizer)
        ecan_json_set(o, "tokenizer", json_deep_copy(m->tokenizer));
    o = ecan_json_complete(o);
    char *text = o ? ecan_json_text(o) : NULL;
    json_decref(o);
    return text;
}

int linear_write(const linear *m, FILE *f)
{
    const kernel *k = &m->fit.kernel;
    const size_t F = k->features, pairs = k->start[F], L = m->fit.ridge.L;
    uint64_t hash[2], *keys = mem_array(F, sizeof *keys);
    int32_t *ids = mem_array(vocab_size(m->words), sizeof *ids);
    buf words = {0}, codes = {0};
    char *settings = settings_text(m);
    int result = keys && ids && settings ? 0 : -1;
    if (!result) {
        grams_keys(keys, &m->fit.grams);
        renumber(ids, keys, F, vocab_size(m->words));
        result = list_words(&words, m, ids) || list_labels(&codes, m) ? -1 : 0;
    }
    if (!result) {
        const safetensor t[TENSORS] = {[HASH] = make(HASH, 2, 1, hash),
                                       [KEYS] = make(KEYS, F, 1, keys),
                                       [START] = make(START, F + 1, 1, k->start),
                                       [ALPHA] = make(ALPHA, k->n, L, m->fit.ridge.alpha),
                                       [IDF] = make(IDF, F, 1, m->fit.grams.idf),
                                       [VALUES] = make(VALUES, pairs, 1, k->x),
                                       [TEXTS] = make(TEXTS, pairs, 1, k->text),
                                       [WORDS] = make(WORDS, words.len, 1, words.data),
                                       [LABELS] = make(LABELS, codes.len, 1, codes.data),
                                       [SETTINGS] = make(SETTINGS, strlen(settings), 1, settings)};
        result = compute_hash(hash, t) || safetensors_write_file(f, t, TENSORS) ? -1 : 0;
    }
    mem_free(keys);
    mem_free(ids);
    buf_free(&words);
    buf_free(&codes);
    free(settings);
    return result;
}

/* ---- reading ---- */

static int get_all(safetensor t[TENSORS], const safetensors *file)
{
    for (int i = 0; i < TENSORS; i++) {
        const safetensor *found = safetensors_find_type(file, expected[i].name, expected[i].type);
        if (!found || found->ndim != expected[i].ndim)
            return err_set("not a linear model: tensor %s is missing or has another type", expected[i].name);
        t[i] = *found;
    }
    return file->n == TENSORS ? 0
                              : err_set("not a linear model: expected %d tensors, got %d", TENSORS, file->n);
}

static int check_hash(const safetensor t[TENSORS])
{
    uint64_t h[2];
    if (t[HASH].count != 2)
        return err_set("tensor hash: expected 2 numbers");
    if (compute_hash(h, t))
        return -1;
    return memcmp(h, t[HASH].data, sizeof h) == 0 ? 0
                                                  : err_set("damaged: the contents do not match the hash");
}

static int check_shapes(const safetensor t[TENSORS])
{
    const size_t F = t[KEYS].count, pairs = t[VALUES].count, n = t[ALPHA].shape[0];
    if (t[START].count != F + 1 || t[IDF].count != F || t[TEXTS].count != pairs || F > INT32_MAX || n < 1 ||
        n > INT32_MAX || t[ALPHA].count < 1)
        return err_set("shapes of tensors do not fit each other");
    const uint64_t *start = t[START].data;
    const uint32_t *text = t[TEXTS].data;
    if (start[0] != 0 || start[F] != pairs)
        return err_set("tensor start: expected 0 to %zu", pairs);
    for (size_t f = 0; f < F; f++) {
        if (start[f] > start[f + 1] || start[f + 1] > pairs)
            return err_set("tensor start: feature %zu: not ascending", f);
        for (size_t p = start[f]; p < start[f + 1]; p++)
            if (text[p] >= n || (p > start[f] && text[p] <= text[p - 1]))
                return err_set("tensor texts: feature %zu: not ascending, or outside the texts", f);
    }
    if (!ops_all_finite(t[ALPHA].data, t[ALPHA].count) || !ops_all_finite(t[IDF].data, F) ||
        !ops_all_finite(t[VALUES].data, pairs))
        return err_set("NaN or infinite values");
    return 0;
}

static int check_keys(const linear *m, const safetensor *t)
{
    const uint64_t *keys = t->data, words = (uint64_t)vocab_size(m->words);
    for (size_t f = 0; f < t->count; f++) {
        const uint64_t first = keys[f] >> 32, second = keys[f] & UINT32_MAX;
        if (first <= VOCAB_UNK || first >= words || (second && second <= VOCAB_UNK) || second >= words)
            return err_set("tensor keys: feature %zu: no such word", f);
    }
    return 0;
}

static int read_labels(linear *m, const safetensor *t)
{
    const char *s = t->data, *end = s + t->count, *line;
    if (!(m->labels = labels_new()))
        return -1;
    for (; s < end && (line = memchr(s, '\n', (size_t)(end - s))); s = line + 1) {
        const bool duplicate = labels_index(m->labels, s, (size_t)(line - s)) >= 0;
        if (!duplicate && labels_add(m->labels, s, (size_t)(line - s), NULL) >= 0)
            continue;
        if (!duplicate && err_get_class() == ERR_MEMORY)
            return -1;
        return err_set("tensor labels: a code is invalid or a duplicate");
    }
    return s == end ? 0 : err_set("tensor labels: ends without a line feed");
}

static int get_settings(linear *m, const json_t *o)
{
    linear_summary *a = &m->fit.about;
    const char *kind = json_string_value(json_object_get(o, "kind"));
    const char *fingerprint = json_string_value(json_object_get(o, "fingerprint"));
    const json_t *bigrams = json_object_get(o, "bigrams");
    double words;
    if (!kind || strcmp(kind, "linear") != 0 || !fingerprint ||
        strlen(fingerprint) != sizeof m->fingerprint - 1 || !json_is_boolean(bigrams))
        return err_set("key kind, fingerprint or bigrams is missing or invalid");
    strcpy(m->fingerprint, fingerprint);
    m->fit.grams.bigrams = json_is_true(bigrams);
    if (ecan_json_number(&words, o, "max_words", 0, 1e9) ||
        ecan_json_number(&a->lambda, o, "lambda", 0, 1e9) ||
        ecan_json_number(&a->micro_f1, o, "micro_f1", 0, 1) ||
        ecan_json_number(&a->threshold, o, "threshold", 0, 1) ||
        ecan_json_number(&m->fit.platt.a, o, "slope", -1e30, 1e30) ||
        ecan_json_number(&m->fit.platt.c, o, "intercept", -1e30, 1e30))
        return -1;
    m->max_words = (size_t)words;
    m->tokenizer = json_incref(json_object_get(o, "tokenizer"));
    return 0;
}

static int read_settings(linear *m, const safetensor *t)
{
    json_t *o = ecan_json_parse(t->data, t->count);
    const int result = !o || get_settings(m, o) ? err_prefix("tensor settings: ") : 0;
    json_decref(o);
    return result;
}

static int read_words(linear *m, const safetensor *t)
{
    m->words = vocab_parse(t->data, t->count, "tensor words");
    return m->words ? 0 : -1;
}

static int read_all(linear *m)
{
    safetensor t[TENSORS];
    linear_fit *fit = &m->fit;
    if (get_all(t, &m->file) || check_shapes(t) || read_settings(m, &t[SETTINGS]) ||
        read_words(m, &t[WORDS]) || read_labels(m, &t[LABELS]) || check_keys(m, &t[KEYS]))
        return -1;
    fit->about.texts = fit->kernel.n = fit->ridge.n = t[ALPHA].shape[0];
    fit->ridge.L = t[ALPHA].shape[1];
    fit->ridge.alpha = (float *)t[ALPHA].data;
    fit->kernel.features = t[KEYS].count;
    fit->kernel.start = (size_t *)t[START].data;
    fit->kernel.text = (uint32_t *)t[TEXTS].data;
    fit->kernel.x = (float *)t[VALUES].data;
    fit->about.features = (int32_t)t[KEYS].count;
    if ((size_t)labels_count(m->labels) != fit->ridge.L)
        return err_set("tensor labels: expected %zu codes, one for each column of alpha", fit->ridge.L);
    return check_hash(t) ||
                   grams_restore(&fit->grams, t[KEYS].data, t[IDF].data, (int32_t)t[KEYS].count,
                                 fit->grams.bigrams) ||
                   kernel_spread(&fit->kernel)
               ? -1
               : 0;
}

linear *linear_open(const char *path)
{
    linear *m = mem_array(1, sizeof *m);
    if (!m)
        return NULL;
    if (safetensors_open(&m->file, path)) {
        linear_free(m);
        return NULL;
    }
    if (!read_all(m))
        return m;
    linear_free(m);
    err_prefix("%s: ", path);
    return NULL;
}

void linear_file_close(linear *m)
{
    if (!m->file.map)
        return;
    m->fit.grams.idf = m->fit.kernel.x = m->fit.ridge.alpha = NULL;
    m->fit.kernel.start = NULL;
    m->fit.kernel.text = NULL;
    safetensors_close(&m->file);
}
