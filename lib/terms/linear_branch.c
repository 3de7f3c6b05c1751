/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/linear_branch.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "tensor/ops.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

/* ---- features ----
 *
 * What is known about keys and features is seldom in the cache. So the features of a text are found in
 * several passes, each of which prefetches what the next one reads. */

uint64_t linear_branch_hash(const char *form, size_t n)
{
    uint64_t h[2];
    hash128(h, form, n);
    return h[0] | 1; /* 0: no word */
}

uint64_t linear_branch_key(uint64_t first, uint64_t second)
{
    uint64_t h[2];
    hash128(h, (const uint64_t[2]){first, second}, 2 * sizeof first);
    return h[0] & ~(uint64_t)1;
}

size_t linear_branch_chars(uint64_t *keys, const char *form, size_t n)
{
    enum { SHORTEST = 3, LONGEST = 4 };
    char text[4 * LINEAR_LONGEST + 2] = " ";
    size_t at[LINEAR_LONGEST + 3] = {0, 1}; /* character i is at text[at[i]] */
    size_t chars = 1, found = 0;
    const unsigned char *p = (const unsigned char *)form, *const end = p + n;
    while (p < end && chars <= LINEAR_LONGEST) {
        utf8_get(&p);
        at[++chars] = 1 + (size_t)(p - (const unsigned char *)form);
    }
    memcpy(text + 1, form, at[chars] - 1);
    text[at[chars]] = ' ';
    at[chars + 1] = at[chars] + 1;
    chars++;
    for (size_t length = SHORTEST; length <= LONGEST; length++)
        for (size_t i = 0; i + length <= chars; i++) {
            uint64_t h[2];
            hash128(h, text + at[i], at[i + length] - at[i]);
            keys[found++] = h[0] | 1;
        }
    return found;
}

/* The range of a key: a number of bits + 6 bits. */
static size_t range_of(const linear_branch_work *w, uint64_t key)
{
    return (size_t)(key >> (58 - w->bits));
}

static int make_index(const linear_branch *b, linear_branch_work *w)
{
    while ((size_t)8 << w->bits < b->features)
        w->bits++;
    w->index = mem_array((size_t)1 << w->bits, sizeof *w->index);
    w->of = mem_array(b->features + 1, sizeof *w->of);
    if (!w->index || !w->of)
        return -1;
    w->of[b->features].key = UINT64_MAX;
    for (size_t f = b->features; f-- > 0;) {
        const size_t range = range_of(w, b->keys[f]);
        w->index[range / 64].used |= (uint64_t)1 << range % 64;
        w->index[range / 64].first = (uint32_t)f;
        w->of[f] = (counted_feature){b->keys[f], b->idf[f], b->scale[f], 0};
    }
    return 0;
}

/* The first feature that can have this key, or -1. Usually the number of keys before it is that of the ranges
 * with keys. */
static int64_t first_with(const linear_branch_work *w, uint64_t key)
{
    const size_t range = range_of(w, key);
    const key_ranges *r = &w->index[range / 64];
    const uint64_t bit = (uint64_t)1 << range % 64;
    return r->used & bit ? (int64_t)r->first + __builtin_popcountll(r->used & (bit - 1)) : -1;
}

/* The feature with this key, from f on, or -1. */
static int32_t find_from(const linear_branch *b, const linear_branch_work *w, int64_t f, uint64_t key)
{
    if (f < 0)
        return -1;
    while (w->of[f].key < key)
        f++;
    return w->of[f].key == key && (size_t)f < b->features ? (int32_t)f : -1;
}

/* Appends the features of the character n-grams of a form. 0 or -1. */
static int find_chars(const linear_branch *b, linear_branch_work *w, seen_word *word, const char *form,
                      size_t n)
{
    uint64_t keys[LINEAR_CHARS];
    const size_t most = linear_branch_chars(keys, form, n);
    if (mem_grow(&w->chars, &w->chars_room, w->n_chars + most, sizeof *w->chars))
        return -1;
    word->chars = (uint32_t)w->n_chars;
    for (size_t k = 0; k < most; k++) {
        const int32_t f = find_from(b, w, first_with(w, keys[k]), keys[k]);
        if (f >= 0)
            w->chars[w->n_chars++] = f;
    }
    word->n_chars = (uint32_t)w->n_chars - word->chars;
    return 0;
}

/* Finds hash and features of new words. 0 or -1. */
static int find_words(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    if (words->known[WORD_FEATURE] == 0)
        w->n_chars = 0;
    for (int32_t *i = &words->known[WORD_FEATURE]; *i < seen_words_count(words); ++*i) {
        size_t n;
        const char *plain = seen_words_plain(words, *i, &n);
        if (!plain)
            return -1;
        n = term_form_length((term_form){0}, plain, n);
        const uint64_t hash = n ? linear_branch_hash(plain, n) : 0, key = linear_branch_key(hash, 0);
        words->of[*i].hash = hash;
        words->of[*i].feature = hash ? find_from(b, w, first_with(w, key), key) : -1;
        if (find_chars(b, w, &words->of[*i], plain, n))
            return -1;
    }
    return 0;
}

