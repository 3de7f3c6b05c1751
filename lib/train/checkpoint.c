/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"

#include "base/err.h"
#include "io/file.h"
#include "io/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURRENT "checkpoint"
#define FRESH   "checkpoint.new"
#define OLD     "checkpoint.old"
#define STATE   "state.json"
#define WEIGHTS "weights.safetensors"
#define FIRST   "m.safetensors"
#define SECOND  "v.safetensors"
#define AVERAGE "average.safetensors"
#define SHARING "kin.safetensors" /* label sharing; the name is kept for existing checkpoints */

/* A params whose tensors are at the same offsets of `data`. It serves to save and load moments as parameters.
 */
static params view(const params *p, float *data)
{
    params v = *p;
    v.data = data;
    for (int i = 0; i < p->n; i++)
        *(float **)(void *)((char *)&v + p->table[i].slot) = data + p->table[i].offset;
    return v;
}

static int save(const char *folder, const char *name, const params *p, float *data)
{
    const params v = view(p, data);
    char *path = file_join(folder, name);
    const int result = path ? params_save(&v, path) : -1;
    free(path);
    return result;
}

static int load(const char *folder, const char *name, const params *p, float *data)
{
    params v = view(p, data);
    safetensors file;
    char *path = file_join(folder, name);
    int result = path ? safetensors_open(&file, path) : -1;
    if (!result) {
        result = params_load(&v, &file) ? err_prefix("%s: ", path) : 0;
        safetensors_close(&file);
    }
    free(path);
    return result;
}

static int write_state(const char *folder, const json_t *state)
{
    char *path = file_join(folder, STATE);
    const int result = path ? ecan_json_write_file(path, state) : -1;
    free(path);
    return result;
}

static int remove_if_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) ? 0 : file_remove_folder(path);
}

/* Removes an incomplete checkpoint, which would occupy space on a full disk. The error message does not
 * change. */
static void discard(const char *path)
{
    char *why = strdup(err_message());
    (void)file_remove_folder(path);
    if (why)
        err_set("%s", why);
    free(why);
}

/* Replaces the folder current by fresh. This is one step if the file system can exchange two names. Otherwise
 * current is first renamed to old, which readers use if current does not exist. */
static int replace_current(const char *fresh, const char *current, const char *old)
{
    if (rename(fresh, current) == 0)
        return 0;
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, current, RENAME_EXCHANGE) == 0)
        return file_remove_folder(fresh);
    if (remove_if_exists(old))
        return -1;
    if (rename(current, old) || rename(fresh, current))
        return err_io("%s: %s", current, strerror(errno));
    return file_remove_folder(old);
}

typedef struct folders {
    char *current, *fresh, *old;
} folders;

static int folders_make(folders *x, const char *model_folder)
{
    *x = (folders){file_join(model_folder, CURRENT), file_join(model_folder, FRESH),
                   file_join(model_folder, OLD)};
    return x->current && x->fresh && x->old ? 0 : -1;
}

static void folders_free(folders *x)
{
    free(x->current);
    free(x->fresh);
    free(x->old);
}

static int save_label_sharing(const label_sharing *k, const char *folder)
{
    char *path = file_join(folder, SHARING);
    const int result = path ? label_sharing_save(k, path) : -1;
    free(path);
    return result;
}

static int load_label_sharing(label_sharing *k, const char *folder)
{
    char *path = file_join(folder, SHARING);
    const int result = path ? label_sharing_load(k, path) : -1;
    free(path);
    return result;
}

static int save_all(const char *folder, const checkpoint *c)
{
    return save(folder, WEIGHTS, c->p, c->p->data) || save(folder, FIRST, c->p, c->a->m) ||
                   save(folder, SECOND, c->p, c->a->v) ||
                   (c->weight_average && save(folder, AVERAGE, c->weight_average, c->weight_average->data)) ||
                   (c->label_sharing && save_label_sharing(c->label_sharing, folder))
               ? -1
               : 0;
}

static int load_all(const char *folder, const checkpoint *c)
{
    return load(folder, WEIGHTS, c->p, c->p->data) || load(folder, FIRST, c->p, c->a->m) ||
                   load(folder, SECOND, c->p, c->a->v) ||
                   (c->weight_average && load(folder, AVERAGE, c->weight_average, c->weight_average->data)) ||
                   (c->label_sharing && load_label_sharing(c->label_sharing, folder))
               ? -1
               : 0;
}

static int write_all(const folders *x, const checkpoint *c, const json_t *state)
{
    if (remove_if_exists(x->fresh))
        return -1;
    if (mkdir(x->fresh, 0777))
        return err_io("%s: %s", x->fresh, strerror(errno));
    if (save_all(x->fresh, c) || write_state(x->fresh, state)) {
        discard(x->fresh);
        return -1;
    }
    return replace_current(x->fresh, x->current, x->old);
}

int checkpoint_write(const char *model_folder, const checkpoint *c, const json_t *state)
{
    folders x;
    const int result = folders_make(&x, model_folder) ? -1 : write_all(&x, c, state);
    folders_free(&x);
    return result;
}

/* The folder of the complete checkpoint: current, or old after a crash between the two renames; NULL: none.
 */
static const char *complete_checkpoint(const folders *x)
{
    struct stat st;
    return stat(x->current, &st) == 0 ? x->current : stat(x->old, &st) == 0 ? x->old : NULL;
}

bool checkpoint_exists(const char *model_folder)
{
    folders x;
    const bool exists = !folders_make(&x, model_folder) && complete_checkpoint(&x);
    folders_free(&x);
    return exists;
}

/* A row of the embedding with moments of 0 does not move: no batch has had it, or only long ago. But its
 * average may still differ from it. */
static void find_touched(adam *a, const params *p, const params *weight_average)
{
    const size_t E = p->sizes.E;
    for (size_t row = 0; row < p->words; row++) {
        a->touched[row] = 0;
        for (size_t e = 0; e < E; e++)
            a->touched[row] |=
                a->m[row * E + e] != 0 || a->v[row * E + e] != 0 ||
                (weight_average && weight_average->embed[row * E + e] != p->embed[row * E + e]);
    }
}

json_t *checkpoint_state(const char *model_folder)
{
    folders x;
    json_t *state = NULL;
    if (!folders_make(&x, model_folder)) {
        const char *folder = complete_checkpoint(&x);
        char *path = folder ? file_join(folder, STATE) : NULL;
        if (path)
            state = ecan_json_read_file(path);
        else if (!folder)
            err_set("%s: no checkpoint to resume from", model_folder);
        free(path);
    }
    folders_free(&x);
    return state;
}

int checkpoint_read(const char *model_folder, const checkpoint *c)
{
    folders x;
    int result = -1;
    if (!folders_make(&x, model_folder)) {
        const char *folder = complete_checkpoint(&x);
        if (!folder)
            err_set("%s: no checkpoint to resume from", model_folder);
        else
            result = load_all(folder, c);
    }
    if (!result)
        find_touched(c->a, c->p, c->weight_average);
    folders_free(&x);
    return result;
}

int checkpoint_remove(const char *model_folder)
{
    folders x;
    const int result = folders_make(&x, model_folder) || remove_if_exists(x.current) ||
                               remove_if_exists(x.fresh) || remove_if_exists(x.old)
                           ? -1
                           : 0;
    folders_free(&x);
    return result;
}
