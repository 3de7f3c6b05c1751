/* SPDX-License-Identifier: Apache-2.0 */
#include "text/note_ids.h"

#include "base/err.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 24 }; /* room for an integer with sign and NUL */

/* Reads a note. Sets *id to the value of its key id, if that is a string or a whole number. 0 or -1. */
static int read_note(walk *w, walk_value *id)
{
    uint32_t keys;
    if (walk_map(w, &keys))
        return -1;
    while (keys-- > 0) {
        const char *key;
        size_t n;
        walk_value v;
        if (walk_str(w, &key, &n))
            return -1;
        walk head = *w;
        if (walk_skip(w) != 1 || walk_next(&head, &v) != 1)
            return err_set("incomplete");
        const bool whole = v.type == WALK_INT || (v.type == WALK_UINT && v.u <= INT64_MAX);
        if (n == 2 && memcmp(key, "id", n) == 0 && (whole || v.type == WALK_STR))
            *id = v;
    }
    return 0;
}

/* The id of the note with that index. */
static const char *id_text(const walk_value *id, uint32_t index, char digits[DIGITS], size_t *n)
{
    if (id->type == WALK_STR) {
        *n = id->size;
        return (const char *)id->data;
    }
    *n = (size_t)snprintf(digits, DIGITS, "%" PRId64, id->type == WALK_NIL ? (int64_t)index : id->i);
    return digits;
}

int note_ids_read(map *ids, const record *r)
{
    const field *f = record_find(r, "documents");
    uint32_t notes;
    if (!f) {
        err_set("missing: spans are places in the notes of the encounter");
        return record_error(r, "documents");
    }
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &notes))
        return record_error(r, "documents");
    for (uint32_t i = 0; i < notes; i++) {
        walk_value id = {.type = WALK_NIL};
        char digits[DIGITS];
        size_t n;
        if (read_note(&w, &id))
            return record_error(r, "documents");
        const char *s = id_text(&id, i, digits, &n);
        const int32_t at = map_add(ids, s, n);
        if (at >= 0 && at != (int32_t)i)
            err_set("duplicate note id");
        if (at != (int32_t)i)
            return record_error(r, "documents");
    }
    return 0;
}
