/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/conv.h"

#include "base/minmax.h"
#include "base/vectorised.h"
#include "tensor/gemm_bf16.h"
#include "tensor/ops.h"

#include <string.h>

enum {
    P = CONV_POINTS,
    TILE = 4,              /* words of a tile, and taps of a group */
    INPUTS = 2 * TILE - 1, /* words that a tile reads */
    TILES = 384,           /* tiles at a time: they fit the cache, and scratch memory is bounded */
    MIN_GROUPED_K = 3      /* for fewer taps a group saves no multiplications */
};

/* ---- shapes ---- */

static size_t groups(const conv_shape *n)
{
    return n->precision == PRECISION_BF16 || n->K < MIN_GROUPED_K ? 0
           : n->K % TILE == 1                                     ? n->K / TILE
                                                                  : (n->K + TILE - 1) / TILE;
}

/* Number of groups for T words. A document with fewer than K words uses no groups. A tap that overlaps no
 * word then has the gradient 0. With groups its gradient would be a rounding error, and Adam would make a
 * step of the usual size from it. */
static size_t groups_for(const conv_shape *n, size_t T)
{
    return T < n->K ? 0 : groups(n);
}

/* Number of taps in groups. The last group may have fewer than four. */
static size_t grouped(const conv_shape *n)
{
    return min_size(groups(n) * TILE, n->K);
}

/* The floats of a packed tap, as it is and transposed. */
static size_t packed_tap(const conv_shape *n)
{
    return max_size(gemm_bf16_packed(n->D_in, n->D), gemm_bf16_packed(n->D, n->D_in));
}

size_t conv_transformed_count(const conv_shape *n)
{
    return n->precision == PRECISION_BF16 ? n->K * packed_tap(n) : conv_dU_count(n);
}

size_t conv_dU_count(const conv_shape *n)
{
    return P * groups(n) * n->D_in * n->D;
}

static size_t tiles_of(size_t T)
{
    return (T + TILE - 1) / TILE;
}

/* ---- scratch memory: border rows, V, and M. In the backward pass M has n_groups - 1 tiles of zeros on both
 * sides. ---- */

typedef struct scratch {
    float *border; /* used for rows outside the document */
    float *V, *M;
    size_t tiles; /* tiles at a time */
} scratch;

static size_t V_tiles(const conv_shape *n, size_t tiles)
{
    return tiles + groups(n) - 1;
}

static size_t M_tiles(const conv_shape *n, size_t tiles)
{
    return tiles + 2 * (groups(n) - 1);
}

static size_t border_size(const conv_shape *n)
{
    return INPUTS * (n->D_in > n->D ? n->D_in : n->D);
}

size_t conv_scratch(const conv_shape *n, size_t T)
{
    const size_t tiles = min_size(tiles_of(T), TILES);
    return groups(n) ? border_size(n) + P * (V_tiles(n, tiles) * n->D_in + M_tiles(n, tiles) * n->D) : 0;
}

static scratch divide_scratch(float *memory, const conv_shape *n, size_t T)
{
    scratch s = {.border = memory, .tiles = min_size(tiles_of(T), TILES)};
    if (!groups(n))
        return s;
    s.V = s.border + border_size(n);
    s.M = s.V + P * V_tiles(n, s.tiles) * n->D_in;
    return s;
}

/* ---- transforms of one tile ----
 *
 * With L(x) = x (x^2 - 1) (x^2 - 4) (x - 1/2), row p of B' has the coefficients of L(x) / (x - a_p). The row
 * of infinity has the coefficients of L. All rows except that of 1/2 have the factor x - 1/2, which is
 * applied first: e[m] = x[m+1] - x[m] / 2. */

/* V = B' d */
VECTORISED static void tile_V(float *restrict V, size_t point, const float *const x[INPUTS], size_t D)
{
    const float *restrict x0 = x[0], *restrict x1 = x[1], *restrict x2 = x[2], *restrict x3 = x[3],
                          *restrict x4 = x[4], *restrict x5 = x[5], *restrict x6 = x[6];
    for (size_t d = 0; d < D; d++) {
        const float e0 = x1[d] - 0.5f * x0[d], e1 = x2[d] - 0.5f * x1[d], e2 = x3[d] - 0.5f * x2[d],
                    e3 = x4[d] - 0.5f * x3[d], e4 = x5[d] - 0.5f * x4[d], e5 = x6[d] - 0.5f * x5[d];
        const float even1 = e4 - 4 * e2, odd1 = e3 - 4 * e1, even2 = e4 - e2, odd2 = 2 * (e3 - e1);
        V[d] = e4 - 5 * e2 + 4 * e0;
        V[point + d] = even1 + odd1;
        V[2 * point + d] = even1 - odd1;
        V[3 * point + d] = even2 + odd2;
        V[4 * point + d] = even2 - odd2;
        V[5 * point + d] = x5[d] - 5 * x3[d] + 4 * x1[d];
        V[6 * point + d] = e5 - 5 * e3 + 4 * e1;
    }
}

