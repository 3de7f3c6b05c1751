/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/conv: the fast convolution and its gradients against the plain sums in double precision, for
 * every width and for documents that end anywhere in a tile, a group or a piece of work; and how large its
 * rounding errors are. */
#include "tensor/conv.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

static rng random_numbers;

/* Inputs, outputs and expected outputs. dX, dw, dU and dbias are added to, so they contain BEFORE first. */
typedef struct test {
    conv_shape n;
    size_t T;
    float *X, *w, *bias, *dC, *U, *transposed, *scratch;
    float *C, *dX, *dw, *dU, *dbias;
    double *C_sum, *dX_sum, *dw_sum, *dbias_sum;
} test;

static const float BEFORE = 0.25f;

static float *before(size_t n)
{
    float *x = floats(n);
    for (size_t i = 0; i < n; i++)
        x[i] = BEFORE;
    return x;
}

static double *doubles(size_t n)
{
    double *x = mem_array(n, sizeof *x);
    if (!x) {
        printf("Bail out! out of memory\n");
        exit(1);
    }
    return x;
}

static test new_test(size_t D_in, size_t D, size_t K, size_t T)
{
    test t = {.n = {D_in, D, K}, .T = T};
    const size_t winograd = conv_transformed_count(&t.n);
    t.X = normals(T * D_in, &random_numbers);
    t.w = normals(K * D_in * D, &random_numbers);
    t.bias = normals(D, &random_numbers);
    t.dC = normals(T * D, &random_numbers);
    t.U = normals(winograd, &random_numbers);
    t.transposed = normals(winograd, &random_numbers);
    t.scratch = normals(conv_scratch(&t.n, T), &random_numbers);
    t.C = normals(T * D, &random_numbers); /* is overwritten */
    t.dX = before(T * D_in);
    t.dw = before(K * D_in * D);
    t.dU = floats(conv_dU_count(&t.n));
    t.dbias = before(D);
    t.C_sum = doubles(T * D);
    t.dX_sum = doubles(T * D_in);
    t.dw_sum = doubles(K * D_in * D);
    t.dbias_sum = doubles(D);
    return t;
}

static void free_test(test *t)
{
    void *const all[] = {t->X,  t->w,  t->bias, t->dC,    t->U,     t->transposed, t->scratch, t->C,
                         t->dX, t->dw, t->dU,   t->dbias, t->C_sum, t->dX_sum,     t->dw_sum,  t->dbias_sum};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

/* The definition, and its derivatives. */
static void plain(test *t)
{
    const size_t D_in = t->n.D_in, D = t->n.D, left = (t->n.K - 1) / 2;
    for (size_t r = 0; r < t->T; r++)
        for (size_t o = 0; o < D; o++) {
            t->C_sum[r * D + o] = t->bias[o];
            t->dbias_sum[o] += t->dC[r * D + o];
        }
    for (size_t r = 0; r < t->T; r++)
        for (size_t k = 0; k < t->n.K; k++) {
            if (r + k < left || r + k - left >= t->T)
                continue;
            const size_t x = r + k - left;
            for (size_t i = 0; i < D_in; i++)
                for (size_t o = 0; o < D; o++) {
                    const size_t at = (k * D_in + i) * D + o;
                    t->C_sum[r * D + o] += (double)t->X[x * D_in + i] * t->w[at];
                    t->dX_sum[x * D_in + i] += (double)t->dC[r * D + o] * t->w[at];
                    t->dw_sum[at] += (double)t->dC[r * D + o] * t->X[x * D_in + i];
                }
        }
}

static void fast(test *t)
{
    conv_transform_weights(t->U, t->w, &t->n);
    conv_transpose_weights(t->transposed, t->U, t->w, &t->n);
    conv_forward(t->C, t->X, t->w, t->U, t->bias, &t->n, t->T, t->scratch);
    conv_backward(t->dX, t->dw, t->dU, t->dbias, t->dC, t->X, t->w, t->transposed, &t->n, t->T, t->scratch);
}

/* The largest error over the size of the numbers (their root mean square), and its root mean square over
 * that. */
static double error(const float *x, const double *sum, size_t n, float added, double *mean)
{
    double most = 0, squares = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        const double e = (double)x[i] - added - sum[i];
        most = worse(fabs(e), most);
        squares += e * e;
        size += sum[i] * sum[i];
    }
    *mean = n && size > 0 ? sqrt(squares / size) : 0;
    return n && size > 0 ? most / sqrt(size / (double)n) : most;
}

