/* From equation 8's peaks to passages of the notes. Not here: the attention itself, and the page (page.c). */
#include "eval/evidence.h"

#include "base/err.h"
#include "base/mem.h"
#include "text/labels.h"

#include <string.h>

#define KERNELS 64 /* blocks at most */

struct explainer {
    labels *model;  /* labels.tsv; NULL without a model */
    labels *labels; /* of the header; NULL before it */
    int window;     /* -1: the kernel's */
    int kernels[KERNELS], blocks;
    const char *asked; /* "A,B" */
};

/* What explainer_find() reads of a record, all of it checked against the rest. */
typedef struct view {
    const record *r;
    const int32_t *spans, *peaks;  /* [T][3], [L][2] */
    const float *weights, *scores; /* [L] */
    size_t T, L;
} view;

/* ---- the model's part ---- */

static int read_kernels(explainer *x, const json_t *config)
{
    const json_t *kernels = json_object_get(config, "kernels");
    size_t n = json_array_size(kernels);
    if (n == 0 || n > KERNELS)
        return err_set("kernels: not an array of 1 to %d numbers", KERNELS);
    for (size_t i = 0; i < n; i++) {
        json_int_t k = json_integer_value(json_array_get(kernels, i));
        if (k < 1 || k > 1 << 20)
            return err_set("kernels: number %zu is no width", i + 1);
        x->kernels[i] = (int)k;
    }
    x->blocks = (int)n;
    return 0;
}

static int read_model(explainer *x, const char *folder)
{
    char *path = NULL;
    size_t have = 0, n = strlen(folder);
    if (mem_grow(&path, &have, n + sizeof "/config.json", 1))
        return -1;
    memcpy(path, folder, n);
    memcpy(path + n, "/config.json", sizeof "/config.json");
    json_t *config = json_read_file(path);
    int status = config ? read_kernels(x, config) : -1;
    if (config && status)
        err_prefix("%s: ", path);
    json_decref(config);
    if (!status) {
        memcpy(path + n, "/labels.tsv", sizeof "/labels.tsv");
        status = (x->model = labels_read(path)) ? 0 : -1;
    }
    mem_free(path);
    return status;
}

explainer *explainer_new(const char *model, int window)
{
    explainer *x = mem_array(1, sizeof *x);
    if (!x)
        return NULL;
    x->window = window;
    if (model && read_model(x, model)) {
        explainer_free(x);
        return NULL;
    }
    return x;
}

void explainer_free(explainer *x)
{
    if (!x)
        return;
    labels_free(x->model);
    labels_free(x->labels);
    mem_free(x);
}

void explainer_ask(explainer *x, const char *codes)
{
    x->asked = codes;
}

/* Takes the next code off *list: true, or false at its end. */
static bool next_asked(const char **list, const char **code, size_t *n)
{
    if (!*list)
        return false;
    *code = *list;
    *n = strcspn(*list, ",");
    *list += *n;
    *list = **list ? *list + 1 : NULL;
    return true;
}

static int check_asked(const explainer *x)
{
    const char *list = x->asked, *code;
    size_t n;
    while (next_asked(&list, &code, &n))
        if (labels_index(x->labels, code, n) < 0)
            return err_set("the model has no label %.*s", (int)n, code);
    return 0;
}

static int check_model(const explainer *x)
{
    if (!x->model)
        return 0;
    int32_t n = labels_count(x->labels);
    bool same = n == labels_count(x->model);
    for (int32_t i = 0; same && i < n; i++)
        same = strcmp(labels_code(x->labels, i), labels_code(x->model, i)) == 0;
    return same ? 0 : err_set("the stream's labels are not this model's: another model made the scores");
}

int explainer_header(explainer *x, const record *header)
{
    labels_free(x->labels);
    if (!(x->labels = labels_new()) || labels_from_header(x->labels, header))
        return -1;
    return check_model(x) || check_asked(x) ? -1 : 0;
}

/* ---- the record's part ---- */

static int grow(void *p, size_t *have, size_t n, size_t size)
{
    return n <= *have ? 0 : mem_grow(p, have, n > 2 * *have ? n : 2 * *have, size);
}

static bool is(const char *key, size_t n, const char *name)
{
    return n == strlen(name) && memcmp(key, name, n) == 0;
}

