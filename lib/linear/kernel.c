#include "linear/kernel.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <string.h>

/* start[f + 1]: how many texts have feature f; then, summed up, where f ends. */
static int count_texts(kernel *k, const grams *g, const dataset *d, sparse *x)
{
    for (size_t i = 0; i < d->n; i++) {
        if (grams_vector(x, g, d->docs[i].ids, d->docs[i].T))
            return -1;
        for (size_t j = 0; j < x->n; j++)
            k->start[x->at[j] + 1]++;
    }
    for (int32_t f = 0; f < k->features; f++)
        k->start[f + 1] += k->start[f];
    return 0;
}

/* next[f]: where the next text that has f goes. */
static int put_texts(kernel *k, size_t *next, const grams *g, const dataset *d, sparse *x)
{
    memcpy(next, k->start, (size_t)k->features * sizeof *next);
    for (size_t i = 0; i < d->n; i++) {
        if (grams_vector(x, g, d->docs[i].ids, d->docs[i].T))
            return -1;
        for (size_t j = 0; j < x->n; j++) {
            const size_t to = next[x->at[j]]++;
            k->text[to] = (int32_t)i;
            k->x[to] = x->x[j];
        }
    }
    return 0;
}

int kernel_make(kernel *k, const grams *g, const dataset *d)
{
    *k = (kernel){.n = (int32_t)d->n, .features = g->n, .start = mem_array((size_t)g->n + 1, sizeof *k->start)};
    size_t *next = mem_room((size_t)g->n, sizeof *next);
    sparse x = {0};
    int result = k->start && next && !count_texts(k, g, d, &x) ? 0 : -1;
    if (!result) {
        const size_t all = k->start[k->features];
        k->text = mem_room(all, sizeof *k->text);
        k->x = mem_room(all, sizeof *k->x);
        result = k->text && k->x && !put_texts(k, next, g, d, &x) ? 0 : -1;
    }
    sparse_free(&x);
    mem_free(next);
    return result;
}

void kernel_free(kernel *k)
{
    mem_free(k->start);
    mem_free(k->text);
    mem_free(k->x);
    *k = (kernel){0};
}

/* A feature's texts from the last one on, until they are before `from`. */
void kernel_row(float *products, const kernel *k, const sparse *x, int32_t from)
{
    memset(products + from, 0, (size_t)(k->n - from) * sizeof *products);
    for (size_t j = 0; j < x->n; j++) {
        const size_t first = k->start[x->at[j]];
        for (size_t p = k->start[x->at[j] + 1]; p > first && k->text[p - 1] >= from; p--)
            products[k->text[p - 1]] += x->x[j] * k->x[p - 1];
    }
}

typedef struct filling {
    float *K;
    const kernel *k;
    const grams *g;
    const dataset *d;
    sparse *x; /* [workers] */
    atomic_bool failed;
} filling;

static void fill_row(void *context, int i, int worker)
{
    filling *f = context;
    sparse *x = &f->x[worker];
    if (grams_vector(x, f->g, f->d->docs[i].ids, f->d->docs[i].T))
        atomic_store(&f->failed, true);
    else
        kernel_row(f->K + (size_t)i * (size_t)f->k->n, f->k, x, i);
}

int kernel_matrix(float *K, const kernel *k, const grams *g, const dataset *d, pool *threads)
{
    const int workers = pool_size(threads);
    filling f = {.K = K, .k = k, .g = g, .d = d, .x = mem_array((size_t)workers, sizeof *f.x)};
    if (!f.x)
        return -1;
    pool_run(threads, fill_row, &f, (int)d->n);
    for (int i = 0; i < workers; i++)
        sparse_free(&f.x[i]);
    mem_free(f.x);
    return f.failed ? err_set("out of memory (words and pairs)") : 0;
}
