/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to the weights of its words, and from these to passages. Not here: which words make a passage
 * (passage.c), the attention itself (model/attend.c), how evidence is written (evidence_json.c, page.c). */
#include "eval/evidence.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "eval/passage.h"
#include "predict/model_stage.h"
#include "terms/matches.h"
#include "text/labels.h"

#include <math.h>
#include <string.h>

enum { GROUP = 256 }; /* codes that the model attends for at a time: memory does not grow with their number */

struct explainer {
    explainer_options o;
    model_stage *stage; /* borrowed; NULL: there is no model */
    labels *labels;     /* of the header; NULL before it */
};

/* Memory that one encounter after another uses. */
typedef struct evidence_work {
    places places;
    matches matches;
    weighed *words;      /* [T] */
    int32_t *heap;       /* [T] */
    unsigned char *seen; /* [T] */
    size_t words_cap, heap_cap, seen_cap;
    buf scratch[6], row; /* tensors that were not aligned */
} evidence_work;

/* What explainer_find() reads of a record, all of it checked against the rest. */
typedef struct view {
    const record *r;
    const int32_t *spans, *ids, *peaks; /* [T][3], [T], [L][2]; ids and peaks may be NULL */
    const float *peak_weights, *scores; /* [L] */
    size_t T, L, words;                 /* T: the words that the model read, of `words` */

    /* The attentions: those of the record, or what the model made, or none. */
    int attentions;
    tensor A[CONFIG_BLOCKS]; /* [L][T] each */
    float *const *made;      /* [attentions], each [group of codes][T] */
    size_t made_for;         /* the group's first code */
} view;

/* ---- what is asked for ---- */

explainer *explainer_new(model_stage *stage, const explainer_options *options)
{
    explainer *x = mem_array(1, sizeof *x);
    if (!x)
        return NULL;
    x->o = *options;
    x->o.top = options->top > 0 ? options->top : 1;
    x->stage = stage;
    return x;
}

void explainer_free(explainer *x)
{
    if (!x)
        return;
    labels_free(x->labels);
    mem_free(x);
}

static int check_asked(const explainer *x)
{
    const char *list = x->o.codes, *code;
    size_t n;
    while (list_next(&list, &code, &n))
        if (labels_index(x->labels, code, n) < 0)
            return err_set("the model has no label %.*s", (int)n, code);
    return 0;
}

static int check_model(explainer *x, const record *header)
{
    if (!x->stage)
        return 0;
    const labels *own = x->stage->m->labels;
    int32_t n = labels_count(x->labels);
    bool same = n == labels_count(own);
    for (int32_t i = 0; same && i < n; i++)
        same = strcmp(labels_code(x->labels, i), labels_code(own, i)) == 0;
    if (!same)
        return err_set("the stream's labels are not this model's: another model made the scores");
    return model_stage_check_ids(x->stage, header);
}

int explainer_header(explainer *x, const record *header)
{
    labels_free(x->labels);
    if (!(x->labels = labels_new()) || labels_from_header(x->labels, header))
        return -1;
    return check_model(x, header) || check_asked(x) ? -1 : 0;
}

/* Words of a passage whose peak attention a weighs most, and the block that it attends to. Without a model
 * the attentions are taken for those of blocks 0, 1, .... */
static int block_of(const explainer *x, int a)
{
    return x->stage ? x->stage->m->p.sizes.attention[a].block : a;
}

static int ngram_of(const explainer *x, int block)
{
    return x->o.ngram > 0 ? x->o.ngram : x->stage->m->p.c.kernels[block];
}

/* ---- the record ---- */

static bool is(const char *key, size_t n, const char *name)
{
    return n == strlen(name) && memcmp(key, name, n) == 0;
}

/* The value of one key of a note. What is of another type than expected counts as not there, but for the
 * text. */
