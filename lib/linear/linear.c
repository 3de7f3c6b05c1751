/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/linear_private.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tensor/ops.h"
#include "text/tokenized.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct linear_work {
    word_ids words;
    size_t words_cut; /* of the last record */
    sparse x;
    float *products; /* [texts] */
};

/* ---- training ---- */

/* The hash of the words and codes of the training set, and of the parameters. */
static void compute_fingerprint(linear *m, const dataset *d)
{
    uint64_t h[8] = {0}, all[2];
    hash128(h, m->fit.ridge.alpha, m->fit.ridge.n * m->fit.ridge.L * sizeof *m->fit.ridge.alpha);
    hash128(h + 2, m->fit.grams.idf, m->fit.grams.n * sizeof *m->fit.grams.idf);
    h[4] = d->hash;
    memcpy(&h[5], &m->fit.platt.a, sizeof h[5]);
    for (int32_t i = 0; i < vocab_size(m->words); i++) {
        uint64_t word[2];
        size_t n;
        const char *s = vocab_word(m->words, i, &n);
        hash128(word, s, n);
        h[6] = h[6] * 31 + word[0];
    }
    for (int32_t j = 0; j < labels_count(m->labels); j++) {
        uint64_t code[2];
        const char *s = labels_code(m->labels, j);
        hash128(code, s, strlen(s));
        h[7] = h[7] * 31 + code[0];
    }
    hash128(all, h, sizeof h);
    snprintf(m->fingerprint, sizeof m->fingerprint, "%016" PRIx64 "%016" PRIx64, all[0], all[1]);
}

linear *linear_train(const char *path, const linear_options *options, pool *threads)
{
    linear *m = mem_array(1, sizeof *m);
    if (!m)
        return NULL;
    m->max_words = options->max_words;
    m->words = vocab_new();
    m->labels = labels_new();
    dataset d = {0};
    int result = m->words && m->labels
                     ? dataset_read(&d, path, m->words, m->labels, DATASET_WORDS | DATASET_LABELS,
                                    options->max_words, NULL)
                     : -1;
    if (!result && (result = linear_fit_make(&m->fit, &d, labels_count(m->labels), options, threads)))
        err_prefix("%s: ", path);
    if (!result) {
        compute_fingerprint(m, &d);
        m->tokenizer = json_incref(d.tokenizer);
        m->unread = d.unread;
    }
    dataset_free(&d);
    if (!result)
        return m;
    linear_free(m);
    return NULL;
}

void linear_free(linear *m)
{
    if (!m)
        return;
    vocab_free(m->words);
    labels_free(m->labels);
    json_decref(m->tokenizer);
    linear_file_close(m);
    linear_fit_free(&m->fit);
    mem_free(m);
}

const linear_summary *linear_about(const linear *m)
{
    return &m->fit.about;
}

const labels *linear_labels(const linear *m)
{
    return m->labels;
}

const unread *linear_unread(const linear *m)
{
    return &m->unread;
}

size_t linear_words_cut(const linear_work *w)
{
    return w->words_cut;
}

const char *linear_fingerprint(const linear *m)
{
    return m->fingerprint;
}

/* ---- prediction ---- */

int linear_check(const linear *m, const record *header)
{
    return tokenized_check(m->tokenizer, header, m->file.map ? "the linear model's" : "the training set's");
}

linear_work *linear_work_new(const linear *m)
{
    linear_work *w = mem_array(1, sizeof *w);
    if (!w)
        return NULL;
    w->products = mem_array(m->fit.kernel.n, sizeof *w->products);
    if (w->products)
        return w;
    linear_work_free(w);
    return NULL;
}

void linear_work_free(linear_work *w)
{
    if (!w)
        return;
    mem_free(w->words.ids);
    sparse_free(&w->x);
    mem_free(w->products);
    mem_free(w);
}

int linear_score(float *scores, const linear *m, linear_work *w, const record *r)
{
    const size_t L = m->fit.ridge.L;
    w->words.n = 0;
    if (word_ids_add(&w->words, r, m->words, false, m->max_words, &w->words_cut))
        return -1;
    if (grams_vector(&w->x, &m->fit.grams, w->words.ids, w->words.n))
        return record_error(r, NULL);
    kernel_row(w->products, &m->fit.kernel, &w->x, 0);
    memset(scores, 0, L * sizeof *scores);
    for (size_t i = 0; i < m->fit.kernel.n; i++)
        if (w->products[i] != 0)
            ops_axpy(scores, w->products[i], m->fit.ridge.alpha + i * L, L);
    for (size_t j = 0; j < L; j++)
        scores[j] = (float)(m->fit.platt.a * (double)scores[j] + m->fit.platt.c);
    ops_sigmoid(scores, scores, L);
    return 0;
}