typedef struct errors {
    double most, mean;
} errors;

static errors errors_of(const test *t)
{
    const size_t w = t->n.K * t->n.D_in * t->n.D;
    errors e = {0, 0};
    double mean;
    e.most = worse(error(t->C, t->C_sum, t->T * t->n.D, 0, &mean), e.most);
    e.mean = worse(mean, e.mean);
    e.most = worse(error(t->dX, t->dX_sum, t->T * t->n.D_in, BEFORE, &mean), e.most);
    e.mean = worse(mean, e.mean);
    e.most = worse(error(t->dw, t->dw_sum, w, BEFORE, &mean), e.most);
    e.mean = worse(mean, e.mean);
    e.most = worse(error(t->dbias, t->dbias_sum, t->n.D, BEFORE, &mean), e.most);
    e.mean = worse(mean, e.mean);
    return e;
}

static errors errors_with(size_t D_in, size_t D, size_t K, size_t T)
{
    test t = new_test(D_in, D, K, T);
    plain(&t);
    fast(&t);
    const errors e = errors_of(&t);
    free_test(&t);
    return e;
}

static void test_widths(void)
{
    static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 30, 33};
    for (size_t K = 1; K <= 17; K++) {
        double most = 0;
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            most = worse(errors_with(5, 7, K, lengths[i]).most, most);
        ok(most < 2e-5, "%zu words wide, documents of 0 to 33 words: error %.1e", K, most);
    }
}

/* 1,536 words are a piece of work. */
static void test_pieces(void)
{
    static const size_t lengths[] = {1535, 1536, 1537, 1541, 3072, 3077};
    for (size_t K = 9; K <= 12; K++) {
        double most = 0;
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            most = worse(errors_with(3, 5, K, lengths[i]).most, most);
        ok(most < 4e-5, "%zu words wide, documents of 1,535 to 3,077 words: error %.1e", K, most);
    }
    const conv_shape n = {.D_in = 100, .D = 180, .K = 11};
    ok(conv_scratch(&n, 1536) == conv_scratch(&n, 1000000), "scratch is bounded");
}

/* Taps that meet no word. */
static void test_short(void)
{
    test t = new_test(3, 4, 9, 2);
    fast(&t);
    int moved = 0;
    for (size_t k = 0; k < 9; k++)
        for (size_t i = 0; i < 12; i++)
            moved += (k < 3 || k > 5) && t.dw[k * 12 + i] != BEFORE;
    ok(!moved, "a short document does not change the taps without a word");
    free_test(&t);
}

static void test_rounding(void)
{
    const errors e = errors_with(100, 180, 11, 203);
    ok(e.mean < 3e-6 && e.most < 3e-5, "100 to 180 channels, 11 wide: mean error %.1e, the largest %.1e",
       e.mean, e.most);
}

/* Without dX the rest is the same. U and transposed contain all of w but the last tap. */
static void test_without_dX(void)
{
    test a = new_test(6, 10, 9, 50), b = a;
    fast(&a);
    b.dw = before(9 * 60);
    b.dU = floats(conv_dU_count(&a.n));
    b.dbias = before(10);
    conv_backward(NULL, b.dw, b.dU, b.dbias, b.dC, b.X, b.w, b.transposed, &b.n, b.T, b.scratch);
    ok(memcmp(a.dw, b.dw, 9 * 60 * sizeof(float)) == 0 && memcmp(a.dbias, b.dbias, 10 * sizeof(float)) == 0,
       "without dX: the same gradients");
    mem_free(b.dw);
    mem_free(b.dU);
    mem_free(b.dbias);
    free_test(&a);
}

/* A number that is none reaches the outputs that its tiles have, and no others. */
static void test_not_a_number(void)
{
    test t = new_test(4, 4, 5, 40);
    t.X[20 * 4] = NAN;
    fast(&t);
    int hidden = 0, spread = 0;
    for (size_t r = 0; r < t.T; r++) {
        if (r >= 18 && r <= 22)
            hidden += t.C[r * 4] == t.C[r * 4];
        else if (r < 12 || r > 28)
            spread += t.C[r * 4] != t.C[r * 4];
    }
    ok(!hidden && !spread, "NaN is not hidden, and stays where it is");
    free_test(&t);
}

int main(void)
{
    rng_seed(&random_numbers, 13, 14, 15);
    test_widths();
    test_pieces();
    test_short();
    test_rounding();
    test_without_dX();
    test_not_a_number();
    return tap_done();
}
