/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "tensor/ops.h"
#include "text/predicted.h"
#include "text/thresholds.h"
#include "text/tokenized.h"
#include "text/word_ids.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Memory of one thread. */
struct model_stage_worker {
    net_work net;
    word_ids words;
    float *X; /* [T][E], for embed with the vectors of a file */
    size_t X_room;
    buf in[CONFIG_BLOCKS];   /* aligned copies of tensors that are not aligned in the record */
    float *A[CONFIG_BLOCKS]; /* [L][T] each, for attend --weights */
    size_t A_room[CONFIG_BLOCKS];
    float *scores, *peak_weights; /* [L] */
    int32_t *peaks, *order;       /* [L][2], [L] */
    matcher_work *terms;
    matches matches; /* of the record */
    /* for model_stage_weights(): a model with some of the labels */
    attend_work few;
    float *few_U, *few_weights; /* [n][d_l], [n] */
    int32_t *few_peaks;         /* [n][2] */
    size_t few_U_room, few_weights_room, few_peaks_room;
};

static int init_worker(model_stage_worker *w, size_t L)
{
    w->scores = mem_array(L, sizeof *w->scores);
    w->peak_weights = mem_array(L, sizeof *w->peak_weights);
    w->peaks = mem_array(2 * L, sizeof *w->peaks);
    w->order = mem_array(L, sizeof *w->order);
    return w->scores && w->peak_weights && w->peaks && w->order ? 0 : -1;
}

static void free_worker(model_stage_worker *w)
{
    net_work_free(&w->net);
    mem_free(w->words.ids);
    mem_free(w->X);
    for (int i = 0; i < CONFIG_BLOCKS; i++) {
        buf_free(&w->in[i]);
        mem_free(w->A[i]);
    }
    mem_free(w->scores);
    mem_free(w->peak_weights);
    mem_free(w->peaks);
    mem_free(w->order);
    matcher_work_free(w->terms);
    matches_free(&w->matches);
    attend_work_free(&w->few);
    mem_free(w->few_U);
    mem_free(w->few_weights);
    mem_free(w->few_peaks);
}

void model_stage_thresholds(model_stage *s, float common, const float *t)
{
    s->threshold = common;
    for (size_t j = 0; j < s->m->p.labels; j++)
        s->thresholds[j] = t ? t[j] : common;
}

static int make_team(model_stage *s)
{
    s->team.loops = work_sharing_new();
    s->team.work = mem_array((size_t)s->n_workers, sizeof *s->team.work);
    if (!s->team.loops || !s->team.work)
        return -1;
    for (int i = 0; i < s->n_workers; i++) {
        attend_work *w = &s->workers[i].net.a;
        s->team.work[i] = w;
        w->team = &s->team;
        w->worker = i;
    }
    return 0;
}

int model_stage_open(model_stage *s, const model *m, int threads)
{
    static const model none;
    *s = (model_stage){.m = m ? m : &none, .n_workers = threads};
    s->workers = mem_array((size_t)s->n_workers, sizeof *s->workers);
    s->thresholds = mem_array(s->m->p.labels, sizeof *s->thresholds);
    int result = s->workers && s->thresholds ? 0 : -1;
    if (!result)
        model_stage_thresholds(s, s->m->p.c.threshold, s->m->thresholds);
    for (int i = 0; !result && i < s->n_workers; i++)
        result = init_worker(&s->workers[i], s->m->p.labels);
    if (!result && s->n_workers > 1)
        result = make_team(s);
    if (result)
        model_stage_close(s);
    return result;
}

void model_stage_close(model_stage *s)
{
    for (int i = 0; s->workers && i < s->n_workers; i++)
        free_worker(&s->workers[i]);
    mem_free(s->workers);
    work_sharing_free(s->team.loops);
    mem_free(s->team.work);
    mem_free(s->thresholds);
    if (s->vectors)
        lookup_close(s->vectors);
    mem_free(s->vectors);
    *s = (model_stage){0};
}

int model_stage_open_vectors(model_stage *s, const char *path, bool unit)
{
    const params *p = &s->m->p;
    if (!(s->vectors = mem_array(1, sizeof *s->vectors)) || lookup_open(s->vectors, path, unit))
        return -1;
    if (!s->m->words)
        return 0;
    if (s->vectors->v.size != p->c.embedding_size)
        return err_set("%s: expected word vectors of dimension %d as in the model, got %d", path,
                       p->c.embedding_size, (int)s->vectors->v.size);
    lookup_unknown(s->vectors, p->embed + (size_t)VOCAB_UNK * p->sizes.E);
    return 0;
}

