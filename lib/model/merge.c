/* SPDX-License-Identifier: Apache-2.0 */
#include "model/merge.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

int model_only_network(const model *m, const char *path)
{
    const char *file = m->linear.features ? MODEL_LINEAR : m->has_terms ? MODEL_TERMS : NULL;
    return file ? err_set("%s: the model has %s: give the network without it (OUT/network of ecan train), "
                          "and add terms again with ecan-terms",
                          path, file)
                : 0;
}

/* ---- what must be equal ---- */

static json_t *shape_of(const model *m)
{
    config c = m->p.c;
    json_t *shape = json_object();
    c.threshold = 0; /* it is averaged */
    config_to_json(&c, shape);
    return ecan_json_complete(shape);
}

static int same_network(const model *a, const model *b, const char *path, const char *first)
{
    json_t *x = shape_of(a), *y = shape_of(b);
    const char *key = x && y ? ecan_json_difference(x, y) : NULL;
    int result = x && y ? 0 : -1;
    if (key)
        result = err_model("%s: another \"%s\" than that of %s: only networks of equal shape can be merged",
                           path, key, first);
    json_decref(x);
    json_decref(y);
    return result;
}

static int same_tokenizer(const model *a, const model *b, const char *path, const char *first)
{
    const json_t *x = model_tokenizer(a), *y = model_tokenizer(b);
    if (!x && !y)
        return 0;
    const char *key = x && y ? ecan_json_difference(x, y) : "";
    return key ? err_model("%s: trained on text that was tokenized with other settings than that of %s%s%s%s",
                           path, first, *key ? ": \"" : "", key, *key ? "\" differs" : "")
               : 0;
}

/* Messages have the line, not the word: a word can be the name of a patient. */
static int same_words(const vocab *a, const vocab *b, const char *path, const char *first)
{
    if (vocab_size(a) != vocab_size(b))
        return err_model(
            "%s: %s has %d words, and that of %s has %d: only models with the same words can be merged", path,
            MODEL_VOCAB, (int)vocab_size(b), first, (int)vocab_size(a));
    for (int32_t i = 0; i < vocab_size(a); i++) {
        size_t n, m;
        const char *x = vocab_word(a, i, &n), *y = vocab_word(b, i, &m);
        if (n != m || memcmp(x, y, n) != 0)
            return err_model("%s: %s: line %d has another word than that of %s", path, MODEL_VOCAB,
                             (int)i + 1, first);
    }
    return 0;
}

static int same_codes(const labels *a, const labels *b, const char *path, const char *first)
{
    if (labels_count(a) != labels_count(b))
        return err_model(
            "%s: %s has %d codes, and that of %s has %d: only models with the same codes can be merged", path,
            MODEL_LABELS, (int)labels_count(b), first, (int)labels_count(a));
    for (int32_t i = 0; i < labels_count(a); i++)
        if (strcmp(labels_code(a, i), labels_code(b, i)) != 0)
            return err_model("%s: %s: line %d has another code than that of %s", path, MODEL_LABELS,
                             (int)i + 1, first);
    return 0;
}

static int check_same(const model *a, const model *b, const char *path, const char *first)
{
    return model_only_network(b, path) || same_network(a, b, path, first) ||
                   same_words(a->words, b->words, path, first) ||
                   same_codes(a->labels, b->labels, path, first) || same_tokenizer(a, b, path, first)
               ? -1
               : 0;
}

/* ---- the mean ---- */

static float *tensor_of(const params *p, int row)
{
    return *(float *const *)((const char *)p + p->table[row].slot);
}

static void mean_tensors(params *mean, const model *m, int n, const double *w)
{
    for (int row = 0; row < mean->n; row++) {
        float *to = tensor_of(mean, row);
        for (size_t k = 0; k < mean->table[row].count; k++) {
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += w[i] * (double)tensor_of(&m[i].p, row)[k];
            to[k] = (float)sum;
        }
    }
}

static float threshold_of(const model *m, size_t label)
{
    return m->thresholds ? m->thresholds[label] : m->p.c.threshold;
}

static json_t *mean_thresholds(const model *m, int n, const double *w)
{
    json_t *list = json_array();
    for (size_t l = 0; l < m->p.labels; l++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += w[i] * (double)threshold_of(&m[i], l);
        ecan_json_append(list, ecan_json_float((float)sum));
    }
    return list;
}

/* For config.json: the tokenizer, and in "merged" the models and their weights. */
static json_t *describe(const model *m, int n, const double *w, double threshold)
{
    json_t *about = json_object(), *merged = json_array();
    bool own_thresholds = false;
    if (model_tokenizer(m))
        ecan_json_set(about, "tokenizer", json_deep_copy(model_tokenizer(m)));
    for (int i = 0; i < n; i++) {
        json_t *member = json_object();
        ecan_json_set(member, "model", json_string(m[i].fingerprint));
        ecan_json_set(member, "weight", json_real(w[i]));
        ecan_json_append(merged, member);
        own_thresholds |= m[i].thresholds != NULL;
    }
    ecan_json_set(about, "merged", merged);
    if (own_thresholds && isnan(threshold))
        ecan_json_set(about, "thresholds", mean_thresholds(m, n, w));
    return ecan_json_complete(about);
}

static int write_mean(const char *folder, const model *m, int n, const double *w, double threshold)
{
    params mean;
    json_t *about = NULL;
    double common = 0;
    int lock;
    int result = params_init(&mean, &m->p.c, m->p.words, m->p.labels);
    if (!result)
        result = (about = describe(m, n, w, threshold)) ? 0 : -1;
    if (!result) {
        mean_tensors(&mean, m, n, w);
        for (int i = 0; i < n; i++)
            common += w[i] * (double)m[i].p.c.threshold;
        mean.c.threshold = (float)(isnan(threshold) ? common : threshold);
        const model_parts parts = {.p = &mean, .words = m->words, .labels = m->labels, .about = about};
        result = folder_lock(folder, &lock);
        if (!result) {
            result = model_write(folder, &parts);
            folder_unlock(folder, lock);
        }
    }
    json_decref(about);
    params_free(&mean);
    return result;
}

int model_merge(const char *folder, const char *const *paths, int n, const double *weights, double threshold)
{
    model *m = mem_array(n, sizeof *m);
    double *w = mem_array(n, sizeof *w), sum = 0;
    int open = 0, result = m && w ? 0 : -1;
    for (int i = 0; i < n; i++)
        sum += weights[i];
    while (!result && open < n) {
        w[open] = weights[open] / sum;
        result = model_open(&m[open], paths[open], false, NULL);
        if (!result)
            open++;
        if (!result)
            result = check_same(&m[0], &m[open - 1], paths[open - 1], paths[0]);
    }
    if (!result)
        result = write_mean(folder, m, n, w, threshold);
    for (int i = 0; i < open; i++)
        model_close(&m[i]);
    mem_free(m);
    mem_free(w);
    return result;
}
