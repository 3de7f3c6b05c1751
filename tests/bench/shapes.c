/* SPDX-License-Identifier: Apache-2.0 */
/* The speed of each matrix product of the model compared with a large square one, in one thread: which shapes
 * are worth work.
 *
 *     shapes CONFIG [WORDS]
 *
 * A line a product: M, N, K as gemm.h has them, the strides of the operands as the model's code gives them,
 * GFLOP/s of the thread's own time (a busy machine disturbs it little), its share of the large sgemm's, and
 * how often it is done: times a document in training and in prediction; and how many times as fast other
 * programs are: this one with floats (tensor/gemm.h) and in bfloat16 (tensor/gemm_bf16.h); where it is
 * installed, oneDNN with floats, with factors that are in bfloat16 already, and with factors that it rounds
 * first. The last two lines are all products of a document. */
#include "bench.h"
#include "onednn.h"

#include "base/mem.h"
#include "model/sizes.h"
#include "tensor/gemm.h"
#include "tensor/gemm_bf16.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef enum way { BLIS, OWN, BF16, DNNL, DNNL_BF16, DNNL_ROUND, WAYS } way;

typedef struct product {
    const char *name;
    int block;
    size_t M, N, K;
    ptrdiff_t rsa, csa, rsb, csb, rsc;
    float beta;
    double train, predict; /* times a document */
} product;

static double thread_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t extent(size_t rows, ptrdiff_t rs, size_t columns, ptrdiff_t cs)
{
    return (rows - 1) * (size_t)rs + (columns - 1) * (size_t)cs + 1;
}

static float *filled(size_t n)
{
    float *x = mem_array(n, sizeof *x);
    if (!x)
        exit(1);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(i % 17) * 0.125f - 1;
    return x;
}

/* Seconds of the fastest of several runs; about a fifth of a second in all. NAN: oneDNN is missing. */
static double seconds(const product *p, way by)
{
    float *A = filled(extent(p->M, p->rsa, p->K, p->csa)), *B = filled(extent(p->K, p->rsb, p->N, p->csb)),
          *C = filled(extent(p->M, p->rsc, p->N, 1)), *scratch = filled(GEMM_BF16_SCRATCH);
    const matrix to = {C, p->M, p->N, p->rsc};
    const const_matrix a = {A, p->M, p->K, p->rsa, p->csa}, b = {B, p->K, p->N, p->rsb, p->csb};
    onednn *other = by >= DNNL ? onednn_new((onednn_kind)(by - DNNL), to, p->beta, a, b) : NULL;
    double best = INFINITY, all = 0;
    for (int i = 0; (by < DNNL || other) && (i < 3 || all < 0.2); i++) {
        const double start = thread_time();
        if (by == BLIS)
            gemm_blis(to, p->beta, 1, a, b);
        else if (by == OWN)
            gemm(to, p->beta, 1, a, b);
        else if (by == BF16)
            gemm_bf16(to, p->beta, a, b, scratch);
        else
            onednn_run(other);
        const double s = thread_time() - start;
        best = fmin(best, s);
        all += s;
    }
    if (other)
        onednn_free(other);
    mem_free(A);
    mem_free(B);
    mem_free(C);
    mem_free(scratch);
    return best < INFINITY ? best : NAN;
}

static double flops(const product *p)
{
    return 2.0 * (double)p->M * (double)p->N * (double)p->K;
}

