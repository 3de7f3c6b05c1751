/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/ops against double precision: the functions of one number over the whole range of floats, the
 * others against plain loops for every width from 1 to 40, so that each remainder of the vector loops has its
 * turn. */
#include "tensor/ops.h"

#include "numbers.h"
#include "tap.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- functions of one number ---- */

typedef void map_fn(float *y, const float *x, size_t n);

/* Every STRIDE-th of the 2^32 floats (a prime: all low bits come), the non-numbers too, and around the places
 * where the functions change their course. fn is run over rows of them; check sees every pair. */
enum { STRIDE = 1021, ROW = 4096 };

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void each_row(map_fn *fn, const float *x, size_t n, void (*check)(float x, float y, double *worst),
                     double *worst)
{
    float y[ROW];
    fn(y, x, n);
    for (size_t i = 0; i < n; i++)
        check(x[i], y[i], worst);
}

static void over_all_floats(map_fn *fn, void (*check)(float x, float y, double *worst), double *worst)
{
    static const float places[] = {0,     -87.3f, -87.33654f, -87.34f, -88, -103.98f, 87.3f, 88,
                                   88.8f, -7.5f,  7.5f,       12,      -12, -12.5f,   12.5f, 13,
                                   -13,   16,     -1e-38f,    1e-38f,  1,   -1};
    float x[ROW];
    for (uint64_t at = 0; at < UINT64_C(1) << 32;) {
        size_t n = 0;
        for (; n < ROW && at < UINT64_C(1) << 32; at += STRIDE)
            x[n++] = float_of((uint32_t)at);
        each_row(fn, x, n, check, worst);
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        x[0] = places[i] - 300 * fabsf(places[i]) * 0x1p-24f;
        for (size_t k = 1; k < 600; k++)
            x[k] = nextafterf(x[k - 1], INFINITY);
        each_row(fn, x, 600, check, worst);
    }
    const float ends[] = {0.0f,
                          -0.0f,
                          INFINITY,
                          -INFINITY,
                          NAN,
                          -NAN,
                          float_of(0x7fffffff),
                          float_of(0xffffffff),
                          0x1p-149f,
                          -0x1p-149f,
                          3.4028235e38f,
                          -3.4028235e38f};
    each_row(fn, ends, sizeof ends / sizeof *ends, check, worst);
}

/* Each check keeps the largest errors in worst[], and counts in worst[WRONG] what is wrong whatever the
 * bound: a NaN lost or made, a wrong zero. */
enum { ABSOLUTE, RELATIVE, WRONG, KINDS };

static bool nan_kept(float x, float y, double *worst)
{
    worst[WRONG] += !isnan(x) != !isnan(y);
    return isnan(x) || isnan(y);
}

static void check_exp(float x, float y, double *worst)
{
    if (x > 0 || nan_kept(x, y, worst))
        return;
    const double want = exp(x);
    if (want >= 0x1p-126)
        worst[RELATIVE] = worse(fabs(y - want) / want, worst[RELATIVE]);
    else
        worst[WRONG] += y < 0 || y > 0x1.00001p-126f || (x < -87.34f && y != 0);
}

static void check_sigmoid(float x, float y, double *worst)
{
    if (nan_kept(x, y, worst))
        return;
    const double want = 1 / (1 + exp(-(double)x));
    if (x > -87.33f)
        worst[RELATIVE] = worse(fabs(y - want) / want, worst[RELATIVE]);
    else
        worst[WRONG] += y < 0 || y > 0x1.1p-126f || (x < -87.34f && y != 0);
    worst[WRONG] += y > 1;
}

