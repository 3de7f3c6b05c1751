/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gold_spans.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/printable.h"
#include "text/labels.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- parts ---- */

enum { DIGITS = 24 }; /* room for an integer with sign and NUL */

/* A string, or a whole number as digits (in room[DIGITS]). NULL for any other value and for an empty
 * string. */
static const char *id_text(const json_t *v, char *room, size_t *n)
{
    const char *s = json_string_value(v);
    if (json_is_integer(v)) {
        snprintf(room, DIGITS, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        s = room;
    }
    *n = json_is_string(v) ? json_string_length(v) : s ? strlen(s) : 0;
    return *n ? s : NULL;
}

static int read_id(gold_spans *m, const json_t *line)
{
    char room[DIGITS];
    size_t n;
    const json_t *id = json_object_get(line, "id");
    const char *s = id_text(id ? id : json_object_get(line, "hadm_id"), room, &n);
    if (!s || memchr(s, '\0', n))
        return err_set("missing id or hadm_id: expected a string or a whole number");
    mem_free(m->id);
    return (m->id = mem_strndup(s, n)) ? 0 : -1;
}

/* The number of a note's id. */
static int32_t read_note(gold_spans *m, const json_t *object, const char *key)
{
    char room[DIGITS];
    size_t n;
    const char *s = id_text(json_object_get(object, key), room, &n);
    return s ? map_add(m->notes, s, n) : err_set("%s: expected a string or a whole number", key);
}

/* The number of a code. A new code is not predicted. */
static int32_t read_code(gold_spans *m, const json_t *object)
{
    const json_t *v = json_object_get(object, "code");
    if (!json_is_string(v))
        return err_set("code: expected a string");
    if (labels_check_code(json_string_value(v), json_string_length(v)))
        return -1;
    const int32_t before = map_size(m->codes),
                  code = map_add(m->codes, json_string_value(v), json_string_length(v));
    if (code < before)
        return code;
    if (mem_grow(&m->predicted, &m->predicted_cap, (size_t)code + 1, sizeof *m->predicted))
        return -1;
    m->predicted[code] = false;
    return code;
}

static int read_offset(const json_t *object, const char *key, int32_t *at)
{
    const json_t *v = json_object_get(object, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > INT32_MAX)
        return err_set("%s: expected an offset in a text", key);
    *at = (int32_t)json_integer_value(v);
    return 0;
}

static int add_span(gold_spans *m, const json_t *object, int32_t code, int32_t note)
{
    gold_spans_span s = {.code = code, .note = note};
    if (read_offset(object, "begin", &s.begin) || read_offset(object, "end", &s.end))
        return -1;
    if (s.begin > s.end)
        return err_set("a span that ends before it begins");
    if (mem_grow(&m->spans, &m->spans_cap, m->n + 1, sizeof *m->spans))
        return -1;
    m->spans[m->n++] = s;
    return 0;
}

/* ---- the two forms ---- */

/* MDACE: {"note_id", "annotations": [{"begin", "end", "code", "code_system"}]} */
static int read_annotations(gold_spans *m, const json_t *object, const char *code_system)
{
    const int32_t note = read_note(m, object, "note_id");
    const json_t *annotations = json_object_get(object, "annotations");
    if (note < 0)
        return -1;
    if (!json_is_array(annotations))
        return err_set("annotations: expected an array");
    for (size_t i = 0; i < json_array_size(annotations); i++) {
        const json_t *a = json_array_get(annotations, i);
        const char *system = json_string_value(json_object_get(a, "code_system"));
        if (code_system && system && strcmp(system, code_system))
            continue;
        const int32_t code = read_code(m, a);
        if (code < 0 || add_span(m, a, code, note))
            return err_prefix("annotation %zu: ", i + 1);
        m->predicted[code] = true;
    }
    return 0;
}

static bool by_coder(const json_t *passage)
{
    const char *by = json_string_value(json_object_get(passage, "by"));
    return by && strcmp(by, "coder") == 0;
}

/* Whether some of the passages were selected by a coder (formats/decisions.md). */
static bool has_selected(const json_t *passages)
{
    for (size_t i = 0; i < json_array_size(passages); i++)
        if (by_coder(json_array_get(passages, i)))
            return true;
    return false;
}

/* ecan-explain: {"code", "predicted", "evidence": [{"document", "begin", "end"}]}. The page adds "decision"
 * to the code and "by" to the passage. */
static int read_passages(gold_spans *m, const json_t *object)
{
    const int32_t code = read_code(m, object);
    const json_t *passages = json_object_get(object, "evidence"), *v = json_object_get(object, "decision");
    const char *decision = json_string_value(v);
    if (code < 0)
        return -1;
    if (!json_is_array(passages))
        return err_set("evidence: expected an array");
    m->predicted[code] |= !json_is_false(json_object_get(object, "predicted"));
    const bool refused = v && (!decision || strcmp(decision, "accepted") != 0),
               selected = has_selected(passages);
    for (size_t i = 0; i < json_array_size(passages); i++) {
        const json_t *p = json_array_get(passages, i);
        const int32_t note = read_note(m, p, "document");
        if (note < 0 || add_span(m, p, code, note))
            return err_prefix("passage %zu: ", i + 1);
        m->n -= refused || by_coder(p) != selected;
    }
    return 0;
}

static int read_all(gold_spans *m, const json_t *line, const char *code_system)
{
    const json_t *notes = json_object_get(line, "notes"), *codes = json_object_get(line, "codes");
    if (!json_is_array(notes) && !json_is_array(codes))
        return err_set("expected an array notes or codes");
    for (size_t i = 0; notes && i < json_array_size(notes); i++)
        if (read_annotations(m, json_array_get(notes, i), code_system))
            return err_prefix("note %zu: ", i + 1);
    for (size_t i = 0; !notes && i < json_array_size(codes); i++)
        if (read_passages(m, json_array_get(codes, i)))
            return err_prefix("code %zu: ", i + 1);
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const gold_spans_span *p = a, *q = b;
    const int32_t x[4] = {p->code, p->note, p->begin, p->end}, y[4] = {q->code, q->note, q->begin, q->end};
    for (int i = 0; i < 4; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static void sort(gold_spans *m)
{
    size_t n = 0;
    if (m->n)
        qsort(m->spans, m->n, sizeof *m->spans, by_place);
    for (size_t i = 0; i < m->n; i++)
        if (n == 0 || by_place(&m->spans[n - 1], &m->spans[i]))
            m->spans[n++] = m->spans[i];
    m->n = n;
}

int gold_spans_read(gold_spans *m, const json_t *line, const char *code_system)
{
    map_free(m->codes);
    map_free(m->notes);
    m->codes = map_new();
    m->notes = map_new();
    m->n = 0;
    if (!m->codes || !m->notes)
        return -1;
    if (!json_is_object(line))
        return err_set("expected an object");
    if (read_id(m, line))
        return -1;
    if (read_all(m, line, code_system)) {
        char id[PRINTABLE_ROOM];
        return err_prefix("%s: ", printable_id(id, m->id, strlen(m->id)));
    }
    sort(m);
    return 0;
}

void gold_spans_free(gold_spans *m)
{
    mem_free(m->id);
    map_free(m->codes);
    map_free(m->notes);
    mem_free(m->predicted);
    mem_free(m->spans);
    *m = (gold_spans){0};
}

const gold_spans_span *gold_spans_of(const gold_spans *m, int32_t code, size_t *n)
{
    size_t first = 0, end = m->n;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (m->spans[middle].code < code)
            first = middle + 1;
        else
            end = middle;
    }
    for (end = first; end < m->n && m->spans[end].code == code;)
        end++;
    *n = end - first;
    return *n > 0 ? m->spans + first : NULL;
}