/* The products of one document of T words, in the order of lib/model. Returns their number. */
static int products(product *list, const model_sizes *m, size_t labels, size_t T)
{
    enum { TILE = 256, TRAIN = 128 };
    int n = 0;
    for (int i = 0; i < m->blocks; i++) {
        const size_t E = m->block[i].D_in, D = m->block[i].D, K = m->block[i].conv.K;
        const ptrdiff_t e = (ptrdiff_t)E, d = (ptrdiff_t)D;
        list[n++] = (product){"conv", i, T, D, K * E, e, 1, d, 1, d, 0, 1, 1};
        list[n++] = (product){"conv dW", i, K * E, D, T, 1, e, d, 1, d, 1, 1, 0};
        list[n++] = (product){"conv dX", i, T, E, K * D, d, 1, e, 1, e, 1, 1, 0};
        list[n++] = (product){"res", i, T, D, E, e, 1, 1, e, d, 0, 1, 1};
        list[n++] = (product){"res dW", i, D, E, T, 1, d, e, 1, e, 1, 1, 0};
        list[n++] = (product){"res dX", i, T, E, D, d, 1, e, 1, e, 1, 1, 0};
        if (m->sum && i < m->blocks - 1) {
            const size_t S = m->D_last;
            const ptrdiff_t s = (ptrdiff_t)S;
            list[n++] = (product){"same", i, T, S, D, d, 1, 1, d, s, 1, 1, 1};
            list[n++] = (product){"same dH", i, T, D, S, s, 1, d, 1, d, 1, 1, 0};
            list[n++] = (product){"same dW", i, S, D, T, 1, s, d, 1, d, 1, 1, 0};
        }
    }
    const size_t tile = labels < TILE ? labels : TILE, train = 2 * (labels < TRAIN ? labels : TRAIN);
    const double tiles = (double)labels / (double)tile, trains = 2 * (double)labels / (double)train;
    const ptrdiff_t S = (ptrdiff_t)m->S, q = (ptrdiff_t)train, v = (ptrdiff_t)tile;
    for (int a = 0; a < m->attentions; a++) {
        const int block = m->attention[a].block;
        const size_t D = m->attention[a].D;
        const ptrdiff_t d = (ptrdiff_t)D;
        list[n++] = (product){"S = H U'", block, T, tile, D, d, 1, 1, S, v, 0, 0, tiles};
        list[n++] = (product){"V = A H", block, tile, D, T, 1, v, d, 1, S, 0, 0, tiles};
        list[n++] = (product){"SG = H Q'", block, T, train, D, d, 1, 1, S, q, 0, trains, 0};
        list[n++] = (product){"dQ", block, train, D, T, 1, q, d, 1, S, 1, trains, 0};
        list[n++] = (product){"dH", block, T, D, train, q, 1, S, 1, d, 1, trains, 0};
    }
    return n;
}

static void print_times(const double time[WAYS])
{
    for (int by = OWN; by < WAYS; by++)
        if (isnan(time[by]))
            printf(" %6s", "-");
        else
            printf(" %6.2f", time[BLIS] / time[by]);
}

static void total(const char *name, double flops, const double time[WAYS], double large)
{
    printf("%-12s %60.1f %6.2f", name, flops / time[BLIS] / 1e9, flops / time[BLIS] / large);
    print_times(time);
    printf("   %.1f ms a document\n", 1e3 * time[BLIS]);
}

int main(int argc, char **argv)
{
    const bench_config *which = argc > 1 ? bench_find(argv[1]) : NULL;
    const size_t T = argc > 2 ? (size_t)atoi(argv[2]) : 1500;
    config c;
    if (!which || T == 0 || bench_make(&c, which)) {
        fprintf(stderr, "usage: shapes CONFIG [WORDS]\n");
        return 2;
    }
    const product square = {"sgemm", 0, 1536, 1536, 1536, 1536, 1, 1536, 1, 1536, 0, 0, 0};
    const double large = flops(&square) / seconds(&square, BLIS);
    product list[CONFIG_BLOCKS * 14];
    const model_sizes sizes = model_sizes_of(&c);
    const int n = products(list, &sizes, (size_t)which->labels, T);
    double work[2] = {0}, time[2][WAYS] = {{0}};
    printf("%-12s %5s %7s %7s %7s %10s %10s %10s %6s %34s\n", "", "", "", "", "", "", "", "", "",
           "times as fast as BLIS:");
    printf("%-12s %5s %7s %7s %7s %10s %10s %10s %6s %6s %6s %6s %6s %6s\n", which->name, "block", "M", "N",
           "K", "training", "predict", "GFLOP/s", "share", "ecan", "bf16", "oneDNN", "bf16", "round");
    printf("%-12s %5s %7d %7d %7d %10s %10s %10.1f\n", "sgemm", "", 1536, 1536, 1536, "", "", large / 1e9);
    for (int i = 0; i < n; i++) {
        const product *p = &list[i];
        double s[WAYS];
        for (int by = BLIS; by < WAYS; by++)
            s[by] = seconds(p, (way)by);
        printf("%-12s %5d %7zu %7zu %7zu %10.1f %10.1f %10.1f %6.2f", p->name, p->block, p->M, p->N, p->K,
               p->train, p->predict, flops(p) / s[BLIS] / 1e9, flops(p) / s[BLIS] / large);
        print_times(s);
        printf("\n");
        const double times[2] = {p->train, p->predict};
        for (int k = 0; k < 2; k++) {
            work[k] += times[k] * flops(p);
            for (int by = BLIS; by < WAYS; by++)
                time[k][by] += times[k] > 0 ? times[k] * s[by] : 0;
        }
    }
    total("training", work[0], time[0], large);
    total("prediction", work[1], time[1], large);
    return 0;
}
