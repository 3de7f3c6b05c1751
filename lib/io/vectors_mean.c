/* SPDX-License-Identifier: Apache-2.0 */
#include "io/vectors_mean.h"

#include "base/err.h"
#include "base/mem.h"

/* Messages have numbers and no words: a word can be the name of a patient. */
static int add(double *sum, const vectors *first, const vectors *v, double weight, const char *path,
               const char *first_path)
{
    const size_t size = v->size;
    if (v->n != first->n || v->size != first->size)
        return err_set("%s: %d vectors of dimension %d, and %s has %d of dimension %d: expected the same "
                       "words and dimension",
                       path, (int)v->n, (int)v->size, first_path, (int)first->n, (int)first->size);
    for (int32_t i = 0; i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        const int32_t row = map_find(first->words, word, n);
        if (row < 0)
            return err_set("%s: word %d is not in %s: expected the same words", path, (int)i + 1, first_path);
        for (size_t k = 0; k < size; k++)
            sum[row * size + k] += weight * (double)vectors_row(v, i)[k];
    }
    return 0;
}

int vectors_mean(vectors *v, const char *const *paths, int n, const double *weights)
{
    *v = (vectors){0};
    double all = 0, *sum = NULL;
    int result = vectors_read(v, paths[0]);
    const size_t numbers = result ? 0 : (size_t)v->n * v->size;
    if (!result)
        result = (sum = mem_array(numbers, sizeof *sum)) ? 0 : -1;
    for (int i = 0; i < n; i++)
        all += weights[i];
    for (int i = 0; !result && i < n; i++) {
        vectors next = {0};
        if (i > 0)
            result = vectors_read(&next, paths[i]);
        if (!result)
            result = add(sum, v, i > 0 ? &next : v, weights[i] / all, paths[i], paths[0]);
        vectors_free(&next);
    }
    for (size_t k = 0; !result && k < numbers; k++)
        v->data[k] = (float)sum[k];
    mem_free(sum);
    if (result)
        vectors_free(v);
    return result;
}
