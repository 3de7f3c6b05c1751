/* Words per second of training and of prediction, and peak memory, as speed.py measures PyTorch's: the same flags, the same
 * JSON line, and beside it the rate of a large sgemm on the same threads in the same run, and the share of it that the
 * multiplications of the work come to.
 *
 *     speed CONFIG [--mode train|infer] [--words N] [--batch B] [--steps N] [--threads N] [--rows N] */
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "model/net.h"
#include "tensor/gemm.h"
#include "train/adam.h"
#include "train/step.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    int labels, embedding_size, channels[4], kernels[4];
    config_attention attention;
} configs[] = {
    {"mimic50", 50, 100, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"dutch144", 144, 200, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"french940", 940, 200, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"eurlex", 3956, 100, {180, 180, 200, 200}, {15, 15, 7, 7}, ATTENTION_MULTI},
    {"mimicfull-sum", 8922, 100, {200, 200, 240, 240}, {13, 13, 9, 9}, ATTENTION_SUM},
    {"mimicfull-multi", 8922, 100, {200, 200, 240, 240}, {13, 13, 9, 9}, ATTENTION_MULTI},
    {"small50", 50, 100, {100, 100, 100, 100}, {5, 5, 3, 3}, ATTENTION_MULTI},
};

static void die(const char *what)
{
    fprintf(stderr, "speed: %s\n", what);
    exit(1);
}

/* Multiplications and additions of one word forward: convolutions, residuals, pooling, attention (two products a label). */
static double flops_a_word(const params *p)
{
    const config *c = &p->c;
    double n = 0;
    for (int i = 0; i < c->blocks; i++)
        n += 2.0 * config_inputs(c, i) * c->channels[i] * (c->kernels[i] + (c->residual ? 1 : 0));
    for (int i = 0; c->attention == ATTENTION_SUM && i < c->blocks - 1; i++)
        n += 2.0 * c->channels[i] * config_last(c);
    return n + 4.0 * p->labels * config_width(c);
}

/* ---- a large sgemm: each thread a product of its own ---- */

enum { SIDE = 1536 };

static void sgemm_task(void *context, int task, int worker)
{
    (void)task;
    float *m = (float *)context + (size_t)worker * 3 * SIDE * SIDE;
    gemm(SIDE, SIDE, SIDE, 1, m, SIDE, 1, m + SIDE * SIDE, SIDE, 1, 0, m + 2 * SIDE * SIDE, SIDE);
}

static double sgemm_rate(pool *threads)
{
    const size_t n = (size_t)pool_size(threads) * 3 * SIDE * SIDE;
    float *m = mem_array(n, sizeof *m);
    if (!m)
        die(err_message());
    double best = INFINITY;
    for (int i = 0; i < 4; i++) {
        const double start = progress_now();
        pool_run(threads, sgemm_task, m, pool_size(threads));
        best = fmin(best, progress_now() - start);
    }
    mem_free(m);
    return 2.0 * SIDE * SIDE * SIDE * pool_size(threads) / best;
}

/* ---- prediction: documents side by side ---- */

typedef struct prediction {
    const net *n;
    const example *docs;
    net_work *work;
    float *out; /* [threads][4 L] */
} prediction;

