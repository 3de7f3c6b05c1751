/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const hashed[] = {MODEL_TENSORS, MODEL_VOCAB, MODEL_LABELS, NULL};

/* ---- fingerprint: a hash of the hashes of the three files, in that order ---- */

/* path_of: file_join, or file_fresh for files that are not renamed yet. */
static int fingerprint_of(const char *folder, char *(*path_of)(const char *folder, const char *name),
                          char hex[33])
{
    uint64_t all[3][2], h[2];
    for (int i = 0; hashed[i]; i++) {
        file_map f;
        char *path = path_of(folder, hashed[i]);
        if (!path || file_map_open(&f, path)) {
            free(path);
            return -1;
        }
        hash128(all[i], f.data, f.size);
        file_map_close(&f);
        free(path);
    }
    hash128(h, all, sizeof all);
    snprintf(hex, 33, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
    return 0;
}

/* The fingerprint in config.json. If another program made the folder and there is none, that of the files. */
static int get_fingerprint(model *m, const char *folder)
{
    const json_t *value = json_object_get(m->config, "fingerprint");
    if (!value)
        return fingerprint_of(folder, file_join, m->fingerprint);
    const char *stated = json_string_value(value);
    if (!stated || strlen(stated) != 32 || strspn(stated, "0123456789abcdef") != 32)
        return err_set("%s/%s: fingerprint: expected 32 hexadecimal digits", folder, MODEL_CONFIG);
    memcpy(m->fingerprint, stated, 33);
    return 0;
}

/* ---- thresholds ---- */

static int get_thresholds(model *m, const char *folder)
{
    const json_t *list = json_object_get(m->config, "thresholds");
    const size_t L = m->p.labels;
    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list) || json_array_size(list) != L)
        return err_set("%s/%s: thresholds: expected an array of %zu numbers, one for each label", folder,
                       MODEL_CONFIG, L);
    if (!(m->thresholds = mem_array(L, sizeof *m->thresholds)))
        return -1;
    for (size_t i = 0; i < L; i++) {
        const double t = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || !(t >= 0 && t <= 1))
            return err_set("%s/%s: thresholds: number %zu: expected a number from 0 to 1", folder,
                           MODEL_CONFIG, i + 1);
        m->thresholds[i] = (float)t;
    }
    return 0;
}

static int write_json(const void *object, const char *path)
{
    return ecan_json_write_file(path, object);
}

int model_write_thresholds(model *m, const char *folder, float common, const float *t)
{
    json_t *list = t ? json_array() : json_null();
    int failed = !list || ecan_json_set(m->config, "threshold", ecan_json_float(common));
    for (size_t i = 0; t && i < m->p.labels; i++)
        failed |= ecan_json_append(list, ecan_json_float(t[i]));
    failed |= ecan_json_set(m->config, "thresholds", list);
    if (!t)
        json_object_del(m->config, "thresholds");
    return failed ? err_memory("out of memory") : file_replace(folder, MODEL_CONFIG, write_json, m->config);
}

/* ---- reading ---- */

