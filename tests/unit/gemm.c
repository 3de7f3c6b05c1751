/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/gemm and gemm_bf16: BLIS and products in bfloat16 against the three loops, for the strides that
 * the network uses (transposes, overlapping rows of a convolution) and sizes from nothing on. */
#include "tensor/gemm.h"
#include "tensor/gemm_bf16.h"

#include "numbers.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

/* One product: sizes, and the positions of the elements of A, B and C. */
typedef struct product {
    size_t M, N, K;
    ptrdiff_t rsa, csa, rsb, csb, rsc;
    float alpha, beta;
} product;

/* Floats up to the last element of an m x n matrix. */
static size_t extent(size_t m, size_t n, ptrdiff_t rs, ptrdiff_t cs)
{
    return m && n ? (m - 1) * (size_t)rs + (n - 1) * (size_t)cs + 1 : 0;
}

typedef void gemm_fn(matrix, float, float, const_matrix, const_matrix);

/* A function, and whether it rounds the elements of A and B to bfloat16. */
typedef struct implementation {
    const char *name;
    gemm_fn *multiply;
    bool rounds;
} implementation;

static _Alignas(64) float scratch[GEMM_BF16_SCRATCH];

static void bf16(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    (void)alpha;
    gemm_bf16(C, beta, A, B, scratch);
}

/* With a packed B of the exact size, for sanitizers. */
static void bf16_packed(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    (void)alpha;
    const size_t size = gemm_bf16_packed(B.rows, B.cols);
    float *packed = floats(size);
    memset(packed, 0xff, size * sizeof *packed);
    gemm_bf16_pack(packed, B);
    gemm_bf16_with(C, beta, A, packed, scratch);
    mem_free(packed);
}

static void bf16_portable(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    (void)alpha;
    gemm_bf16_portable(C, beta, A, B, scratch);
}

static void run(gemm_fn *multiply, const product *p, const float *A, const float *B, float *C)
{
    multiply((matrix){C, p->M, p->N, p->rsc}, p->beta, p->alpha,
             (const_matrix){A, p->M, p->K, p->rsa, p->csa}, (const_matrix){B, p->K, p->N, p->rsb, p->csb});
}

/* The worst error of the product on random numbers, over the root of K. Infinite when it touches what is
 * between or after C's rows, or is not bit-identical when repeated. With beta 0 C is full of NaN at first.
 */
static double error_in(const implementation *how, const product *p, rng *r)
{
    enum { BEHIND = 20 };
    const size_t shift = rng_below(r, 4); /* offset of the three from their alignment, in floats */
    const size_t size = shift + (p->M ? p->M - 1 : 0) * (size_t)p->rsc + p->N + BEHIND;
    float *A = normals(shift + extent(p->M, p->K, p->rsa, p->csa), r);
    float *B = normals(shift + extent(p->K, p->N, p->rsb, p->csb), r);
    float *before = normals(size, r), *C = floats(size), *again = floats(size), *want = floats(size);
    for (size_t i = 0; p->beta == 0 && i < p->M; i++)
        for (size_t j = 0; j < p->N; j++)
            before[shift + i * (size_t)p->rsc + j] = NAN;
    memcpy(C, before, size * sizeof *C);
    memcpy(again, before, size * sizeof *C);
    memcpy(want, before, size * sizeof *C);
    run(how->multiply, p, A + shift, B + shift, C + shift);
    memset(scratch, 0xff, sizeof scratch); /* NaN: what a product before left there has no effect */
    run(how->multiply, p, A + shift, B + shift, again + shift);
    for (size_t i = 0; how->rounds && i < shift + extent(p->M, p->K, p->rsa, p->csa); i++)
        A[i] = bf16_round(A[i]);
    for (size_t i = 0; how->rounds && i < shift + extent(p->K, p->N, p->rsb, p->csb); i++)
        B[i] = bf16_round(B[i]);
    run(gemm_naive, p, A + shift, B + shift, want + shift);

    double worst = memcmp(C, again, size * sizeof *C) == 0 ? 0 : INFINITY;
    for (size_t i = 0; i < size; i++) {
        const size_t row = (i - shift) / (size_t)p->rsc, column = (i - shift) % (size_t)p->rsc;
        const bool inside = i >= shift && row < p->M && column < p->N;
        worst = worse(inside ? error_of(C[i], want[i]) : C[i] == before[i] ? 0 : INFINITY, worst);
    }
    mem_free(A);
    mem_free(B);
    mem_free(before);
    mem_free(C);
    mem_free(again);
    mem_free(want);
    return worst / sqrt(1 + (double)p->K);
}

