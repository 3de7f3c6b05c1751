/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/code_labels.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/json.h"
#include "text/lines.h"

#include <stdlib.h>
#include <string.h>

static int add_used_labels(map *used, const json_t *codes)
{
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *code = json_array_get(codes, i);
        if (!json_is_string(code))
            return err_set("a label that is not a string");
        if (map_add(used, json_string_value(code), json_string_length(code)) < 0)
            return -1;
    }
    return 0;
}

static int read_line(map *used, const lines *in)
{
    if (strspn(in->text, " \t\r") == in->n)
        return 0;
    json_t *object = ecan_json_parse_line(in->text, in->n);
    if (!object)
        return -1;
    const int result = json_is_object(object) ? add_used_labels(used, json_object_get(object, "labels"))
                                              : err_set("not a JSON object");
    json_decref(object);
    return result;
}

int code_labels_used(map *used, const char *path)
{
    lines in;
    int got, result = 0;
    if (lines_open(&in, path, 0))
        return -1;
    while (!result && (got = lines_next(&in)) != 0)
        if (got < 0 || read_line(used, &in))
            result = in.failed ? -1 : lines_error(&in);
    lines_close(&in);
    return result;
}

static int by_code(const void *a, const void *b, void *codes)
{
    return strcmp(map_key(codes, *(const int32_t *)a, NULL), map_key(codes, *(const int32_t *)b, NULL));
}

static const char *description_of(const code_table *t, int32_t i)
{
    return i < 0 ? "" : (const char *)t->text.data + t->entries[i].description;
}

static int add_used(labels *l, const code_table *t, const map *used, code_labels_counts *counts)
{
    const int32_t n = map_size(used);
    int32_t *order = mem_array(n, sizeof *order);
    int result = order ? 0 : -1;
    for (int32_t i = 0; order && i < n; i++)
        order[i] = i;
    if (order && n > 0)
        qsort_r(order, n, sizeof *order, by_code, (void *)used);
    for (int32_t i = 0; !result && i < n; i++) {
        size_t size;
        const char *code = map_key(used, order[i], &size);
        const int32_t entry = code_table_find(t, code, size);
        if ((entry < 0 && map_add(counts->missing, code, size) < 0) ||
            labels_add(l, code, size, description_of(t, entry)) < 0)
            result = err_prefix("code %.40s: ", code);
    }
    mem_free(order);
    return result;
}

static int add_all(labels *l, const code_table *t, code_points points, code_labels_counts *counts)
{
    for (int32_t i = 0; i < map_size(t->codes); i++) {
        char code[64];
        const code_entry *e = &t->entries[i];
        const char *own = (const char *)t->text.data + e->code;
        counts->headings += e->heading;
        if (e->heading)
            continue;
        const size_t n = code_table_point(code, own, strlen(own), e->procedure, points);
        if (labels_add(l, code, n, description_of(t, i)) < 0)
            return err_prefix("code %.40s: ", own);
    }
    return 0;
}

labels *code_labels_make(const code_table *t, const map *used, code_points points, code_labels_counts *counts)
{
    *counts = (code_labels_counts){.missing = map_new()};
    labels *l = counts->missing ? labels_new() : NULL;
    const int result = !l ? -1 : used ? add_used(l, t, used, counts) : add_all(l, t, points, counts);
    if (!result && labels_count(l) > 0)
        return l;
    if (!result)
        err_set("no code to write: %s",
                used ? "the encounters have none" : "the tables have none that is valid for coding");
    labels_free(l);
    return NULL;
}
