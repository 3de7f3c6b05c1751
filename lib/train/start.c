/* SPDX-License-Identifier: Apache-2.0 */
#include "train/start.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static void scale_row(float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const float scale = (float)(1 / (sqrt(sum) + 1e-6));
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

static void scale_embedding(params *p)
{
    for (size_t row = VOCAB_UNK; row < p->words; row++)
        scale_row(p->embed + row * p->sizes.E, p->sizes.E);
}

/* Copies the word vectors to embed. Row 0 is 0. Row 1, of unknown words, is normal with the mean square of
 * the vectors, unless the file has a vector of <unk>. */
static void fill_embedding(params *p, const vectors *v, const vocab *words, uint64_t seed)
{
    const size_t E = v->size;
    double sum = 0;
    for (size_t i = 0; i < v->n * E; i++)
        sum += (double)v->data[i] * (double)v->data[i];
    const float size = (float)sqrt(sum / ((double)v->n * (double)E + 1e-9));
    rng r;
    rng_seed(&r, seed, 3, 0);
    for (size_t e = 0; e < E; e++)
        p->embed[VOCAB_UNK * E + e] = rng_normal(&r) * size;
    for (int32_t i = 0; i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        const bool unknown = n == 5 && memcmp(word, "<unk>", 5) == 0;
        const int32_t row = vocab_id(words, word, n);
        if (unknown || row != VOCAB_UNK) /* a vector of <pad> in the file is ignored */
            memcpy(p->embed + row * E, v->data + i * E, E * sizeof(float));
    }
}

/* The parameters of the model that training continues, which is closed. */
static int start_from_model(params *p, inputs *in, const train_settings *s)
{
    config c = in->init.p.c;
    c.threshold = config_default().threshold;
    c.precision = settings_config(s, c.embedding_size).precision;
    const int result =
        params_init(p, &c, vocab_size(in->words), labels_count(in->labels)) || params_load(p, &in->init.file);
    model_close(&in->init);
    return result ? -1 : 0;
}

int start_params(params *p, inputs *in, const train_settings *s)
{
    if (in->init.config)
        return start_from_model(p, in, s);
    const config c = settings_config(s, in->vectors.size);
    if (params_init(p, &c, vocab_size(in->words), labels_count(in->labels)))
        return -1;
    params_start(p, (uint64_t)s->seed);
    fill_embedding(p, &in->vectors, in->words, (uint64_t)s->seed);
    if (s->scale_vectors)
        scale_embedding(p);
    if (s->prior_bias)
        dataset_log_odds(&in->train, p->b, p->labels);
    vectors_free(&in->vectors);
    return 0;
}

/* ---- agreed words and codes ---- */

/* Every row is normal with variance 1 / E, so that its length is about 1. */
static void random_embedding(params *p, uint64_t seed)
{
    const size_t E = p->sizes.E;
    const float size = (float)(1 / sqrt((double)E));
    rng r;
    rng_seed(&r, seed, 6, 0);
    for (size_t i = VOCAB_UNK * E; i < p->words * E; i++)
        p->embed[i] = rng_normal(&r) * size;
}

int start_agreed(params *p, const agreed *a, const train_settings *s, const vectors *v, int size)
{
    const config c = settings_config(s, v ? v->size : size);
    if (params_init(p, &c, vocab_size(a->words), labels_count(a->labels)))
        return -1;
    params_start(p, (uint64_t)s->seed);
    random_embedding(p, (uint64_t)s->seed);
    if (v)
        fill_embedding(p, v, a->words, (uint64_t)s->seed);
    if (s->scale_vectors)
        scale_embedding(p);
    for (size_t j = 0; s->prior_bias && j < p->labels; j++)
        p->b[j] = logf(((float)a->with_label[j] + 0.5f) / ((float)(a->encounters - a->with_label[j]) + 0.5f));
    return 0;
}

/* ---- label sharing ---- */

static int make_features(label_features *x, const label_features_kinds *kinds, const params *p,
                         const inputs *in)
{
    label_words f = {0};
    tokenizer *t = tokenizer_from_settings(in->train.tokenizer);
    int result = -1;
    if (t && (!kinds->texts || !label_words_find(&f, &in->train, p->labels, p->words)))
        result = label_features_make(x, kinds, in->labels, t, kinds->texts ? &f : NULL, in->words, p->embed,
                                     p->sizes.E);
    tokenizer_free(t);
    label_words_free(&f);
    return result;
}

static void find_unseen(label_sharing *sharing, const dataset *train)
{
    memset(sharing->unseen, 1, sharing->x.labels);
    for (size_t i = 0; i < train->n; i++)
        for (size_t g = 0; g < train->docs[i].n_gold; g++)
            sharing->unseen[train->docs[i].gold[g]] = 0;
}

int start_label_sharing(label_sharing *sharing, bool *on, params *p, const inputs *in,
                        const train_settings *s, const pool *threads)
{
    label_features_kinds kinds;
    label_features x = {0};
    *sharing = (label_sharing){0};
    if (label_features_parse(&kinds, s->label_sharing))
        return -1;
    *on = kinds.codes || kinds.words || kinds.vectors;
    if (!*on)
        return 0;
    if (make_features(&x, &kinds, p, in)) {
        label_features_free(&x);
        return -1;
    }
    if (label_sharing_init(sharing, x, p, threads))
        return -1;
    if (!in->init_fingerprint[0])
        label_sharing_start(sharing, p, (uint64_t)s->seed);
    find_unseen(sharing, &in->train);
    return 0;
}