/* dd += B dV */
VECTORISED static void tile_dX(float *const dx[INPUTS], const float *restrict dV, size_t point, size_t D)
{
    float *restrict x0 = dx[0], *restrict x1 = dx[1], *restrict x2 = dx[2], *restrict x3 = dx[3],
                    *restrict x4 = dx[4], *restrict x5 = dx[5], *restrict x6 = dx[6];
    for (size_t d = 0; d < D; d++) {
        const float zero = dV[d], half = dV[5 * point + d], end = dV[6 * point + d];
        const float sum1 = dV[point + d] + dV[2 * point + d], diff1 = dV[point + d] - dV[2 * point + d];
        const float sum2 = dV[3 * point + d] + dV[4 * point + d],
                    diff2 = dV[3 * point + d] - dV[4 * point + d];
        const float e0 = 4 * zero, e1 = 4 * (end - diff1) - 2 * diff2, e2 = -5 * zero - 4 * sum1 - sum2,
                    e3 = diff1 + 2 * diff2 - 5 * end, e4 = zero + sum1 + sum2, e5 = end;
        x0[d] -= 0.5f * e0;
        x1[d] += e0 - 0.5f * e1 + 4 * half;
        x2[d] += e1 - 0.5f * e2;
        x3[d] += e2 - 0.5f * e3 - 5 * half;
        x4[d] += e3 - 0.5f * e4;
        x5[d] += e4 - 0.5f * e5 + half;
        x6[d] += e5;
    }
}

/* Y = A' M + bias */
VECTORISED static void tile_C(float *const c[TILE], const float *restrict M, size_t point, const float *bias,
                              size_t D)
{
    float *restrict c0 = c[0], *restrict c1 = c[1], *restrict c2 = c[2], *restrict c3 = c[3];
    for (size_t d = 0; d < D; d++) {
        const float sum1 = M[point + d] + M[2 * point + d], diff1 = M[point + d] - M[2 * point + d];
        const float sum2 = M[3 * point + d] + M[4 * point + d], diff2 = M[3 * point + d] - M[4 * point + d];
        const float half = M[5 * point + d];
        c0[d] = bias[d] + (M[d] + sum1 + sum2 + half);
        c1[d] = bias[d] + (diff1 + 2 * diff2 + 0.5f * half);
        c2[d] = bias[d] + (sum1 + 4 * sum2 + 0.25f * half);
        c3[d] = bias[d] + (diff1 + 8 * diff2 + 0.125f * half + M[6 * point + d]);
    }
}

/* dM = A dY */
VECTORISED static void tile_dM(float *restrict dM, size_t point, const float *const dc[TILE], size_t D)
{
    const float *restrict c0 = dc[0], *restrict c1 = dc[1], *restrict c2 = dc[2], *restrict c3 = dc[3];
    for (size_t d = 0; d < D; d++) {
        const float even1 = c0[d] + c2[d], odd1 = c1[d] + c3[d];
        const float even2 = c0[d] + 4 * c2[d], odd2 = 2 * c1[d] + 8 * c3[d];
        dM[d] = c0[d];
        dM[point + d] = even1 + odd1;
        dM[2 * point + d] = even1 - odd1;
        dM[3 * point + d] = even2 + odd2;
        dM[4 * point + d] = even2 - odd2;
        dM[5 * point + d] = c0[d] + 0.5f * c1[d] + 0.25f * c2[d] + 0.125f * c3[d];
        dM[6 * point + d] = c3[d];
    }
}

/* ---- transform of the weights ----
 *
 * Row p of G has the powers 0 to 3 of a_p, divided by L'(a_p). The row of infinity is 0 0 0 1. */

