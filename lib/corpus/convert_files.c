/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/convert_files.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/output.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 64 }; /* maximum depth of folders */

typedef struct walk_files {
    convert *v;
    int (*read)(convert *, const convert_file *);
    const char *const *beside;
    const char *other; /* arguments of convert_each_file() */
    size_t root;       /* bytes of each path before its part within the folder */
} walk_files;

static bool ends_in(const char *name, size_t n, const char *end)
{
    const size_t size = strlen(end);
    return n > size && strncasecmp(name + n - size, end, size) == 0;
}

static bool is_beside(const walk_files *w, const char *name)
{
    for (int i = 0; w->beside && w->beside[i]; i++)
        if (ends_in(name, strlen(name), w->beside[i]))
            return true;
    return false;
}

size_t convert_stem(const char *name)
{
    size_t n = strlen(name);
    if (ends_in(name, n, ".txt.gz"))
        n -= 3;
    return ends_in(name, n, ".txt") ? n - 4 : strlen(name);
}

/* Reads a file; path + root is FILE.txt, or ENCOUNTER/.../FILE.txt. */
static int read_file(const walk_files *w, const char *path)
{
    const char *name = path + w->root, *slash = strchr(name, '/');
    const char *note = slash ? slash + 1 : name;
    convert_file f = {path, {name, convert_stem(name)}, {note, convert_stem(note)}};
    if (slash)
        f.encounter.n = slash - name;
    if (w->read(w->v, &f) == 0)
        return 0;
    return convert_bad(w->v);
}

static int read_folder(const walk_files *w, const char *folder, int depth);

/* Reads a file; sets *is_folder for a folder, which is read after the files. */
static int read_entry(const walk_files *w, const char *folder, const char *name, bool *is_folder)
{
    struct stat st;
    char *path = file_join(folder, name);
    int result = path ? 0 : -1;
    if (!result && stat(path, &st)) {
        err_io("%s: %s", path, strerror(errno));
        result = convert_bad(w->v);
    } else if (!result && !(*is_folder = S_ISDIR(st.st_mode))) {
        const bool text = S_ISREG(st.st_mode) && convert_stem(name) < strlen(name);
        if ((text || is_beside(w, name)) && output_has(&st))
            result = err_set("%s: the output is also an input", path);
        else if (text)
            result = read_file(w, path);
        else
            convert_left_out(w->v, "file", w->other, !is_beside(w, name));
    }
    free(path);
    return result;
}

static int read_below(const walk_files *w, const char *folder, const char *name, int depth)
{
    char *path = file_join(folder, name);
    const int result = path ? read_folder(w, path, depth + 1) : -1;
    free(path);
    return result;
}

static int read_folder(const walk_files *w, const char *folder, int depth)
{
    struct dirent **entries;
    if (depth > MAX_DEPTH)
        return err_set("%s: more than %d nested folders: check for a loop of symbolic links", folder,
                       MAX_DEPTH);
    const int n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0)
        return err_io("%s: %s", folder, strerror(errno));
    bool *is_folder = mem_array((size_t)n, sizeof *is_folder);
    int result = is_folder ? 0 : -1;
    for (int i = 0; !result && i < n; i++)
        if (entries[i]->d_name[0] != '.')
            result = read_entry(w, folder, entries[i]->d_name, &is_folder[i]);
    for (int i = 0; !result && i < n; i++)
        if (is_folder[i])
            result = read_below(w, folder, entries[i]->d_name, depth);
    mem_free(is_folder);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return result;
}

int convert_each_file(convert *v, const char *path, const char *const *beside, const char *other,
                      int (*read)(convert *, const convert_file *))
{
    struct stat st;
    walk_files w = {v, read, beside, other, 0};
    if (strcmp(path, "-") != 0 && stat(path, &st))
        return err_set("%s: %s", path, strerror(errno));
    if (strcmp(path, "-") != 0 && S_ISDIR(st.st_mode)) {
        w.root = strlen(path) + 1;
        return read_folder(&w, path, 1);
    }
    const char *slash = strrchr(path, '/');
    w.root = slash ? slash + 1 - path : 0;
    return read_file(&w, path);
}
