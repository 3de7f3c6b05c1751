/* SPDX-License-Identifier: Apache-2.0 */
/* Selects the codes of an encounter for which evidence is shown. */
#include "eval/evidence_private.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

static int add_code(const explainer *x, const evidence_view *v, evidence *e, int32_t j, bool predicted)
{
    if (mem_grow(&e->codes, &e->codes_cap, e->n_codes + 1, sizeof *e->codes))
        return -1;
    e->codes[e->n_codes++] = (explained){
        .code = labels_code(x->labels, j),
        .description = x->stage ? labels_description(x->stage->m->labels, j) : "",
        .score = v->scores[j],
        .predicted = predicted,
        .label = j,
    };
    return 0;
}

/* The label of one element of `predicted`, {"code", "score"}; -1 with the message set. */
static int32_t read_predicted(const explainer *x, walk *w)
{
    uint32_t keys;
    int32_t label = err_set("an element without the key code");
    if (walk_map(w, &keys))
        return -1;
    while (keys-- > 0) {
        const char *key, *code;
        size_t n;
        if (walk_str(w, &key, &n))
            return -1;
        if (!evidence_key_is(key, n, "code")) {
            if (walk_skip(w) != 1)
                return err_set("truncated object");
            continue;
        }
        if (walk_str(w, &code, &n))
            return -1;
        label = labels_index(x->labels, code, n);
        if (label < 0)
            return err_set("a code that is not in labels of the header");
    }
    return label;
}

static int add_predicted(const explainer *x, const evidence_view *v, evidence *e)
{
    const field *f = record_find(v->r, "predicted");
    uint32_t n;
    if (!f) {
        err_set("missing: run ecan-score or ecan-predict first");
        return record_error(v->r, "predicted");
    }
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &n))
        return record_error(v->r, "predicted");
    while (n-- > 0) {
        int32_t label = read_predicted(x, &w);
        if (label < 0)
            return record_error(v->r, "predicted");
        if (add_code(x, v, e, label, true))
            return -1;
    }
    return 0;
}

/* The code of that label, which is added if it is new. NULL when memory is out. */
static explained *find_code(const explainer *x, const evidence_view *v, evidence *e, int32_t label)
{
    for (size_t i = 0; i < e->n_codes; i++)
        if (e->codes[i].label == label)
            return &e->codes[i];
    return add_code(x, v, e, label, false) ? NULL : &e->codes[e->n_codes - 1];
}

static int add_asked(const explainer *x, const evidence_view *v, evidence *e)
{
    const char *list = x->o.codes, *code;
    size_t n;
    while (list_next(&list, &code, &n))
        if (!find_code(x, v, e, labels_index(x->labels, code, n)))
            return -1;
    return 0;
}

/* Marks the gold codes. Adds those that are missing if options->gold. */
static int add_gold(const explainer *x, const evidence_view *v, evidence *e)
{
    walk w;
    uint32_t n;
    e->gold_known = record_find(v->r, "labels") != NULL;
    if (!e->gold_known)
        return 0;
    if (record_strings(v->r, "labels", &w, &n))
        return -1;
    while (n-- > 0) {
        const char *code;
        size_t size;
        if (walk_str(&w, &code, &size))
            return record_error(v->r, "labels");
        const int32_t label = labels_index(x->labels, code, size);
        explained *found = NULL;
        if (label >= 0 && x->o.gold && !(found = find_code(x, v, e, label)))
            return -1;
        for (size_t i = 0; label >= 0 && !found && i < e->n_codes; i++)
            if (e->codes[i].label == label)
                found = &e->codes[i];
        if (found)
            found->gold = true;
    }
    return 0;
}

int evidence_add_codes(const explainer *x, const evidence_view *v, evidence *e)
{
    for (size_t i = 0; e->only && i < e->n_only; i++)
        if (add_code(x, v, e, e->only[i], false))
            return -1;
    if (e->only)
        return 0;
    return add_predicted(x, v, e) || add_asked(x, v, e) || add_gold(x, v, e) ? -1 : 0;
}
