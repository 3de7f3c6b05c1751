/* SPDX-License-Identifier: Apache-2.0 */
/* A line of JSON -> an encounter with codes. Four forms are read:
 *
 *     {"id", "predicted": [{"code", "score"}]}                         ecan predict (formats/scored.md)
 *     {"id", "codes": [{"code", "predicted", "evidence": [...]}]}      ecan-explain (formats/evidence.md)
 *     {"id", "codes": [{"code", "decision", "evidence": [...]}]}       the page (formats/decisions.md)
 *     {"id", "labels": ["I10"]}                                        encounters (formats/encounters.md) */
#include "base/err.h"
#include "corpus/convert.h"
#include "corpus/export_source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static export_string string_of(const json_t *v)
{
    return (export_string){json_string_value(v), json_is_string(v) ? json_string_length(v) : 0};
}

/* A string, or a whole number as its digits. An absent string for any other value. */
static export_string id_of(export_source *in, const json_t *v)
{
    char digits[24];
    if (!json_is_integer(v))
        return string_of(v);
    snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    json_t *made = json_string(digits);
    return ecan_json_append(in->kept, made) ? (export_string){0} : string_of(made);
}

/* ---- passages ---- */

static int read_offset(const json_t *object, const char *key, size_t *at)
{
    const json_t *v = json_object_get(object, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > INT32_MAX)
        return err_set("%s: expected an offset in a text", key);
    *at = (size_t)json_integer_value(v);
    return 0;
}

static bool by_coder(const json_t *passage)
{
    const char *by = json_string_value(json_object_get(passage, "by"));
    return by && strcmp(by, "coder") == 0;
}

static int read_passage(export_source *in, export_encounter *e, export_code *c, const json_t *object)
{
    export_passage p = {.note = id_of(in, json_object_get(object, "document")),
                        .text = string_of(json_object_get(object, "text")),
                        .by_coder = by_coder(object)};
    if (!p.note.s)
        return err_set("document: expected a string or a whole number");
    if (read_offset(object, "begin", &p.begin) || read_offset(object, "end", &p.end))
        return -1;
    if (p.begin >= p.end)
        return err_set("a passage that ends before it begins");
    if (mem_grow(&e->passages, &e->cap_passages, e->n_passages + 1, sizeof *e->passages))
        return -1;
    e->passages[e->n_passages++] = p;
    c->n++;
    return 0;
}

/* Of an accepted code: the passages that the coder selected or, if there are none, those of the model. */
static int read_passages(export_source *in, export_encounter *e, export_code *c, const json_t *passages)
{
    bool selected = false;
    if (passages && !json_is_array(passages))
        return err_set("evidence: expected an array");
    for (size_t i = 0; i < json_array_size(passages); i++)
        selected |= c->accepted && by_coder(json_array_get(passages, i));
    for (size_t i = 0; i < json_array_size(passages); i++) {
        const json_t *p = json_array_get(passages, i);
        if ((!selected || by_coder(p)) && read_passage(in, e, c, p))
            return err_prefix("passage %zu: ", i + 1);
    }
    return 0;
}

/* ---- codes ---- */

/* Why the code is not exported, or NULL. Codes with neither a decision nor a prediction are of people. */
static const char *reason(const export_source *in, const json_t *object, export_code *c)
{
    const json_t *decision = json_object_get(object, "decision"),
                 *predicted = json_object_get(object, "predicted"), *score = json_object_get(object, "score");
    const char *said = json_string_value(decision);
    c->score = json_is_number(score) ? json_number_value(score) : NAN;
    c->accepted = decision ? said && strcmp(said, "accepted") == 0 : !predicted && !score;
    c->proposed = predicted ? json_is_true(predicted) : score != NULL;
    if (decision && !c->accepted)
        return said ? "the coder rejected it" : "the coder did not decide";
    if (!c->accepted && !c->proposed)
        return "it was not predicted";
    return c->accepted || !(c->score <= in->o->threshold) ? NULL : "its score is not above --threshold";
}

/* What the coder said about an accepted code. */
static int read_fields(const json_t *object, export_code *c)
{
    const json_t *order = json_object_get(object, "order");
    if (!c->accepted)
        return 0;
    if (order &&
        (!json_is_integer(order) || json_integer_value(order) < 1 || json_integer_value(order) > INT32_MAX))
        return err_set("order: expected a whole number from 1");
    c->principal = json_is_true(json_object_get(object, "principal"));
    c->order = json_integer_value(order);
    c->admission = string_of(json_object_get(object, "present_on_admission"));
    return 0;
}

