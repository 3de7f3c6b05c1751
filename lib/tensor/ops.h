/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise functions, reductions and softmax over arrays of floats. Each function is followed by its
 * derivative. They are plain C loops without branches, which the compiler turns into vector code. ops.c is
 * compiled for several instruction sets and chooses one at program start.
 *
 * Words are rows: X[T][D] has T words of D channels. ld is the row stride in floats, if it differs from the
 * width. Forward functions overwrite their outputs. Backward functions add to d..., unless stated otherwise.
 * All arrays are borrowed. Arrays do not overlap, unless stated otherwise. No function fails. */
#ifndef ECAN_TENSOR_OPS_H
#define ECAN_TENSOR_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPS_NORM_EPSILON 1e-5f

/* ---- elementwise: y[n] from x[n]; y may be x; NaN stays NaN ---- */

/* y[i] = exp(x[i]) for x <= 0. The relative error is below 3e-7. The result is 0 where exp(x) is below 2^-126
 * (x < -87.34). */
void ops_exp_negative(float *y, const float *x, size_t n);

/* y[i] = 1 / (1 + exp(-x[i])). The relative error is below 4e-7. The result is 0 for x < -87.34. */
void ops_sigmoid(float *y, const float *x, size_t n);

/* GELU with erf: y[i] = x[i] Phi(x[i]), where Phi is the normal distribution function. The absolute error is
 * below 1e-7 (1 + x) for x > 0 and below 1e-7 for x < 0. For -7 < x < 0 the relative error is below 2e-5. The
 * result is 0 for x < -13, and NaN for -infinity. */
void ops_gelu(float *y, const float *x, size_t n);
/* dx[i] = dy[i] (Phi(x[i]) + x[i] phi(x[i])), where phi is the normal density. Overwrites dx. dx may be dy.
 * The absolute error is below 3e-7 |dy|. */
void ops_gelu_backward(float *dx, const float *dy, const float *x, size_t n);

/* ---- vectors and rows ---- */

/* y[j] += a x[j] */
void ops_axpy(float *y, float a, const float *x, size_t n);

/* y[i] += a (x[i] - y[i]): linear interpolation from y to x. */
void ops_lerp(float *y, float a, const float *x, size_t n);

/* sum_j a[j] b[j] */
float ops_dot(const float *a, const float *b, size_t n);

/* sum_i x[i]^2. Runs of up to 1,024 elements are summed in single precision, the runs in double precision. */
double ops_sum_squares(const float *x, size_t n);

/* Whether all elements are finite: neither NaN nor infinite. */
bool ops_all_finite(const float *x, size_t n);

/* z[D] = 1/T sum_t X[t]; 0 where T == 0. */
void ops_mean_rows(float *z, const float *X, size_t T, size_t D);
/* s[D] += sum_t X[t] */
void ops_add_rows(float *s, const float *X, size_t T, size_t D);
/* X[t] += b[D] for every row t. */
void ops_add_bias(float *X, const float *b, size_t T, size_t D);
/* V[j] *= a[j] for n rows of D floats. */
void ops_scale_rows(float *V, const float *a, size_t n, size_t D, size_t ld);

/* Dropout: y[i] *= bits[i] < limit ? 0 : scale. */
void ops_dropout(float *y, const uint32_t *bits, uint32_t limit, float scale, size_t n);

/* One step of Adam for n parameters p (train/adam.h). The gradient is gradient * g. rate = lr / (1 - b1^t),
 * root = 1 / sqrt(1 - b2^t), keep = 1 - lr * weight decay. Overwrites p and the moments m and v. */
void ops_adam(float *p, float *m, float *v, const float *g, size_t n, float gradient, float keep, float rate,
              float root);

/* ---- the output of a Res-SE block (section 3.2, equation 3) ---- */

/* For each word t, with means over the D channels:
 *
 *     Y = C * s                                            s[D]; NULL: s = 1
 *     N = (Y - mean(Y)) / sqrt(var(Y) + epsilon) * g + h   LayerNorm, weight g[D], bias h[D]
 *     Z = N + R                                            R NULL: R = 0
 *     H = gelu(Z)
 *
 * H, Z, R and C are [T][D]. Z[T][D], mean[T] and rstd[T] are kept for the backward function. In prediction
 * all three are NULL. Z may be R. */
void ops_block_output(float *H, float *Z, float *mean, float *rstd, const float *C, const float *R,
                      const float *s, const float *g, const float *h, size_t T, size_t D);

/* dZ = dH * gelu'(Z), dR = dZ. With X = (Y - mean) * rstd and dX = dZ * g:
 *
 *     dY = rstd * (dX - mean_D(dX) - X * mean_D(dX * X))
 *     dg += sum_t dZ * X        dh += sum_t dZ        ds += sum_t dY * C
 *
 * Overwrites dH[T][D] with dZ, and dY[T][D]. ds is NULL where s is. */
void ops_block_output_backward(float *dH, float *dY, float *dg, float *dh, float *ds, const float *Z,
                               const float *mean, const float *rstd, const float *C, const float *s,
                               const float *g, size_t T, size_t D);
/* dC[t] = dY[t] * s + q: the derivative of Y = C * s, plus that of the squeeze (section 3.2.1), q[D] = dz /
 * T. s NULL: s = 1. q NULL: q = 0. Overwrites dC. dC may be dY. */
void ops_scale_backward(float *dC, const float *dY, const float *s, const float *q, size_t T, size_t D);

/* ---- attention (section 3.3, equation 4) ---- */

/* The softmax over the rows (words) of S[T][n], a column for each label:
 *
 *     S := exp(S + bias - max_t (S + bias))       bias[T]; NULL: bias = 0
 *     Z[n] = sum_t S                              Z >= 1
 *
 * so the attention weights are A = S / Z. peak[n] is the first row of the maximum. T >= 1. */
void ops_softmax(float *S, const float *bias, float *Z, int32_t *peak, size_t T, size_t n, size_t ld);

/* The same for SG[T][2n] = [S | G], without bias. Also y[n] = sum_t A * G. */
void ops_softmax_dot(float *SG, float *Z, float *y, size_t T, size_t n);
/* Given d[n] = dloss / dy, overwrites SG[T][2n] with [dS | dG]:
 *
 *     dG = d * A        dS = d * A * (G - y) */
void ops_softmax_dot_backward(float *SG, const float *Z, const float *y, const float *d, size_t T, size_t n);

#endif