static int open_config(model *m, const char *folder, config *c)
{
    struct stat st;
    if (stat(folder, &st))
        return err_io("%s: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set("%s: not a model folder: expected a folder with " MODEL_CONFIG, folder);
    char *path = file_join(folder, MODEL_CONFIG);
    int result = path && (m->config = ecan_json_read_file(path)) ? 0 : -1;
    if (!result && config_from_json(c, m->config))
        result = err_prefix("%s: ", path);
    const json_t *tokenizer = json_object_get(m->config, "tokenizer");
    if (!result && tokenizer && !json_is_object(tokenizer))
        result = err_set("%s: tokenizer: expected an object", path);
    free(path);
    return result;
}

static int open_words(model *m, const char *folder)
{
    char *path = file_join(folder, MODEL_VOCAB);
    m->words = path ? vocab_read(path) : NULL;
    free(path);
    return m->words ? 0 : -1;
}

static int open_labels(model *m, const char *folder)
{
    char *path = file_join(folder, MODEL_LABELS);
    int result = path && (m->labels = labels_read(path)) ? 0 : -1;
    if (!result && labels_count(m->labels) < 1)
        result = err_set("%s: no labels: a model needs at least one", path);
    free(path);
    return result;
}

static int open_tensors(model *m, const char *folder, const config *c)
{
    if (open_labels(m, folder))
        return -1;
    char *path = file_join(folder, MODEL_TENSORS);
    int result = path ? safetensors_open(&m->file, path) : -1;
    if (!result && params_map(&m->p, c, params_words(&m->file), labels_count(m->labels), &m->file))
        result = err_prefix("%s: ", path);
    free(path);
    return result || winograd_weights_reserve(&m->U, &m->p) ? -1 : 0;
}

/* The slow parts run in parallel. One task reads the labels and tensors, another the words, and one task for
 * each block computes its U. A pool starts tasks in order. So when a task of a block waits for the tensors,
 * the task that reads them has started. */
enum { TENSORS, WORDS, BLOCKS };

typedef struct opening {
    model *m;
    const char *folder;
    config c;
    bool failed[BLOCKS]; /* tensors, words */
    char *why[BLOCKS];   /* error messages, owned; NULL if there was no memory for one */
    err_class class[BLOCKS];
    bool tried; /* opening the tensors succeeded or failed; protected by the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} opening;

static bool wait_for_tensors(opening *o)
{
    pthread_mutex_lock(&o->lock);
    while (!o->tried)
        pthread_cond_wait(&o->changed, &o->lock);
    pthread_mutex_unlock(&o->lock);
    return !o->failed[TENSORS];
}

static void open_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    opening *o = context;
    if (part >= BLOCKS) {
        if (wait_for_tensors(o))
            winograd_weights_make(&o->m->p, part - BLOCKS, NULL);
        return;
    }
    if (part == TENSORS ? open_tensors(o->m, o->folder, &o->c) : open_words(o->m, o->folder)) {
        o->failed[part] = true;
        o->class[part] = err_get_class();
        o->why[part] = mem_strndup(err_message(), strlen(err_message()));
    }
    if (part == TENSORS) {
        pthread_mutex_lock(&o->lock);
        o->tried = true;
        pthread_cond_broadcast(&o->changed);
        pthread_mutex_unlock(&o->lock);
    }
}

static int open_parts(opening *o, pool *threads)
{
    model *m = o->m;
    const int parts = BLOCKS + o->c.blocks;
    if (threads)
        pool_run(threads, open_part, o, parts);
    for (int part = 0; !threads && part < parts; part++)
        open_part(o, part, 0);
    for (int part = WORDS; part >= TENSORS; part--)
        if (o->failed[part])
            return o->why[part] ? err_minus_one(err_set_class(o->class[part], "%s", o->why[part]))
                                : err_memory("out of memory");
    if (m->p.words != (size_t)vocab_size(m->words))
        return err_set("%s/%s: tensor embed.weight has %zu rows, but %s has %d words", o->folder,
                       MODEL_TENSORS, m->p.words, MODEL_VOCAB, (int)vocab_size(m->words));
    return get_thresholds(m, o->folder) || get_fingerprint(m, o->folder) ? -1 : 0;
}

int model_open(model *m, const char *folder, pool *threads)
{
    *m = (model){0};
    opening o = {.m = m,
                 .folder = folder,
                 .c = config_default(),
                 .lock = PTHREAD_MUTEX_INITIALIZER,
                 .changed = PTHREAD_COND_INITIALIZER};
    const int result =
        input_folder(folder) || open_config(m, folder, &o.c) || open_parts(&o, threads) ? -1 : 0;
    mem_free(o.why[TENSORS]);
    mem_free(o.why[WORDS]);
    if (result) {
        err_refine(ERR_MODEL);
        model_close(m);
    }
    return result;
}

void model_close(model *m)
{
    params_free(&m->p);
    winograd_weights_free(&m->U);
    mem_free(m->thresholds);
    safetensors_close(&m->file);
    vocab_free(m->words);
    labels_free(m->labels);
    json_decref(m->config);
    *m = (model){0};
}

/* ---- streams ---- */

/* The last entry of the history that has a model. */
int model_of_stream(const record *header, const char **made_by, size_t *n)
{
    const field *f = record_find(header, "history");
    uint32_t entries, keys;
    int found = 0;
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &entries))
        return -1;
    for (uint32_t i = 0; i < entries; i++) {
        if (walk_map(&w, &keys))
            return -1;
        for (uint32_t j = 0; j < keys; j++) {
            const char *key;
            size_t size;
            if (walk_str(&w, &key, &size))
                return -1;
            if (size == 5 && memcmp(key, "model", 5) == 0) {
                if (walk_str(&w, made_by, n))
                    return -1;
                found = 1;
            } else if (walk_skip(&w) != 1) {
                return -1;
            }
        }
    }
    return found;
}