/* 0 and 1 often, and sizes around the kernels' own. */
static size_t random_size(rng *r, uint32_t most)
{
    const uint32_t kind = rng_below(r, 8);
    return kind < 2 ? kind : 1 + rng_below(r, most);
}

/* M and N up to most. */
static product random_product(rng *r, uint32_t most)
{
    static const float factors[] = {0, 1, 1, -0.5f};
    product p = {.M = random_size(r, most), .N = random_size(r, most), .K = random_size(r, 300 + most)};
    p.alpha = rng_below(r, 4) ? 1 : 0.75f;
    p.beta = factors[rng_below(r, 4)];
    const bool transposed_a = rng_below(r, 2), transposed_b = rng_below(r, 2);
    const ptrdiff_t gap = (ptrdiff_t)rng_below(r, 3);
    p.rsa = transposed_a ? 1 : (ptrdiff_t)p.K + 1 + gap;
    p.csa = transposed_a ? (ptrdiff_t)p.M + 1 + gap : 1;
    p.rsb = transposed_b ? 1 : (ptrdiff_t)p.N + 1 + gap;
    p.csb = transposed_b ? (ptrdiff_t)p.K + 1 + gap : 1;
    p.rsc = (ptrdiff_t)p.N + 1 + gap;
    return p;
}

static void test_random(const implementation *how, int products, uint32_t most, rng *r)
{
    double worst = 0;
    for (int i = 0; i < products; i++) {
        product p = random_product(r, most);
        if (how->rounds)
            p.alpha = 1;
        const double e = error_in(how, &p, r);
        if (!(e < 2e-6))
            printf("# M %zu N %zu K %zu, A %td %td, B %td %td, beta %g: %g\n", p.M, p.N, p.K, p.rsa, p.csa,
                   p.rsb, p.csb, (double)p.beta, e);
        worst = worse(e, worst);
    }
    ok(worst < 2e-6, "%s: %d random products: error %.1e, nothing more written, bit-identical when repeated",
       how->name, products, worst);
}

/* A word's window as a row of A: K words of D floats, rows D apart; and transposed, as the gradient of the
 * convolution's weight has it. */
static void test_overlapping(const implementation *how, rng *r)
{
    double forward = 0, back = 0;
    for (size_t T = 0; T <= 70; T += 7)
        for (size_t width = 1; width <= 10; width += 3) {
            const size_t D_in = 1 + rng_below(r, 33), D = 1 + rng_below(r, 33);
            const product p = {.M = T,
                               .N = D,
                               .K = width * D_in,
                               .rsa = (ptrdiff_t)D_in,
                               .csa = 1,
                               .rsb = (ptrdiff_t)D,
                               .csb = 1,
                               .rsc = (ptrdiff_t)D,
                               .alpha = 1};
            forward = worse(error_in(how, &p, r), forward);
            const product q = {.M = width * D_in,
                               .N = D,
                               .K = T,
                               .rsa = 1,
                               .csa = (ptrdiff_t)D_in,
                               .rsb = (ptrdiff_t)D,
                               .csb = 1,
                               .rsc = (ptrdiff_t)D,
                               .alpha = 1,
                               .beta = 1};
            back = worse(error_in(how, &q, r), back);
        }
    ok(forward < 2e-6, "%s: overlapping rows: error %.1e", how->name, forward);
    ok(back < 2e-6, "%s: overlapping rows, transposed: error %.1e", how->name, back);
}