static const float G[P][TILE] = {{-1 / 2.f, 0, 0, 0},
                                 {-1 / 3.f, -1 / 3.f, -1 / 3.f, -1 / 3.f},
                                 {1 / 9.f, -1 / 9.f, 1 / 9.f, -1 / 9.f},
                                 {1 / 36.f, 2 / 36.f, 4 / 36.f, 8 / 36.f},
                                 {-1 / 60.f, 2 / 60.f, -4 / 60.f, 8 / 60.f},
                                 {32 / 45.f, 16 / 45.f, 8 / 45.f, 4 / 45.f},
                                 {0, 0, 0, 1}};

/* U = f g for one group g of four taps w. f is G, with columns of zeros for taps that do not exist. */
VECTORISED static void group_U(float *restrict U, size_t point, float f[P][TILE], const float *const w[TILE],
                               size_t n)
{
    const float *restrict w0 = w[0], *restrict w1 = w[1], *restrict w2 = w[2], *restrict w3 = w[3];
    for (size_t p = 0; p < P; p++)
        for (size_t i = 0; i < n; i++)
            U[p * point + i] = f[p][0] * w0[i] + f[p][1] * w1[i] + f[p][2] * w2[i] + f[p][3] * w3[i];
}

/* dw += sum_p G[p][j] dU[p] */
VECTORISED static void tap_dw(float *restrict dw, const float *restrict dU, size_t point, size_t j, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t p = 0; p < P; p++)
            sum += G[p][j] * dU[p * point + i];
        dw[i] += sum;
    }
}

/* Rows of the file are read side by side: each float of a row is one of ROWS adjacent floats of w. */
void conv_load_weights(float *restrict w, const float *restrict file, const conv_shape *n)
{
    enum { ROWS = 8 };
    const size_t row = n->D_in * n->K;
    for (size_t o = 0; o < n->D; o += ROWS) {
        const size_t rows = min_size(ROWS, n->D - o);
        const float *from = file + o * row;
        for (size_t i = 0; i < n->D_in; i++)
            for (size_t k = 0; k < n->K; k++, from++) {
                float *to = w + (k * n->D_in + i) * n->D + o;
                for (size_t r = 0; rows == ROWS && r < ROWS; r++)
                    to[r] = from[r * row];
                for (size_t r = 0; rows < ROWS && r < rows; r++)
                    to[r] = from[r * row];
            }
    }
}

static const_matrix tap_of(const float *w, size_t k, const conv_shape *n)
{
    return const_rows(w + k * n->D_in * n->D, n->D_in, n->D);
}

void conv_transform_weights(float *U, const float *w, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t k = 0; n->precision == PRECISION_BF16 && k < n->K; k++)
        gemm_bf16_pack(U + k * packed_tap(n), tap_of(w, k, n));
    for (size_t g = 0; g < n_groups; g++) {
        const float *row[TILE];
        float f[P][TILE] = {{0}}; /* 0 for taps that the last group does not have */
        for (size_t j = 0; j < TILE; j++) {
            const size_t k = min_size(TILE * g + j, n->K - 1);
            row[j] = w + k * tap;
            for (size_t p = 0; p < P && k == TILE * g + j; p++)
                f[p][j] = G[p][j];
        }
        for (size_t i = 0; i < n->D_in; i++) { /* row i of the taps stays in the cache for all points */
            group_U(U + g * tap + i * n->D, n_groups * tap, f, row, n->D);
            for (size_t j = 0; j < TILE; j++)
                row[j] += n->D;
        }
    }
}

/* dw += G' dU */
static void transform_weights_backward(float *dw, const float *dU, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t k = 0; k < grouped(n); k++)
        tap_dw(dw + k * tap, dU + k / TILE * tap, n_groups * tap, k % TILE, tap);
}

void conv_transpose_weights(float *U_transposed, const float *U, const float *w, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t k = 0; n->precision == PRECISION_BF16 && k < n->K; k++)
        gemm_bf16_pack(U_transposed + k * packed_tap(n), transpose(tap_of(w, k, n)));
    for (size_t p = 0; p < P; p++)
        for (size_t g = 0; g < n_groups; g++) {
            const float *u = U + (p * n_groups + n_groups - 1 - g) * tap;
            float *t = U_transposed + (p * n_groups + g) * tap;
            for (size_t o = 0; o < n->D; o++)
                for (size_t i = 0; i < n->D_in; i++)
                    t[o * n->D_in + i] = u[i * n->D + o];
        }
}

/* ---- transforms of all tiles ---- */

/* Word numbers are unsigned and wrap margin: a word before the first has a number above T, as one after the
 * last has. */

