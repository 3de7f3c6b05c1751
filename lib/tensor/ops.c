/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/ops.h"

#include "base/vectorised.h"

#include <math.h>
#include <string.h>

/* exp(x) for x <= 0. x = k ln 2 + r with |r| <= ln 2 / 2. exp(r) is a polynomial. 2^k is built from the bits
 * of its exponent. Adding 1.5 2^23 rounds x / ln 2 to an integer, which is then in the low bits. */
INLINE float exp_negative(float x)
{
    const float low = -87.33654f; /* exp(low) = 2^-126; below, the result is 0 */
    const float shifted = x * 1.44269504f + 12582912.0f;
    const float k = shifted - 12582912.0f;
    const float r = (x - k * 0.693145752f) - k * 1.42860677e-6f;
    float p = 1.388888889e-3f;
    p = p * r + 8.333333333e-3f;
    p = p * r + 4.166666667e-2f;
    p = p * r + 1.666666667e-1f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return x < low ? 0.0f : p * scale;
}

INLINE float sigmoid(float x)
{
    const float e = exp_negative(-fabsf(x));
    const float s = 1.0f / (1.0f + e);
    return x >= 0 ? s : e * s;
}

/* The normal distribution function. The upper tail is q(a) = exp(-P(a)) / 2 with a = |x|. P is a polynomial,
 * fitted to -log(erfc(a / sqrt 2)) on 0 <= a <= 7.5 by weighted least squares. For larger a, P still grows,
 * q is below 1e-13, and q is 0 from a = 12.5 on. Both sides are computed from the tail, which keeps the
 * relative precision for x << 0. */
#define CDF_LIMIT 13.0f

INLINE float normal_cdf(float x)
{
    float a = fabsf(x);
    a = a > CDF_LIMIT ? CDF_LIMIT : a;
    float p = 6.586649e-09f;
    p = p * a - 2.43631007e-07f;
    p = p * a + 3.7689058e-06f;
    p = p * a - 3.05318354e-05f;
    p = p * a + 1.1715202e-04f;
    p = p * a + 1.54932903e-04f;
    p = p * a - 4.9958108e-03f;
    p = p * a + 3.64629216e-02f;
    p = p * a + 3.18274409e-01f;
    p = p * a + 7.97887802e-01f;
    const float q = 0.5f * exp_negative(-p * a);
    return x < 0 ? q : 1.0f - q;
}

INLINE float gelu(float x)
{
    return x * normal_cdf(x);
}

INLINE float gelu_slope(float x)
{
    float a = fabsf(x); /* above the limit x phi(x) is 0, and x x may overflow */
    a = a > CDF_LIMIT ? CDF_LIMIT : a;
    const float a_density = a * 0.39894228f * exp_negative(-0.5f * a * a);
    return normal_cdf(x) + (x < 0 ? -a_density : a_density);
}

VECTORISED void ops_exp_negative(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = exp_negative(x[i]);
}

VECTORISED void ops_sigmoid(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = sigmoid(x[i]);
}

VECTORISED void ops_gelu(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = gelu(x[i]);
}

VECTORISED void ops_gelu_backward(float *dx, const float *dy, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * gelu_slope(x[i]);
}

VECTORISED void ops_axpy(float *restrict y, float a, const float *restrict x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        y[j] += a * x[j];
}

VECTORISED void ops_add_rows(float *restrict s, const float *restrict X, size_t T, size_t D)
{
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++)
            s[d] += X[t * D + d];
}

VECTORISED void ops_mean_rows(float *restrict z, const float *restrict X, size_t T, size_t D)
{
    memset(z, 0, D * sizeof *z);
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++)
            z[d] += X[t * D + d];
    const float scale = T ? 1.0f / (float)T : 0.0f;
    for (size_t d = 0; d < D; d++)
        z[d] *= scale;
}

VECTORISED void ops_add_bias(float *restrict X, const float *restrict b, size_t T, size_t D)
{
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++)
            X[t * D + d] += b[d];
}

/* A sum over a row is kept in 16 partial sums (lanes), which are added at the end. The order of the additions
 * is fixed, and the compiler can keep the lanes in one vector register. */
#define LANES 16

INLINE float lanes_sum(const float *lane)
{
    float sum = 0;
    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

INLINE float dot(const float *a, const float *b, size_t n)
{
    float x[LANES] = {0};
    size_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int l = 0; l < LANES; l++)
            x[l] += a[j + l] * b[j + l];
    for (int l = 0; j < n; j++, l++)
        x[l] += a[j] * b[j];
    return lanes_sum(x);
}

VECTORISED float ops_dot(const float *a, const float *b, size_t n)
{
    return dot(a, b, n);
}

