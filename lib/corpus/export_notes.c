/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of encounters, from files of encounters that are in the order of the codes. */
#include "base/err.h"
#include "corpus/export.h"
#include "text/lines.h"

#include <string.h>

struct export_notes {
    const char *const *files;
    int n, next; /* next: the file that is opened next */
    size_t max_line;
    bool open;
    lines in;
    json_t *object;
};

export_notes *export_notes_open(const char *const *files, int n, size_t max_line)
{
    export_notes *r = mem_array(1, sizeof *r);
    if (r)
        *r = (export_notes){.files = files, .n = n, .max_line = max_line};
    return r;
}

void export_notes_close(export_notes *r)
{
    if (!r)
        return;
    if (r->open)
        lines_close(&r->in);
    json_decref(r->object);
    mem_free(r);
}

/* The next line that is not empty: 1, 0 or -1. */
static int next_line(export_notes *r)
{
    for (;;) {
        if (!r->open && r->next == r->n)
            return 0;
        if (!r->open && lines_open(&r->in, r->files[r->next++], r->max_line))
            return -1;
        r->open = true;
        const int got = lines_next_named(&r->in);
        if (got < 0 || (got > 0 && r->in.text[strspn(r->in.text, " \t\r")]))
            return got;
        if (got == 0) {
            lines_close(&r->in);
            r->open = false;
        }
    }
}

static bool has_id(const json_t *object, export_string id)
{
    char digits[24];
    const json_t *v = json_object_get(object, "id");
    if (json_is_integer(v)) {
        const size_t n =
            (size_t)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return n == id.n && memcmp(digits, id.s, n) == 0;
    }
    return json_is_string(v) && json_string_length(v) == id.n &&
           memcmp(json_string_value(v), id.s, id.n) == 0;
}

int export_notes_find(export_notes *r, export_string id, const json_t **object)
{
    int got = 1;
    while (!has_id(r->object, id) && (got = next_line(r)) > 0) {
        json_decref(r->object);
        r->object = ecan_json_parse_line(r->in.text, r->in.n);
        if (!r->object)
            return lines_error(&r->in);
    }
    *object = r->object;
    return got > 0 ? 1
           : got < 0
               ? -1
               : err_set(
                     "not found in --notes after the encounter before it: expected the same encounters, in "
                     "the order of the codes");
}