/* Rows first .. first+n-1 of X[T][D]. A row outside the document is `zeros`. */
static void input_rows(const float *row[], size_t n, const float *X, size_t first, size_t T, size_t D,
                       const float *zeros)
{
    for (size_t m = 0; m < n; m++) {
        const size_t t = first + m;
        row[m] = t < T ? X + t * D : zeros;
    }
}

/* The same rows for writing. A row outside the document is row m of spare[n][D]. */
static void output_rows(float *row[], size_t n, float *X, size_t first, size_t T, size_t D, float *spare)
{
    for (size_t m = 0; m < n; m++) {
        const size_t t = first + m;
        row[m] = t < T ? X + t * D : spare + m * D;
    }
}

/* The first word that a tile reads. */
static size_t first_input(const conv_shape *n, size_t tile)
{
    return TILE * tile - (n->K - 1) / 2;
}

/* V = B' d: V[7][tiles][D_in] of the tiles from `first` on. */
static void transform_input(const scratch *s, const float *X, size_t first, size_t tiles, const conv_shape *n,
                            size_t T)
{
    const float *x[INPUTS];
    memset(s->border, 0, n->D_in * sizeof(float));
    for (size_t i = 0; i < tiles; i++) {
        input_rows(x, INPUTS, X, first_input(n, first + i), T, n->D_in, s->border);
        tile_V(s->V + i * n->D_in, tiles * n->D_in, x, n->D_in);
    }
}

/* dX += B dV */
static void transform_input_backward(const scratch *s, float *dX, size_t first, size_t tiles,
                                     const conv_shape *n, size_t T)
{
    float *dx[INPUTS];
    memset(s->border, 0, INPUTS * n->D_in * sizeof(float));
    for (size_t i = 0; i < tiles; i++) {
        output_rows(dx, INPUTS, dX, first_input(n, first + i), T, n->D_in, s->border);
        tile_dX(dx, s->V + i * n->D_in, tiles * n->D_in, n->D_in);
    }
}

/* C = A' M + bias: C[T][D] from M[7][tiles][D]. */
static void transform_output(const scratch *s, float *C, size_t first, size_t tiles, const float *bias,
                             const conv_shape *n, size_t T)
{
    float *c[TILE];
    for (size_t i = 0; i < tiles; i++) {
        output_rows(c, TILE, C, TILE * (first + i), T, n->D, s->border);
        tile_C(c, s->M + i * n->D, tiles * n->D, bias, n->D);
    }
}

/* dM = A dC: dM[7][M_tiles][D], with tiles of zeros on both sides. */
static void transform_output_backward(const scratch *s, const float *dC, size_t first, size_t tiles,
                                      const conv_shape *n, size_t T)
{
    const float *dc[TILE];
    const size_t margin = (groups(n) - 1) * n->D, point = M_tiles(n, tiles) * n->D;
    memset(s->border, 0, n->D * sizeof(float));
    for (size_t p = 0; p < P; p++) {
        memset(s->M + p * point, 0, margin * sizeof(float));
        memset(s->M + (p + 1) * point - margin, 0, margin * sizeof(float));
    }
    for (size_t i = 0; i < tiles; i++) {
        input_rows(dc, TILE, dC, TILE * (first + i), T, n->D, s->border);
        tile_dM(s->M + margin + i * n->D, point, dc, n->D);
    }
}

/* ---- taps that are in no group ---- */

/* Rows row .. row+rows-1 of C use rows word .. word+rows-1 of X in one tap. */
typedef struct overlap {
    size_t row, word, rows;
} overlap;

static overlap tap_overlap(const conv_shape *n, size_t k, size_t T)
{
    const size_t left = (n->K - 1) / 2;
    const size_t row = k < left ? left - k : 0, word = k > left ? k - left : 0;
    return (overlap){row, word, row + word < T ? T - row - word : 0};
}

/* C += A times tap k of w, or of its transpose, which are packed with bfloat16. */
static void multiply_tap(matrix C, const_matrix A, const float *packed, size_t k, const_matrix tap,
                         const conv_shape *n)
{
    if (n->precision == PRECISION_BF16)
        multiply_packed(C, 1, A, packed + k * packed_tap(n));
    else
        multiply(n->precision, C, 1, A, tap);
}

/* C[t] += X[t - (K-1)/2 + k] w[k] for one tap k. */
static void tap_forward(float *C, const float *X, const float *w, const float *U, size_t k,
                        const conv_shape *n, size_t T)
{
    const overlap m = tap_overlap(n, k, T);
    multiply_tap(matrix_rows(C + m.row * n->D, m.rows, n->D),
                 const_rows(X + m.word * n->D_in, m.rows, n->D_in), U, k, tap_of(w, k, n), n);
}

