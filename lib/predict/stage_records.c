/* SPDX-License-Identifier: Apache-2.0 */
/* The stages: each reads a record, calls the model, and packs the result. */
#include "base/err.h"
#include "base/little_endian.h"
#include "predict/stage_worker.h"
#include "tensor/ops.h"
#include "text/predicted.h"

#include <math.h>
#include <string.h>

/* ---- parts of a record ---- */

enum { KEYS = 1024 }; /* upper bound of the bytes of the keys and shapes of a record */

static void put_f4(pack *out, const char *key, const float *data, size_t a, size_t b)
{
    pack_key(out, key);
    pack_f4(out, data, b ? 2 : 1, (const size_t[]){a, b});
}

static void put_i4(pack *out, const char *key, const int32_t *data, size_t a, size_t b)
{
    pack_key(out, key);
    pack_i4(out, data, b ? 2 : 1, (const size_t[]){a, b});
}

static int packed(const pack *out, const record *in)
{
    if (!pack_failed(out))
        return 0;
    err_memory("out of memory");
    return record_error(in, NULL);
}

/* Reads the ids of tokens into w->words, at most max_words of the model. *T: their number. */
static int read_ids(const model_stage *s, model_stage_worker *w, const record *in, size_t *T)
{
    vocab *words = s->vectors ? s->vectors->words : s->m->words;
    w->words.n = 0;
    if (word_ids_add(&w->words, in, words, false, s->m->p.c.max_words, &w->words_cut))
        return -1;
    *T = w->words.n;
    return 0;
}

/* Packs the ids of the words and, if it is not 0, the number of the words that are not read. */
static int put_ids(pack *out, model_stage_worker *w, const record *in)
{
    put_i4(out, "ids", w->words.ids, w->words.n, 0);
    unread_add(&w->unread, w->words_cut, 0);
    return unread_pack_more(out, in, w->words_cut);
}

/* The same from w->seen. */
static int find_ids(const model_stage *s, model_stage_worker *w, size_t *T)
{
    seen_words *seen = &w->seen;
    const size_t most = s->m->p.c.max_words;
    *T = most && seen->T > most ? most : seen->T;
    if (mem_grow(&w->words.ids, &w->words.room, *T + 1, sizeof *w->words.ids))
        return record_error(seen->record, "tokens");
    for (int32_t *i = &seen->known[WORD_ID]; *i < seen_words_count(seen); ++*i) {
        size_t n;
        const char *word = map_key(seen->words, *i, &n);
        seen->of[*i].id = vocab_id(s->m->words, word, n);
    }
    w->words.n = *T;
    w->words_cut = seen->T - *T;
    for (size_t t = 0; t < *T; t++)
        w->words.ids[t] = seen->of[seen->at[t]].id;
    return 0;
}

/* Whether terms or the linear branch are computed from the words of the record. */
static bool needs_words(const model_stage *s, const record *in)
{
    return (s->terms && !record_find(in, "matches")) ||
           (s->m->linear.features && !record_find(in, "linear_logits"));
}

/* Reads H_i of every block: [T][D_i], with the same T. */
static int read_blocks(const model_stage *s, model_stage_worker *w, const record *in,
                       const float *H[CONFIG_BLOCKS], size_t *T)
{
    const config *c = &s->m->p.c;
    const field *f = record_find(in, "H");
    uint32_t n = 0;
    if (!f) {
        err_set("missing: run ecan-encode first");
        return record_error(in, "H");
    }
    walk at = {f->value, f->value + f->size};
    if (walk_array(&at, &n))
        return record_error(in, "H");
    if (n != (uint32_t)c->blocks) {
        err_set("expected %d blocks as in the model, got %u", c->blocks, (unsigned)n);
        return record_error(in, "H");
    }
    for (int i = 0; i < c->blocks; i++) {
        tensor t;
        if (tensor_read(&at, &t))
            return record_error(in, "H");
        if (t.type != 'f' || t.ndim != 2 || t.shape[1] != (size_t)c->channels[i] || (i && t.shape[0] != *T)) {
            err_set("block %d: expected float32 [T][%d] with the same T in each block", i, c->channels[i]);
            return record_error(in, "H");
        }
        *T = t.shape[0];
        if (!(H[i] = tensor_floats(&t, &w->in[i])))
            return record_error(in, "H");
    }
    return 0;
}

