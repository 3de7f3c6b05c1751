/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as JSON: lines of ecan (formats/evidence.md) and of MDACE (formats/mdace.md). */
#include "eval/evidence.h"
#include "text/scopes.h"

#include <stdlib.h>
#include <string.h>

/* ---- ecan ---- */

static json_t *note_id(const evidence *e, size_t i)
{
    const walk_value *id = &e->notes[i].id;
    if (id->type == WALK_STR)
        return json_stringn((const char *)id->data, id->size);
    return json_integer(id->type == WALK_NIL ? (json_int_t)i : (json_int_t)id->i);
}

static json_t *marks_json(int marks)
{
    json_t *names = json_array();
    for (int k = 0; k < SCOPE_KINDS; k++)
        if (marks >> k & 1)
            ecan_json_append(names, json_string(scope_names[k]));
    return names;
}

static json_t *passage_json(const evidence *e, const passage *p)
{
    json_t *o = json_object();
    ecan_json_set(o, "document", note_id(e, p->note));
    ecan_json_set(o, "index", json_integer((json_int_t)p->note));
    ecan_json_set(o, "begin", json_integer((json_int_t)p->begin));
    ecan_json_set(o, "end", json_integer((json_int_t)p->end));
    ecan_json_set(o, "text",
                  json_stringn(e->notes[p->note].text + p->begin_byte, p->end_byte - p->begin_byte));
    json_t *peak = json_array();
    ecan_json_append(peak, json_integer((json_int_t)p->peak));
    ecan_json_append(peak, json_integer((json_int_t)p->peak_end));
    ecan_json_set(o, "peak", peak);
    ecan_json_set(o, "weight", ecan_json_float(p->weight));
    if (p->block < 0)
        ecan_json_set(o, "source", json_string("term"));
    else
        ecan_json_set(o, "block", json_integer(p->block));
    if (p->marks)
        ecan_json_set(o, "marks", marks_json(p->marks));
    if (p->repeat)
        ecan_json_set(o, "repeat", json_true());
    return o;
}

json_t *evidence_passages_json(const evidence *e, size_t i)
{
    const explained *c = &e->codes[i];
    json_t *passages = json_array();
    for (size_t k = 0; k < c->n; k++)
        ecan_json_append(passages, passage_json(e, &e->passages[c->first + k]));
    return passages;
}

static json_t *code_json(const evidence *e, size_t i)
{
    const explained *c = &e->codes[i];
    json_t *o = json_object();
    ecan_json_set(o, "code", json_string(c->code));
    ecan_json_set(o, "description", json_string(c->description));
    ecan_json_set(o, "score", ecan_json_float(c->score));
    ecan_json_set(o, "predicted", json_boolean(c->predicted));
    if (e->gold_known)
        ecan_json_set(o, "gold", json_boolean(c->gold));
    ecan_json_set(o, "evidence", evidence_passages_json(e, i));
    return o;
}

json_t *evidence_json(const evidence *e)
{
    static const char *const by[] = {"peak", "sum", "attingrad"};
    json_t *o = json_object(), *codes = json_array();
    for (size_t i = 0; i < e->n_codes; i++)
        ecan_json_append(codes, code_json(e, i));
    ecan_json_set(o, "id", json_string(e->id));
    ecan_json_set(o, "by", json_string(by[e->by]));
    if (e->words_cut)
        ecan_json_set(o, "words_cut", json_integer((json_int_t)e->words_cut));
    if (e->notes_cut)
        ecan_json_set(o, "notes_cut", json_integer((json_int_t)e->notes_cut));
    ecan_json_set(o, "codes", codes);
    return ecan_json_complete(o);
}

/* ---- MDACE ---- */

/* Ids of MDACE are whole numbers. A string that is one is written as a number, any other as a string. */
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
    ecan_json_set(o, "begin", json_integer((json_int_t)p->begin));
    ecan_json_set(o, "end", json_integer((json_int_t)p->end));
    ecan_json_set(o, "code", json_string(c->code));
    if (code_system)
        ecan_json_set(o, "code_system", json_string(code_system));
    ecan_json_set(o, "description", json_string(c->description));
    ecan_json_set(o, "covered_text",
                  json_stringn(e->notes[p->note].text + p->begin_byte, p->end_byte - p->begin_byte));
    ecan_json_set(o, "weight", ecan_json_float(p->weight));
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
                ecan_json_append(annotations, mdace_annotation(e, &e->codes[i], p, code_system));
        }
    ecan_json_set(o, "note_id",
                  d->id.type == WALK_STR ? number_or_string((const char *)d->id.data, d->id.size)
                                         : note_id(e, at));
    ecan_json_set(o, "category", json_stringn(d->type, d->type_size));
    ecan_json_set(o, "description", json_stringn(d->description, d->description_size));
    ecan_json_set(o, "annotations", annotations);
    return o;
}

json_t *evidence_mdace(const evidence *e, const char *code_system)
{
    json_t *o = json_object(), *id = number_or_string(e->id, strlen(e->id)), *notes = json_array();
    for (size_t i = 0; i < e->n_notes; i++)
        ecan_json_append(notes, mdace_note(e, i, code_system));
    ecan_json_set(o, json_is_integer(id) ? "hadm_id" : "id", id);
    ecan_json_set(o, "notes", notes);
    return ecan_json_complete(o);
}
