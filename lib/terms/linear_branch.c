/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/linear_branch.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "tensor/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- features ---- */

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
    return h[0];
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The feature with this key, or -1. */
static int32_t find(const linear_branch *b, uint64_t key)
{
    const uint64_t *found = bsearch(&key, b->keys, b->features, sizeof key, compare_keys);
    return found ? (int32_t)(found - b->keys) : -1;
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

enum { MOST_WORDS = 1 << 20 }; /* that are kept; then the tables are emptied */

static int begin(linear_branch_work *w)
{
    if (w->forms && map_size(w->words.seen) < MOST_WORDS)
        return 0;
    if (w->forms)
        map_free(w->forms);
    term_words_free(&w->words);
    w->n_hashes = 0;
    w->forms = map_new();
    return w->forms ? term_words_init(&w->words, w->forms, (term_form){0}) : err_memory("out of memory");
}

/* *hash is that of the word's form; 0: the word is dropped. 0 or -1. */
static int hash_of(linear_branch_work *w, const char *word, size_t n, uint64_t *hash)
{
    const int32_t id = term_words_add(&w->words, word, n);
    *hash = 0;
    if (id == TERM_FAILED || mem_grow(&w->hashes, &w->hashes_room, map_size(w->forms) + 1, sizeof *w->hashes))
        return -1;
    for (; w->n_hashes < (size_t)map_size(w->forms); w->n_hashes++) {
        size_t size;
        const char *form = map_key(w->forms, (int32_t)w->n_hashes, &size);
        w->hashes[w->n_hashes] = linear_branch_hash(form, size);
    }
    if (id >= 0)
        *hash = w->hashes[id];
    return 0;
}

/* Fills w->found with the n features of the text, in ascending order. */
static int find_features(const linear_branch *b, linear_branch_work *w, const record *r, size_t *n)
{
    walk at;
    uint32_t tokens;
    uint64_t before = 0, hash; /* of the word before in the note; 0: none */
    const unsigned char *spans;
    *n = 0;
    if (record_strings(r, "tokens", &at, &tokens) || term_words_spans(r, tokens, &spans))
        return -1;
    if (begin(w) || mem_grow(&w->found, &w->found_room, 2 * (size_t)tokens + 1, sizeof *w->found))
        return record_error(r, "tokens");
    for (uint32_t t = 0; t < tokens; t++) {
        const char *word;
        size_t size;
        if (walk_str(&at, &word, &size) || hash_of(w, word, size, &hash))
            return record_error(r, "tokens");
        if (term_words_border(spans, t))
            before = 0;
        if (!hash)
            continue;
        const int32_t single = find(b, linear_branch_key(hash, 0));
        const int32_t pair = before ? find(b, linear_branch_key(before, hash)) : -1;
        if (single >= 0)
            w->found[(*n)++] = single;
        if (pair >= 0)
            w->found[(*n)++] = pair;
        before = hash;
    }
    qsort(w->found, *n, sizeof *w->found, ascending);
    return 0;
}

/* ---- logits ---- */

VECTORISED static void add_row(float *restrict sum, float x, const int8_t *restrict row, size_t n)
{
    for (size_t k = 0; k < n; k++)
        sum[k] += x * (float)row[k];
}

/* sum[rank] := sum_f x_f s_f A[f] */
static void add_features(const linear_branch *b, float *sum, const int32_t *found, size_t n)
{
    double squares = 0;
    memset(sum, 0, b->rank * sizeof *sum);
    for (size_t i = 0, end; i < n; i = end) {
        const size_t f = found[i];
        for (end = i + 1; end < n && found[end] == found[i]; end++) {
        }
        const float x = (float)(1 + log((double)(end - i))) * b->idf[f];
        squares += (double)x * (double)x;
        add_row(sum, x * b->scale[f], b->A + f * b->rank, b->rank);
    }
    const float scale = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    ops_scale_rows(sum, &scale, 1, b->rank, b->rank);
}

const float *linear_branch_logits(const linear_branch *b, linear_branch_work *w, const record *r)
{
    size_t n;
    if (find_features(b, w, r, &n))
        return NULL;
    if (mem_grow(&w->sum, &w->sum_room, b->rank, sizeof *w->sum) ||
        mem_grow(&w->y, &w->y_room, b->labels, sizeof *w->y)) {
        record_error(r, NULL);
        return NULL;
    }
    add_features(b, w->sum, w->found, n);
    if (!b->B)
        return w->sum;
    for (size_t j = 0; j < b->labels; j++)
        w->y[j] = ops_dot(b->B + j * b->rank, w->sum, b->rank);
    return w->y;
}

void linear_branch_work_free(linear_branch_work *w)
{
    term_words_free(&w->words);
    if (w->forms)
        map_free(w->forms);
    mem_free(w->hashes);
    mem_free(w->found);
    mem_free(w->sum);
    mem_free(w->y);
    *w = (linear_branch_work){0};
}

/* ---- the file ---- */

/* The tensors; those with larger numbers come first. */
enum { KEYS, IDF, SCALE, LABELS, FEATURES, TENSORS };

static int describe(const linear_branch *b, safetensor t[TENSORS])
{
    const size_t F = b->features, R = b->rank, L = b->labels;
    t[KEYS] = (safetensor){"keys", SAFETENSOR_U64, 1, {F}, F, b->keys};
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
    b->keys = get(file, &t[KEYS]);
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
            return err_set("tensor keys: number %zu is not above the number before it", f);
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
