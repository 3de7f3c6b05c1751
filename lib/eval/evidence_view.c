/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the notes, words, scores and attentions of a record (equations: evidence.h). */
#include "eval/evidence_private.h"

#include "base/err.h"

#include <string.h>

bool evidence_key_is(const char *key, size_t n, const char *name)
{
    return n == strlen(name) && memcmp(key, name, n) == 0;
}

/* Reads the value of one key of a note. A value of an unexpected type is ignored, but for the text it is an
 * error. */
static int read_note_key(walk *w, const char *key, size_t n, evidence_note *d)
{
    walk head = *w;
    walk_value v;
    const char *s = NULL;
    size_t size = 0;
    if (walk_next(&head, &v) != 1 || (v.type == WALK_STR ? walk_str(w, &s, &size) : walk_skip(w) != 1))
        return -1;
    bool whole = v.type == WALK_INT || (v.type == WALK_UINT && v.u <= INT64_MAX);
    if (evidence_key_is(key, n, "id") && (s || whole)) {
        d->id = v;
    } else if (evidence_key_is(key, n, "type") && s) {
        d->type = s;
        d->type_size = size;
    } else if (evidence_key_is(key, n, "date") && s) {
        d->date = s;
        d->date_size = size;
    } else if (evidence_key_is(key, n, "author") && s) {
        d->author = s;
        d->author_size = size;
    } else if (evidence_key_is(key, n, "description") && s) {
        d->description = s;
        d->description_size = size;
    } else if (evidence_key_is(key, n, "text")) {
        if (!s)
            return err_set("the text of a note: expected a string, got %s", walk_name(v.type));
        d->text = s;
        d->text_size = size;
    }
    return 0;
}

int notes_read(const record *r, evidence_note **notes, size_t *cap, size_t *n)
{
    const field *f = record_find(r, "documents");
    uint32_t size, keys;
    if (!f) {
        err_set("missing: evidence needs the notes of the encounter");
        return record_error(r, "documents");
    }
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &size) || mem_grow(notes, cap, size, sizeof **notes))
        return record_error(r, "documents");
    for (*n = 0; *n < size; ++*n) {
        evidence_note *d = &(*notes)[*n];
        *d = (evidence_note){.type = "", .date = "", .author = "", .text = "", .description = ""};
        if (walk_map(&w, &keys))
            return record_error(r, "documents");
        while (keys-- > 0) {
            const char *key;
            size_t length;
            if (walk_str(&w, &key, &length) || read_note_key(&w, key, length, d))
                return record_error(r, "documents");
        }
    }
    return 0;
}

/* Reads a tensor of that type and shape [rows][columns], or [rows] if columns is 1. rows SIZE_MAX: any. */
static int read_tensor(const record *r, const char *key, char type, size_t rows, size_t columns, tensor *t)
{
    if (record_tensor(r, key, type, columns > 1 ? 2 : 1, t))
        return -1;
    if ((columns > 1 && t->shape[1] != columns) || (rows != SIZE_MAX && t->shape[0] != rows)) {
        err_set("the shape does not fit the labels and words");
        return record_error(r, key);
    }
    return 0;
}

/* Reads the peaks, unless the weight of every word is needed. */
static int read_peaks(evidence_view *v, const explainer *x, evidence_work *w)
{
    tensor peaks, weights;
    if (x->o.by != EVIDENCE_PEAK || x->o.top > 1 || !x->o.ngram)
        return 0;
    if (read_tensor(v->r, "peaks", 'i', v->L, 2, &peaks) ||
        read_tensor(v->r, "peak_weights", 'f', v->L, 1, &weights))
        return -1;
    v->peaks = tensor_ints(&peaks, &w->scratch[0]);
    v->peak_weights = tensor_floats(&weights, &w->scratch[1]);
    return v->peaks && v->peak_weights ? 0 : -1;
}

/* Reads the words that the model read, at most max_words. */
static int read_ids(evidence_view *v, evidence_work *w)
{
    tensor ids;
    if (!record_find(v->r, "ids"))
        return 0;
    if (read_tensor(v->r, "ids", 'i', SIZE_MAX, 1, &ids))
        return -1;
    if (ids.count > v->T) {
        err_set("%zu words, but only %zu spans", ids.count, v->T);
        return record_error(v->r, "ids");
    }
    v->T = ids.count;
    v->ids = tensor_ints(&ids, &w->scratch[2]);
    return v->ids ? 0 : -1;
}

/* Reads the attentions that `ecan-attend --weights` wrote. */
static int read_attentions(evidence_view *v, const explainer *x)
{
    const field *f = record_find(v->r, "A");
    const uint32_t most = x->stage ? (uint32_t)x->stage->m->p.sizes.attentions : CONFIG_BLOCKS;
    uint32_t n;
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &n))
        return record_error(v->r, "A");
    if (n < 1 || n > most || (x->stage && n < most)) {
        err_set("%u attentions, expected %u", (unsigned)n, (unsigned)most);
        return record_error(v->r, "A");
    }
    for (uint32_t a = 0; a < n; a++) {
        tensor *t = &v->A[a];
        if (tensor_read(&w, t))
            return record_error(v->r, "A");
        if (t->type != 'f' || t->ndim != 2 || t->shape[0] != v->L || t->shape[1] != v->T) {
            err_set("attention %u: expected float32 [%zu labels][%zu words]", (unsigned)a + 1, v->L, v->T);
            return record_error(v->r, "A");
        }
    }
    v->attentions = (int)n;
    return 0;
}

/* Reads the matches of terms. Their words can be words that the model did not read. */
static int read_matches(const evidence_view *v, matches *m)
{
    if (matches_read(m, v->r, v->L) < 0)
        return -1;
    for (size_t i = 0; i < m->n; i++)
        if ((size_t)m->at[i][2] > v->words) {
            err_set("match %zu: words %d to %d of %zu", i + 1, (int)m->at[i][1], (int)m->at[i][2], v->words);
            return record_error(v->r, "matches");
        }
    return 0;
}

/* Finds the positions of the words, and the gaps between them. */
static int read_places(const evidence_view *v, evidence *e)
{
    tensor gaps;
    places *p = &e->work->places;
    if (places_find(p, v->spans, v->words, e->notes, e->n_notes))
        return record_error(v->r, "spans");
    p->T = v->T;
    if (!record_find(v->r, "gaps"))
        return 0;
    if (read_tensor(v->r, "gaps", 'i', SIZE_MAX, 1, &gaps))
        return -1;
    const int32_t *words = tensor_ints(&gaps, &e->work->scratch[5]);
    return words && !places_gaps(p, words, gaps.count) ? 0 : record_error(v->r, "gaps");
}

int evidence_view_open(evidence_view *v, const explainer *x, const record *r, evidence *e)
{
    evidence_work *w = e->work;
    tensor spans, scores;
    *v = (evidence_view){.r = r, .L = (size_t)labels_count(x->labels)};
    for (size_t i = 0; i < sizeof w->scratch / sizeof *w->scratch; i++)
        w->scratch[i].len = 0;
    if (read_tensor(r, "spans", 'i', SIZE_MAX, 3, &spans) || read_tensor(r, "scores", 'f', v->L, 1, &scores))
        return -1;
    v->T = v->words = spans.shape[0];
    v->spans = tensor_ints(&spans, &w->scratch[3]);
    v->scores = tensor_floats(&scores, &w->scratch[4]);
    if (!v->spans || !v->scores || read_peaks(v, x, w) || read_ids(v, w) || read_attentions(v, x) ||
        read_matches(v, &w->matches))
        return -1;
    return read_places(v, e);
}