static int read_note_key(walk *w, const char *key, size_t n, evidence_note *d)
{
    walk head = *w;
    walk_value v;
    const char *s = NULL;
    size_t size = 0;
    if (walk_next(&head, &v) != 1 || (v.type == WALK_STR ? walk_str(w, &s, &size) : walk_skip(w) != 1))
        return -1;
    bool whole = v.type == WALK_INT || (v.type == WALK_UINT && v.u <= INT64_MAX);
    if (is(key, n, "id") && (s || whole)) {
        d->id = v;
    } else if (is(key, n, "type") && s) {
        d->type = s;
        d->type_size = size;
    } else if (is(key, n, "date") && s) {
        d->date = s;
        d->date_size = size;
    } else if (is(key, n, "description") && s) {
        d->description = s;
        d->description_size = size;
    } else if (is(key, n, "text")) {
        if (!s)
            return err_set("the text of a note is %s", walk_name(v.type));
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
        *d = (evidence_note){.type = "", .date = "", .text = "", .description = ""};
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

/* A tensor of that type, rows x columns (1: a vector); rows is checked unless it is SIZE_MAX. */
static int read_tensor(const record *r, const char *key, char type, size_t rows, size_t columns, tensor *t)
{
    if (record_tensor(r, key, type, columns > 1 ? 2 : 1, t))
        return -1;
    if ((columns > 1 && t->shape[1] != columns) || (rows != SIZE_MAX && t->shape[0] != rows)) {
        err_set("not of the shape that the labels and words ask for");
        return record_error(r, key);
    }
    return 0;
}

/* The peaks, unless every word's weight is asked for. */
static int read_peaks(view *v, const explainer *x, evidence_work *w)
{
    tensor peaks, weights;
    if (x->o.by != EVIDENCE_PEAK || x->o.top > 1)
        return 0;
    if (read_tensor(v->r, "peaks", 'i', v->L, 2, &peaks) ||
        read_tensor(v->r, "peak_weights", 'f', v->L, 1, &weights))
        return -1;
    v->peaks = tensor_ints(&peaks, &w->scratch[0]);
    v->peak_weights = tensor_floats(&weights, &w->scratch[1]);
    return v->peaks && v->peak_weights ? 0 : -1;
}

/* The words that the model read: max_words at most. */
static int read_ids(view *v, evidence_work *w)
{
    tensor ids;
    if (!record_find(v->r, "ids"))
        return 0;
    if (read_tensor(v->r, "ids", 'i', SIZE_MAX, 1, &ids))
        return -1;
    if (ids.count > v->T) {
        err_set("%zu words, but spans of %zu", ids.count, v->T);
        return record_error(v->r, "ids");
    }
    v->T = ids.count;
    v->ids = tensor_ints(&ids, &w->scratch[2]);
    return v->ids ? 0 : -1;
}

/* The attentions that `ecan-attend --weights` left. */
static int read_attentions(view *v, const explainer *x)
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
        err_set("%u attentions where there are %u", (unsigned)n, (unsigned)most);
        return record_error(v->r, "A");
    }
    for (uint32_t a = 0; a < n; a++) {
        tensor *t = &v->A[a];
        if (tensor_read(&w, t))
            return record_error(v->r, "A");
        if (t->type != 'f' || t->ndim != 2 || t->shape[0] != v->L || t->shape[1] != v->T) {
            err_set("attention %u: not float32 [%zu][%zu], labels and words", (unsigned)a + 1, v->L, v->T);
            return record_error(v->r, "A");
        }
    }
    v->attentions = (int)n;
    return 0;
}

/* The terms that occur; their words need not be among those that the model read. */
static int read_matches(const view *v, matches *m)
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

/* Where the words stand, and where some between them do not. */
static int read_places(const view *v, evidence *e)
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

static int open_view(view *v, const explainer *x, const record *r, evidence *e)
{
    evidence_work *w = e->work;
    tensor spans, scores;
    *v = (view){.r = r, .L = (size_t)labels_count(x->labels)};
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

/* ---- codes ---- */

static int add_code(const explainer *x, const view *v, evidence *e, int32_t j, bool predicted)
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
    int32_t label = err_set("an element without code");
    if (walk_map(w, &keys))
        return -1;
    while (keys-- > 0) {
        const char *key, *code;
        size_t n;
        if (walk_str(w, &key, &n))
            return -1;
        if (!is(key, n, "code")) {
            if (walk_skip(w) != 1)
                return err_set("not a whole object");
            continue;
        }
        if (walk_str(w, &code, &n))
            return -1;
        label = labels_index(x->labels, code, n);
        if (label < 0)
            return err_set("a code that the header does not have");
    }
    return label;
}

