/* SPDX-License-Identifier: Apache-2.0 */
/* Prediction with an ensemble. Each part makes a scored record of its own, in memory, which score_average
 * combines as ecan-average does. */
#include "base/err.h"
#include "base/mem.h"
#include "base/version.h"
#include "ensemble/ensemble.h"
#include "eval/score_average.h"
#include "predict/model_stage.h"
#include "text/thresholds.h"

#include <math.h>
#include <string.h>

enum { PARTS = SCORE_COMBINATION_SYSTEMS };

/* The memory of one thread. */
typedef struct worker {
    linear_work *linear[PARTS];
    float *scores; /* [L] */
    pack added[PARTS];
    record scored[PARTS];
    score_average *mean;
    pack fields;
} worker;

struct ensemble_stage {
    const ensemble *e;
    model_stage model[PARTS];
    work_sharing *own_loops[PARTS]; /* that the stages had; they all use those of the first */
    worker *workers;
    int n_workers;
    pack header;
};

/* ---- headers ---- */

static void pack_history(pack *fields, const char *fingerprint)
{
    pack_key(fields, "history");
    pack_array(fields, 1);
    pack_map(fields, 3);
    pack_str(fields, "program");
    pack_str(fields, "ecan-predict");
    pack_str(fields, "version");
    pack_str(fields, ECAN_VERSION);
    pack_str(fields, "model");
    pack_str(fields, fingerprint);
}

/* The header of the stream that part i would write. */
static int part_header(record *header, const ensemble_stage *s, int i)
{
    const ensemble_part *p = &s->e->part[i];
    pack fields = {0};
    int result = 0;
    pack_history(&fields, ensemble_part_fingerprint(p));
    if (p->linear) {
        labels_pack(&fields, linear_labels(p->linear));
        thresholds_pack(&fields, (float)linear_about(p->linear)->threshold, NULL, 0);
    } else {
        result = model_stage_header(&s->model[i], &fields);
    }
    if (!result)
        result = record_from_fields(header, &fields);
    pack_free(&fields);
    return result;
}

static int begin_means(ensemble_stage *s, const ensemble_options *options)
{
    const int n = s->e->combination.n;
    const score_average_options how = {.combination = s->e->single ? NULL : &s->e->combination,
                                       .threshold = options->threshold,
                                       .thresholds = options->thresholds};
    record headers[PARTS];
    const record *pointers[PARTS];
    int result = 0;
    memset(headers, 0, sizeof headers);
    for (int i = 0; !result && i < n; i++) {
        result = part_header(&headers[i], s, i);
        pointers[i] = &headers[i];
    }
    for (int k = 0; !result && k < s->n_workers; k++) {
        worker *w = &s->workers[k];
        w->mean = score_average_new(n, &how);
        result = w->mean ? score_average_headers(w->mean, pointers) : -1;
    }
    if (!result)
        result = score_average_header(s->workers[0].mean, pointers, &s->header);
    for (int i = 0; i < n; i++)
        record_free(&headers[i]);
    return result;
}

const pack *ensemble_stage_header(const ensemble_stage *s)
{
    return &s->header;
}

work_sharing *ensemble_stage_loops(const ensemble_stage *s)
{
    return s->model[0].team.loops;
}

unread ensemble_stage_unread(const ensemble_stage *s)
{
    return model_stage_unread(&s->model[0]);
}

int ensemble_stage_check(void *context, const record *header)
{
    ensemble_stage *s = context;
    for (int i = 0; i < s->e->combination.n; i++) {
        const linear *l = s->e->part[i].linear;
        if (l ? linear_check(l, header) : model_stage_check(&s->model[i], header))
            return s->e->single ? -1 : err_prefix("part %d of the ensemble: ", i + 1);
    }
    return 0;
}

/* ---- setup and teardown ---- */

static int open_model(ensemble_stage *s, int i)
{
    const ensemble_part *p = &s->e->part[i];
    if (model_stage_open(&s->model[i], &p->model, s->n_workers) ||
        model_stage_use_terms(&s->model[i], p->terms))
        return -1;
    s->own_loops[i] = s->model[i].team.loops;
    s->model[i].team.loops = s->model[0].team.loops;
    return 0;
}