static double cdf(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

static void check_gelu(float x, float y, double *worst)
{
    if (isinf(x)) {
        worst[WRONG] += x > 0 ? y != x : !isnan(y);
        return;
    }
    if (nan_kept(x, y, worst))
        return;
    const double want = x * cdf(x), scale = x > 0 ? 1 + (double)x : 1;
    worst[ABSOLUTE] = worse(fabs(y - want) / scale, worst[ABSOLUTE]);
    if (x >= -7 && fabs(want) >= 0x1p-126)
        worst[RELATIVE] = worse(fabs((y - want) / want), worst[RELATIVE]);
    worst[WRONG] += x < -13 && y != 0;
}

static void slope_of(float *dx, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = 1;
    ops_gelu_backward(dx, dx, x, n);
}

static void check_slope(float x, float dx, double *worst)
{
    if (nan_kept(x, dx, worst))
        return;
    const double density = isinf(x) ? 0 : x * exp(-0.5 * (double)x * x) * 0.39894228040143267794;
    worst[ABSOLUTE] = worse(fabs(dx - (cdf(x) + density)), worst[ABSOLUTE]);
}

static void test_functions(void)
{
    double e[KINDS] = {0}, s[KINDS] = {0}, g[KINDS] = {0}, d[KINDS] = {0};
    over_all_floats(ops_exp_negative, check_exp, e);
    ok(e[RELATIVE] < 3e-7, "exp of x <= 0: relative error %.2e", e[RELATIVE]);
    ok(e[WRONG] == 0, "exp of x <= 0: NaN stays, 0 below 2^-126");
    over_all_floats(ops_sigmoid, check_sigmoid, s);
    ok(s[RELATIVE] < 4e-7, "sigmoid: relative error %.2e", s[RELATIVE]);
    ok(s[WRONG] == 0, "sigmoid: NaN stays, between 0 and 1");
    over_all_floats(ops_gelu, check_gelu, g);
    ok(g[ABSOLUTE] < 1e-7, "gelu: absolute error %.2e (1 + x)", g[ABSOLUTE]);
    ok(g[RELATIVE] < 2e-5, "gelu: relative error %.2e from -7 on", g[RELATIVE]);
    ok(g[WRONG] == 0, "gelu: NaN stays, infinity, 0 below -13");
    over_all_floats(slope_of, check_slope, d);
    ok(d[ABSOLUTE] < 3e-7, "gelu's slope: absolute error %.2e", d[ABSOLUTE]);
    ok(d[WRONG] == 0, "gelu's slope: NaN stays and none is made");

    float x[4] = {-1, -0.0f, 0, 2}, y[4];
    ops_exp_negative(y, x, 3);
    ok(y[1] == 1 && y[2] == 1, "exp of both zeros is 1");
    ops_gelu(y, x, 4);
    ops_gelu(x, x, 4);
    ok(memcmp(x, y, sizeof x) == 0, "gelu in place");
}

/* ---- rows: against plain loops in double precision ---- */

enum { WIDEST = 40, WORDS = 9, LABELS = 100, ROOM = WORDS * 2 * LABELS + 16 };
static const float CANARY = 12345;

static rng random_numbers;

/* n random numbers, and canaries to the end of the array. */
static void fill_row(float x[ROOM], size_t n)
{
    fill(x, n, &random_numbers);
    for (size_t i = n; i < ROOM; i++)
        x[i] = CANARY;
}

/* The worst error of n numbers; infinite if something was written after them. */
static double compare(const float x[ROOM], const double *want, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        worst = worse(error_of(x[i], want[i]), worst);
    for (size_t i = n; i < ROOM; i++)
        worst = x[i] == CANARY ? worst : INFINITY;
    return worst;
}

static void test_vectors(void)
{
    float x[ROOM], y[ROOM], b[ROOM], z[ROOM];
    double want[ROOM], e_axpy = 0, e_dot = 0, e_mean = 0, e_sum = 0, e_bias = 0, e_rows = 0;
    for (size_t n = 1; n <= WIDEST; n++) {
        fill_row(x, n);
        fill_row(y, n);
        double dot = 0;
        for (size_t i = 0; i < n; i++) {
            want[i] = y[i] + 0.7 * x[i];
            dot += (double)x[i] * y[i];
        }
        e_dot = worse(error_of(ops_dot(x, y, n), dot), e_dot);
        ops_axpy(y, 0.7f, x, n);
        e_axpy = worse(compare(y, want, n), e_axpy);

        for (size_t T = 0; T <= WORDS; T += 3) {
            fill_row(x, T * n);
            fill_row(b, n);
            fill_row(z, n);
            for (size_t d = 0; d < n; d++) {
                want[d] = 0;
                for (size_t t = 0; t < T; t++)
                    want[d] += (double)x[t * n + d] / (double)T;
            }
            ops_mean_rows(z, x, T, n);
            e_mean = worse(compare(z, want, n), e_mean);

            fill_row(z, n);
            for (size_t d = 0; d < n; d++)
                want[d] = z[d] + want[d] * (double)T;
            ops_add_rows(z, x, T, n);
            e_sum = worse(compare(z, want, n), e_sum);

            for (size_t i = 0; i < T * n; i++)
                want[i] = (double)x[i] + b[i % n];
            ops_add_bias(x, b, T, n);
            e_bias = worse(compare(x, want, T * n), e_bias);

            const size_t ld = n + n / 2;
            fill_row(x, T * ld);
            for (size_t i = 0; i < T * ld; i++)
                want[i] = i % ld < n ? (double)x[i] * b[i / ld] : x[i];
            ops_scale_rows(x, b, T, n, ld);
            e_rows = worse(compare(x, want, T * ld), e_rows);
        }
    }
    ok(e_axpy < 1e-6, "axpy: error %.1e", e_axpy);
    ok(e_dot < 2e-6, "dot: error %.1e", e_dot);
    ok(e_mean < 1e-6, "mean of rows: error %.1e", e_mean);
    ok(e_sum < 2e-6, "sum of rows: error %.1e", e_sum);
    ok(e_bias < 1e-6, "bias on rows: error %.1e", e_bias);
    ok(e_rows < 1e-6, "scaled rows: error %.1e", e_rows);
}

/* The tail of a block, one word: X = (C s - mean) rstd, Z = X g + h + R. */
typedef struct tail {
    double mean, rstd, X[WIDEST], Z[WIDEST];
} tail;

static tail tail_of(const float *C, const float *R, const float *s, const float *g, const float *h, size_t D)
{
    tail w = {0};
    double variance = 0;
    for (size_t d = 0; d < D; d++) {
        w.X[d] = C[d] * (s ? (double)s[d] : 1);
        w.mean += w.X[d] / (double)D;
    }
    for (size_t d = 0; d < D; d++)
        variance += (w.X[d] - w.mean) * (w.X[d] - w.mean) / (double)D;
    w.rstd = 1 / sqrt(variance + 1e-5);
    for (size_t d = 0; d < D; d++) {
        w.X[d] = (w.X[d] - w.mean) * w.rstd;
        w.Z[d] = w.X[d] * g[d] + h[d] + (R ? (double)R[d] : 0);
    }
    return w;
}

static double slope(double z)
{
    return cdf(z) + z * exp(-0.5 * z * z) * 0.39894228040143267794;
}

/* dH in; dZ, dY out; adds to dg, dh, ds. One word. */
static void tail_back(double *dZ, double *dY, double *dg, double *dh, double *ds, const tail *w,
                      const float *dH, const float *C, const float *g, size_t D)
{
    double mean = 0, dot = 0;
    for (size_t d = 0; d < D; d++) {
        dZ[d] = dH[d] * slope(w->Z[d]);
        dg[d] += dZ[d] * w->X[d];
        dh[d] += dZ[d];
        mean += dZ[d] * g[d] / (double)D;
        dot += dZ[d] * g[d] * w->X[d] / (double)D;
    }
    for (size_t d = 0; d < D; d++) {
        dY[d] = w->rstd * (dZ[d] * g[d] - mean - w->X[d] * dot);
        ds[d] += dY[d] * C[d];
    }
}

static void copy_row(double *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

static void test_tail(bool scaled, bool residual)
{
    float C[ROOM], R[ROOM], s[ROOM], g[ROOM], h[ROOM], H[ROOM], H2[ROOM], Z[ROOM], mean[ROOM], rstd[ROOM],
        dH[ROOM], dY[ROOM], dg[ROOM], dh[ROOM], ds[ROOM];
    double want_H[ROOM], want_Z[ROOM], want_mean[WORDS], want_rstd[WORDS], want_dZ[ROOM], want_dY[ROOM],
        want_dg[WIDEST], want_dh[WIDEST], want_ds[WIDEST], e = 0, e_back = 0;
    int same = 1;
    for (size_t D = 1; D <= WIDEST; D++) {
        const size_t T = D % WORDS + 1, n = T * D;
        fill_row(C, n);
        fill_row(R, n);
        fill_row(s, D);
        fill_row(g, D);
        fill_row(h, D);
        fill_row(H, n);
        fill_row(H2, n);
        fill_row(Z, n);
        fill_row(mean, T);
        fill_row(rstd, T);
        fill_row(dH, n);
        fill_row(dY, n);
        fill_row(dg, D);
        fill_row(dh, D);
        fill_row(ds, D);
        copy_row(want_dg, dg, D);
        copy_row(want_dh, dh, D);
        copy_row(want_ds, ds, D);
        for (size_t t = 0; t < T; t++) {
            const tail w = tail_of(C + t * D, residual ? R + t * D : NULL, scaled ? s : NULL, g, h, D);
            want_mean[t] = w.mean;
            want_rstd[t] = w.rstd;
            for (size_t d = 0; d < D; d++) {
                want_Z[t * D + d] = w.Z[d];
                want_H[t * D + d] = w.Z[d] * cdf(w.Z[d]);
            }
            tail_back(want_dZ + t * D, want_dY + t * D, want_dg, want_dh, want_ds, &w, dH + t * D, C + t * D,
                      g, D);
        }
        ops_block_output(H2, NULL, NULL, NULL, C, residual ? R : NULL, scaled ? s : NULL, g, h, T, D);
        ops_block_output(H, Z, mean, rstd, C, residual ? R : NULL, scaled ? s : NULL, g, h, T, D);
        same &= memcmp(H, H2, sizeof H) == 0;
        e = worse(compare(H, want_H, n), e);
        e = worse(compare(Z, want_Z, n), e);
        e = worse(compare(mean, want_mean, T), e);
        e = worse(compare(rstd, want_rstd, T), e);
        if (residual) { /* Z in the place of R */
            ops_block_output(H2, R, mean, rstd, C, R, scaled ? s : NULL, g, h, T, D);
            same &= memcmp(H, H2, sizeof H) == 0 && memcmp(R, Z, sizeof Z) == 0;
        }
        ops_block_output_backward(dH, dY, dg, dh, scaled ? ds : NULL, Z, mean, rstd, C, scaled ? s : NULL, g,
                                  T, D);
        e_back = worse(compare(dH, want_dZ, n), e_back);
        e_back = worse(compare(dg, want_dg, D), e_back);
        e_back = worse(compare(dh, want_dh, D), e_back);
        e_back = worse(compare(dY, want_dY, n), e_back);
        if (scaled)
            e_back = worse(compare(ds, want_ds, D), e_back);
    }
    const char *how =
        scaled ? (residual ? "scale and residual" : "scale") : (residual ? "residual" : "neither");
    ok(e < 1e-6, "tail with %s: error %.1e", how, e);
    ok(same, "tail with %s: the same bytes in prediction, and with Z in the place of R", how);
    ok(e_back < 2e-5, "tail backward with %s: error %.1e", how, e_back);
}

static void test_scale_backward(bool scaled, bool squeezed)
{
    float dY[ROOM], s[ROOM], q[ROOM], dC[ROOM];
    double want[ROOM], e = 0;
    for (size_t D = 1; D <= WIDEST; D++) {
        const size_t T = D % WORDS + 1, n = T * D;
        fill_row(dY, n);
        fill_row(dC, n);
        fill_row(s, D);
        fill_row(q, D);
        for (size_t i = 0; i < n; i++)
            want[i] = dY[i] * (scaled ? (double)s[i % D] : 1) + (squeezed ? (double)q[i % D] : 0);
        ops_scale_backward(dC, dY, scaled ? s : NULL, squeezed ? q : NULL, T, D);
        e = worse(compare(dC, want, n), e);
        ops_scale_backward(dY, dY, scaled ? s : NULL, squeezed ? q : NULL, T, D);
        e = worse(compare(dY, want, n), e);
    }
    ok(e < 1e-6, "scale backward%s%s: error %.1e", scaled ? ", with s" : "", squeezed ? ", with q" : "", e);
}

/* Softmax down column j of S[T][ld]: weights a[T]. Returns the first row of the maximum. */
static size_t softmax_of(double *a, double *sum, const float *S, size_t T, size_t ld)
{
    size_t peak = 0;
    for (size_t t = 1; t < T; t++)
        peak = S[t * ld] > S[peak * ld] ? t : peak;
    *sum = 0;
    for (size_t t = 0; t < T; t++)
        *sum += exp((double)S[t * ld] - S[peak * ld]);
    for (size_t t = 0; t < T; t++)
        a[t] = exp((double)S[t * ld] - S[peak * ld]) / *sum;
    return peak;
}

static void test_softmax(void)
{
    float S[ROOM], Z[ROOM], bias[ROOM], with[ROOM];
    double want[ROOM], want_Z[LABELS], a[WORDS], e = 0;
    int32_t peak[LABELS + 1];
    int wrong = 0;
    for (size_t n = 1; n <= LABELS; n++) {
        const size_t T = n % WORDS + 1, ld = n + n % 3 * n / 2;
        fill_row(S, T * ld);
        fill_row(Z, n);
        for (size_t i = 0; i < T * ld; i++) /* equal ones come, and wide ranges */
            S[i] = n % 2 ? 40 * S[i] : roundf(S[i]);
        copy_row(want, S, T * ld);
        fill_row(bias, T);
        for (size_t i = 0; i < T * ld; i++)
            with[i] = n % 4 < 2 ? S[i] + (bias[i / ld] = roundf(bias[i / ld])) : S[i];
        size_t peaks[LABELS];
        for (size_t j = 0; j < n; j++) {
            peaks[j] = softmax_of(a, &want_Z[j], with + j, T, ld);
            for (size_t t = 0; t < T; t++)
                want[t * ld + j] = a[t] * want_Z[j];
        }
        peak[n] = -7;
        ops_softmax(S, n % 4 < 2 ? bias : NULL, Z, peak, T, n, ld);
        e = worse(compare(S, want, T * ld), e);
        e = worse(compare(Z, want_Z, n), e);
        for (size_t j = 0; j < n; j++)
            wrong += peak[j] != (int32_t)peaks[j];
        wrong += peak[n] != -7;
    }
    ok(e < 1e-6, "softmax: error %.1e", e);
    ok(wrong == 0, "softmax: the peak is the first row of the maximum");

    float one[2] = {-1e30f, 1e30f}, sum[2];
    ops_softmax(one, NULL, sum, peak, 1, 2, 2);
    ok(one[0] == 1 && one[1] == 1 && sum[0] == 1 && sum[1] == 1, "softmax of one word is 1");
}

static void test_softmax_dot(void)
{
    float SG[ROOM], Z[ROOM], y[ROOM], d[ROOM];
    double want[ROOM], back[ROOM], want_Z[LABELS], want_y[LABELS], a[WORDS], e = 0, e_back = 0;
    for (size_t n = 1; n <= LABELS; n++) {
        const size_t T = n % WORDS + 1, ld = 2 * n;
        fill_row(SG, T * ld);
        fill_row(Z, n);
        fill_row(y, n);
        fill_row(d, n);
        for (size_t j = 0; j < n; j++) {
            const float *G = SG + n + j;
            softmax_of(a, &want_Z[j], SG + j, T, ld);
            want_y[j] = 0;
            for (size_t t = 0; t < T; t++)
                want_y[j] += a[t] * G[t * ld];
            for (size_t t = 0; t < T; t++) {
                want[t * ld + j] = a[t] * want_Z[j];
                want[t * ld + n + j] = G[t * ld];
                back[t * ld + j] = d[j] * a[t] * (G[t * ld] - want_y[j]);
                back[t * ld + n + j] = d[j] * a[t];
            }
        }
        ops_softmax_dot(SG, Z, y, T, n);
        e = worse(compare(SG, want, T * ld), e);
        e = worse(compare(Z, want_Z, n), e);
        e = worse(compare(y, want_y, n), e);
        ops_softmax_dot_backward(SG, Z, y, d, T, n);
        e_back = worse(compare(SG, back, T * ld), e_back);
    }
    ok(e < 2e-6, "softmax and product: error %.1e", e);
    ok(e_back < 2e-6, "softmax and product, backward: error %.1e", e_back);
}

static void test_adam(void)
{
    float p[ROOM], m[ROOM], v[ROOM], g[ROOM];
    double want_p[WIDEST], want_m[WIDEST], want_v[WIDEST], e = 0;
    for (size_t n = 1; n <= WIDEST; n++) {
        fill_row(p, n);
        fill_row(m, n);
        fill_row(v, n);
        fill_row(g, n);
        const float gradient = n % 3 ? 0.3f : 1, keep = n % 2 ? 0.99f : 1;
        const double t = (double)n, rate = 0.01 / (1 - pow(0.9, t)), root = 1 / sqrt(1 - pow(0.999, t));
        for (size_t i = 0; i < n; i++) {
            v[i] = i % 5 ? v[i] * v[i] : 0;
            g[i] = i % 7 ? g[i] : 0; /* with v = 0: only epsilon keeps it from 0 / 0 */
            m[i] = i % 5 ? m[i] : 0;
            const double x = (double)gradient * g[i];
            want_m[i] = 0.9 * m[i] + 0.1 * x;
            want_v[i] = 0.999 * v[i] + 0.001 * x * x;
            want_p[i] = (double)keep * p[i] - rate * want_m[i] / (sqrt(want_v[i]) * root + 1e-8);
        }
        ops_adam(p, m, v, g, n, gradient, keep, (float)rate, (float)root);
        e = worse(compare(p, want_p, n), e);
        e = worse(compare(m, want_m, n), e);
        e = worse(compare(v, want_v, n), e);
    }
    ok(e < 1e-6, "adam: error %.1e", e);
}

static void test_all_finite(void)
{
    static const float others[] = {NAN, -NAN, INFINITY, -INFINITY};
    float x[ROOM];
    int missed = 0, wrong = 0;
    fill(x, ROOM, &random_numbers);
    x[0] = 3.4e38f;
    x[1] = 1e-45f;
    for (size_t n = 0; n <= ROOM; n++) {
        wrong += !ops_all_finite(x, n);
        for (size_t i = 0; i < 4 * n; i++) {
            const float there = x[i / 4];
            x[i / 4] = others[i % 4];
            missed += ops_all_finite(x, n);
            x[i / 4] = there;
        }
    }
    ok(!missed && !wrong, "NaN and infinities are found, wherever they are");
}

static void test_sums(void)
{
    enum { LONG = 5000 };
    float x[LONG], y[ROOM];
    double want[WIDEST], e = 0, e_approach = 0, sum = 0;
    fill(x, LONG, &random_numbers);
    for (size_t n = 0; n < LONG; n++) {
        if (n < 100 || n % 97 == 0)
            e = worse(error_of(ops_sum_squares(x, n), sum), e);
        sum += (double)x[n] * x[n];
    }
    ok(e < 1e-6, "sum of squares: error %.1e", e);
    for (size_t n = 1; n <= WIDEST; n++) {
        fill_row(y, n);
        for (size_t i = 0; i < n; i++)
            want[i] = y[i] + 0.1 * ((double)x[i] - y[i]);
        ops_lerp(y, 0.1f, x, n);
        e_approach = worse(compare(y, want, n), e_approach);
    }
    ok(e_approach < 1e-6, "moving average: error %.1e", e_approach);
}

int main(void)
{
    rng_seed(&random_numbers, 1, 2, 3);
    test_functions();
    test_vectors();
    for (int i = 0; i < 4; i++)
        test_tail(i & 1, i & 2);
    for (int i = 0; i < 4; i++)
        test_scale_backward(i & 1, i & 2);
    test_softmax();
    test_softmax_dot();
    test_adam();
    test_all_finite();
    test_sums();
    return tap_done();
}