/* The value of one key of a note. What is of another type than expected counts as not there, but for the
 * text. */
static int read_note_key(walk *w, const char *key, size_t n, note *d)
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
    } else if (is(key, n, "text")) {
        if (!s)
            return err_set("the text of a note is %s", walk_name(v.type));
        d->text = s;
        d->text_size = size;
    }
    return 0;
}

static int read_notes(const record *r, evidence *e)
{
    const field *f = record_find(r, "documents");
    uint32_t n, keys;
    if (!f) {
        err_set("missing: without the notes there is nothing to point at");
        return record_error(r, "documents");
    }
    walk w = {f->value, f->value + f->size};
    if (walk_array(&w, &n) || grow(&e->notes, &e->notes_cap, n, sizeof *e->notes))
        return record_error(r, "documents");
    for (e->n_notes = 0; e->n_notes < n; e->n_notes++) {
        note *d = &e->notes[e->n_notes];
        *d = (note){.type = "", .date = "", .text = ""};
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

static int open_view(view *v, const explainer *x, const record *r, evidence *e)
{
    tensor spans, peaks, weights, scores, ids;
    v->r = r;
    v->L = (size_t)labels_count(x->labels);
    if (read_tensor(r, "spans", 'i', SIZE_MAX, 3, &spans) || read_tensor(r, "peaks", 'i', v->L, 2, &peaks) ||
        read_tensor(r, "peak_weights", 'f', v->L, 1, &weights) ||
        read_tensor(r, "scores", 'f', v->L, 1, &scores))
        return -1;
    v->T = spans.shape[0];
    if (record_find(r, "ids")) { /* of the words that the model read: max_words at most */
        if (read_tensor(r, "ids", 'i', SIZE_MAX, 1, &ids))
            return -1;
        if (ids.count > v->T) {
            err_set("%zu words, but spans of %zu", ids.count, v->T);
            return record_error(r, "ids");
        }
        v->T = ids.count;
    }
    for (size_t i = 0; i < sizeof e->scratch / sizeof *e->scratch; i++)
        e->scratch[i].len = 0;
    v->spans = tensor_ints(&spans, &e->scratch[0]);
    v->peaks = tensor_ints(&peaks, &e->scratch[1]);
    v->weights = tensor_floats(&weights, &e->scratch[2]);
    v->scores = tensor_floats(&scores, &e->scratch[3]);
    return v->spans && v->peaks && v->weights && v->scores ? 0 : -1;
}

/* Moves *byte from code point `from` on to code point `to` of the note. 0, or -1 where the text ends before
 * it. */
static int advance(const note *d, size_t from, size_t to, size_t *byte)
{
    for (; from < to; from++) {
        if (*byte >= d->text_size)
            return -1;
        do
            ++*byte;
        while (*byte < d->text_size && ((unsigned char)d->text[*byte] & 0xc0) == 0x80);
    }
    return 0;
}

/* The span of word t: its note, which must be there, and begin <= end. */
static int word_span(const view *v, const evidence *e, size_t t, passage *p)
{
    const int32_t *s = v->spans + 3 * t;
    if (s[0] < 0 || (size_t)s[0] >= e->n_notes || s[1] < 0 || s[2] < s[1])
        return err_set("word %zu has no place in a note", t);
    p->note = (size_t)s[0];
    p->begin = (size_t)s[1];
    p->end = (size_t)s[2];
    return 0;
}

/* Bytes of the passage's four places, which must stand in order. */
static int find_bytes(const note *d, passage *p)
{
    if (p->begin > p->peak || p->peak_end > p->end)
        return err_set("words of a note are not in the order of its text");
    size_t byte = 0;
    int status = advance(d, 0, p->begin, &byte);
    p->begin_byte = byte;
    status |= advance(d, p->begin, p->peak, &byte);
    p->peak_byte = byte;
    status |= advance(d, p->peak, p->peak_end, &byte);
    p->peak_end_byte = byte;
    status |= advance(d, p->peak_end, p->end, &byte);
    p->end_byte = byte;
    return status ? err_set("a word beyond the end of its note") : 0;
}

/* Words before .. after around word t, as far as they are of t's note. */
static int find_passage(const view *v, evidence *e, size_t t, size_t before, size_t after, passage *p)
{
    passage word = {0};
    if (word_span(v, e, t, p))
        return -1;
    p->peak = p->begin;
    p->peak_end = p->end;
    for (size_t i = t; before-- > 0 && i-- > 0;) {
        if (word_span(v, e, i, &word))
            return -1;
        if (word.note != p->note)
            break;
        p->begin = word.begin;
    }
    for (size_t i = t + 1; after-- > 0 && i < v->T; i++) {
        if (word_span(v, e, i, &word))
            return -1;
        if (word.note != p->note)
            break;
        p->end = word.end;
    }
    return find_bytes(&e->notes[p->note], p);
}

/* The passage of label j. 1; 0: the label has no peak, there being no words; -1. */
static int explain_label(const explainer *x, const view *v, evidence *e, size_t j, passage *p)
{
    int32_t block = v->peaks[2 * j], t = v->peaks[2 * j + 1];
    if (v->T == 0)
        return 0;
    if (t < 0 || (size_t)t >= v->T || block < 0 || (x->model && block >= x->blocks)) {
        err_set("label %zu has its peak at block %d, word %d, which there is not", j, (int)block, (int)t);
        return record_error(v->r, "peaks");
    }
    size_t before = (size_t)x->window, after = (size_t)x->window;
    if (x->window < 0) {
        before = (size_t)(x->kernels[block] - 1) / 2;
        after = (size_t)x->kernels[block] / 2;
    }
    if (find_passage(v, e, (size_t)t, before, after, p))
        return record_error(v->r, "spans");
    p->weight = v->weights[j];
    p->block = block;
    return 1;
}

static int add_code(const explainer *x, const view *v, evidence *e, int32_t j, bool predicted)
{
    if (grow(&e->codes, &e->codes_cap, e->n_codes + 1, sizeof *e->codes) ||
        grow(&e->passages, &e->passages_cap, e->n_passages + 1, sizeof *e->passages))
        return -1;
    passage *p = &e->passages[e->n_passages];
    int found = explain_label(x, v, e, (size_t)j, p);
    if (found < 0)
        return -1;
    e->codes[e->n_codes++] = (explained){
        .code = labels_code(x->labels, j),
        .description = x->model ? labels_description(x->model, j) : "",
        .score = v->scores[j],
        .predicted = predicted,
        .first = e->n_passages,
        .n = (size_t)found,
    };
    e->n_passages += (size_t)found;
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

/* Those asked for that were not predicted. */
static int add_asked(const explainer *x, const view *v, evidence *e)
{
    const char *list = x->asked, *code;
    size_t n;
    while (next_asked(&list, &code, &n)) {
        int32_t label = labels_index(x->labels, code, n);
        bool there = false;
        for (size_t i = 0; i < e->n_codes; i++)
            there |= e->codes[i].code == labels_code(x->labels, label);
        if (!there && add_code(x, v, e, label, false))
            return -1;
    }
    return 0;
}

int explainer_find(const explainer *x, const record *r, evidence *e)
{
    view v;
    e->id = r->id;
    e->n_codes = e->n_passages = 0;
    if (read_notes(r, e) || open_view(&v, x, r, e) || add_predicted(x, &v, e) || add_asked(x, &v, e))
        return -1;
    return 0;
}

void evidence_free(evidence *e)
{
    mem_free(e->notes);
    mem_free(e->codes);
    mem_free(e->passages);
    for (size_t i = 0; i < sizeof e->scratch / sizeof *e->scratch; i++)
        buf_free(&e->scratch[i]);
    *e = (evidence){0};
}

/* ---- JSON ---- */

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
    json_object_set_new(o, "weight", json_float(p->weight));
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
    json_object_set_new(o, "score", json_float(c->score));
    json_object_set_new(o, "predicted", json_boolean(c->predicted));
    json_object_set_new(o, "evidence", passages);
    return o;
}

json_t *evidence_json(const evidence *e)
{
    json_t *o = json_object(), *codes = json_array();
    for (size_t i = 0; i < e->n_codes; i++)
        json_array_append_new(codes, code_json(e, &e->codes[i]));
    json_object_set_new(o, "id", json_string(e->id));
    json_object_set_new(o, "codes", codes);
    return o;
}