static void test_nothing(void)
{
    float C[4] = {1, 2, NAN, 4};
    const matrix c = matrix_rows(C, 2, 2);
    const const_matrix a = const_rows(NULL, 2, 0), b = const_rows(NULL, 0, 2);
    gemm(c, 1, 1, a, b);
    ok(C[0] == 1 && C[1] == 2 && isnan(C[2]) && C[3] == 4, "K 0, beta 1: C is unchanged");
    gemm(c, 0.5f, 1, a, b);
    ok(C[0] == 0.5f && C[1] == 1 && isnan(C[2]) && C[3] == 2, "K 0, beta 1/2: C is halved");
    gemm(c, 0, 1, a, b);
    ok(C[0] == 0 && C[1] == 0 && C[2] == 0 && C[3] == 0, "K 0, beta 0: C is zero, NaN or not");
    gemm(matrix_rows(NULL, 0, 2), 0, 1, const_rows(NULL, 0, 3), const_rows(NULL, 3, 2));
    gemm(matrix_rows(NULL, 2, 0), 0, 1, const_rows(NULL, 2, 3), const_rows(NULL, 3, 0));
    ok(1, "M 0 or N 0: nothing is touched");
}

/* A NaN or an infinity in a factor is not lost. */
static void test_nan(void)
{
    const float A[2] = {NAN, 1}, B[2] = {0, 1};
    float C[1] = {5};
    gemm(matrix_rows(C, 1, 1), 0, 1, const_rows(A, 1, 2), const_rows(B, 2, 1));
    ok(isnan(C[0]), "NaN times 0 is NaN");
}

/* To the nearest of the numbers of 8 bits, ties to even. */
static void test_rounding(void)
{
    const float one = 1, step = 1 / 128.f;
    ok(bf16_round(one) == 1 && bf16_round(one + step / 4) == 1 &&
           bf16_round(one + 3 * step / 4) == one + step,
       "bfloat16: to the nearest");
    ok(bf16_round(one + step / 2) == 1 && bf16_round(one + 3 * step / 2) == one + 2 * step,
       "bfloat16: ties to even");
    ok(isnan(bf16_round(NAN)) && bf16_round(INFINITY) == INFINITY && bf16_round(3.4e38f) == INFINITY &&
           bf16_round(-0.0f) == 0,
       "bfloat16: NaN, infinity, overflow, zero");
}

/* Two functions that add in the same order. rounds: in bfloat16, where alpha is 1. */
static void test_same(const char *what, gemm_fn *one, gemm_fn *other, bool rounds, rng *r)
{
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        product p = random_product(r, i % 4 ? 90 : 500);
        if (rounds)
            p.alpha = 1;
        const size_t size = p.M * (size_t)p.rsc + p.N;
        float *A = normals(extent(p.M, p.K, p.rsa, p.csa), r),
              *B = normals(extent(p.K, p.N, p.rsb, p.csb), r), *C = normals(size, r), *same = floats(size);
        memcpy(same, C, size * sizeof *C);
        run(one, &p, A, B, C);
        run(other, &p, A, B, same);
        differ += memcmp(C, same, size * sizeof *C) != 0;
        mem_free(A);
        mem_free(B);
        mem_free(C);
        mem_free(same);
    }
    ok(differ == 0, "100 random products are bit-identical %s (%d differ)", what, differ);
}

int main(void)
{
    rng r;
    rng_seed(&r, 4, 5, 6);
    ok(*gemm_kernels() != '\0', "kernels: %s%s", gemm_kernels(), gemm_is_generic() ? " (portable)" : "");
    test_same("to those of BLIS 0.9", gemm, gemm_blis, false, &r);
    test_same("with a packed B", bf16, bf16_packed, true, &r);
    const implementation all[] = {
        {"gemm", gemm, false},
        {"BLIS", gemm_blis, false},
        {gemm_bf16_has_instructions() ? "bfloat16" : "bfloat16 (portable here)", bf16, true},
        {"bfloat16, packed before", bf16_packed, true},
        {"bfloat16, portable", bf16_portable, true}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        test_random(&all[i], 200, 90, &r);
        if (all[i].rounds) /* more than the parts that are packed at a time */
            test_random(&all[i], 30, 500, &r);
        test_overlapping(&all[i], &r);
    }
    test_rounding();
    test_nothing();
    test_nan();
    return tap_done();
}
