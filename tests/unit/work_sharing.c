/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that threads join, and the labels of one document shared among them: the same bits, and the right
 * ones. */
#include "base/work_sharing.h"
#include "base/pool.h"
#include "model/attend.h"
#include "numbers.h"
#include "tap.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { WORKERS = 3 };

/* ---- loops ---- */

typedef struct party {
    work_sharing *s;
    atomic_int begun[WORKERS]; /* tasks of each */
    atomic_int runs[500];
    atomic_int opened, finished;
} party;

/* No thread continues before two have begun: the loop needs two threads to end. */
static void meet(void *context, size_t task, size_t worker)
{
    party *p = context;
    atomic_fetch_add(&p->runs[task], 1);
    atomic_fetch_add(&p->begun[worker], 1);
    while (atomic_load(&p->begun[0]) + atomic_load(&p->begun[1]) + atomic_load(&p->begun[2]) < 2)
        sched_yield();
}

static void note_opened(void *context)
{
    atomic_fetch_add(&((party *)context)->opened, 1);
}

static void open_or_join(void *context, size_t task, size_t worker)
{
    party *p = context;
    if (task == 0) {
        work_sharing_run(p->s, meet, p, 500, worker);
        atomic_store(&p->finished, 1);
    } else {
        while (!atomic_load(&p->finished))
            work_sharing_is_open(p->s) ? work_sharing_join(p->s, worker) : (void)sched_yield();
    }
}

static void test_loops(pool *threads)
{
    party p;
    memset(&p, 0, sizeof p);
    p.s = work_sharing_new();
    work_sharing_on_open(p.s, note_opened, &p);
    pool_run(threads, open_or_join, &p, WORKERS);
    int each = 1;
    for (int i = 0; i < 500; i++)
        each &= atomic_load(&p.runs[i]) == 1;
    ok(each && p.opened == 1, "each task of a loop runs once, and is announced once");
    ok(!work_sharing_is_open(p.s), "a loop that is done is not open");
    work_sharing_join(p.s, 0);
    ok(1, "joining nothing returns");

    memset(p.runs, 0, sizeof p.runs);
    work_sharing_on_open(p.s, NULL, NULL);
    atomic_store(&p.begun[2], 2);
    work_sharing_run(NULL, meet, &p, 500, 0);
    work_sharing_run(p.s, meet, &p, 1, 0);
    ok(p.runs[0] == 2 && p.runs[499] == 1, "only this thread");
    work_sharing_free(p.s);
    work_sharing_free(NULL);
}

/* ---- labels ---- */

enum { LABELS = ATTEND_QUERIES + 300, LONG = ATTEND_SHORT + 44 };

typedef struct document {
    const params *p;
    float *H[CONFIG_BLOCKS];
    const float *read[CONFIG_BLOCKS]; /* the same */
    size_t T;
} document;

typedef struct result {
    float *logits, *weights;
    int32_t *peaks;
} result;

static result result_new(void)
{
    return (result){floats(LABELS), floats(LABELS), mem_array(2 * LABELS, sizeof(int32_t))};
}

static void result_free(result *r)
{
    mem_free(r->logits);
    mem_free(r->weights);
    mem_free(r->peaks);
}

static int attend(const document *d, result *r, attend_work *w)
{
    return attend_forward(&(attended){.logits = r->logits, .peaks = r->peaks, .peak_weights = r->weights},
                          d->p, d->read, d->T, w);
}

static int same_result(const result *a, const result *b)
{
    return memcmp(a->logits, b->logits, LABELS * sizeof(float)) == 0 &&
           memcmp(a->weights, b->weights, LABELS * sizeof(float)) == 0 &&
           memcmp(a->peaks, b->peaks, 2 * LABELS * sizeof(int32_t)) == 0;
}