/* Reports a score that is not finite. The large tensors are not checked when a model is opened, so the reason
 * may be there. */
static int not_finite(const model_stage *s, size_t label, const record *in)
{
    const char *bad = params_not_finite(&s->m->p);
    err_model("the score of label %zu is not a number%s%s%s", label, bad ? ": the model's tensor " : "",
              bad ? bad : "", bad ? " has NaN or infinite values" : "");
    return record_error(in, NULL);
}

/* Turns the logits in w->scores into probabilities, and packs scores and predicted. */
static int put_scores(const model_stage *s, model_stage_worker *w, const record *in, pack *out)
{
    const size_t L = s->m->p.labels;
    for (size_t j = 0; j < L; j++)
        if (!isfinite(w->scores[j]))
            return not_finite(s, j, in);
    ops_sigmoid(w->scores, w->scores, L);
    put_f4(out, "scores", w->scores, L, 0);
    predicted_pack(out, s->m->labels, w->scores, s->thresholds, w->order);
    return packed(out, in);
}

/* Finds the matches of the record, or, if it has none, those of the terms, which are packed. *found is NULL
 * if there are neither. */
static int find_matches(const matches **found, const model_stage *s, model_stage_worker *w, const record *in,
                        pack *out)
{
    const int has = matches_read(&w->matches, in, s->m->p.labels);
    *found = has > 0 ? &w->matches : NULL;
    if (has || !s->terms)
        return has < 0 ? -1 : 0;
    if (!(*found = matcher_match(s->terms, w->terms, &w->seen)))
        return -1;
    matches_pack(out, *found, in);
    return 0;
}

/* Reads the record's logits of the linear branch. 0 or -1. */
static int read_linear(const float **y, size_t L, model_stage_worker *w, const record *in)
{
    static const char key[] = "linear_logits";
    tensor t;
    if (record_tensor(in, key, 'f', 1, &t))
        return -1;
    if (t.shape[0] != L) {
        err_set("expected [%zu] as the labels of the model, got [%zu]", L, t.shape[0]);
        return record_error(in, key);
    }
    if (!(*y = tensor_floats(&t, &w->in[0])))
        return record_error(in, key);
    for (size_t j = 0; j < L; j++)
        if (!isfinite((*y)[j])) {
            err_set("number %zu is NaN or infinite: expected a finite number", j + 1);
            return record_error(in, key);
        }
    return 0;
}

/* Finds the record's logits of the linear branch, or, if it has none, computes them. *y is NULL if the record
 * has none, and the model no linear branch. */
static int find_linear(const float **y, const model_stage *s, model_stage_worker *w, const record *in)
{
    *y = NULL;
    if (record_find(in, "linear_logits"))
        return read_linear(y, s->m->p.labels, w, in);
    if (!s->m->linear.features)
        return 0;
    return (*y = linear_branch_logits(&s->m->linear, &w->linear, &w->seen)) ? 0 : -1;
}

/* What the linear branch and the terms add to the logits; NULL: nothing. Borrowed from the worker. */
typedef struct branches {
    const float *y;
    const matches *found;
} branches;

/* Finds or computes them, and packs new matches. If the record needs_words(), w->seen has them. */
static int find_branches(branches *b, const model_stage *s, model_stage_worker *w, const record *in,
                         pack *out)
{
    return find_linear(&b->y, s, w, in) || find_matches(&b->found, s, w, in, out) ? -1 : 0;
}

static void add_branches(float *logits, const branches *b, size_t L)
{
    if (b->y)
        ops_axpy(logits, 1, b->y, L);
    if (b->found)
        matches_add(logits, b->found);
}

/* ---- the stages ---- */

