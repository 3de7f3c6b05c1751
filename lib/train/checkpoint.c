/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"

#include "base/err.h"
#include "io/folder.h"
#include "io/safetensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURRENT "checkpoint"
#define STATE   "state.json"

enum { WEIGHTS, FIRST, SECOND, AVERAGE, SHARING, STATES, FILES };
static const char *const names[] = {"weights.safetensors",
                                    "m.safetensors",
                                    "v.safetensors",
                                    "average.safetensors",
                                    "kin.safetensors", /* label_sharing; the name is part of the format */
                                    STATE,
                                    NULL};

/* Versions before 0.2 wrote checkpoint.new, and renamed checkpoint to checkpoint.old before it became
 * checkpoint. */
static const char *const places[] = {CURRENT, "checkpoint.old", "checkpoint.new", NULL};
enum { PLACES_READ = 2 };

/* ---- the tensors of a file ---- */

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

/* The numbers of one file: all of a checkpoint but its state. */
typedef struct numbers {
    const checkpoint *c;
    int file;
} numbers;

/* NULL: the checkpoint has no such file, or it is that of the label sharing. */
static float *data_of(const checkpoint *c, int file)
{
    switch (file) {
    case WEIGHTS:
        return c->p->data;
    case FIRST:
        return c->a->m;
    case SECOND:
        return c->a->v;
    case AVERAGE:
        return c->weight_average ? c->weight_average->data : NULL;
    default:
        return NULL;
    }
}

static bool has(const checkpoint *c, int file)
{
    return file == SHARING ? c->label_sharing != NULL : data_of(c, file) != NULL;
}

/* ---- writing ---- */

static int write_numbers(const void *context, const char *path)
{
    const numbers *x = context;
    if (x->file == SHARING)
        return label_sharing_save(x->c->label_sharing, path);
    const params v = view(x->c->p, data_of(x->c, x->file));
    return params_save(&v, path);
}

typedef struct outgoing {
    json_t *state;
    folder_part parts[FILES];
    numbers numbers[STATES];
    char hashes[STATES][FOLDER_HASH];
    int n;
} outgoing;

static int write_state(const void *context, const char *path)
{
    const outgoing *x = context;
    json_t *files = json_object();
    int failed = 0;
    for (int i = 0; i < x->n - 1; i++)
        failed |= ecan_json_set(files, x->parts[i].name, json_string(x->parts[i].hash));
    failed |= ecan_json_set(x->state, "files", files);
    return failed ? err_memory("out of memory") : ecan_json_write_file(path, x->state);
}

/* A link would be followed into another folder, and a folder with other files is not ours. */
static int check_place(const char *path)
{
    struct stat st;
    if (lstat(path, &st))
        return errno == ENOENT ? 0 : err_io("%s: %s", path, strerror(errno));
    if (S_ISLNK(st.st_mode))
        return err_set("%s: a symbolic link, expected a folder: remove it, or use another model folder",
                       path);
    return S_ISDIR(st.st_mode) ? 0 : err_set("%s: not a folder", path);
}

static int remove_place(const char *model_folder, const char *place)
{
    char *path = file_join(model_folder, place);
    const int result = path ? folder_remove(path, names) : -1;
    free(path);
    return result;
}

int checkpoint_write(const char *model_folder, const checkpoint *c, json_t *state)
{
    outgoing x = {.state = state};
    for (int i = 0; i < STATES; i++)
        if (has(c, i)) {
            x.numbers[i] = (numbers){c, i};
            x.parts[x.n++] = (folder_part){names[i], write_numbers, &x.numbers[i], x.hashes[i]};
        }
    x.parts[x.n++] = (folder_part){STATE, write_state, &x, NULL};
    char *path = file_join(model_folder, CURRENT);
    int result = path && !check_place(path) ? folder_replace(path, x.parts, x.n, names) : -1;
    free(path);
    for (int i = 1; !result && places[i]; i++)
        result = remove_place(model_folder, places[i]);
    return result;
}

/* ---- reading ---- */

/* 1: there is a checkpoint, opened; 0: there is none; -1. */
static int open_at(folder_files *f, const char *path)
{
    struct stat st;
    if (lstat(path, &st) && errno == ENOENT)
        return 0;
    if (check_place(path) || folder_open(f, path, names, FILES))
        return -1;
    if (f->fd[STATES] >= 0)
        return 1;
    folder_close(f);
    return 0;
}

