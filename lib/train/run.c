/* SPDX-License-Identifier: Apache-2.0 */
#include "train/run.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/version.h"
#include "tensor/gemm.h"
#include "train/checkpoint.h"
#include "train/slices.h"

#include <string.h>

/* A hash as a number that JSON holds. */
static json_t *json_hash(uint64_t h)
{
    return json_integer((json_int_t)(h >> 1));
}

/* Replaces chain by the hash of chain and of the name. */
static void hash_name(uint64_t chain[2], const char *name, size_t n)
{
    uint64_t both[4] = {chain[0], chain[1]};
    hash128(both + 2, name, n);
    hash128(chain, both, sizeof both);
}

static json_t *hash_words(const vocab *words)
{
    uint64_t h[2] = {0};
    for (int32_t i = 0; i < vocab_size(words); i++) {
        size_t n;
        const char *word = vocab_word(words, i, &n);
        hash_name(h, word, n);
    }
    return json_hash(h[0]);
}

static json_t *hash_labels(const labels *l)
{
    uint64_t h[2] = {0};
    for (int32_t i = 0; i < labels_count(l); i++)
        hash_name(h, labels_code(l, i), strlen(labels_code(l, i)));
    return json_hash(h[0]);
}

/* The initial parameters. They depend on the seed and the word vectors. */
static json_t *hash_start(const params *p)
{
    uint64_t h[2];
    hash128(h, p->data, p->size * sizeof *p->data);
    return json_hash(h[0]);
}

static json_t *hash_label_features(const label_features *x)
{
    uint64_t h[2];
    hash128(h, x->in_row, x->row[x->labels] * sizeof *x->in_row);
    return json_hash(h[0]);
}

json_t *run_identity(const trainer *t)
{
    json_t *id = json_object();
    config_to_json(&t->p->c, id);
    settings_to_identity(t->settings, id);
    ecan_json_set(id, "words", hash_words(t->words));
    ecan_json_set(id, "labels", hash_labels(t->labels));
    ecan_json_set(id, "train", json_hash(t->train->hash));
    ecan_json_set(id, "dev", json_hash(t->dev->hash));
    ecan_json_set(id, "vectors", hash_start(t->p));
    ecan_json_set(id, "traits", t->label_sharing ? hash_label_features(&t->label_sharing->x) : json_null());
    if (t->init)
        ecan_json_set(id, "init", json_string(t->init));
    return ecan_json_complete(id);
}

int run_check_ranks(json_t *identity)
{
    const char *key;
    json_t *value;
    if (ranks_same("version", ECAN_VERSION) || ranks_same("kernels", gemm_kernels()))
        return -1;
    json_object_foreach(identity, key, value)
    {
        char *text = ecan_json_text(value);
        const int result = ranks_agree(text ? 0 : -1) ? -1 : ranks_same(key, text);
        mem_free(text);
        if (result)
            return -1;
    }
    return 0;
}

static int compare_identity(const run *r, const json_t *state)
{
    const json_t *then = json_object_get(state, "identity");
    const char *key;
    json_t *value;
    json_object_foreach(r->identity, key, value)
    {
        json_t *before =
            json_object_get(then, key) ? json_incref(json_object_get(then, key)) : settings_before(key);
        const bool same = json_equal(value, before);
        json_decref(before);
        if (!same)
            return err_set("%s: the checkpoint is of a run with another \"%s\": resume with the same options "
                           "and data, or train without --resume",
                           r->t->folder, key);
    }
    return 0;
}

static checkpoint tensors_of(run *r)
{
    return (checkpoint){.p = r->t->p,
                        .a = &r->adam,
                        .weight_average = r->weight_average.data ? &r->weight_average : NULL,
                        .label_sharing = r->t->label_sharing};
}

static int save(run *r)
{
    json_t *s = json_object();
    ecan_json_set(s, "identity", json_incref(r->identity));
    ecan_json_set(s, "t", json_integer((json_int_t)r->adam.t));
    ecan_json_set(s, "phase", json_integer(r->phase));
    ecan_json_set(s, "epoch", json_integer(r->epoch));
    ecan_json_set(s, "phase_epoch", json_integer(r->phase_epoch));
    ecan_json_set(s, "position", json_integer((json_int_t)r->position));
    ecan_json_set(s, "steps", json_integer((json_int_t)r->steps));
    ecan_json_set(s, "loss_sum", json_real(r->loss_sum));
    ecan_json_set(s, "norm_sum", json_real(r->norm_sum));
    ecan_json_set(s, "train_seconds", json_real(r->train_seconds));
    ecan_json_set(s, "seconds", json_real(r->seconds));
    ecan_json_set(s, "stalls", json_integer(r->stalls));
    if (r->best_epoch) {
        ecan_json_set(s, "best", json_real(r->best));
        ecan_json_set(s, "best_epoch", json_incref(r->best_epoch));
    }
    ecan_json_set(s, "history", json_incref(r->history));
    if (r->best_model)
        ecan_json_set(s, "best_model", json_incref(r->best_model));
    const checkpoint c = tensors_of(r);
    const int result = checkpoint_write(r->t->folder, &c, s);
    json_decref(s);
    r->last_checkpoint = progress_now();
    return result;
}

