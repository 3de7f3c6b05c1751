/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise mathematics over rows of floats, each function with its derivative beside it. Plain C loops
 * without branches, which the compiler turns into vector code (ops.c is compiled for several instruction sets
 * and picks one at start).
 *
 * Words are rows: X[T][D]. ld is the distance of two rows in floats where it is not the width.
 * Forward functions overwrite their outputs; backward functions add into d... unless they say otherwise.
 * Cannot fail. */
#ifndef ECAN_TENSOR_OPS_H
#define ECAN_TENSOR_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPS_NORM_EPSILON 1e-5f

/* y[i] = exp(x[i]) for x <= 0, relative error below 3e-7; 0 where that is below 2^-126 (x < -87.34). In this
 * and the next three NaN stays NaN. y may be x. */
void ops_exp_negative(float *y, const float *x, size_t n);

/* y[i] = 1 / (1 + exp(-x[i])), relative error below 4e-7; 0 for x < -87.34. y may be x. */
void ops_sigmoid(float *y, const float *x, size_t n);

/* y[i] = x[i] Phi(x[i]), Phi the normal distribution function: GELU with erf. Absolute error below
 * 1e-7 (1 + x) for x > 0 and 1e-7 for x < 0, where it keeps a relative error of 2e-5 down to -7; 0 for
 * x < -13, NaN for -infinity, as 0 times infinity is. y may be x. */
void ops_gelu(float *y, const float *x, size_t n);
/* dx[i] = dy[i] (Phi(x[i]) + x[i] phi(x[i])), absolute error below 3e-7 |dy|: overwrites; dx may be dy. */
void ops_gelu_backward(float *dx, const float *dy, const float *x, size_t n);

/* y[j] += a x[j] */
void ops_axpy(float *y, float a, const float *x, size_t n);

/* sum_j a[j] b[j] */
float ops_dot(const float *a, const float *b, size_t n);

/* Mean and sum of the T rows of X[T][D]: z[D] = 1/T sum_t X[t] (0 where T == 0); s[D] += sum_t X[t]. */
void ops_mean_rows(float *z, const float *X, size_t T, size_t D);
void ops_add_rows(float *s, const float *X, size_t T, size_t D);
/* X[t] += b for all rows. */
void ops_add_bias(float *X, const float *b, size_t T, size_t D);

/* The tail of a Res-SE block (section 3.2), one pass over the words:
 *     Y = C * s   (s[D] broadcast; NULL: all ones)
 *     N = (Y - mean(Y)) / sqrt(var(Y) + eps) * g + h     over the D channels of each word
 *     Z = N + R   (R NULL: nothing added)
 *     H = gelu(Z)
 * mean[T], rstd[T] and Z[T][D] are kept for the way back; Z may be R. All three may be NULL together in
 * prediction. H, Z, R and C have D floats a row. */
void ops_scale_norm_residual_gelu(float *H, float *Z, float *mean, float *rstd, const float *C,
                                  const float *R, const float *s, const float *g, const float *h, size_t T,
                                  size_t D);

/* Given dH[T][D]: overwrites dH with dZ = dH * gelu'(Z) (which is dR), overwrites dY[T][D], and adds to
 * dg[D], dh[D] and ds[D] (NULL where s is). */
void ops_scale_norm_residual_gelu_backward(float *dH, float *dY, float *dg, float *dh, float *ds,
                                           const float *Z, const float *mean, const float *rstd,
                                           const float *C, const float *s, const float *g, size_t T,
                                           size_t D);
/* dC[t] = dY[t] * s + q: the way back through the scale (s NULL: ones) and through the squeeze (q[D] = dz /
 * T; NULL: nothing added). dC may be dY. */
void ops_scale_backward(float *dC, const float *dY, const float *s, const float *q, size_t T, size_t D);

/* Softmax over the rows (words) of S[T][n] (row distance ld), a column a label, with bias[T] added to every
 * column (NULL: none): S becomes exp(S + bias - max), and for each column Z[n] = the sum (>= 1), peak[n] =
 * the first row of the maximum. So A = S / Z. T >= 1. */
void ops_softmax(float *S, const float *bias, float *Z, int32_t *peak, size_t T, size_t n, size_t ld);

/* The same for S and G side by side, SG[T][2n] = [S | G]: also y[n] = sum_t A G. */
void ops_softmax_dot(float *SG, float *Z, float *y, size_t T, size_t n);
/* On the way back, with d[n] = dlogit: SG becomes [dS | dG],
 *     dG = d A        dS = d A (G - y). */
void ops_softmax_dot_backward(float *SG, const float *Z, const float *y, const float *d, size_t T, size_t n);

/* One step of Adam over n parameters (train/adam.h), with gradients gradient * g: rate = lr / (1 - b1^t),
 * root = 1 / sqrt(1 - b2^t), keep = 1 - lr * weight decay. */
void ops_adam(float *p, float *m, float *v, const float *g, size_t n, float gradient, float keep, float rate,
              float root);

/* The sum of x[i]^2, in double precision but for sums of up to 1,024 of them. */
double ops_sum_squares(const float *x, size_t n);

/* Whether none of them is NaN or infinite. */
bool ops_all_finite(const float *x, size_t n);

/* y[i] *= bits[i] < limit ? 0 : scale */
void ops_drop(float *y, const uint32_t *bits, uint32_t limit, float scale, size_t n);

/* y[i] += a (x[i] - y[i]) */
void ops_approach(float *y, float a, const float *x, size_t n);

/* V[j][D] *= a[j] for n rows, ld apart: the division by Z. */
void ops_scale_rows(float *V, const float *a, size_t n, size_t D, size_t ld);

#endif