static int add_predicted(const explainer *x, const view *v, evidence *e)
{
    const field *f = record_find(v->r, "predicted");
    uint32_t n;
    if (!f) {
        err_set("missing");
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

/* The code of that label, which is added where it is not there. NULL when memory is out. */
static explained *find_code(const explainer *x, const view *v, evidence *e, int32_t label)
{
    for (size_t i = 0; i < e->n_codes; i++)
        if (e->codes[i].label == label)
            return &e->codes[i];
    return add_code(x, v, e, label, false) ? NULL : &e->codes[e->n_codes - 1];
}

static int add_asked(const explainer *x, const view *v, evidence *e)
{
    const char *list = x->o.codes, *code;
    size_t n;
    while (list_next(&list, &code, &n))
        if (!find_code(x, v, e, labels_index(x->labels, code, n)))
            return -1;
    return 0;
}

/* Notes which codes are gold, and adds those that are not there yet, where this is asked for. */
static int add_gold(const explainer *x, const view *v, evidence *e)
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

/* ---- terms ---- */

/* The best term of the label, as a passage of weight sigmoid(w). False: no term has a positive weight w. */
static bool find_term(const explainer *x, const evidence *e, int32_t label, passage *p)
{
    const matches *m = &e->work->matches;
    size_t best = m->n;
    for (size_t i = 0; i < m->n; i++)
        if (m->at[i][0] == label && m->weights[i] > (best < m->n ? m->weights[best] : 0))
            best = i;
    if (best == m->n ||
        !passage_of_words(&e->work->places, (size_t)m->at[best][1], (size_t)m->at[best][2], p))
        return false;
    p->weight = (float)(1 / (1 + exp(-(double)m->weights[best])));
    p->block = -1;
    return p->weight > x->o.above;
}

/* ---- weights ---- */

/* The peak of label j stands in the record, and in a note. 1, 0 or -1. */
static int has_peak(const explainer *x, const view *v, const evidence *e, int32_t j)
{
    const int32_t block = v->peaks[2 * j], t = v->peaks[2 * j + 1];
    if (t < 0 || (size_t)t >= v->T || block < 0 || (x->stage && block >= x->stage->m->p.c.blocks)) {
        err_set("label %d: its peak, block %d, word %d, does not exist in this record", (int)j, (int)block,
                (int)t);
        return record_error(v->r, "peaks");
    }
    return e->work->places.of[t].note >= 0;
}

/* Whether the peaks are all there is to know: 1, 0 or -1. */
static int peaks_suffice(const explainer *x, const view *v, const evidence *e)
{
    int all = v->peaks != NULL;
    for (size_t i = 0; all > 0 && i < e->n_codes; i++)
        all = has_peak(x, v, e, e->codes[i].label);
    return all;
}

/* The model reads the words once; then it attends, for a group of codes at a time. */
static int read_words(explainer *x, int worker, const view *v)
{
    if (!x->stage) {
        err_set("missing: give the model with -m, or add them with ecan-attend --weights");
        return record_error(v->r, "A");
    }
    if (!v->ids && v->T) {
        err_set("missing");
        return record_error(v->r, "ids");
    }
    return model_stage_read(x->stage, worker, v->ids, v->T) ? record_error(v->r, "ids") : 0;
}

static int attend(explainer *x, int worker, view *v, const evidence *e, size_t first, size_t n)
{
    int32_t asked[GROUP];
    for (size_t i = 0; i < n; i++)
        asked[i] = e->codes[first + i].label;
    v->made_for = first;
    v->attentions = x->stage->m->p.sizes.attentions;
    return model_stage_weights(x->stage, worker, asked, n, &v->made) ? record_error(v->r, NULL) : 0;
}

/* What attention a gives each word for code i. NULL when memory is out. */
static const float *attention_row(const view *v, const evidence *e, size_t i, int a)
{
    if (v->made)
        return v->made[a] + (i - v->made_for) * v->T;
    tensor row = v->A[a];
    row.data += sizeof(float) * (size_t)e->codes[i].label * v->T;
    row.count = v->T;
    e->work->row.len = 0;
    return tensor_floats(&row, &e->work->row);
}

/* The words' weights for code i (evidence.h). */
static int weigh_words(const view *v, const evidence *e, size_t i, evidence_by by)
{
    weighed *words = e->work->words;
    memset(words, 0, v->T * sizeof *words);
    for (int a = 0; a < v->attentions; a++) {
        const float *row = attention_row(v, e, i, a);
        if (!row)
            return -1;
        for (size_t t = 0; t < v->T; t++) {
            weighed *w = &words[t];
            w->weight += row[t];
            if (row[t] > w->largest) {
                w->largest = row[t];
                w->attention = a;
            }
        }
    }
    for (size_t t = 0; t < v->T; t++)
        words[t].weight = by == EVIDENCE_SUM ? words[t].weight / (float)v->attentions : words[t].largest;
    return 0;
}

static int make_room(evidence_work *w, size_t T)
{
    return mem_grow(&w->words, &w->words_cap, T + 1, sizeof *w->words) ||
                   mem_grow(&w->heap, &w->heap_cap, T + 1, sizeof *w->heap) ||
                   mem_grow(&w->seen, &w->seen_cap, T + 1, sizeof *w->seen)
               ? -1
               : 0;
}

/* The passages of every code, by the weights of all words. */
static int explain_words(explainer *x, int worker, view *v, evidence *e)
{
    evidence_work *w = e->work;
    const bool made = v->attentions == 0;
    int ngrams[CONFIG_BLOCKS], blocks[CONFIG_BLOCKS];
    if (make_room(w, v->T) || (made && read_words(x, worker, v)))
        return -1;
    for (size_t i = 0; i < e->n_codes; i++) {
        const size_t left = e->n_codes - i;
        if (made && i % GROUP == 0 && attend(x, worker, v, e, i, left < GROUP ? left : GROUP))
            return -1;
        if (weigh_words(v, e, i, x->o.by))
            return -1;
        for (int a = 0; a < v->attentions; a++) {
            blocks[a] = block_of(x, a);
            ngrams[a] = ngram_of(x, blocks[a]);
        }
        passage term;
        const chooser c = {.places = &w->places,
                           .words = w->words,
                           .ngrams = ngrams,
                           .blocks = blocks,
                           .top = x->o.top,
                           .above = x->o.above,
                           .heap = w->heap,
                           .seen = w->seen,
                           .term = find_term(x, e, e->codes[i].label, &term) ? &term : NULL};
        e->codes[i].first = e->n_passages;
        const int n = passages_choose(&c, e);
        if (n < 0)
            return -1;
        e->codes[i].n = (size_t)n;
    }
    return 0;
}

/* The one passage of every code, by the record's matches and peaks. */
static int explain_peaks(const explainer *x, const view *v, evidence *e)
{
    if (mem_grow(&e->passages, &e->passages_cap, e->n_codes, sizeof *e->passages))
        return -1;
    for (size_t i = 0; i < e->n_codes; i++) {
        const size_t j = (size_t)e->codes[i].label, t = (size_t)v->peaks[2 * j + 1];
        const int block = v->peaks[2 * j];
        passage *p = &e->passages[e->n_passages];
        e->codes[i].first = e->n_passages;
        if (!find_term(x, e, e->codes[i].label, p)) {
            if (e->work->places.of[t].note < 0 || !(v->peak_weights[j] > x->o.above))
                continue;
            *p = passage_around(&e->work->places, t, ngram_of(x, block), NULL);
            p->weight = v->peak_weights[j];
            p->block = block;
        }
        e->codes[i].n = 1;
        e->n_passages++;
    }
    return 0;
}

static int explain(explainer *x, int worker, view *v, evidence *e)
{
    if (v->T == 0)
        return 0;
    const int suffice = peaks_suffice(x, v, e);
    if (suffice < 0)
        return -1;
    /* A peak that is a marker: the next word by weight is to be found, where there is a way. */
    const bool possible = x->stage || v->attentions;
    return suffice || (v->peaks && !possible) ? explain_peaks(x, v, e) : explain_words(x, worker, v, e);
}

int explainer_find(explainer *x, int worker, const record *r, evidence *e)
{
    view v;
    e->id = r->id;
    e->by = x->o.by;
    e->n_codes = e->n_passages = 0;
    if (!e->work && !(e->work = mem_array(1, sizeof *e->work)))
        return -1;
    if (notes_read(r, &e->notes, &e->notes_cap, &e->n_notes) || open_view(&v, x, r, e) ||
        add_predicted(x, &v, e) || add_asked(x, &v, e) || add_gold(x, &v, e))
        return -1;
    return explain(x, worker, &v, e);
}

void evidence_free(evidence *e)
{
    mem_free(e->notes);
    mem_free(e->codes);
    mem_free(e->passages);
    if (e->work) {
        places_free(&e->work->places);
        matches_free(&e->work->matches);
        mem_free(e->work->words);
        mem_free(e->work->heap);
        mem_free(e->work->seen);
        buf_free(&e->work->row);
        for (size_t i = 0; i < sizeof e->work->scratch / sizeof *e->work->scratch; i++)
            buf_free(&e->work->scratch[i]);
    }
    mem_free(e->work);
    *e = (evidence){0};
}