int model_stage_match(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const matches *found = NULL;
    const float *y = NULL;
    if ((s->terms || s->m->linear.features) && seen_words_read(&w->seen, in))
        return -1;
    if (s->terms && !(found = matcher_match(s->terms, w->terms, &w->seen)))
        return -1;
    if (s->m->linear.features && !(y = linear_branch_logits(&s->m->linear, &w->linear, &w->seen)))
        return -1;
    if (y)
        put_f4(out, "linear_logits", y, s->m->p.labels, 0);
    if (found)
        matches_pack(out, found, in);
    return packed(out, in);
}

static int embed_vectors(const model_stage *s, model_stage_worker *w, const record *in, pack *out)
{
    size_t T;
    if (read_ids(s, w, in, &T))
        return -1;
    const size_t E = s->vectors->v.size;
    if (mem_grow(&w->X, &w->X_room, T * E + 1, sizeof *w->X))
        return record_error(in, NULL);
    lookup_embed(w->X, s->vectors, w->words.ids, T);
    if (put_ids(out, w, in))
        return -1;
    put_f4(out, "X", w->X, T, E);
    return packed(out, in);
}

int model_stage_embed(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t E = p->sizes.E;
    size_t T;
    if (s->vectors)
        return embed_vectors(s, w, in, out);
    if (read_ids(s, w, in, &T))
        return -1;
    pack_reserve(out, T * (1 + E) * sizeof(float) + KEYS);
    if (put_ids(out, w, in))
        return -1;
    pack_key(out, "X");
    unsigned char *X = pack_f4_room(out, 2, (const size_t[]){T, E});
    for (size_t t = 0; X && t < T; t++)
        copy_le32(X + t * E * sizeof(float), p->embed + w->words.ids[t] * E, E);
    return packed(out, in);
}

/* Where the blocks are computed: H[i] is the place in the record, unless this is not aligned, or the machine
 * is not little-endian. */
typedef struct encoded_blocks {
    float *H[CONFIG_BLOCKS];
    void *place[CONFIG_BLOCKS]; /* of the numbers of H in the record */
} encoded_blocks;

/* Packs H except for its numbers. */
static void open_blocks(encoded_blocks *b, pack *out, const encoding *e, const model_sizes *n, size_t T)
{
    pack_reserve(out, T * n->D_sum * sizeof(float) + KEYS);
    pack_key(out, "H");
    pack_array(out, n->blocks);
    for (int i = 0; i < n->blocks; i++) {
        const size_t shape[] = {T, n->block[i].D};
        if (i == 0)
            pack_align(out, 2, shape);
        b->place[i] = pack_f4_room(out, 2, shape);
        b->H[i] = is_le32_array(b->place[i]) ? b->place[i] : e->H[i];
    }
}

/* Copies the numbers that were computed elsewhere. */
static void close_blocks(const encoded_blocks *b, const model_sizes *n, size_t T)
{
    for (int i = 0; i < n->blocks; i++)
        if (b->H[i] != b->place[i])
            copy_le32(b->place[i], b->H[i], T * n->block[i].D);
}

int model_stage_encode(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t E = p->sizes.E;
    tensor X;
    if (record_tensor(in, "X", 'f', 2, &X))
        return -1;
    if (X.shape[1] != E) {
        err_set("expected word vectors of dimension %zu as in the model, got %zu", E, X.shape[1]);
        return record_error(in, "X");
    }
    const size_t T = X.shape[0];
    const float *x = tensor_floats(&X, &w->in[0]);
    encoding *e = &w->net.e;
    if (!x || encoding_begin(e, &p->sizes, T, false))
        return record_error(in, NULL);
    encoded_blocks to;
    open_blocks(&to, out, e, &p->sizes, T);
    if (pack_failed(out))
        return packed(out, in);
    encode_blocks(to.H, x, e, p);
    close_blocks(&to, &p->sizes, T);
    return 0;
}

/* The input of the attentions: H of their blocks, or, for sum-pooling, the sum, which is computed here. */
static int blocks_to_attend(const float *read[CONFIG_BLOCKS], const model_stage *s, model_stage_worker *w,
                            const float *const *H, size_t T)
{
    const params *p = &s->m->p;
    if (p->c.attention == ATTENTION_SUM) {
        if (encoding_begin(&w->net.e, &p->sizes, T, false))
            return -1;
        encode_pool(w->net.e.pooled, H, p, T);
        read[0] = w->net.e.pooled;
        return 0;
    }
    for (int a = 0; a < p->sizes.attentions; a++)
        read[a] = H[p->sizes.attention[a].block];
    return 0;
}