int model_stage_use_terms(model_stage *s, const matcher *terms)
{
    s->terms = terms;
    for (int i = 0; terms && i < s->n_workers; i++)
        if (!(s->workers[i].terms = matcher_work_new(terms)))
            return -1;
    return 0;
}

int model_stage_read_terms(const model *m, const char *folder, matcher **terms)
{
    *terms = NULL;
    if (!m->has_terms)
        return 0;
    char *path = file_join(folder, MODEL_TERMS);
    *terms = path ? matcher_read_fd(m->terms, path, m->labels, model_tokenizer(m)) : NULL;
    free(path);
    if (*terms)
        return 0;
    err_refine(ERR_MODEL);
    return -1;
}

bool model_stage_has_unit_vectors(const model_stage *s)
{
    return json_is_true(json_object_get(json_object_get(s->m->config, "training"), "scale_vectors"));
}

/* ---- the header ---- */

int model_stage_check(void *context, const record *header)
{
    const model_stage *s = context;
    const char *made_by;
    size_t n;
    if (!s->m->words)
        return 0;
    const int found = model_of_stream(header, &made_by, &n);
    if (found < 0)
        return err_prefix("header: history: ");
    if (found && (n != 32 || memcmp(made_by, s->m->fingerprint, 32) != 0))
        return err_set("expected a stream made with this model (%.8s...), got one of another model: run the "
                       "earlier stages with this model",
                       s->m->fingerprint);
    return tokenized_check(model_tokenizer(s->m), header, "the model's (ecan-tokenize -m uses its settings)");
}

int model_stage_check_ids(void *context, const record *header)
{
    if (record_find(header, "vectors"))
        return err_set(
            "expected ids of the model, got ids of a file of word vectors: run ecan-embed without --vectors");
    return model_stage_check(context, header);
}

int model_stage_vectors_header(const model_stage *s, pack *fields)
{
    pack_key(fields, "vectors");
    pack_str(fields, s->vectors->fingerprint);
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}

int model_stage_header(const model_stage *s, pack *fields)
{
    const int32_t L = labels_count(s->m->labels);
    labels_pack(fields, s->m->labels);
    thresholds_pack(fields, s->threshold, s->thresholds, L);
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}

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

/* Reads tokens into w->words, at most max_words of the model. *T: their number. */
static int read_ids(const model_stage *s, model_stage_worker *w, const record *in, size_t *T)
{
    vocab *words = s->vectors ? s->vectors->words : s->m->words;
    w->words.n = 0;
    if (word_ids_add(&w->words, in, words, false, (size_t)s->m->p.c.max_words, NULL))
        return -1;
    *T = w->words.n;
    return 0;
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
    if (!(*found = matcher_match(s->terms, w->terms, in)))
        return -1;
    matches_pack(out, *found);
    return 0;
}

/* ---- the stages ---- */

int model_stage_match(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    const matches *found = matcher_match(s->terms, s->workers[worker].terms, in);
    if (!found)
        return -1;
    matches_pack(out, found);
    return packed(out, in);
}

static int embed_vectors(const model_stage *s, model_stage_worker *w, const record *in, pack *out)
{
    size_t T;
    if (read_ids(s, w, in, &T))
        return -1;
    const size_t E = (size_t)s->vectors->v.size;
    if (mem_grow(&w->X, &w->X_room, T * E + 1, sizeof *w->X))
        return record_error(in, NULL);
    lookup_embed(w->X, s->vectors, w->words.ids, T);
    put_i4(out, "ids", w->words.ids, T, 0);
    put_f4(out, "X", w->X, T, E);
    return packed(out, in);
}