VECTORISED void ops_block_output(float *H, float *Z, float *mean, float *rstd, const float *C, const float *R,
                                 const float *s, const float *g, const float *h, size_t T, size_t D)
{
    for (size_t t = 0; t < T; t++) {
        const float *restrict c = C + t * D;
        float *restrict y = H + t * D; /* holds Y, N and Z before H */
        if (s)
            for (size_t d = 0; d < D; d++)
                y[d] = c[d] * s[d];
        else
            memcpy(y, c, D * sizeof *y);
        float x[LANES] = {0}, v[LANES] = {0};
        size_t d = 0;
        for (; d + LANES <= D; d += LANES)
            for (int l = 0; l < LANES; l++)
                x[l] += y[d + l];
        for (int l = 0; d < D; d++, l++)
            x[l] += y[d];
        const float m = lanes_sum(x) / (float)D;
        for (d = 0; d + LANES <= D; d += LANES)
            for (int l = 0; l < LANES; l++)
                v[l] += (y[d + l] - m) * (y[d + l] - m);
        for (int l = 0; d < D; d++, l++)
            v[l] += (y[d] - m) * (y[d] - m);
        const float r = 1.0f / sqrtf(lanes_sum(v) / (float)D + OPS_NORM_EPSILON);

        for (d = 0; d < D; d++)
            y[d] = (y[d] - m) * r * g[d] + h[d];
        if (R) {
            const float *res = R + t * D;
            for (d = 0; d < D; d++)
                y[d] += res[d];
        }
        if (Z) {
            memcpy(Z + t * D, y, D * sizeof *y);
            mean[t] = m;
            rstd[t] = r;
        }
        for (d = 0; d < D; d++)
            y[d] = gelu(y[d]);
    }
}

/* Forward: Y = C * s, X = (Y - mean) * rstd, Z = X * g + h + R, H = gelu(Z).
 * Backward, with dZ = dH * gelu'(Z) and dX = dZ * g:
 *     dY = rstd * (dX - mean_D(dX) - X * mean_D(dX * X))
 *     dg += dZ * X     dh += dZ     ds += dY * C */
VECTORISED void ops_block_output_backward(float *dH, float *dY, float *dg, float *dh, float *ds,
                                          const float *Z, const float *mean, const float *rstd,
                                          const float *C, const float *s, const float *g, size_t T, size_t D)
{
    for (size_t t = 0; t < T; t++) {
        float *restrict dz = dH + t * D, *restrict dy = dY + t * D;
        const float *restrict z = Z + t * D, *restrict c = C + t * D;
        const float m = mean[t], r = rstd[t];

        for (size_t d = 0; d < D; d++)
            dz[d] *= gelu_slope(z[d]);
        /* dy holds X first. X is computed again from C. */
        if (s)
            for (size_t d = 0; d < D; d++)
                dy[d] = (c[d] * s[d] - m) * r;
        else
            for (size_t d = 0; d < D; d++)
                dy[d] = (c[d] - m) * r;
        float dots[LANES] = {0}, sums[LANES] = {0};
        size_t d = 0;
        for (; d + LANES <= D; d += LANES)
            for (int l = 0; l < LANES; l++) {
                const float dx = dz[d + l] * g[d + l];
                dots[l] += dx * dy[d + l];
                sums[l] += dx;
            }
        for (int l = 0; d < D; d++, l++) {
            const float dx = dz[d] * g[d];
            dots[l] += dx * dy[d];
            sums[l] += dx;
        }
        const float dot = lanes_sum(dots) / (float)D, sum = lanes_sum(sums) / (float)D;
        for (d = 0; d < D; d++) {
            const float x = dy[d];
            dg[d] += dz[d] * x;
            dh[d] += dz[d];
            dy[d] = r * (dz[d] * g[d] - sum - x * dot);
        }
        if (ds)
            for (d = 0; d < D; d++)
                ds[d] += dy[d] * c[d];
    }
}

VECTORISED void ops_scale_backward(float *dC, const float *dY, const float *s, const float *q, size_t T,
                                   size_t D)
{
    for (size_t t = 0; t < T; t++)
        for (size_t d = 0; d < D; d++) {
            const float y = s ? dY[t * D + d] * s[d] : dY[t * D + d];
            dC[t * D + d] = q ? y + q[d] : y;
        }
}

/* Labels are processed in groups. The maxima, sums and positions of a group stay in registers during the loop
 * over the words. A wide group has several independent vectors, which hides the latency of each. */
enum { WIDE = 64, NARROW = 16 };

INLINE float biased(const float *S, const float *bias, size_t t, size_t at)
{
    return bias ? S[at] + bias[t] : S[at];
}

INLINE void column_max(float *restrict max, int32_t *restrict at, const float *S, const float *bias, size_t T,
                       size_t ld, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        max[j] = biased(S, bias, 0, j);
        at[j] = 0;
    }
    for (size_t t = 1; t < T; t++)
        for (size_t j = 0; j < n; j++) {
            const float x = biased(S, bias, t, t * ld + j);
            at[j] = x > max[j] ? (int32_t)t : at[j];
            max[j] = x > max[j] ? x : max[j];
        }
}

