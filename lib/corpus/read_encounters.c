/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "corpus/readers.h"
#include "io/file.h"
#include "io/json.h"
#include "text/labels.h"
#include "text/lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The members except id and labels, without the braces around them. NULL with the message set. */
static char *other_members(json_t *object)
{
    json_object_del(object, "id");
    json_object_del(object, "labels");
    char *text = ecan_json_text(object);
    if (!text) {
        err_memory("out of memory");
        return NULL;
    }
    const size_t n = strlen(text); /* {...} */
    memmove(text, text + 1, n - 2);
    text[n - 2] = '\0';
    return text;
}

static int add_labels(collection *c, int32_t e, const json_t *codes)
{
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const json_t *code = json_array_get(codes, i);
        if (!json_is_string(code))
            return err_set("a label that is not a string");
        if (collection_label(c, e, json_string_value(code), json_string_length(code)))
            return -1;
    }
    return 0;
}

static int add_encounter(collection *c, json_t *object, int split)
{
    const json_t *id = json_object_get(object, "id"), *codes = json_object_get(object, "labels");
    char number[32];
    if (json_is_integer(id))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(id));
    else if (!json_is_string(id) || json_string_length(id) != strlen(json_string_value(id)))
        return err_set("no id");
    const char *name = json_is_integer(id) ? number : json_string_value(id);
    if (collection_find(c, name, strlen(name)) >= 0)
        return err_set("duplicate id");
    if (codes && !json_is_array(codes) && !json_is_null(codes))
        return err_set("labels: expected an array");
    const int32_t e = collection_add(c, name, strlen(name), split);
    if (e < 0 || add_labels(c, e, codes))
        return -1;
    char *text = other_members(object);
    const int result = !text           ? -1
                       : *text == '\0' ? err_set("neither text nor documents")
                                       : collection_text(c, e, 0, text, strlen(text));
    free(text);
    return result;
}

static int read_line(collection *c, const lines *in, int split)
{
    json_t *object = ecan_json_parse_line(in->text, in->n);
    if (!object)
        return -1;
    const int result =
        json_is_object(object) ? add_encounter(c, object, split) : err_set("not a JSON object");
    json_decref(object);
    return result;
}

static int read_file(collection *c, const char *path, int split)
{
    lines in;
    int got, result = 0;
    if (lines_open(&in, path, 1 << 30))
        return -1;
    while (!result && (got = lines_next(&in)) != 0)
        if (got < 0 || (in.n > strspn(in.text, " \t\r") && read_line(c, &in, split)))
            result = in.failed ? -1 : lines_error(&in);
    lines_close(&in);
    return result;
}

static int read_split(collection *c, const char *folder, int split)
{
    for (int gz = 0; gz < 2; gz++) {
        char *path;
        if (asprintf(&path, "%s/%s.jsonl%s", folder, collection_split_name[split], gz ? ".gz" : "") < 0)
            return err_memory("out of memory");
        const int exists = file_exists(path);
        const int result = exists > 0 ? read_file(c, path, split) : exists;
        free(path);
        if (exists)
            return result;
    }
    return err_set("no %s.jsonl or %s.jsonl.gz in %s", collection_split_name[split],
                   collection_split_name[split], folder);
}

static int describe(collection *c, const char *folder)
{
    char *path = file_join(folder, "labels.tsv");
    const int exists = path ? file_exists(path) : -1;
    labels *l = exists > 0 ? labels_read(path) : NULL;
    int result = exists < 0 || (exists && !l) ? -1 : 0;
    for (int32_t i = 0; l && !result && i < labels_count(l); i++) {
        const char *code = labels_code(l, i), *text = labels_description(l, i);
        result = collection_describe(c, code, strlen(code), text, strlen(text));
    }
    labels_free(l);
    free(path);
    return result;
}

int read_encounters(collection *c, const char *folder)
{
    for (int split = 0; split < COLLECTION_SPLITS; split++)
        if (read_split(c, folder, split))
            return -1;
    return describe(c, folder);
}
