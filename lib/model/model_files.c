/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_files.h"

#include "base/err.h"
#include "base/hash.h"
#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *const model_files[] = {MODEL_CONFIG, MODEL_TENSORS, MODEL_VOCAB,  MODEL_LABELS,
                                   MODEL_LINEAR, MODEL_TERMS,   MODEL_SCOPES, NULL};

static void format_hash(const uint64_t h[2], model_hash hex)
{
    snprintf(hex, FOLDER_HASH, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
}

void model_combine(const char *of, int n, model_hash hex)
{
    uint64_t h[2];
    hash128(h, of, (size_t)n * FOLDER_HASH);
    format_hash(h, hex);
}

bool model_is_hash(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strlen(text) == FOLDER_HASH - 1 && strspn(text, "0123456789abcdef") == FOLDER_HASH - 1;
}

/* A hash of the hashes of the files. */
void model_old_fingerprint(const model_contents *of, int n, model_hash hex)
{
    uint64_t all[HASHED][2], h[2];
    for (int i = 0; i < n; i++)
        hash128(all[i], of[i].data, of[i].size);
    hash128(h, all, n * sizeof *all);
    format_hash(h, hex);
}

json_t *model_read_config(const char *folder)
{
    folder_files f;
    if (folder_open(&f, folder, model_files, CONFIG + 1))
        return NULL;
    json_t *v = model_parse_config(&f);
    folder_close(&f);
    return v;
}

int model_is_none(const char *path)
{
    char *inner = file_join(path, "model/" MODEL_CONFIG);
    struct stat st;
    const bool found = inner && stat(inner, &st) == 0;
    mem_free(inner);
    errno = ENOENT;
    return found ? err_io("%s/" MODEL_CONFIG ": not found: use %s/model", path, path)
                 : err_io("%s/" MODEL_CONFIG ": not found: %s is not a model folder", path, path);
}

json_t *model_parse_config(const folder_files *f)
{
    file_map text;
    if (f->fd[CONFIG] < 0) {
        model_is_none(f->path);
        return NULL;
    }
    if (folder_map(f, CONFIG, &text))
        return NULL;
    json_t *v = ecan_json_parse((const char *)text.data, text.size);
    file_map_close(&text);
    if (!v)
        err_prefix("%s/%s: ", f->path, MODEL_CONFIG);
    return v;
}