static int make_room(const linear_branch *b, linear_branch_work *w, size_t T)
{
    if (mem_grow(&w->bigrams, &w->bigrams_room, T, sizeof *w->bigrams) ||
        mem_grow(&w->list, &w->list_room, 2 * T + b->features, sizeof *w->list))
        return -1;
    if (w->sum)
        return 0;
    w->found = mem_array(b->features / 64 + 1, sizeof *w->found);
    w->x = mem_array(b->features, sizeof *w->x);
    w->y = mem_array(b->labels, sizeof *w->y);
    return w->found && w->x && w->y && !make_index(b, w) && (w->sum = mem_array(b->rank, sizeof *w->sum))
               ? 0
               : -1;
}

static void push(linear_branch_work *w, int32_t feature)
{
    if (feature < 0)
        return;
    w->list[w->n++] = feature;
    __builtin_prefetch(&w->of[feature], 1);
}

/* Lists the bigrams of the text, and its words that are features. */
static void list_bigrams(linear_branch_work *w, const seen_words *words, const unsigned char *spans)
{
    uint64_t before = 0; /* hash of the word before in the note; 0: none */
    w->n = w->n_bigrams = 0;
    for (uint32_t t = 0; t < words->T; t++) {
        const seen_word *word = &words->of[words->at[t]];
        if (term_words_border(spans, t))
            before = 0;
        if (!word->hash)
            continue;
        push(w, word->feature);
        if (before) {
            const uint64_t key = linear_branch_key(before, word->hash);
            w->bigrams[w->n_bigrams++].key = key;
            __builtin_prefetch(&w->index[range_of(w, key) / 64]);
        }
        before = word->hash;
    }
}

/* Adds the bigrams that are features. */
static void find_bigrams(const linear_branch *b, linear_branch_work *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_bigrams; i++) {
        const uint64_t key = w->bigrams[i].key;
        const int64_t f = first_with(w, key);
        if (f < 0)
            continue;
        w->bigrams[n++] = (key_place){key, f};
        __builtin_prefetch(&w->of[f], 1);
    }
    for (size_t i = 0; i < n; i++)
        push(w, find_from(b, w, w->bigrams[i].first, w->bigrams[i].key));
}

static void count(linear_branch_work *w, int32_t feature)
{
    if (w->of[feature].count++ == 0)
        w->found[feature / 64] |= (uint64_t)1 << feature % 64;
}

/* Counts the features of the text, and lists each once, in ascending order. 0, or -1 with record and reason.
 */
static int count_features(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    const unsigned char *spans;
    if (term_words_spans(words->record, words->T, &spans))
        return -1;
    if (make_room(b, w, words->T) || find_words(b, w, words))
        return record_error(words->record, NULL);
    list_bigrams(w, words, spans);
    find_bigrams(b, w);
    for (size_t i = 0; i < w->n; i++)
        count(w, w->list[i]);
    for (uint32_t t = 0; t < words->T; t++) {
        const seen_word *word = &words->of[words->at[t]];
        for (uint32_t k = 0; k < word->n_chars; k++)
            count(w, w->chars[word->chars + k]);
    }
    w->n = 0;
    for (size_t i = 0; i <= b->features / 64; i++)
        for (; w->found[i]; w->found[i] &= w->found[i] - 1) {
            const size_t f = 64 * i + (size_t)__builtin_ctzll(w->found[i]);
            w->list[w->n++] = (int32_t)f;
        }
    return 0;
}

/* ---- logits ---- */

VECTORISED static void add_row(float *restrict sum, float x, const int8_t *restrict row, size_t n)
{
    for (size_t k = 0; k < n; k++)
        sum[k] += x * (float)row[k];
}

enum { AHEAD = 2 }; /* rows from the one that is prefetched */

static void prefetch_row(const linear_branch *b, size_t f)
{
    const int8_t *row = b->A + f * b->rank;
    for (size_t k = 0; k < b->rank; k += 64)
        __builtin_prefetch(row + k);
}

/* x := the TF-IDF of the features. Clears the counts. */
static void weigh_features(const linear_branch *b, linear_branch_work *w)
{
    double squares[2] = {0}; /* of words and bigrams, of character n-grams */
    float scale[2];
    for (size_t i = 0; i < w->n; i++) {
        counted_feature *of = &w->of[w->list[i]];
        w->x[i] = (float)(1 + (of->count > 1 ? log(of->count) : 0)) * of->idf;
        squares[of->key & 1] += (double)w->x[i] * (double)w->x[i];
        of->count = 0;
    }
    for (int part = 0; part < 2; part++)
        scale[part] = squares[part] > 0 ? (float)(1 / sqrt(2 * squares[part])) : 0;
    for (size_t i = 0; i < w->n; i++)
        w->x[i] *= scale[b->keys[w->list[i]] & 1];
}

