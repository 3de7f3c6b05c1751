#include "train/evaluate.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/net.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

enum { BINS = 1000 };

/* What one thread counts; sums of whole numbers, so that their order does not matter. */
typedef struct worker {
    net_work net;
    float *logits, *weights;
    int32_t *peaks;
    unsigned char *gold;
    uint64_t right[BINS], wrong[BINS]; /* predictions whose p is in (b/BINS, (b+1)/BINS] */
    uint64_t tp, fp;                   /* at the model's threshold */
    int failed;
} worker;

typedef struct job {
    const params *p;
    const dataset *d;
    worker *workers;
    double *loss; /* [d->n] a document's, added up in order afterwards */
} job;

static void count(worker *w, float p, bool gold, float threshold)
{
    int bin = (int)ceilf(p * BINS) - 1;
    bin = bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
    if (gold) {
        w->right[bin]++;
        w->tp += p > threshold;
    } else {
        w->wrong[bin]++;
        w->fp += p > threshold;
    }
}

static void evaluate_document(void *context, int task, int index)
{
    job *j = context;
    worker *w = &j->workers[index];
    const params *p = j->p;
    const example *d = &j->d->docs[task];
    const size_t L = (size_t)p->labels;
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

static double f1(uint64_t tp, uint64_t fp, uint64_t gold)
{
    return tp ? 2.0 * (double)tp / (double)(tp + fp + gold) : 0;
}

/* F1 = 2 tp / (predicted + gold), from the highest threshold down. */
static void find_threshold(evaluation *e, const worker *all, uint64_t gold)
{
    uint64_t tp = 0, fp = 0;
    e->best_micro_f1 = 0;
    e->threshold = 0.5;
    for (int bin = BINS - 1; bin > 0; bin--) {
        tp += all->right[bin];
        fp += all->wrong[bin];
        const double f = f1(tp, fp, gold), threshold = (double)bin / BINS;
        if (f > e->best_micro_f1 ||
            (f == e->best_micro_f1 && fabs(threshold - 0.5) < fabs(e->threshold - 0.5))) {
            e->best_micro_f1 = f;
            e->threshold = threshold;
        }
    }
}

static int summarise(evaluation *e, const job *j, int threads)
{
    worker *all = &j->workers[0];
    int failed = all->failed;
    for (int i = 1; i < threads; i++) {
        const worker *w = &j->workers[i];
        failed |= w->failed;
        all->tp += w->tp;
        all->fp += w->fp;
        for (int bin = 0; bin < BINS; bin++) {
            all->right[bin] += w->right[bin];
            all->wrong[bin] += w->wrong[bin];
        }
    }
    if (failed)
        return err_set("out of memory");
    double loss = 0;
    for (size_t i = 0; i < j->d->n; i++)
        loss += j->loss[i];
    e->loss = j->d->n ? loss / ((double)j->d->n * j->p->labels) : 0;
    e->micro_f1 = f1(all->tp, all->fp, j->d->gold);
    find_threshold(e, all, j->d->gold);
    if (!isfinite(e->loss))
        return err_set("scores that are not numbers");
    return 0;
}

int evaluate(evaluation *e, const params *p, const dataset *d, pool *threads)
{
    const int workers = pool_size(threads);
    job j = {.p = p,
             .d = d,
             .workers = mem_array((size_t)workers, sizeof(worker)),
             .loss = mem_array(d->n, sizeof(double))};
    int result = j.workers && j.loss ? 0 : -1;
    for (int i = 0; !result && i < workers; i++)
        result = init_worker(&j.workers[i], (size_t)p->labels);
    if (!result) {
        pool_run(threads, evaluate_document, &j, (int)d->n);
        result = summarise(e, &j, workers);
    }
    for (int i = 0; j.workers && i < workers; i++)
        free_worker(&j.workers[i]);
    mem_free(j.workers);
    mem_free(j.loss);
    return result;
}
