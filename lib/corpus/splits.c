/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/splits.h"

#include "base/err.h"
#include "io/file.h"
#include "text/csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_LINE = 1 << 16 };

void splits_free(splits *s)
{
    map_free(s->ids);
    mem_free(s->split);
    *s = (splits){0};
}

int splits_find(const splits *s, const char *id, size_t n)
{
    const int32_t i = map_find(s->ids, id, n);
    return i < 0 ? COLLECTION_NO_SPLIT : s->split[i];
}

/* The split with that name of a column or value. */
static int split_of(const char *name)
{
    for (int i = 0; i < COLLECTION_SPLITS; i++)
        if (strcasecmp(name, collection_split_name[i]) == 0)
            return i;
    return strcasecmp(name, "val") == 0 ? COLLECTION_DEV : COLLECTION_NO_SPLIT;
}

static bool is_id_column(const char *name)
{
    return strcasecmp(name, "_id") == 0 || strcasecmp(name, "id") == 0 || strcasecmp(name, "hadm_id") == 0;
}

/* Adds an id. 0 or -1. */
static int add_id(splits *s, const char *id, size_t n, int split)
{
    if (n == 0)
        return err_set("an empty id");
    const int32_t there = map_find(s->ids, id, n), i = there < 0 ? map_add(s->ids, id, n) : there;
    if (i < 0 || mem_grow(&s->split, &s->cap, i + 1, sizeof *s->split))
        return -1;
    if (there >= 0 && s->split[i] != split)
        return err_set("duplicate id: it is in %s too", collection_split_name[s->split[i]]);
    s->split[i] = (signed char)split;
    return 0;
}

/* ---- a list of ids ---- */

static int read_list(splits *s, const char *path, int split)
{
    lines in;
    if (lines_open(&in, path, MAX_LINE))
        return -1;
    int got, result = 0;
    while (!result && (got = lines_next(&in)) != 0) {
        size_t n = got < 0 ? 0 : strcspn(in.text, ",\r\t ");
        const bool header = got > 0 && in.number == 1 && (in.text[n] = '\0', is_id_column(in.text));
        if (got < 0 || (n > 0 && !header && add_id(s, in.text, n, split)))
            result = in.failed ? -1 : lines_error(&in);
    }
    lines_close(&in);
    return result;
}

/* The path of the list of a split in the folder; dev has two possible names. NULL with the message set. */
static char *find_list(const char *folder, const char *pattern, int split)
{
    const char *const names[] = {collection_split_name[split], split == COLLECTION_DEV ? "val" : NULL};
    const int before = (int)(strstr(pattern, "%s") - pattern);
    for (int i = 0; i < 2 && names[i]; i++) {
        char *path;
        if (asprintf(&path, "%s/%.*s%s%s", folder, before, pattern, names[i], pattern + before + 2) < 0) {
            err_memory("out of memory");
            return NULL;
        }
        const int exists = file_exists(path);
        if (exists > 0)
            return path;
        free(path);
        if (exists < 0)
            return NULL;
    }
    err_set("%s/%.*s%s%s: no such file", folder, before, pattern, names[0], pattern + before + 2);
    return NULL;
}

static int read_folder(splits *s, const char *folder, const char *pattern)
{
    for (int split = 0; split < COLLECTION_SPLITS; split++) {
        char *path = find_list(folder, pattern, split);
        const int result = path ? read_list(s, path, split) : -1;
        free(path);
        if (result)
            return -1;
    }
    return 0;
}

/* ---- a table ---- */

static int find_columns(const csv *row, int *id, int *split)
{
    *id = *split = -1;
    for (size_t i = 0; i < row->n; i++) {
        if (is_id_column(row->field[i]))
            *id = (int)i;
        if (strcasecmp(row->field[i], "split") == 0)
            *split = (int)i;
    }
    return *id < 0 ? err_set("no column _id, id or hadm_id") : *split < 0 ? err_set("no column split") : 0;
}

static int read_row(splits *s, const csv *row, int id, int split)
{
    if ((size_t)id >= row->n || (size_t)split >= row->n)
        return err_set("a row without id or split");
    const int which = split_of(row->field[split]);
    if (which == COLLECTION_NO_SPLIT)
        return err_set("the split is not train, val, dev or test");
    return add_id(s, row->field[id], row->size[id], which);
}

static int read_rows(splits *s, csv *row)
{
    int id, split, got = csv_next(row);
    if (got <= 0)
        return got < 0 ? -1 : err_set("%s: no header row", row->in->path);
    if (find_columns(row, &id, &split))
        return csv_error(row, -1);
    while ((got = csv_next(row)) > 0)
        if (read_row(s, row, id, split))
            return csv_error(row, -1);
    return got;
}

static int read_table(splits *s, const char *path)
{
    lines in;
    if (lines_open(&in, path, MAX_LINE))
        return -1;
    const int got = lines_next(&in);
    if (got <= 0) {
        const int result = got < 0 ? lines_error(&in) : err_set("%s: the file is empty", path);
        lines_close(&in);
        return result;
    }
    csv row;
    csv_open(&row, &in, MAX_LINE);
    const int result = read_rows(s, &row);
    csv_close(&row);
    lines_close(&in);
    return result;
}

int splits_read(splits *s, const char *path, const char *pattern)
{
    struct stat st;
    *s = (splits){.ids = map_new()};
    if (!s->ids)
        return -1;
    const int unknown = stat(path, &st);
    if (unknown && errno != ENOENT)
        return err_io("%s: %s", path, strerror(errno));
    const bool folder = !unknown && S_ISDIR(st.st_mode);
    const char *dot = strrchr(path, '.');
    if (!folder && dot && strcasecmp(dot, ".feather") == 0)
        return err_set("%s: a feather file; write it as CSV first: python3 -c 'import sys, pandas; "
                       "pandas.read_feather(sys.argv[1]).to_csv(sys.argv[2], index=False)' %s splits.csv",
                       path, path);
    return folder ? read_folder(s, path, pattern) : read_table(s, path);
}