const json_t *model_tokenizer(const model *m)
{
    return json_object_get(m->config, "tokenizer");
}

int model_check(const char *folder)
{
    model m;
    char hex[33];
    if (model_open(&m, folder, NULL))
        return -1;
    int result = 0;
    const char *bad = params_not_finite(&m.p);
    if (bad)
        result = err_set("%s/%s: tensor %s has NaN or infinite values", folder, MODEL_TENSORS, bad);
    for (int e = 0; !result && e < m.p.c.embedding_size; e++)
        if (m.p.embed[e] != 0)
            result =
                err_set("%s/%s: tensor embed.weight: row 0 (padding) is not zero", folder, MODEL_TENSORS);
    if (!result)
        result = fingerprint_of(folder, file_join, hex);
    if (!result && strcmp(hex, m.fingerprint) != 0)
        result = err_set("%s: the files do not match the fingerprint in %s: they were changed, or belong to "
                         "different models",
                         folder, MODEL_CONFIG);
    model_close(&m);
    return result;
}

/* ---- writing ---- */

typedef struct contents {
    const char *folder;
    const params *p;
    const vocab *words;
    const labels *l;
    json_t *config;
    int (*write_terms)(const void *terms, const char *path); /* NULL: no terms */
    const void *terms;
} contents;

static int write_terms(const void *context, const char *path)
{
    const contents *all = context;
    return all->write_terms(all->terms, path);
}

static int write_tensors(const void *context, const char *path)
{
    return params_save(((const contents *)context)->p, path);
}

static int write_vocab(const void *context, const char *path)
{
    return vocab_write(((const contents *)context)->words, path);
}

static int write_labels(const void *context, const char *path)
{
    return labels_write(((const contents *)context)->l, path);
}

/* Written last. The fingerprint is that of the other files, which are written but not renamed yet. */
static int write_config(const void *context, const char *path)
{
    const contents *all = context;
    char hex[33];
    if (fingerprint_of(all->folder, file_fresh, hex) || config_to_json(&all->p->c, all->config) ||
        ecan_json_set(all->config, "words", json_integer(all->p->words)) ||
        ecan_json_set(all->config, "labels", json_integer(all->p->labels)) ||
        ecan_json_set(all->config, "fingerprint", json_string(hex)))
        return -1;
    return ecan_json_write_file(path, all->config);
}

/* The terms of another network. */
static int remove_terms(const char *folder)
{
    char *path = file_join(folder, MODEL_TERMS);
    int result = path ? 0 : -1;
    if (path && unlink(path) && errno != ENOENT)
        result = err_set("%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int write_all(const contents *all)
{
    static const file_part parts[] = {{MODEL_TERMS, write_terms},
                                      {MODEL_TENSORS, write_tensors},
                                      {MODEL_VOCAB, write_vocab},
                                      {MODEL_LABELS, write_labels},
                                      {MODEL_CONFIG, write_config}};
    const int skip = all->write_terms ? 0 : 1, n = (int)(sizeof parts / sizeof *parts) - skip;
    if (mkdir(all->folder, 0777) && errno != EEXIST)
        return err_io("%s: %s", all->folder, strerror(errno));
    if (file_replace_all(all->folder, parts + skip, n, all))
        return -1;
    return all->write_terms ? 0 : remove_terms(all->folder);
}

int model_write(const char *folder, const params *p, const vocab *words, const labels *l, json_t *about)
{
    return write_all(&(contents){.folder = folder, .p = p, .words = words, .l = l, .config = about});
}

int model_write_with_terms(const char *folder, const params *p, const vocab *words, const labels *l,
                           json_t *about, int (*write)(const void *terms, const char *path),
                           const void *terms)
{
    return write_all(&(contents){folder, p, words, l, about, write, terms});
}