/* The same for all places of a model folder. *path is freed by the caller in every case. */
static int open_checkpoint(folder_files *f, const char *model_folder, char **path)
{
    int found = 0;
    *path = NULL;
    for (int i = 0; !found && i < PLACES_READ; i++) {
        free(*path);
        *path = file_join(model_folder, places[i]);
        found = *path ? open_at(f, *path) : -1;
    }
    return found;
}

static int no_checkpoint(const char *model_folder)
{
    return err_set("%s: no checkpoint to resume from", model_folder);
}

bool checkpoint_exists(const char *model_folder)
{
    folder_files f;
    char *path;
    const int found = open_checkpoint(&f, model_folder, &path);
    if (found > 0)
        folder_close(&f);
    free(path);
    return found != 0; /* what cannot be read is reported by who reads it */
}

int checkpoint_recover(const char *model_folder)
{
    char *path = file_join(model_folder, CURRENT);
    const int result = path && !check_place(path) ? folder_recover(path) : -1;
    free(path);
    return result;
}

int checkpoint_inspect(const char *model_folder)
{
    char *path = file_join(model_folder, CURRENT);
    int result = path ? check_place(path) : -1;
    const bool other = !result && access(path, F_OK) == 0 && !checkpoint_exists(model_folder);
    const int empty = other ? folder_is_empty(path, names) : 1; /* or what remains of a deleted one */
    if (empty < 0)
        result = -1;
    if (empty == 0)
        result = err_set("%s: neither empty nor a checkpoint: remove it, or use another model folder", path);
    free(path);
    return result;
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
    folder_files f;
    file_map text;
    char *path;
    json_t *state = NULL;
    const int found = open_checkpoint(&f, model_folder, &path);
    if (found == 0)
        no_checkpoint(model_folder);
    if (found > 0) {
        if (!folder_map(&f, STATES, &text)) {
            if (!(state = ecan_json_parse((const char *)text.data, text.size)))
                err_prefix("%s/%s: ", path, STATE);
            file_map_close(&text);
        }
        folder_close(&f);
    }
    free(path);
    return state;
}

/* A state without "files" is of an earlier version. */
static int check_hash(const safetensors *file, const char *path, const json_t *state, const char *name)
{
    const json_t *files = json_object_get(state, "files");
    const char *stated = json_string_value(json_object_get(files, name));
    char is[FOLDER_HASH];
    if (!files)
        return 0;
    if (folder_hash(file->map, file->map_size, is))
        return -1;
    return stated && strcmp(stated, is) == 0
               ? 0
               : err_set("%s: not the file that %s was written with: it was changed, or is of another run",
                         path, STATE);
}

static int load(const folder_files *f, int i, const checkpoint *c, const json_t *state)
{
    safetensors file;
    if (f->fd[i] < 0)
        return err_io("%s/%s: %s", f->path, names[i], strerror(ENOENT));
    char *path = folder_path(f, i);
    int result = path ? safetensors_open_fd(&file, f->fd[i], path) : -1;
    if (!result) {
        if (i == SHARING) {
            result = label_sharing_load(c->label_sharing, &file) ? err_prefix("%s: ", path) : 0;
        } else {
            params v = view(c->p, data_of(c, i));
            result = params_load(&v, &file) ? err_prefix("%s: ", path) : 0;
        }
        if (!result)
            result = check_hash(&file, path, state, names[i]);
        safetensors_close(&file);
    }
    free(path);
    return result;
}

int checkpoint_read(const char *model_folder, const checkpoint *c, const json_t *state)
{
    folder_files f;
    char *path;
    const int found = open_checkpoint(&f, model_folder, &path);
    int result = found > 0 ? 0 : found < 0 ? -1 : no_checkpoint(model_folder);
    for (int i = 0; !result && i < STATES; i++)
        if (has(c, i))
            result = load(&f, i, c, state);
    if (found > 0)
        folder_close(&f);
    if (!result)
        find_touched(c->a, c->p, c->weight_average);
    free(path);
    return result;
}

int checkpoint_remove(const char *model_folder)
{
    int result = 0;
    for (int i = 0; !result && places[i]; i++)
        result = remove_place(model_folder, places[i]);
    return result;
}