/* The logit of one label by plain loops. */
static double logit_of(const document *d, size_t label)
{
    const params *p = d->p;
    const size_t d_l = p->sizes.d_l, S = p->sizes.S;
    double sum = p->b[label];
    for (int a = 0; a < p->sizes.attentions; a++) {
        const size_t D = p->sizes.attention[a].D;
        const float *W = p->W + label * S + p->sizes.attention[a].offset;
        double Z = 0, read = 0;
        for (size_t t = 0; t < d->T; t++) {
            double score = 0, gain = 0;
            for (size_t i = 0; i < D; i++) {
                double q = p->proj_bias[a][i];
                for (size_t j = 0; j < d_l; j++)
                    q += (double)p->U[label * d_l + j] * (double)p->proj[a][i * d_l + j];
                score += q * (double)d->H[a][t * D + i];
                gain += (double)W[i] * (double)d->H[a][t * D + i];
            }
            Z += exp(score);
            read += exp(score) * gain;
        }
        sum += read / Z;
    }
    return sum;
}

typedef struct shared_work {
    attend_team team;
    attend_work work[WORKERS], *of[WORKERS];
    const document *d;
    result *r;
    atomic_int finished;
    int failed;
} shared_work;

static void attend_or_join(void *context, size_t task, size_t worker)
{
    shared_work *s = context;
    if (task == 0) {
        s->work[worker].worker = worker;
        s->failed = attend(s->d, s->r, &s->work[worker]);
        atomic_store(&s->finished, 1);
    } else {
        while (!atomic_load(&s->finished))
            work_sharing_is_open(s->team.loops) ? work_sharing_join(s->team.loops, worker)
                                                : (void)sched_yield();
    }
}

static void test_labels(const document *d, pool *threads)
{
    result alone = result_new(), shared = result_new();
    attend_work w = {0};
    ok(attend(d, &alone, &w) == 0, "%zu words", d->T);
    double most = 0;
    for (size_t label = 0; label < LABELS; label += 131)
        most = worse(most, fabs((double)alone.logits[label] - logit_of(d, label)));
    ok(most < 1e-5, "%zu words: logits within %.1e of plain loops", d->T, most);

    shared_work s;
    memset(&s, 0, sizeof s);
    s.d = d;
    s.r = &shared;
    s.team = (attend_team){work_sharing_new(), s.of};
    for (int i = 0; i < WORKERS; i++) {
        s.of[i] = &s.work[i];
        s.work[i].team = &s.team;
    }
    pool_run(threads, attend_or_join, &s, WORKERS);
    ok(!s.failed && same_result(&alone, &shared), "%zu words: the same bits by %d threads", d->T,
       (int)WORKERS);
    for (int i = 0; i < WORKERS; i++)
        attend_work_free(&s.work[i]);
    attend_work_free(&w);
    work_sharing_free(s.team.loops);
    result_free(&alone);
    result_free(&shared);
}

static void test_document(const params *p, size_t T, pool *threads, rng *r)
{
    document d = {.p = p, .T = T};
    for (int a = 0; a < p->sizes.attentions; a++)
        d.read[a] = d.H[a] = normals(T * p->sizes.attention[a].D, r);
    test_labels(&d, threads);
    for (int a = 0; a < p->sizes.attentions; a++)
        mem_free(d.H[a]);
}

int main(void)
{
    pool *threads = pool_new(WORKERS);
    config c = config_default();
    c.blocks = 2;
    c.channels[0] = 12;
    c.channels[1] = 20;
    c.kernels[0] = c.kernels[1] = 3;
    c.label_size = 20;
    c.attention = ATTENTION_MULTI;
    params p;
    rng r;
    rng_seed(&r, 7, 0, 0);
    if (!threads || params_init(&p, &c, 5, LABELS))
        return 1;
    params_start(&p, 3);
    test_loops(threads);
    test_document(&p, 40, threads, &r);
    test_document(&p, LONG, threads, &r);
    params_free(&p);
    pool_free(threads);
    return tap_done();
}