static int make_room_to_attend(const model_stage *s, model_stage_worker *w, size_t T)
{
    const params *p = &s->m->p;
    const size_t L = p->labels;
    for (int a = 0; s->weights && a < p->sizes.attentions; a++)
        if (mem_grow(&w->A[a], &w->A_room[a], L * T + 1, sizeof *w->A[a]))
            return -1;
    return 0;
}

int model_stage_attend(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t L = p->labels, S = p->sizes.S;
    const int attentions = p->sizes.attentions;
    const float *H[CONFIG_BLOCKS], *read[CONFIG_BLOCKS], *y;
    size_t T = 0;
    if (record_find(in, "linear_logits") && read_linear(&y, L, w, in)) /* V would be for other labels */
        return -1;
    if (read_blocks(s, w, in, H, &T))
        return -1;
    if (blocks_to_attend(read, s, w, H, T) || make_room_to_attend(s, w, T))
        return record_error(in, NULL);
    pack_reserve(out, L * (S + 3) * sizeof(float) + KEYS);
    pack_key(out, "V"); /* large: computed in the output buffer */
    void *V = pack_f4_room(out, 2, (const size_t[]){L, S});
    if (!V)
        return packed(out, in);
    const attended to = {
        .V = V, .peaks = w->peaks, .peak_weights = w->peak_weights, .A = s->weights ? w->A : NULL};
    if (attend_forward(&to, p, read, T, &w->net.a))
        return record_error(in, NULL);
    put_i4(out, "peaks", w->peaks, L, 2);
    put_f4(out, "peak_weights", w->peak_weights, L, 0);
    if (s->weights) {
        pack_key(out, "A");
        pack_array(out, attentions);
        for (int a = 0; a < attentions; a++)
            pack_f4(out, w->A[a], 2, (const size_t[]){L, T});
    }
    return packed(out, in);
}

int model_stage_score(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t L = p->labels, S = p->sizes.S;
    tensor V;
    if (record_tensor(in, "V", 'f', 2, &V))
        return -1;
    if (V.shape[0] != L || V.shape[1] != S) {
        err_set("expected [%zu][%zu] as in the model, got [%zu][%zu]", L, S, V.shape[0], V.shape[1]);
        return record_error(in, "V");
    }
    for (size_t first = 0, n; first < L;
         first += n) { /* by tiles, because V may have to be copied for alignment */
        n = L - first < ATTEND_TILE ? L - first : ATTEND_TILE;
        const tensor rows = {.count = n * S, .data = V.data + first * S * sizeof(float)};
        const float *v = tensor_floats(&rows, &w->in[0]);
        if (!v)
            return record_error(in, "V");
        attend_score(w->scores + first, v, p, first, n);
    }
    branches b;
    if ((needs_words(s, in) && seen_words_read(&w->seen, in)) || find_branches(&b, s, w, in, out))
        return -1;
    add_branches(w->scores, &b, L);
    return put_scores(s, w, in, out);
}

int model_stage_predict(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const size_t L = s->m->p.labels;
    size_t T;
    if (needs_words(s, in) ? seen_words_read(&w->seen, in) || find_ids(s, w, &T) : read_ids(s, w, in, &T))
        return -1;
    branches b; /* before the network, which evicts the words from the cache */
    if (find_branches(&b, s, w, in, out))
        return -1;
    if (net_forward(w->scores, w->peaks, w->peak_weights, &s->m->p, w->words.ids, T, &w->net))
        return record_error(in, NULL);
    add_branches(w->scores, &b, L);
    if (put_ids(out, w, in))
        return -1;
    put_i4(out, "peaks", w->peaks, L, 2);
    put_f4(out, "peak_weights", w->peak_weights, L, 0);
    return put_scores(s, w, in, out);
}
