/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/rng.h"
#include "corpus/readers.h"
#include "io/file.h"
#include "io/show.h"
#include "io/utf8check.h"
#include "text/lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 1 << 28 }; /* maximum bytes of a line */

/* The first of the files FOLDER/SPLIT + suffix that exists, with or without .gz. NULL with the message
 * set. */
static char *find_file(const char *folder, const char *split, const char *const *suffix)
{
    for (int i = 0; suffix[i]; i++)
        for (int gz = 0; gz < 2; gz++) {
            char *path;
            if (asprintf(&path, "%s/%s%s%s", folder, split, suffix[i], gz ? ".gz" : "") < 0) {
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
    err_set("no %s%s in %s", split, suffix[0], folder);
    return NULL;
}

/* Reads a line and removes blanks at its ends. Returns 1, 0 at the end, or -1. An empty line is an error. */
static int next_line(lines *in, char **s, size_t *n)
{
    const int got = lines_next(in);
    if (got < 0)
        return in->failed ? -1 : lines_error(in);
    if (got == 0)
        return 0;
    *s = in->text;
    *n = in->n;
    while (*n > 0 && isspace((unsigned char)(*s)[*n - 1]))
        --*n;
    while (*n > 0 && isspace((unsigned char)**s))
        ++*s, --*n;
    if (*n > 0)
        return 1;
    err_set("the line is empty");
    return lines_error(in);
}

/* ---- texts ---- */

static int add_text(collection *c, buf *json, const char *split, int number, const char *s, size_t n)
{
    char id[32];
    const int size = snprintf(id, sizeof id, "%s-%d", split, number);
    const int32_t e =
        collection_add(c, id, size, strcmp(split, "train") == 0 ? COLLECTION_TRAIN : COLLECTION_TEST);
    json->len = 0;
    if (e < 0 || show_text(json, "\"text\": ") || show_string(json, s, n))
        return -1;
    return collection_text(c, e, 0, (const char *)json->data, json->len);
}

/* *n: number of texts. */
static int read_texts(collection *c, const char *folder, const char *split, int32_t *n)
{
    static const char *const names[] = {"_raw_texts.txt", "_raw_text.txt", "_texts.txt", NULL};
    char *path = find_file(folder, split, names), *s;
    lines in;
    if (!path || lines_open(&in, path, MAX_TEXT)) {
        free(path);
        return -1;
    }
    buf json = {0};
    size_t size;
    int got, result = 0;
    *n = 0;
    while (!result && (got = next_line(&in, &s, &size)) != 0) {
        result = got < 0 ? -1 : add_text(c, &json, split, ++*n, s, size);
        if (got > 0 && result)
            lines_error(&in);
    }
    buf_free(&json);
    lines_close(&in);
    free(path);
    return result;
}

/* ---- labels ---- */

/* label_map.txt: line i, from 0, is the name of label i. */
typedef struct label_map {
    map *names; /* NULL: there is no file */
    bool by_number;
} label_map;

static int read_map(label_map *m, const char *folder)
{
    char *path = file_join(folder, "label_map.txt");
    lines in;
    char *s;
    size_t n, bad;
    int got, result = 0;
    const int exists = path ? file_exists(path) : -1;
    if (exists <= 0) {
        free(path);
        return exists;
    }
    if (!(m->names = map_new()) || lines_open(&in, path, MAX_TEXT)) {
        free(path);
        return -1;
    }
    while (!result && (got = next_line(&in, &s, &n)) != 0) {
        if (got < 0)
            result = -1;
        else if (!utf8_check((const unsigned char *)s, n, &bad))
            result = (err_set("byte %zu is not UTF-8", bad + 1), lines_error(&in));
        else if (map_find(m->names, s, n) >= 0)
            result = (err_set("duplicate label"), lines_error(&in));
        else
            result = map_add(m->names, s, n) < 0 ? -1 : 0;
    }
    lines_close(&in);
    free(path);
    return result;
}

static bool is_number(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isdigit((unsigned char)s[i]))
            return false;
    return n > 0 && n < 10;
}

/* Calls on_label for each label of each line. *n: number of lines. */
static int each_label(const char *path, int32_t *n,
                      int (*on_label)(void *, int32_t line, const char *s, size_t n), void *context)
{
    lines in;
    char *s;
    size_t size;
    int got, result = 0;
    if (lines_open(&in, path, MAX_TEXT))
        return -1;
    *n = 0;
    while (!result && (got = next_line(&in, &s, &size)) != 0) {
        if (got < 0) {
            result = -1;
            break;
        }
        ++*n;
        for (size_t i = 0, length; !result && i < size; i += length) {
            while (i < size && strchr(" \t,", s[i]))
                i++;
            for (length = 0; i + length < size && !strchr(" \t,", s[i + length]);)
                length++;
            result = length ? on_label(context, *n, s + i, length) : 0;
        }
        if (result)
            lines_error(&in);
    }
    lines_close(&in);
    return result;
}

static int inspect_label(void *context, int32_t line, const char *s, size_t n)
{
    (void)line;
    bool *numbers = context;
    *numbers &= is_number(s, n);
    return 0;
}

typedef struct labelling {
    collection *c;
    const label_map *map;
    const char *split;
} labelling;

static int add_label(void *context, int32_t line, const char *s, size_t n)
{
    const labelling *l = context;
    char id[32];
    const int size = snprintf(id, sizeof id, "%s-%d", l->split, line);
    const int32_t e = collection_find(l->c, id, size);
    if (e < 0)
        return 0; /* there are more lines than texts; the caller compares the numbers */
    if (collection_label(l->c, e, s, n))
        return -1;
    if (!l->map->names)
        return 0;
    if (l->map->by_number) {
        const int32_t i = (int32_t)strtol(s, NULL, 10); /* strtol() stops at the separator after the label */
        if (i >= map_size(l->map->names))
            return err_set("label %d: label_map.txt has %d lines, numbers 0 to %d", (int)i,
                           (int)map_size(l->map->names), (int)map_size(l->map->names) - 1);
        size_t length;
        const char *name = map_key(l->map->names, i, &length);
        return collection_describe(l->c, s, n, name, length);
    }
    return map_find(l->map->names, s, n) >= 0 ? 0 : err_set("a label that label_map.txt does not have");
}

static char *label_path(const char *folder, const char *split)
{
    static const char *const names[] = {"_labels.txt", NULL};
    return find_file(folder, split, names);
}

static int read_labels(collection *c, const char *folder, const char *split, const label_map *m,
                       int32_t texts)
{
    labelling l = {c, m, split};
    char *path = label_path(folder, split);
    int32_t n;
    int result = path ? each_label(path, &n, add_label, &l) : -1;
    if (!result && n != texts)
        result = err_set("%s has %d lines, but there are %d texts of %s", path, (int)n, (int)texts, split);
    free(path);
    return result;
}

/* If all labels are numbers, they are line numbers of the map. */
static int inspect_labels(label_map *m, const char *folder)
{
    static const char *const both[] = {"train", "test"};
    m->by_number = true;
    for (int i = 0; i < 2; i++) {
        int32_t n;
        char *path = label_path(folder, both[i]);
        const int result = path ? each_label(path, &n, inspect_label, &m->by_number) : -1;
        free(path);
        if (result)
            return -1;
    }
    return 0;
}

/* ---- the dev set ---- */

static int hold_out(collection *c, int32_t train, int64_t dev, uint64_t seed)
{
    if (dev >= train)
        return err_set("%lld encounters for dev, but train has only %d", (long long)dev, (int)train);
    int32_t *order = mem_array(train, sizeof *order);
    if (!order)
        return -1;
    for (int32_t i = 0; i < train; i++)
        order[i] = i; /* encounters of train were added first */
    rng r;
    rng_seed(&r, seed, 0, 0);
    rng_shuffle(&r, order, train);
    for (int64_t i = 0; i < dev; i++)
        collection_set_split(c, order[i], COLLECTION_DEV);
    mem_free(order);
    return 0;
}

int read_xmc(collection *c, const char *folder, int64_t dev, uint64_t seed)
{
    label_map m = {0};
    int32_t train, test;
    const int result =
        read_map(&m, folder) || inspect_labels(&m, folder) || read_texts(c, folder, "train", &train) ||
                read_texts(c, folder, "test", &test) || read_labels(c, folder, "train", &m, train) ||
                read_labels(c, folder, "test", &m, test) || hold_out(c, train, dev, seed)
            ? -1
            : 0;
    map_free(m.names);
    return result;
}