/* The principal diagnosis, then the codes with a place in the order, then the others as they were read. */
static int by_order(const void *a, const void *b)
{
    const export_code *x = a, *y = b;
    const int64_t i = x->principal ? 0
                      : x->order   ? x->order
                                   : INT64_MAX,
                  j = y->principal ? 0
                      : y->order   ? y->order
                                   : INT64_MAX;
    return i != j ? (i > j) - (i < j) : (x->read > y->read) - (x->read < y->read);
}

static int add_code(export_source *in, export_encounter *e, export_code *c, const json_t *object)
{
    const int32_t before = map_size(in->seen);
    if (!c->code.s)
        return err_set("code: expected a string");
    if (labels_check_code(c->code.s, c->code.n))
        return -1;
    const int32_t number = map_add(in->seen, c->code.s, c->code.n);
    if (number < before)
        return number < 0 ? -1 : 0;
    c->first = e->n_passages;
    c->read = e->n_codes;
    if (read_passages(in, e, c, json_object_get(object, "evidence")) ||
        mem_grow(&e->codes, &e->cap_codes, e->n_codes + 1, sizeof *e->codes))
        return -1;
    e->codes[e->n_codes++] = *c;
    return 0;
}

static int read_code(export_source *in, export_encounter *e, const json_t *v)
{
    export_code c = {.code = string_of(v), .score = NAN, .accepted = true};
    if (json_is_object(v)) {
        c.code = string_of(json_object_get(v, "code"));
        c.description = string_of(json_object_get(v, "description"));
        const char *why = reason(in, v, &c);
        if (why) {
            left_out_add(in->left_out, "code", why, 1);
            return 0;
        }
        if (read_fields(v, &c))
            return -1;
    }
    return add_code(in, e, &c, v);
}

int export_read_codes(export_source *in, export_encounter *e)
{
    static const char *const keys[] = {"codes", "predicted", "labels"};
    const json_t *codes = NULL;
    size_t k = 0;
    for (; !codes && k < sizeof keys / sizeof *keys; k++)
        codes = json_object_get(in->line, keys[k]);
    e->n_codes = e->n_passages = e->n_notes = 0;
    e->patient = (export_string){0};
    e->id = id_of(in, json_object_get(in->line, "id"));
    if (!e->id.s)
        return err_set("id: expected a string or a whole number");
    if (convert_check_id((convert_slice){e->id.s, e->id.n}))
        return -1;
    const int fresh = idset_add(&in->ids, e->id.s, e->id.n);
    if (fresh <= 0)
        return fresh < 0 ? -1 : err_set("duplicate encounter");
    if (!json_is_array(codes))
        return err_set("expected an array codes, predicted or labels: lines of ecan predict, ecan explain, "
                       "the page, or encounters");
    map_clear(in->seen);
    for (size_t i = 0; i < json_array_size(codes); i++)
        if (read_code(in, e, json_array_get(codes, i)))
            return err_prefix("%s: code %zu: ", keys[k - 1], i + 1);
    if (e->n_codes > 1)
        qsort(e->codes, e->n_codes, sizeof *e->codes, by_order);
    return 0;
}

/* ---- notes ---- */

static int add_note(export_source *in, export_encounter *e, const json_t *note, export_string id)
{
    const int32_t before = map_size(in->seen);
    export_note n = {.id = id,
                     .type = string_of(json_object_get(note, "type")),
                     .date = string_of(json_object_get(note, "date")),
                     .language = string_of(json_object_get(note, "language")),
                     .text = string_of(json_object_get(note, "text"))};
    if (!id.s || !n.text.s)
        return err_set("expected a note with a text");
    if (convert_check_id((convert_slice){id.s, id.n}))
        return -1;
    const int32_t number = map_add(in->seen, id.s, id.n);
    if (number < before)
        return number < 0 ? -1 : err_set("duplicate id of a note");
    if (mem_grow(&e->notes, &e->cap_notes, e->n_notes + 1, sizeof *e->notes))
        return -1;
    e->notes[e->n_notes++] = n;
    return 0;
}

int export_read_notes(export_source *in, const json_t *object, export_encounter *e)
{
    const json_t *all = json_object_get(object, "documents"), *text = json_object_get(object, "text");
    e->patient = id_of(in, json_object_get(object, in->o->patient));
    e->has_notes = json_is_array(all) || json_is_string(text);
    map_clear(in->seen);
    if (json_is_string(text))
        return add_note(in, e, object, e->id);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *note = json_array_get(all, i), *id = json_object_get(note, "id");
        json_t *position = id ? NULL : json_integer((json_int_t)i + 1);
        const int result = add_note(in, e, note, id_of(in, id ? id : position));
        json_decref(position);
        if (result)
            return err_prefix("note %zu: ", i + 1);
    }
    return 0;
}