INLINE void softmax_group(float *S, const float *bias, float *Z, int32_t *peak, size_t T, size_t n, size_t ld)
{
    float max[WIDE], sum[WIDE] = {0};
    int32_t at[WIDE];
    column_max(max, at, S, bias, T, ld, n);
    for (size_t t = 0; t < T; t++)
        for (size_t j = 0; j < n; j++) {
            const float e = exp_negative(biased(S, bias, t, t * ld + j) - max[j]);
            S[t * ld + j] = e;
            sum[j] += e;
        }
    memcpy(Z, sum, n * sizeof *Z);
    memcpy(peak, at, n * sizeof *peak);
}

VECTORISED void ops_softmax(float *S, const float *bias, float *Z, int32_t *peak, size_t T, size_t n,
                            size_t ld)
{
    size_t j = 0;
    for (; j + WIDE <= n; j += WIDE)
        softmax_group(S + j, bias, Z + j, peak + j, T, WIDE, ld);
    for (; j + NARROW <= n; j += NARROW)
        softmax_group(S + j, bias, Z + j, peak + j, T, NARROW, ld);
    if (j < n)
        softmax_group(S + j, bias, Z + j, peak + j, T, n - j, ld);
}

INLINE void softmax_dot_group(float *S, const float *G, float *Z, float *y, size_t T, size_t n, size_t ld)
{
    float max[WIDE], sum[WIDE] = {0}, dot[WIDE] = {0};
    int32_t at[WIDE];
    column_max(max, at, S, NULL, T, ld, n);
    for (size_t t = 0; t < T; t++)
        for (size_t j = 0; j < n; j++) {
            const float e = exp_negative(S[t * ld + j] - max[j]);
            S[t * ld + j] = e;
            sum[j] += e;
            dot[j] += e * G[t * ld + j];
        }
    for (size_t j = 0; j < n; j++) {
        Z[j] = sum[j];
        y[j] = dot[j] / sum[j];
    }
}

VECTORISED void ops_softmax_dot(float *SG, float *Z, float *y, size_t T, size_t n)
{
    size_t j = 0;
    for (; j + WIDE <= n; j += WIDE)
        softmax_dot_group(SG + j, SG + n + j, Z + j, y + j, T, WIDE, 2 * n);
    for (; j + NARROW <= n; j += NARROW)
        softmax_dot_group(SG + j, SG + n + j, Z + j, y + j, T, NARROW, 2 * n);
    if (j < n)
        softmax_dot_group(SG + j, SG + n + j, Z + j, y + j, T, n - j, 2 * n);
}

VECTORISED void ops_softmax_dot_backward(float *SG, const float *Z, const float *y, const float *d, size_t T,
                                         size_t n)
{
    for (size_t t = 0; t < T; t++) {
        float *restrict s = SG + t * 2 * n, *restrict g = s + n;
        for (size_t j = 0; j < n; j++) {
            const float dg = s[j] * (d[j] / Z[j]);
            s[j] = dg * (g[j] - y[j]);
            g[j] = dg;
        }
    }
}

VECTORISED void ops_scale_rows(float *V, const float *a, size_t n, size_t D, size_t ld)
{
    for (size_t j = 0; j < n; j++)
        for (size_t d = 0; d < D; d++)
            V[j * ld + d] *= a[j];
}

VECTORISED void ops_adam(float *restrict p, float *restrict m, float *restrict v, const float *restrict g,
                         size_t n, float gradient, float keep, float rate, float root)
{
    const float b1 = 0.9f, b2 = 0.999f, epsilon = 1e-8f;
    for (size_t i = 0; i < n; i++) {
        const float x = gradient * g[i];
        m[i] = b1 * m[i] + (1 - b1) * x;
        v[i] = b2 * v[i] + (1 - b2) * x * x;
        p[i] = keep * p[i] - rate * m[i] / (sqrtf(v[i]) * root + epsilon);
    }
}

/* NaN and infinities have all bits of the exponent set. */
VECTORISED bool ops_all_finite(const float *x, size_t n)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        found |= (uint32_t)((bits & exponent) == exponent);
    }
    return !found;
}

VECTORISED double ops_sum_squares(const float *x, size_t n)
{
    enum { RUN = 1024 };
    double sum = 0;
    for (size_t i = 0; i < n; i += RUN)
        sum += (double)dot(x + i, x + i, n - i < RUN ? n - i : RUN);
    return sum;
}

VECTORISED void ops_dropout(float *restrict y, const uint32_t *restrict bits, uint32_t limit, float scale,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= bits[i] < limit ? 0 : scale;
}

VECTORISED void ops_lerp(float *restrict y, float a, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * (x[i] - y[i]);
}