/* dw[k] += X' dC, dX += dC w[k]' over the overlapping rows. */
static void tap_backward(float *dX, float *dw, const float *dC, const float *X, const float *w,
                         const float *U_transposed, size_t k, const conv_shape *n, size_t T)
{
    const overlap m = tap_overlap(n, k, T);
    const const_matrix x = const_rows(X + m.word * n->D_in, m.rows, n->D_in),
                       dc = const_rows(dC + m.row * n->D, m.rows, n->D);
    multiply(n->precision, matrix_rows(dw + k * n->D_in * n->D, n->D_in, n->D), 1, transpose(x), dc);
    if (dX)
        multiply_tap(matrix_rows(dX + m.word * n->D_in, m.rows, n->D_in), dc, U_transposed, k,
                     transpose(tap_of(w, k, n)), n);
}

/* ---- forward and backward ---- */

/* M[p][i] = sum_g V[p][i+g] U[p][g] */
void conv_forward(float *C, const float *X, const float *w, const float *U, const float *bias,
                  const conv_shape *n, size_t T, float *memory)
{
    const size_t n_groups = groups_for(n, T), point = n_groups * n->D_in * n->D, all = tiles_of(T);
    const scratch s = divide_scratch(memory, n, T);
    if (n_groups == 0)
        for (size_t t = 0; t < T; t++)
            memcpy(C + t * n->D, bias, n->D * sizeof *C);
    for (size_t first = 0; n_groups && first < all; first += s.tiles) {
        const size_t tiles = min_size(all - first, s.tiles), read = V_tiles(n, tiles);
        transform_input(&s, X, first, read, n, T);
        for (size_t p = 0; p < P; p++)
            multiply(n->precision, matrix_rows(s.M + p * tiles * n->D, tiles, n->D), 0,
                     const_rows_ld(s.V + p * read * n->D_in, tiles, n_groups * n->D_in, n->D_in),
                     const_rows(U + p * point, n_groups * n->D_in, n->D));
        transform_output(&s, C, first, tiles, bias, n, T);
    }
    for (size_t k = n_groups * TILE; k < n->K; k++)
        tap_forward(C, X, w, U, k, n, T);
}

/* Forward: M[p][i] = sum_g V[p][i+g] U[p][g]. Backward:
 *     dU[p][g]  = sum_i V[p][i+g]' dM[p][i]      the left matrix of the forward product, transposed
 *     dV[p][i]  = sum_g dM[p][i-g] U[p][g]'      a convolution of dM */
void conv_backward(float *dX, float *dw, float *dU, float *dbias, const float *dC, const float *X,
                   const float *w, const float *U_transposed, const conv_shape *n, size_t T, float *memory)
{
    const size_t n_groups = groups_for(n, T), point = n_groups * n->D_in * n->D, all = tiles_of(T);
    const scratch s = divide_scratch(memory, n, T);
    ops_add_rows(dbias, dC, T, n->D);
    for (size_t first = 0; n_groups && first < all; first += s.tiles) {
        const size_t tiles = min_size(all - first, s.tiles), read = V_tiles(n, tiles),
                     padded = M_tiles(n, tiles) * n->D;
        transform_input(&s, X, first, read, n, T);
        transform_output_backward(&s, dC, first, tiles, n, T);
        for (size_t p = 0; dU && p < P; p++)
            multiply(n->precision, matrix_rows(dU + p * point, n_groups * n->D_in, n->D), first > 0,
                     transpose(const_rows_ld(s.V + p * read * n->D_in, tiles, n_groups * n->D_in, n->D_in)),
                     const_rows(s.M + p * padded + (n_groups - 1) * n->D, tiles, n->D));
        if (!dX)
            continue;
        for (size_t p = 0; p < P; p++) /* dV overwrites V, which is not needed any more */
            multiply(n->precision, matrix_rows(s.V + p * read * n->D_in, read, n->D_in), 0,
                     const_rows_ld(s.M + p * padded, read, n_groups * n->D, n->D),
                     const_rows(U_transposed + p * point, n_groups * n->D, n->D_in));
        transform_input_backward(&s, dX, first, read, n, T);
    }
    if (dU && n_groups > 0)
        transform_weights_backward(dw, dU, n);
    for (size_t k = n_groups * TILE; k < n->K; k++)
        tap_backward(dX, dw, dC, X, w, U_transposed, k, n, T);
}