static void predict_task(void *context, int task, int worker)
{
    prediction *p = context;
    const size_t L = (size_t)p->n->p->labels;
    float *out = p->out + (size_t)worker * 4 * L;
    if (net_forward(out, (int32_t *)(void *)(out + 2 * L), out + L, p->n, p->docs[task].ids, p->docs[task].T,
                    &p->work[worker]))
        die(err_message());
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"mode", 1, 0, 'm'},    {"words", 1, 0, 'w'}, {"batch", 1, 0, 'b'},
                                            {"steps", 1, 0, 's'},   {"rows", 1, 0, 'r'},  {"threads", 1, 0, 't'},
                                            {"labels", 1, 0, 'l'}, {0}};
    int words = 1500, batch = 4, steps = 2, threads = 2, rows = 50000, labels = 0;
    const char *mode = "train";
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int *number = o == 'w' ? &words : o == 'b' ? &batch : o == 's' ? &steps : o == 'r' ? &rows : o == 'l' ? &labels : &threads;
        if (o == 'm')
            mode = optarg;
        else if (o == '?' || (*number = atoi(optarg)) < 1)
            return 2;
    }
    size_t which = 0;
    while (which < sizeof configs / sizeof *configs && (optind >= argc || strcmp(argv[optind], configs[which].name) != 0))
        which++;
    if (which == sizeof configs / sizeof *configs)
        die("no such configuration");

    config c = config_default();
    c.embedding_size = configs[which].embedding_size;
    c.attention = configs[which].attention;
    c.label_size = 0;
    memcpy(c.channels, configs[which].channels, sizeof configs[which].channels);
    memcpy(c.kernels, configs[which].kernels, sizeof configs[which].kernels);
    pool *workers = pool_new(threads);
    params p;
    if (!workers || config_check(&c) || params_init(&p, &c, rows, labels ? labels : configs[which].labels))
        die(err_message());
    params_start(&p, 1);
    rng r;
    rng_seed(&r, 2, 0, 0);
    for (size_t i = (size_t)c.embedding_size; i < (size_t)rows * (size_t)c.embedding_size; i++)
        p.embed[i] = rng_normal(&r);

    example *docs = mem_array((size_t)batch, sizeof *docs);
    const example **list = mem_array((size_t)batch, sizeof *list);
    for (int b = 0; b < batch; b++) {
        int32_t *ids = mem_array((size_t)words, sizeof *ids), *gold = mem_array(10, sizeof *gold);
        for (int t = 0; t < words; t++)
            ids[t] = 1 + (int32_t)rng_below(&r, (uint32_t)rows - 1);
        for (int j = 0; j < 10; j++)
            gold[j] = (int32_t)(j * p.labels / 10);
        docs[b] = (example){.ids = ids, .T = (size_t)words, .gold = gold, .n_gold = 10};
        list[b] = &docs[b];
    }

    const double rate = sgemm_rate(workers);
    struct rusage before;
    double best = INFINITY, flops = flops_a_word(&p) * words * batch;
    if (strcmp(mode, "train") == 0) {
        flops *= 3;
        adam a;
        step *s = step_new(&p, workers, STEP_AUTO);
        if (!s || adam_init(&a, &p))
            die(err_message());
        for (int i = 0; i <= steps; i++) {
            const double start = progress_now();
            double loss;
            if (step_run(s, list, batch, &(step_options){.dropout = 0.3f, .seed = 1, .number = (uint64_t)i}, &loss))
                die(err_message());
            adam_step(&a, &p, step_grad(s), step_in_batch(s), 1.5e-4f, workers);
            if (i)
                best = fmin(best, progress_now() - start);
        }
    } else {
        net n;
        prediction work = {.n = &n, .docs = docs, .work = mem_array((size_t)threads, sizeof(net_work)),
                           .out = mem_array((size_t)threads * 4 * (size_t)p.labels, sizeof(float))};
        if (net_init(&n, &p, workers) || !work.work || !work.out)
            die(err_message());
        for (int i = 0; i <= steps; i++) {
            const double start = progress_now();
            pool_run(workers, predict_task, &work, batch);
            if (i)
                best = fmin(best, progress_now() - start);
        }
    }
    getrusage(RUSAGE_SELF, &before);
    printf("{\"program\": \"ecan\", \"config\": \"%s\", \"mode\": \"%s\", \"words\": %d, \"batch\": %d, \"threads\": %d, "
           "\"words_per_second\": %.1f, \"peak_mib\": %.1f, \"gflops\": %.1f, \"sgemm_gflops\": %.1f, \"share\": %.3f, "
           "\"kernels\": \"%s\"}\n",
           configs[which].name, mode, words, batch, threads, words * batch / best, (double)before.ru_maxrss / 1024,
           flops / best / 1e9, rate / 1e9, flops / best / rate, gemm_kernels());
    return 0;
}
