/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a linear branch. */
#include "terms/linear_branch.h"

#include "base/err.h"
#include "tensor/ops.h"

#include <string.h>

enum { TENSORS = 7 }; /* at most */

/* Fills t with the tensors of b, those with larger numbers first. Returns their number. */
static int describe(const linear_branch *b, const uint64_t *first_words, safetensor t[TENSORS])
{
    const size_t F = b->features, R = b->rank, L = b->labels;
    int n = 0;
    t[n++] = (safetensor){"ngrams", SAFETENSOR_U64, 1, {F}, F, b->keys};
    if (*first_words)
        t[n++] = (safetensor){"first_words", SAFETENSOR_U64, 1, {1}, 1, first_words};
    t[n++] = (safetensor){"idf", SAFETENSOR_F32, 1, {F}, F, b->idf};
    t[n++] = (safetensor){"scale", SAFETENSOR_F32, 1, {F}, F, b->scale};
    if (R < L)
        t[n++] = (safetensor){"label_scale", SAFETENSOR_F32, 1, {R}, R, b->label_scale};
    if (R < L)
        t[n++] = (safetensor){"labels", SAFETENSOR_I8, 2, {R, L}, R * L, b->B};
    t[n++] = (safetensor){"features", SAFETENSOR_I8, 2, {F, R}, F * R, b->A};
    return n;
}

int linear_branch_write(const linear_branch *b, const char *path)
{
    safetensor t[TENSORS];
    const uint64_t first_words = b->first_words;
    const int n = describe(b, &first_words, t);
    return safetensors_write(path, t, n);
}

/* The data of the tensor with this name in the file, which must have the type and the shape expected. */
static const void *get(const safetensors *file, const safetensor *t, int n, const char *name)
{
    while (n > 0 && strcmp(t[n - 1].name, name))
        n--;
    if (n == 0)
        return NULL;
    const safetensor *expected = &t[n - 1], *found = safetensors_find_type(file, name, expected->type);
    bool same = found && found->ndim == expected->ndim;
    for (int d = 0; same && d < found->ndim; d++)
        same = found->shape[d] == expected->shape[d];
    if (same)
        return found->data;
    err_set("tensor %s is missing, or has a type or a shape that does not fit the other tensors and the "
            "labels",
            name);
    return NULL;
}

static int get_first_words(linear_branch *b)
{
    const safetensor *t = safetensors_find_type(&b->file, "first_words", SAFETENSOR_U64);
    if (!t)
        return 0;
    const uint64_t H = t->count == 1 ? *(const uint64_t *)t->data : 0;
    if (H < 1 || H > LINEAR_FIRST_WORDS)
        return err_set("tensor first_words: expected a number from 1 to %d", LINEAR_FIRST_WORDS);
    b->first_words = (size_t)H;
    return 0;
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
    if (get_first_words(b))
        return -1;
    safetensor t[TENSORS];
    const uint64_t first_words = b->first_words;
    const int n = describe(b, &first_words, t);
    if (file->n != n)
        return err_set("expected %d tensors, got %d", n, file->n);
    b->A = A->data;
    b->keys = get(file, t, n, "ngrams");
    b->idf = get(file, t, n, "idf");
    b->scale = get(file, t, n, "scale");
    b->label_scale = get(file, t, n, "label_scale");
    b->B = b->label_scale ? get(file, t, n, "labels") : NULL;
    return b->keys && b->idf && b->scale && (b->B || b->rank == b->labels) ? 0 : -1;
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
                   (b->B && check_finite(b->label_scale, b->rank, "label_scale"))
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
