/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/output.h"
#include "model/model_files.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int mixed(const char *folder, const char *file)
{
    return err_set("%s: %s is not the file that " MODEL_CONFIG " was written with: it was changed, or the "
                   "folder has files of two models",
                   folder, file);
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

/* ---- reading ---- */

/* The count of config.json, where it has one, is that of the file. */
static int check_count(const json_t *about, const char *key, size_t n, const char *folder, const char *file)
{
    const json_t *value = json_object_get(about, key);
    if (!value || (json_is_integer(value) && json_integer_value(value) == (json_int_t)n))
        return 0;
    return err_set("%s/%s: %s: not %zu, the number of lines of %s", folder, MODEL_CONFIG, key, n, file);
}

static int open_config(model *m, const folder_files *f, config *c)
{
    if (!(m->config = model_parse_config(f)))
        return -1;
    if (config_from_json(c, m->config))
        return err_prefix("%s/%s: ", f->path, MODEL_CONFIG);
    const json_t *tokenizer = json_object_get(m->config, "tokenizer");
    if (tokenizer && !json_is_object(tokenizer))
        return err_set("%s/%s: tokenizer: expected an object", f->path, MODEL_CONFIG);
    return 0;
}

typedef struct opening {
    model *m;
    bool encodes;
    folder_files f;
    config c;
    file_map words, labels, linear_map;
    folder_hashing tensors, linear;
    model_hash hashes[HASHED];
    bool failed[2]; /* tensors, words */
    char *why[2];   /* their messages, of err_copy() */
    err_class class[2];
    bool tried; /* the tensors are there, or failed; under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} opening;

static int open_words(opening *o)
{
    char *path = folder_path(&o->f, VOCAB);
    o->m->words = path ? vocab_parse((const char *)o->words.data, o->words.size, path) : NULL;
    free(path);
    return o->m->words && !folder_hash(o->words.data, o->words.size, o->hashes[VOCAB - FIRST_HASHED]) ? 0
                                                                                                      : -1;
}

static int open_labels(opening *o)
{
    model *m = o->m;
    char *path = folder_path(&o->f, LABELS);
    int result = path && (m->labels = labels_read_fd(o->f.fd[LABELS], path)) ? 0 : -1;
    if (!result && labels_count(m->labels) < 1)
        result = err_set("%s: no labels: a model needs at least one", path);
    free(path);
    return result || folder_hash(o->labels.data, o->labels.size, o->hashes[LABELS - FIRST_HASHED]) ? -1 : 0;
}

static int open_linear(opening *o)
{
    if (o->f.fd[LINEAR] < 0)
        return 0;
    char *path = folder_path(&o->f, LINEAR);
    const int result =
        path ? linear_branch_open(&o->m->linear, o->f.fd[LINEAR], path, labels_count(o->m->labels)) : -1;
    free(path);
    return result;
}

static int open_tensors(opening *o)
{
    model *m = o->m;
    if (open_labels(o))
        return -1;
    if (params_map(&m->p, &o->c, params_words(&m->file), labels_count(m->labels), &m->file))
        return err_prefix("%s/%s: ", o->f.path, MODEL_TENSORS);
    return open_linear(o) || (o->encodes && winograd_weights_reserve(&m->U, &m->p)) ? -1 : 0;
}

/* The maps, before the work. labels.tsv is a regular file, so reading and mapping it give the same. */
static int map_files(opening *o)
{
    for (int i = TENSORS; i <= LABELS; i++)
        if (o->f.fd[i] < 0)
            return err_io("%s/%s: %s: the folder is not complete: copy it again", o->f.path, model_files[i],
                          strerror(ENOENT));
    char *path = folder_path(&o->f, TENSORS);
    int result = path ? safetensors_open_fd(&o->m->file, o->f.fd[TENSORS], path) : -1;
    free(path);
    return result || folder_map(&o->f, VOCAB, &o->words) || folder_map(&o->f, LABELS, &o->labels) ||
                   (o->f.fd[LINEAR] >= 0 && folder_map(&o->f, LINEAR, &o->linear_map)) ||
                   folder_hash_begin(&o->tensors, o->m->file.map, o->m->file.map_size) ||
                   folder_hash_begin(&o->linear, o->linear_map.data, o->linear_map.size)
               ? -1
               : 0;
}

/* The slow parts run in parallel. One task reads the labels and tensors, another the words, one task for each
 * block computes its U, and others hash the tensors. A pool starts tasks in order. So when a task of a block
 * waits for the tensors, the task that reads them has started. */
enum { PART_TENSORS, PART_WORDS, PART_BLOCKS };

/* The first part that hashes. */
static size_t first_hashing(const opening *o)
{
    return PART_BLOCKS + (o->encodes ? (size_t)o->c.blocks : 0);
}

static bool wait_for_tensors(opening *o)
{
    pthread_mutex_lock(&o->lock);
    while (!o->tried)
        pthread_cond_wait(&o->changed, &o->lock);
    pthread_mutex_unlock(&o->lock);
    return !o->failed[PART_TENSORS];
}

static void open_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    opening *o = context;
    const size_t hashing = first_hashing(o), hashing_linear = hashing + o->tensors.n;
    if (part >= hashing_linear) {
        folder_hash_block(&o->linear, part - hashing_linear);
        return;
    }
    if (part >= hashing) {
        folder_hash_block(&o->tensors, part - hashing);
        return;
    }
    if (part >= PART_BLOCKS) {
        if (wait_for_tensors(o))
            winograd_weights_make(&o->m->p, part - PART_BLOCKS, NULL);
        return;
    }
    if (part == PART_TENSORS ? open_tensors(o) : open_words(o)) {
        o->failed[part] = true;
        o->why[part] = err_copy();
        o->class[part] = err_get_class();
    }
    if (part == PART_TENSORS) {
        pthread_mutex_lock(&o->lock);
        o->tried = true;
        pthread_cond_broadcast(&o->changed);
        pthread_mutex_unlock(&o->lock);
    }
}

static int hashed_files(const opening *o)
{
    return o->f.fd[LINEAR] >= 0 ? HASHED : REQUIRED;
}

static int check_files(opening *o, const json_t *files)
{
    const char *key;
    json_t *value;
    if (!json_object_get(files, MODEL_LINEAR) != (o->f.fd[LINEAR] < 0))
        return mixed(o->f.path, MODEL_LINEAR);
    json_object_foreach((json_t *)files, key, value)
    {
        int i = FIRST_HASHED;
        while (i <= LAST_HASHED && strcmp(key, model_files[i]) != 0)
            i++;
        if (i > LAST_HASHED || !model_is_hash(value))
            return err_set("%s/%s: files: expected a hash of each file of the model", o->f.path,
                           MODEL_CONFIG);
        if (strcmp(json_string_value(value), o->hashes[i - FIRST_HASHED]) != 0)
            return mixed(o->f.path, key);
    }
    return json_object_size(files) == (size_t)hashed_files(o)
               ? 0
               : err_set("%s/%s: files: expected a hash of each file of the model", o->f.path, MODEL_CONFIG);
}

/* The fingerprint that config.json states is that of the files. A model without "files" is of an earlier
 * version, or of another program. */
static int get_fingerprint(opening *o)
{
    model *m = o->m;
    const json_t *stated = json_object_get(m->config, "fingerprint"),
                 *files = json_object_get(m->config, "files");
    if (stated && !model_is_hash(stated))
        return err_set("%s/%s: fingerprint: expected 32 hexadecimal digits", o->f.path, MODEL_CONFIG);
    if (files && !json_is_object(files))
        return err_set("%s/%s: files: not an object", o->f.path, MODEL_CONFIG);
    if (files && check_files(o, files))
        return -1;
    if (files)
        model_combine(o->hashes[0], hashed_files(o), m->fingerprint);
    else
        model_old_fingerprint((model_contents[HASHED]){{m->file.map, m->file.map_size},
                                                       {o->words.data, o->words.size},
                                                       {o->labels.data, o->labels.size},
                                                       {o->linear_map.data, o->linear_map.size}},
                              hashed_files(o), m->fingerprint);
    if (stated && strcmp(json_string_value(stated), m->fingerprint) != 0)
        return err_set("%s: the fingerprint in %s is not that of the files: they were changed, or the folder "
                       "has files of two models",
                       o->f.path, MODEL_CONFIG);
    return 0;
}

static int check_parts(opening *o)
{
    model *m = o->m;
    for (int part = PART_WORDS; part >= PART_TENSORS; part--)
        if (o->failed[part])
            return err_minus_one(err_set_class(o->class[part], "%s", o->why[part]));
    if (m->p.words != (size_t)vocab_size(m->words))
        return err_set("%s/%s: tensor embed.weight has %zu rows, but %s has %d words", o->f.path,
                       MODEL_TENSORS, m->p.words, MODEL_VOCAB, (int)vocab_size(m->words));
    return check_count(m->config, "words", m->p.words, o->f.path, MODEL_VOCAB) ||
                   check_count(m->config, "labels", m->p.labels, o->f.path, MODEL_LABELS) ||
                   get_thresholds(m, o->f.path) || get_fingerprint(o)
               ? -1
               : 0;
}

static int open_parts(opening *o, pool *threads)
{
    const size_t parts = first_hashing(o) + o->tensors.n + o->linear.n;
    if (threads)
        pool_run(threads, open_part, o, parts);
    for (size_t part = 0; !threads && part < parts; part++)
        open_part(o, part, 0);
    folder_hash_end(&o->tensors, o->hashes[TENSORS - FIRST_HASHED]);
    folder_hash_end(&o->linear, o->hashes[LINEAR - FIRST_HASHED]);
    return check_parts(o);
}

int model_open(model *m, const char *path, bool encodes, pool *threads)
{
    *m = (model){0};
    opening o = {.m = m,
                 .encodes = encodes,
                 .c = config_default(),
                 .lock = PTHREAD_MUTEX_INITIALIZER,
                 .changed = PTHREAD_COND_INITIALIZER};
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        return err_model("%s: not a model folder: expected a folder with " MODEL_CONFIG, path);
    if (input_folder(path) || folder_open(&o.f, path, model_files, FILES)) {
        err_refine(ERR_MODEL);
        return -1;
    }
    const int result = open_config(m, &o.f, &o.c) || map_files(&o) || open_parts(&o, threads) ? -1 : 0;
    if (!result && (m->has_terms = o.f.fd[TERMS] >= 0)) {
        m->terms = o.f.fd[TERMS];
        o.f.fd[TERMS] = -1;
    }
    if (!result && (m->has_scopes = o.f.fd[SCOPES] >= 0)) {
        m->scopes = o.f.fd[SCOPES];
        o.f.fd[SCOPES] = -1;
    }
    file_map_close(&o.words);
    file_map_close(&o.labels);
    file_map_close(&o.linear_map);
    folder_close(&o.f);
    err_copy_free(o.why[PART_TENSORS]);
    err_copy_free(o.why[PART_WORDS]);
    if (result) {
        err_refine(ERR_MODEL);
        model_close(m);
    }
    return result;
}

/* After a failure: 0 if the files are no model, -1 if they cannot be read. */
static int is_unreadable(void)
{
    return err_get_class() == ERR_IO || err_get_class() == ERR_MEMORY ? -1 : 0;
}

int model_exists(const char *path)
{
    folder_files f;
    config c = config_default();
    if (folder_open(&f, path, model_files, TENSORS + 1))
        return is_unreadable();
    const bool complete = f.fd[CONFIG] >= 0 && f.fd[TENSORS] >= 0;
    json_t *about = complete ? model_parse_config(&f) : NULL;
    const int is = complete && !about                                                       ? is_unreadable()
                   : json_object_get(about, "channels") && config_from_json(&c, about) == 0 ? 1
                                                                                            : 0;
    json_decref(about);
    folder_close(&f);
    return is;
}

void model_close(model *m)
{
    params_free(&m->p);
    winograd_weights_free(&m->U);
    mem_free(m->thresholds);
    safetensors_close(&m->file);
    linear_branch_close(&m->linear);
    vocab_free(m->words);
    labels_free(m->labels);
    json_decref(m->config);
    if (m->has_terms)
        close(m->terms);
    if (m->has_scopes)
        close(m->scopes);
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
    if (model_open(&m, folder, false, NULL))
        return -1;
    int result = 0;
    const char *bad = params_not_finite(&m.p);
    if (bad)
        result = err_set("%s/%s: tensor %s has NaN or infinite values", folder, MODEL_TENSORS, bad);
    for (int e = 0; !result && e < m.p.c.embedding_size; e++)
        if (m.p.embed[e] != 0)
            result =
                err_set("%s/%s: tensor embed.weight: row 0 (padding) is not zero", folder, MODEL_TENSORS);
    model_close(&m);
    return result;
}