int run_save(run *r)
{
    if (ranks_count() > 1) {
        slices_gather_first(r->t->p, r->t->p->data);
        slices_gather_first(r->t->p, r->adam.m);
        slices_gather_first(r->t->p, r->adam.v);
        if (r->weight_average.data)
            slices_gather_first(r->t->p, r->weight_average.data);
    }
    return ranks_agree(ranks_index() == 0 ? save(r) : 0);
}

/* The value of a key of a checkpoint. *valid becomes false if it is not a number. */
static int64_t whole(const json_t *state, const char *key, bool *valid)
{
    const json_t *v = json_object_get(state, key);
    *valid &= json_is_integer(v) && json_integer_value(v) >= 0;
    return json_integer_value(v);
}

static double real(const json_t *state, const char *key, bool *valid)
{
    const json_t *v = json_object_get(state, key);
    *valid &= json_is_number(v);
    return json_number_value(v);
}

static bool load_state(run *r, const json_t *s)
{
    bool valid = true;
    r->phase = whole(s, "phase", &valid) > 0;
    r->epoch = (int)whole(s, "epoch", &valid);
    r->phase_epoch = (int)whole(s, "phase_epoch", &valid);
    r->position = whole(s, "position", &valid);
    r->steps = (uint64_t)whole(s, "steps", &valid);
    r->adam.t = (uint64_t)whole(s, "t", &valid);
    r->stalls = (int)whole(s, "stalls", &valid);
    r->loss_sum = real(s, "loss_sum", &valid);
    r->norm_sum = real(s, "norm_sum", &valid);
    r->train_seconds = real(s, "train_seconds", &valid);
    r->seconds = real(s, "seconds", &valid);
    r->best_epoch = json_incref(json_object_get(s, "best_epoch"));
    if (r->best_epoch)
        r->best = real(s, "best", &valid);
    json_decref(r->history);
    r->history = json_incref(json_object_get(s, "history"));
    r->best_model = json_incref(json_object_get(s, "best_model"));
    return valid && r->epoch >= 1 && r->phase_epoch >= 1 && r->position <= r->t->train->n &&
           json_is_array(r->history);
}

static int load(run *r, json_t *s)
{
    const checkpoint c = tensors_of(r);
    return !s || compare_identity(r, s) ? -1 : checkpoint_read(r->t->folder, &c, s);
}

/* Gives the state to all ranks. NULL: memory is out. */
static json_t *share_state(json_t *s)
{
    char *text = s ? ecan_json_text(s) : NULL;
    size_t n = text ? strlen(text) : 0;
    ranks_broadcast(&n, sizeof n);
    if (ranks_index() > 0)
        text = mem_array(n + 1, 1);
    if (ranks_agree(text ? 0 : -1)) {
        mem_free(text);
        return NULL;
    }
    ranks_broadcast(text, n);
    if (ranks_index() > 0)
        s = ecan_json_parse(text, n);
    mem_free(text);
    return s;
}

/* Gives the numbers of rank 0 to the others. */
static void share_numbers(run *r)
{
    const params *p = r->t->p;
    label_sharing *sharing = r->t->label_sharing;
    ranks_broadcast(p->data, p->size * sizeof *p->data);
    ranks_broadcast(r->adam.touched, p->words);
    slices_scatter(p, r->adam.m);
    slices_scatter(p, r->adam.v);
    if (r->weight_average.data)
        slices_scatter(p, r->weight_average.data);
    if (sharing) {
        const size_t bytes = sharing->x.n * sharing->width * sizeof(float);
        ranks_broadcast(sharing->m, bytes);
        ranks_broadcast(sharing->v, bytes);
    }
}

int run_load(run *r)
{
    const bool first = ranks_index() == 0;
    json_t *s = first ? checkpoint_state(r->t->folder) : NULL;
    int result = ranks_agree(first ? load(r, s) : 0);
    if (!result && ranks_count() > 1) {
        s = share_state(s);
        share_numbers(r);
    }
    if (!result)
        result =
            s && load_state(r, s) ? 0 : err_set("%s: the checkpoint's state.json is damaged", r->t->folder);
    json_decref(s);
    return result;
}