/* sum[rank] := sum_f x_f s_f A[f] */
static void add_features(const linear_branch *b, linear_branch_work *w)
{
    memset(w->sum, 0, b->rank * sizeof *w->sum);
    for (size_t i = 0; i < w->n; i++) {
        const size_t f = (size_t)w->list[i];
        if (i + AHEAD < w->n)
            prefetch_row(b, (size_t)w->list[i + AHEAD]);
        add_row(w->sum, w->x[i] * w->of[f].scale, b->A + f * b->rank, b->rank);
    }
}

const float *linear_branch_logits(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    if (count_features(b, w, words))
        return NULL;
    weigh_features(b, w);
    add_features(b, w);
    if (!b->B)
        return w->sum;
    for (size_t j = 0; j < b->labels; j++)
        w->y[j] = ops_dot(b->B + j * b->rank, w->sum, b->rank);
    return w->y;
}

void linear_branch_work_free(linear_branch_work *w)
{
    mem_free(w->index);
    mem_free(w->of);
    mem_free(w->found);
    mem_free(w->bigrams);
    mem_free(w->chars);
    mem_free(w->list);
    mem_free(w->x);
    mem_free(w->sum);
    mem_free(w->y);
    *w = (linear_branch_work){0};
}

/* ---- the file ---- */

/* The tensors; those with larger numbers come first. */
enum { NGRAMS, IDF, SCALE, LABELS, FEATURES, TENSORS };

static int describe(const linear_branch *b, safetensor t[TENSORS])
{
    const size_t F = b->features, R = b->rank, L = b->labels;
    t[NGRAMS] = (safetensor){"ngrams", SAFETENSOR_U64, 1, {F}, F, b->keys};
    t[IDF] = (safetensor){"idf", SAFETENSOR_F32, 1, {F}, F, b->idf};
    t[SCALE] = (safetensor){"scale", SAFETENSOR_F32, 1, {F}, F, b->scale};
    t[LABELS] = (safetensor){"labels", SAFETENSOR_F32, 2, {L, R}, L * R, b->B};
    t[FEATURES] = (safetensor){"features", SAFETENSOR_I8, 2, {F, R}, F * R, b->A};
    if (R < L)
        return TENSORS;
    t[LABELS] = t[FEATURES];
    return TENSORS - 1;
}

int linear_branch_write(const linear_branch *b, const char *path)
{
    safetensor t[TENSORS];
    const int n = describe(b, t);
    return safetensors_write(path, t, n);
}

static const void *get(const safetensors *file, const safetensor *expected)
{
    const safetensor *t = safetensors_find_type(file, expected->name, expected->type);
    bool same = t && t->ndim == expected->ndim;
    for (int d = 0; same && d < t->ndim; d++)
        same = t->shape[d] == expected->shape[d];
    if (same)
        return t->data;
    err_set("tensor %s is missing, or has a type or a shape that does not fit the other tensors and the "
            "labels",
            expected->name);
    return NULL;
}

static int get_all(linear_branch *b)
{
    const safetensors *file = &b->file;
    const safetensor *A = safetensors_find_type(file, "features", SAFETENSOR_I8);
    if (!A || A->ndim != 2 || A->shape[0] < 1 || A->shape[0] > INT32_MAX || A->shape[1] < 1 ||
        A->shape[1] > b->labels)
        return err_set("tensor features: expected I8 of shape [features][rank], with a rank of 1 to %zu, the "
                       "number of labels",
                       b->labels);
    b->features = A->shape[0];
    b->rank = A->shape[1];
    safetensor t[TENSORS];
    const int n = describe(b, t);
    if (file->n != n)
        return err_set("expected %d tensors, got %d", n, file->n);
    b->A = A->data;
    b->keys = get(file, &t[NGRAMS]);
    b->idf = get(file, &t[IDF]);
    b->scale = get(file, &t[SCALE]);
    b->B = n == TENSORS ? get(file, &t[LABELS]) : NULL;
    return b->keys && b->idf && b->scale && (b->B || n < TENSORS) ? 0 : -1;
}

static int check_finite(const float *x, size_t n, const char *name)
{
    return ops_all_finite(x, n) ? 0 : err_set("tensor %s has NaN or infinite values", name);
}

static int check_numbers(const linear_branch *b)
{
    for (size_t f = 1; f < b->features; f++)
        if (b->keys[f] <= b->keys[f - 1])
            return err_set("tensor ngrams: number %zu is not above the number before it", f);
    return check_finite(b->idf, b->features, "idf") || check_finite(b->scale, b->features, "scale") ||
                   (b->B && check_finite(b->B, b->labels * b->rank, "labels"))
               ? -1
               : 0;
}

int linear_branch_open(linear_branch *b, int fd, const char *path, size_t labels)
{
    *b = (linear_branch){.labels = labels};
    if (safetensors_open_fd(&b->file, fd, path)) {
        *b = (linear_branch){0};
        return -1;
    }
    if (!get_all(b) && !check_numbers(b))
        return 0;
    linear_branch_close(b);
    return err_prefix("%s: ", path);
}

void linear_branch_close(linear_branch *b)
{
    safetensors_close(&b->file);
    *b = (linear_branch){0};
}
