/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/mem.h"
#include "model/model.h"
#include "model/model_files.h"

#include <stdbool.h>
#include <string.h>

typedef struct outgoing {
    const model_parts *parts;
    model_hash hashes[HASHED];
} outgoing;

static int write_tensors(const void *context, const char *path)
{
    return params_save(((const outgoing *)context)->parts->p, path);
}

static int write_vocab(const void *context, const char *path)
{
    return vocab_write(((const outgoing *)context)->parts->words, path);
}

static int write_labels(const void *context, const char *path)
{
    return labels_write(((const outgoing *)context)->parts->labels, path);
}

static int write_linear(const void *context, const char *path)
{
    return linear_branch_write(((const outgoing *)context)->parts->linear, path);
}

/* The last one: it has the hashes of the others. */
static int write_config(const void *context, const char *path)
{
    const outgoing *x = context;
    const params *p = x->parts->p;
    json_t *about = x->parts->about, *files = json_object();
    model_hash fingerprint;
    const int hashed = x->parts->linear ? HASHED : REQUIRED;
    model_combine(x->hashes[0], hashed, fingerprint);
    int failed = 0;
    for (int i = 0; i < hashed; i++)
        failed |= ecan_json_set(files, model_files[FIRST_HASHED + i], json_string(x->hashes[i]));
    failed |= config_to_json(&p->c, about) || ecan_json_set(about, "words", json_integer(p->words)) ||
              ecan_json_set(about, "labels", json_integer(p->labels));
    failed |= ecan_json_set(about, "files", files);
    failed |= ecan_json_set(about, "fingerprint", json_string(fingerprint));
    return failed ? err_memory("out of memory") : ecan_json_write_file(path, about);
}

int model_write(const char *folder, const model_parts *parts)
{
    outgoing x = {.parts = parts};
    const folder_part own[] = {{MODEL_TENSORS, write_tensors, &x, x.hashes[TENSORS - FIRST_HASHED]},
                               {MODEL_VOCAB, write_vocab, &x, x.hashes[VOCAB - FIRST_HASHED]},
                               {MODEL_LABELS, write_labels, &x, x.hashes[LABELS - FIRST_HASHED]},
                               {MODEL_LINEAR, write_linear, &x, x.hashes[LINEAR - FIRST_HASHED]}};
    const int n_own = parts->linear ? HASHED : REQUIRED, n = n_own + parts->n_more + 1;
    folder_part *all = mem_array(n, sizeof *all);
    if (!all)
        return -1;
    memcpy(all, own, n_own * sizeof *own);
    for (int i = 0; i < parts->n_more; i++)
        all[n_own + i] = parts->more[i];
    all[n - 1] = (folder_part){MODEL_CONFIG, write_config, &x, NULL};
    const int result = folder_replace(folder, all, n, model_files);
    mem_free(all);
    return result;
}

static int write_json(const void *object, const char *path)
{
    return ecan_json_write_file(path, object);
}

/* The folder has this model still. */
static int check_same(const model *m, const char *path)
{
    json_t *now = model_read_config(path);
    if (!now)
        return -1;
    const bool same = json_equal(now, m->config);
    json_decref(now);
    return same ? 0 : err_set("%s: the model was replaced while it was used: run the program again", path);
}

int model_write_thresholds(model *m, const char *folder, float common, const float *t)
{
    int lock;
    if (folder_lock(folder, &lock))
        return -1;
    int result = check_same(m, folder);
    if (!result) {
        json_t *list = t ? json_array() : json_null();
        int failed = !list || ecan_json_set(m->config, "threshold", ecan_json_float(common));
        for (size_t i = 0; t && i < m->p.labels; i++)
            failed |= ecan_json_append(list, ecan_json_float(t[i]));
        failed |= ecan_json_set(m->config, "thresholds", list);
        if (!t)
            json_object_del(m->config, "thresholds");
        const folder_part part = {MODEL_CONFIG, write_json, m->config, NULL};
        result = failed ? err_memory("out of memory") : folder_replace(folder, &part, 1, NULL);
    }
    folder_unlock(folder, lock);
    return result;
}
