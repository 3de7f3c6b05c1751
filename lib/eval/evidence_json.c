/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as JSON: our own lines (formats/evidence.md), and MDACE's (formats/mdace.md). */
#include "eval/evidence.h"

#include <stdlib.h>
#include <string.h>

/* ---- our own ---- */

static json_t *note_id(const evidence *e, size_t i)
{
    const walk_value *id = &e->notes[i].id;
    if (id->type == WALK_STR)
        return json_stringn((const char *)id->data, id->size);
    return json_integer(id->type == WALK_NIL ? (json_int_t)i : (json_int_t)id->i);
}

static json_t *passage_json(const evidence *e, const passage *p)
{
    json_t *o = json_object();
    json_object_set_new(o, "document", note_id(e, p->note));
    json_object_set_new(o, "index", json_integer((json_int_t)p->note));
    json_object_set_new(o, "begin", json_integer((json_int_t)p->begin));
    json_object_set_new(o, "end", json_integer((json_int_t)p->end));
    json_object_set_new(o, "text",
                        json_stringn(e->notes[p->note].text + p->begin_byte, p->end_byte - p->begin_byte));
    json_t *peak = json_array();
    json_array_append_new(peak, json_integer((json_int_t)p->peak));
    json_array_append_new(peak, json_integer((json_int_t)p->peak_end));
    json_object_set_new(o, "peak", peak);
    json_object_set_new(o, "weight", ecan_json_float(p->weight));
    json_object_set_new(o, "block", json_integer(p->block));
    return o;
}

static json_t *code_json(const evidence *e, const explained *c)
{
    json_t *o = json_object(), *passages = json_array();
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(passages, passage_json(e, &e->passages[c->first + i]));
    json_object_set_new(o, "code", json_string(c->code));
    json_object_set_new(o, "description", json_string(c->description));
    json_object_set_new(o, "score", ecan_json_float(c->score));
    json_object_set_new(o, "predicted", json_boolean(c->predicted));
    if (e->gold_known)
        json_object_set_new(o, "gold", json_boolean(c->gold));
    json_object_set_new(o, "evidence", passages);
    return o;
}

json_t *evidence_json(const evidence *e)
{
    json_t *o = json_object(), *codes = json_array();
    for (size_t i = 0; i < e->n_codes; i++)
        json_array_append_new(codes, code_json(e, &e->codes[i]));
    json_object_set_new(o, "id", json_string(e->id));
    json_object_set_new(o, "by", json_string(e->by == EVIDENCE_SUM ? "sum" : "peak"));
    json_object_set_new(o, "codes", codes);
    return o;
}

/* ---- MDACE ---- */

/* MDACE's ids are whole numbers; what is one comes out as one, anything else as a string. */
static json_t *number_or_string(const char *s, size_t n)
{
    json_int_t number = 0;
    bool whole = n > 0 && n < 19 && (s[0] != '0' || n == 1);
    for (size_t i = 0; whole && i < n; i++) {
        whole = s[i] >= '0' && s[i] <= '9';
        number = 10 * number + (s[i] - '0');
    }
    return whole ? json_integer(number) : json_stringn(s, n);
}

static json_t *mdace_annotation(const evidence *e, const explained *c, const passage *p,
                                const char *code_system)
{
    json_t *o = json_object();
    json_object_set_new(o, "begin", json_integer((json_int_t)p->begin));
    json_object_set_new(o, "end", json_integer((json_int_t)p->end));
    json_object_set_new(o, "code", json_string(c->code));
    if (code_system)
        json_object_set_new(o, "code_system", json_string(code_system));
    json_object_set_new(o, "description", json_string(c->description));
    json_object_set_new(o, "covered_text",
                        json_stringn(e->notes[p->note].text + p->begin_byte, p->end_byte - p->begin_byte));
    json_object_set_new(o, "weight", ecan_json_float(p->weight));
    return o;
}

static json_t *mdace_note(const evidence *e, size_t at, const char *code_system)
{
    const evidence_note *d = &e->notes[at];
    json_t *o = json_object(), *annotations = json_array();
    for (size_t i = 0; i < e->n_codes; i++)
        for (size_t k = 0; k < e->codes[i].n; k++) {
            const passage *p = &e->passages[e->codes[i].first + k];
            if (p->note == at)
                json_array_append_new(annotations, mdace_annotation(e, &e->codes[i], p, code_system));
        }
    json_object_set_new(o, "note_id",
                        d->id.type == WALK_STR ? number_or_string((const char *)d->id.data, d->id.size)
                                               : note_id(e, at));
    json_object_set_new(o, "category", json_stringn(d->type, d->type_size));
    json_object_set_new(o, "description", json_stringn(d->description, d->description_size));
    json_object_set_new(o, "annotations", annotations);
    return o;
}

json_t *evidence_mdace(const evidence *e, const char *code_system)
{
    json_t *o = json_object(), *id = number_or_string(e->id, strlen(e->id)), *notes = json_array();
    for (size_t i = 0; i < e->n_notes; i++)
        json_array_append_new(notes, mdace_note(e, i, code_system));
    json_object_set_new(o, json_is_integer(id) ? "hadm_id" : "id", id);
    json_object_set_new(o, "notes", notes);
    return o;
}
