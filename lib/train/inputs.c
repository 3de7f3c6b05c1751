/* SPDX-License-Identifier: Apache-2.0 */
#include "train/inputs.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/merge.h"

#include <stdlib.h>
#include <string.h>

static int add_words(vocab *words, const vectors *v, const char *path)
{
    for (int32_t i = 0; i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        if (vocab_add(words, word, n) < 0)
            return err_prefix("%s: word %d: ", path, (int)i + 1);
    }
    return 0;
}

/* Reads train with the spans that coders marked in it. */
static int read_documents(inputs *in, const input_files *files, labels *l, unsigned grow,
                          const train_settings *s)
{
    term_spans spans = {0};
    int result = files->spans ? term_spans_read(&spans, files->spans) : 0;
    in->spans = spans.n;
    if (!result)
        result = dataset_read(&in->train, files->train, in->words, l, grow, s->max_words,
                              files->spans ? &spans : NULL);
    term_spans_free(&spans);
    return result;
}

/* ---- a model to start from ---- */

static int open_init(inputs *in, const input_files *files, train_settings *s)
{
    if (model_open(&in->init, files->init, false, NULL))
        return -1;
    if (model_only_network(&in->init, files->init))
        return -1;
    settings_take_config(s, &in->init.p.c);
    strcpy(in->init_fingerprint, in->init.fingerprint);
    in->words = in->init.words; /* taken */
    in->labels = in->init.labels;
    in->init.words = NULL;
    in->init.labels = NULL;
    return 0;
}

static int check_tokenizer(const inputs *in, const input_files *files)
{
    const json_t *wanted = model_tokenizer(&in->init), *is = in->train.tokenizer;
    const char *key = wanted && is ? ecan_json_difference(wanted, is) : NULL;
    return key ? err_set("%s: the text was not tokenized as the text of %s: \"%s\" differs (ecan-tokenize -m "
                         "uses its settings)",
                         files->train, files->init, key)
               : 0;
}

/* Codes of train that the model does not have are counted. */
static int read_train_of_init(inputs *in, const input_files *files, const train_settings *s)
{
    const dataset *train = &in->train;
    if (read_documents(in, files, in->labels, 0, s))
        return -1;
    if (train->gold == train->gold_unknown)
        return err_set("%s: no encounter has a code of %s", files->train, files->init);
    return check_tokenizer(in, files);
}

/* ---- labels ---- */

typedef struct code {
    const char *code;
    int32_t was;
} code;

static int by_code(const void *a, const void *b)
{
    return strcmp(((const code *)a)->code, ((const code *)b)->code);
}

static int add_codes(labels *l, const labels *more)
{
    for (int32_t i = 0; i < labels_count(more); i++) {
        const char *c = labels_code(more, i);
        if (labels_add(l, c, strlen(c), NULL) < 0)
            return -1;
    }
    return 0;
}

/* Sorts codes[n] and adds them to `sorted`, with their descriptions. to[i] is the new number of code i. */
static int add_sorted(labels *sorted, int32_t *to, code *codes, int32_t n, const labels *described)
{
    qsort(codes, n, sizeof *codes, by_code);
    for (int32_t i = 0; i < n; i++) {
        const size_t size = strlen(codes[i].code);
        const int32_t d = described ? labels_index(described, codes[i].code, size) : -1;
        to[codes[i].was] = i;
        if (labels_add(sorted, codes[i].code, size, d < 0 ? NULL : labels_description(described, d)) < 0)
            return -1;
    }
    return 0;
}

/* Fills in->labels with the codes of train, sorted, and renumbers train. */
static int sort_labels(inputs *in, const labels *found, const labels *described)
{
    const int32_t n = labels_count(found);
    code *codes = mem_array(n, sizeof *codes);
    int32_t *to = mem_array(n, sizeof *to);
    int result = codes && to ? 0 : -1;
    for (int32_t i = 0; !result && i < n; i++)
        codes[i] = (code){labels_code(found, i), i};
    if (!result)
        result = add_sorted(in->labels, to, codes, n, described);
    if (!result)
        dataset_renumber(&in->train, to);
    mem_free(codes);
    mem_free(to);
    return result;
}

static bool has_descriptions(const labels *l)
{
    for (int32_t i = 0; i < labels_count(l); i++)
        if (*labels_description(l, i))
            return true;
    return false;
}

/* A file that describes no code of train is a mistake, such as codes with points in only one of both. A file
 * with codes but no descriptions is valid. */
static int check_descriptions(inputs *in, const input_files *files, const labels *found,
                              const labels *described)
{
    input_faults *f = &in->faults;
    if (input_faults_descriptions(f, found, described))
        return -1;
    if (f->described > 0 || (f->listed > 0 && !has_descriptions(described)))
        return 0;
    err_set("%s: descriptions for 0 of %d codes of %s", files->labels, (int)labels_count(found),
            files->train);
    if (f->undescribed.n)
        return err_set("%s: it has %.40s, and train has %.40s", err_message(), f->undescribed.b,
                       f->undescribed.a);
    return err_set("%s: each line needs a code, a tab and a description", err_message());
}

static int read_train(inputs *in, const input_files *files, const train_settings *s, labels *found,
                      const labels *described)
{
    if (read_documents(in, files, found, DATASET_LABELS, s))
        return -1;
    if (labels_count(found) == 0)
        return err_set("%s: no labels: no encounter has a code", files->train);
    if ((described && check_descriptions(in, files, found, described)) ||
        input_faults_labels(&in->faults, found) || (s->all_labels && add_codes(found, described)))
        return -1;
    return sort_labels(in, found, described);
}

static int read_dev(inputs *in, const input_files *files, const train_settings *s)
{
    const dataset *train = &in->train, *dev = &in->dev;
    if (dataset_read(&in->dev, files->dev, in->words, in->labels, 0, s->max_words, NULL))
        return -1;
    if (dev->n && dev->gold == dev->gold_unknown)
        return err_set("%s: no encounter has a code of the training set, so epochs cannot be compared",
                       files->dev);
    if (train->tokenizer && dev->tokenizer && !json_equal(train->tokenizer, dev->tokenizer))
        return err_set("%s and %s were tokenized with different settings", files->train, files->dev);
    return 0;
}

static int read_init(inputs *in, const input_files *files, train_settings *s)
{
    return open_init(in, files, s) || read_train_of_init(in, files, s) || read_dev(in, files, s) ||
                   input_faults_dev(&in->faults, &in->train, &in->dev, in->labels)
               ? -1
               : 0;
}

int inputs_read(inputs *in, const input_files *files, train_settings *s)
{
    *in = (inputs){0};
    if (files->init)
        return read_init(in, files, s);
    if (vectors_read(&in->vectors, files->vectors))
        return -1;
    in->words = vocab_new();
    in->labels = labels_new();
    labels *found = labels_new(), *described = NULL;
    int result = in->words && in->labels && found ? add_words(in->words, &in->vectors, files->vectors) : -1;
    if (!result && files->labels)
        result = (described = labels_read(files->labels)) ? 0 : -1;
    if (!result)
        result = read_train(in, files, s, found, described);
    if (!result)
        result = read_dev(in, files, s);
    if (!result)
        result = input_faults_dev(&in->faults, &in->train, &in->dev, in->labels);
    labels_free(found);
    labels_free(described);
    return result;
}

void inputs_free(inputs *in)
{
    vectors_free(&in->vectors);
    model_close(&in->init);
    vocab_free(in->words);
    labels_free(in->labels);
    dataset_free(&in->train);
    dataset_free(&in->dev);
    input_faults_free(&in->faults);
    *in = (inputs){0};
}