static int open_linear(ensemble_stage *s, int i)
{
    for (int k = 0; k < s->n_workers; k++)
        if (!(s->workers[k].linear[i] = linear_work_new(s->e->part[i].linear)))
            return -1;
    return 0;
}

static int open_stage(ensemble_stage *s, const ensemble_options *options)
{
    const size_t L = (size_t)labels_count(ensemble_part_labels(&s->e->part[0]));
    if (!(s->workers = mem_array((size_t)s->n_workers, sizeof *s->workers)))
        return -1;
    for (int k = 0; k < s->n_workers; k++)
        if (!(s->workers[k].scores = mem_array(L, sizeof *s->workers[k].scores)))
            return -1;
    for (int i = 0; i < s->e->combination.n; i++)
        if (s->e->part[i].linear ? open_linear(s, i) : open_model(s, i))
            return -1;
    return begin_means(s, options);
}

ensemble_stage *ensemble_stage_new(const ensemble *e, int workers, const ensemble_options *options)
{
    ensemble_stage *s = mem_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->e = e;
    s->n_workers = workers;
    if (!open_stage(s, options))
        return s;
    ensemble_stage_free(s);
    return NULL;
}

static void free_worker(worker *w)
{
    for (int i = 0; i < PARTS; i++) {
        linear_work_free(w->linear[i]);
        pack_free(&w->added[i]);
        record_free(&w->scored[i]);
    }
    mem_free(w->scores);
    score_average_free(w->mean);
    pack_free(&w->fields);
}

void ensemble_stage_free(ensemble_stage *s)
{
    if (!s)
        return;
    for (int k = 0; s->workers && k < s->n_workers; k++)
        free_worker(&s->workers[k]);
    mem_free(s->workers);
    for (int i = s->e->combination.n - 1; i >= 0; i--) {
        if (s->own_loops[i])
            s->model[i].team.loops = s->own_loops[i];
        if (!s->e->part[i].linear)
            model_stage_close(&s->model[i]);
    }
    pack_free(&s->header);
    mem_free(s);
}

/* ---- one encounter ---- */

static int score_part(ensemble_stage *s, worker *w, int number, int i, const record *in)
{
    const linear *l = s->e->part[i].linear;
    pack *added = &w->added[i];
    pack_clear(added);
    if (!l)
        return model_stage_predict(&s->model[i], number, in, added);
    if (linear_score(w->scores, l, w->linear[i], in))
        return -1;
    pack_key(added, "scores");
    pack_f4(added, w->scores, 1, (const size_t[]){labels_count(linear_labels(l))});
    return 0;
}

/* The fields of the first part, with the scores and predicted codes of the combination. */
static void pack_result(pack *out, const record *first, const pack *combined)
{
    for (size_t i = 0; i < first->n; i++) {
        const field *f = &first->fields[i];
        if ((f->key_len == 6 && memcmp(f->key, "scores", 6) == 0) ||
            (f->key_len == 9 && memcmp(f->key, "predicted", 9) == 0))
            continue;
        pack_key_n(out, f->key, f->key_len);
        pack_raw(out, f->value, f->size);
    }
    pack_objects(out, combined);
}

int ensemble_stage_apply(void *context, int number, const record *in, pack *out)
{
    ensemble_stage *s = context;
    worker *w = &s->workers[number];
    for (int i = 0; i < s->e->combination.n; i++) {
        if (score_part(s, w, number, i, in))
            return -1;
        if (record_from_fields(&w->scored[i], &w->added[i])) {
            err_memory("out of memory");
            return record_error(in, NULL);
        }
        w->scored[i].number = in->number;
        w->scored[i].offset = in->offset;
        w->scored[i].file = in->file;
        w->scored[i].id = in->id;
    }
    if (score_average_record(w->mean, w->scored, &w->fields))
        return -1;
    pack_result(out, &w->scored[0], &w->fields);
    return 0;
}
