/* SPDX-License-Identifier: Apache-2.0 */
#include "train/evaluate.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/net.h"
#include "tensor/ops.h"
#include "train/ranks.h"
#include "train/score_histogram.h"

#include <math.h>
#include <string.h>

/* The buffers and counts of one thread. Counts are integers, so their order of addition does not matter. */
typedef struct worker {
    net_work net;
    float *logits, *weights;
    int32_t *peaks;
    unsigned char *gold;
    score_histogram scores;
    uint64_t tp, fp; /* at the model's threshold */
    int failed;
} worker;

typedef struct job {
    const params *p;
    size_t first; /* the first document of this rank */
    const dataset *d;
    worker *workers;
    double *loss; /* [d->n] loss of each document, added in order at the end */
} job;

static void count(worker *w, float p, bool gold, float threshold)
{
    score_histogram_add(&w->scores, p, gold);
    w->tp += gold && p > threshold;
    w->fp += !gold && p > threshold;
}

static void evaluate_document(void *context, size_t index_in_rank, size_t index)
{
    job *j = context;
    const size_t task = j->first + index_in_rank;
    worker *w = &j->workers[index];
    const params *p = j->p;
    const example *d = &j->d->docs[task];
    const size_t L = p->labels;
    if (w->failed || net_forward(w->logits, w->peaks, w->weights, p, d->ids, d->T, &w->net)) {
        w->failed = 1;
        return;
    }
    for (size_t i = 0; i < d->n_gold; i++)
        w->gold[d->gold[i]] = 1;
    double loss = 0;
    for (size_t l = 0; l < L; l++) {
        float unused;
        loss += loss_focal(&unused, w->logits[l], w->gold[l], 0);
    }
    j->loss[task] = loss;
    ops_sigmoid(w->logits, w->logits, L);
    for (size_t l = 0; l < L; l++)
        count(w, w->logits[l], w->gold[l], p->c.threshold);
    for (size_t i = 0; i < d->n_gold; i++)
        w->gold[d->gold[i]] = 0;
}

static int init_worker(worker *w, size_t L)
{
    w->logits = mem_array(L, sizeof *w->logits);
    w->weights = mem_array(L, sizeof *w->weights);
    w->peaks = mem_array(2 * L, sizeof *w->peaks);
    w->gold = mem_array(L, 1);
    return w->logits && w->weights && w->peaks && w->gold ? 0 : -1;
}

static void free_worker(worker *w)
{
    net_work_free(&w->net);
    mem_free(w->logits);
    mem_free(w->weights);
    mem_free(w->peaks);
    mem_free(w->gold);
}

typedef struct counts {
    score_histogram scores;
    uint64_t tp, fp;
} counts;

/* Adds the counts of all ranks. 0 or -1. */
static int add_ranks(worker *all)
{
    const size_t ranks = ranks_count(), me = ranks_index();
    counts *of = mem_array(ranks, sizeof *of);
    if (!of)
        return -1;
    of[me] = (counts){all->scores, all->tp, all->fp};
    ranks_share(of, sizeof *of);
    for (size_t i = 0; i < ranks; i++) {
        if (i == me)
            continue;
        score_histogram_merge(&all->scores, &of[i].scores);
        all->tp += of[i].tp;
        all->fp += of[i].fp;
    }
    mem_free(of);
    return 0;
}

static int summarise(evaluation *e, const job *j, size_t threads)
{
    worker *all = &j->workers[0];
    int failed = all->failed;
    for (size_t i = 1; i < threads; i++) {
        const worker *w = &j->workers[i];
        failed |= w->failed;
        all->tp += w->tp;
        all->fp += w->fp;
        score_histogram_merge(&all->scores, &w->scores);
    }
    if (ranks_agree(failed ? err_memory("out of memory") : 0) || add_ranks(all))
        return -1;
    double loss = 0;
    for (size_t i = 0; i < j->d->n; i++)
        loss += j->loss[i];
    e->loss = j->d->n ? loss / ((double)j->d->n * (double)j->p->labels) : 0;
    e->micro_f1 = score_histogram_f1(all->tp, all->fp, j->d->gold);
    e->best_micro_f1 = score_histogram_best(&e->threshold, &all->scores, j->d->gold);
    if (!isfinite(e->loss))
        return err_set("the loss on dev is not finite: the parameters have NaN or infinite values");
    return 0;
}

int evaluate(evaluation *e, const params *p, const dataset *d, pool *threads)
{
    const size_t workers = pool_size(threads);
    params view = *p; /* with winograd weights of its own, and in 32 bits, as predictions are */
    view.c.precision = PRECISION_F32;
    view.sizes = model_sizes_of(&view.c);
    winograd_weights at = {0};
    job j = {.p = &view,
             .d = d,
             .workers = mem_array(workers, sizeof(worker)),
             .loss = mem_array(d->n, sizeof(double))};
    int result = j.workers && j.loss ? winograd_weights_prepare(&at, &view) : -1;
    for (size_t i = 0; !result && i < workers; i++)
        result = init_worker(&j.workers[i], p->labels);
    if (!result) {
        size_t first[RANKS_MOST + 1];
        for (size_t rank = 0; rank <= ranks_count(); rank++)
            first[rank] = ranks_begin_of(d->n, rank);
        j.first = first[ranks_index()];
        pool_run(threads, evaluate_document, &j, first[ranks_index() + 1] - j.first);
        ranks_gather(j.loss, sizeof *j.loss, first);
        result = summarise(e, &j, workers);
    }
    for (size_t i = 0; j.workers && i < workers; i++)
        free_worker(&j.workers[i]);
    mem_free(j.workers);
    mem_free(j.loss);
    winograd_weights_free(&at);
    return result;
}
