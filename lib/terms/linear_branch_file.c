/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a linear branch. */
#include "terms/linear_branch.h"

#include "base/err.h"
#include "tensor/ops.h"

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