int model_stage_embed(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    size_t T;
    if (s->vectors)
        return embed_vectors(s, w, in, out);
    if (read_ids(s, w, in, &T))
        return -1;
    if (encoding_begin(&w->net.e, &p->sizes, T, false))
        return record_error(in, NULL);
    encode_embed(&w->net.e, p, w->words.ids);
    pack_reserve(out, T * (1 + p->sizes.E) * sizeof(float) + KEYS);
    put_i4(out, "ids", w->words.ids, T, 0);
    put_f4(out, "X", w->net.e.X, T, p->sizes.E);
    return packed(out, in);
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
    encoding *e = &w->net.e;
    if (encoding_begin(e, &p->sizes, T, false))
        return record_error(in, NULL);
    if (T)
        memcpy(e->X, X.data, T * E * sizeof(float));
    encode_blocks(e, p);
    pack_reserve(out, T * p->sizes.D_sum * sizeof(float) + KEYS);
    pack_key(out, "H");
    pack_array(out, (size_t)p->c.blocks);
    for (int i = 0; i < p->c.blocks; i++)
        pack_f4(out, e->H[i], 2, (const size_t[]){T, p->sizes.block[i].D});
    return packed(out, in);
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
    const float *H[CONFIG_BLOCKS], *read[CONFIG_BLOCKS];
    size_t T = 0;
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
        pack_array(out, (size_t)attentions);
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
    const matches *found;
    tensor V;
    if (record_tensor(in, "V", 'f', 2, &V) || find_matches(&found, s, w, in, out))
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
    if (found)
        matches_add(w->scores, found);
    return put_scores(s, w, in, out);
}

int model_stage_predict(void *context, int worker, const record *in, pack *out)
{
    const model_stage *s = context;
    model_stage_worker *w = &s->workers[worker];
    const size_t L = s->m->p.labels;
    const matches *found;
    size_t T;
    if (read_ids(s, w, in, &T) || find_matches(&found, s, w, in, out))
        return -1;
    if (net_forward(w->scores, w->peaks, w->peak_weights, &s->m->p, w->words.ids, T, &w->net))
        return record_error(in, NULL);
    if (found)
        matches_add(w->scores, found);
    put_i4(out, "ids", w->words.ids, T, 0);
    put_i4(out, "peaks", w->peaks, L, 2);
    put_f4(out, "peak_weights", w->peak_weights, L, 0);
    return put_scores(s, w, in, out);
}

/* ---- the attention of some labels ---- */

int model_stage_read(const model_stage *s, int worker, const int32_t *ids, size_t T)
{
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    for (size_t t = 0; t < T; t++)
        if (ids[t] < 0 || (size_t)ids[t] >= p->words)
            return err_set("word %zu: id %d is not in the vocabulary of %zu words", t, (int)ids[t], p->words);
    if (encoding_begin(&w->net.e, &p->sizes, T, false))
        return -1;
    encode_embed(&w->net.e, p, ids);
    encode_forward(&w->net.e, p);
    return 0;
}

static int make_room_for_few(const model_stage *s, model_stage_worker *w, size_t n)
{
    const model_sizes *sizes = &s->m->p.sizes;
    if (mem_grow(&w->few_U, &w->few_U_room, n * sizes->d_l, sizeof *w->few_U) ||
        mem_grow(&w->few_weights, &w->few_weights_room, n, sizeof *w->few_weights) ||
        mem_grow(&w->few_peaks, &w->few_peaks_room, 2 * n, sizeof *w->few_peaks))
        return -1;
    for (int a = 0; a < sizes->attentions; a++)
        if (mem_grow(&w->A[a], &w->A_room[a], n * w->net.e.T + 1, sizeof *w->A[a]))
            return -1;
    return 0;
}

int model_stage_weights(const model_stage *s, int worker, const int32_t *asked, size_t n, float *const **A)
{
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t d_l = p->sizes.d_l;
    const float *H[CONFIG_BLOCKS];
    if (make_room_for_few(s, w, n))
        return -1;
    for (size_t i = 0; i < n; i++)
        memcpy(w->few_U + i * d_l, p->U + (size_t)asked[i] * d_l, d_l * sizeof *w->few_U);
    for (int a = 0; a < p->sizes.attentions; a++)
        H[a] = encode_attended(&w->net.e, &p->sizes, a);

    params few = *p;
    few.labels = (int)n;
    few.U = w->few_U;
    attend_work_free(&w->few); /* it has the queries of other labels */
    const attended to = {.peaks = w->few_peaks, .peak_weights = w->few_weights, .A = w->A};
    *A = w->A;
    return attend_forward(&to, &few, H, w->net.e.T, &w->few);
}
