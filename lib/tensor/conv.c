/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/conv.h"

#include "base/vectorised.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <string.h>

enum {
    P = CONV_POINTS,
    TILE = 4,            /* words, and taps of a group */
    READ = 2 * TILE - 1, /* words that a tile reads */
    TILES = 384,         /* worked on at a time: they stay in the cache, and scratch is bounded */
    NARROWEST = 3        /* of fewer taps a group saves nothing */
};

/* ---- shapes ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t groups(const conv_shape *n)
{
    return n->K < NARROWEST ? 0 : n->K % TILE == 1 ? n->K / TILE : (n->K + TILE - 1) / TILE;
}

/* Groups that T words go by. A document shorter than the convolution is wide goes tap by tap: the gradient of
 * a tap that meets no word is 0 then, where the groups leave a rounding error, of which Adam would make a
 * step like any other. */
static size_t groups_for(const conv_shape *n, size_t T)
{
    return T < n->K ? 0 : groups(n);
}

/* Taps that the groups have; the last group may be short of some. */
static size_t grouped(const conv_shape *n)
{
    return smaller(groups(n) * TILE, n->K);
}

size_t conv_transformed_count(const conv_shape *n)
{
    return P * groups(n) * n->D_in * n->D;
}

static size_t tiles_of(size_t T)
{
    return (T + TILE - 1) / TILE;
}

/* ---- scratch: rows beyond the document, V, and M with n_groups - 1 tiles of zeros on both sides for the way
 * back
 * ---- */

typedef struct scratch {
    float *beyond, *V, *M;
    size_t tiles; /* at a time */
} scratch;

static size_t V_tiles(const conv_shape *n, size_t tiles)
{
    return tiles + groups(n) - 1;
}

static size_t M_tiles(const conv_shape *n, size_t tiles)
{
    return tiles + 2 * (groups(n) - 1);
}

static size_t beyond_size(const conv_shape *n)
{
    return READ * (n->D_in > n->D ? n->D_in : n->D);
}

size_t conv_scratch(const conv_shape *n, size_t T)
{
    const size_t tiles = smaller(tiles_of(T), TILES);
    return groups(n) ? beyond_size(n) + P * (V_tiles(n, tiles) * n->D_in + M_tiles(n, tiles) * n->D) : 0;
}

static scratch pieces_of(float *memory, const conv_shape *n, size_t T)
{
    scratch s = {.beyond = memory, .tiles = smaller(tiles_of(T), TILES)};
    if (!groups(n))
        return s;
    s.V = s.beyond + beyond_size(n);
    s.M = s.V + P * V_tiles(n, s.tiles) * n->D_in;
    return s;
}

/* ---- V = B' d and dd = B dV, a tile at a time; Y = A' M and dM = A dY ----
 *
 * With L(x) = x (x^2 - 1) (x^2 - 4) (x - 1/2), row p of B' has the coefficients of L(x) / (x - a_p), that of
 * infinity those of L itself. All but the row of 1/2 have the factor x - 1/2, which goes first: e[m] = x[m+1]
 * - x[m] / 2. */

VECTORISED static void tile_V(float *restrict V, size_t point, const float *const x[READ], size_t D)
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

VECTORISED static void tile_dX(float *const dx[READ], const float *restrict dV, size_t point, size_t D)
{
    float *restrict x0 = dx[0], *restrict x1 = dx[1], *restrict x2 = dx[2], *restrict x3 = dx[3],
                    *restrict x4 = dx[4], *restrict x5 = dx[5], *restrict x6 = dx[6];
    for (size_t d = 0; d < D; d++) {
        const float zero = dV[d], half = dV[5 * point + d], end = dV[6 * point + d];
        const float sum1 = dV[point + d] + dV[2 * point + d], gap1 = dV[point + d] - dV[2 * point + d];
        const float sum2 = dV[3 * point + d] + dV[4 * point + d],
                    gap2 = dV[3 * point + d] - dV[4 * point + d];
        const float e0 = 4 * zero, e1 = 4 * (end - gap1) - 2 * gap2, e2 = -5 * zero - 4 * sum1 - sum2,
                    e3 = gap1 + 2 * gap2 - 5 * end, e4 = zero + sum1 + sum2, e5 = end;
        x0[d] -= 0.5f * e0;
        x1[d] += e0 - 0.5f * e1 + 4 * half;
        x2[d] += e1 - 0.5f * e2;
        x3[d] += e2 - 0.5f * e3 - 5 * half;
        x4[d] += e3 - 0.5f * e4;
        x5[d] += e4 - 0.5f * e5 + half;
        x6[d] += e5;
    }
}

VECTORISED static void tile_C(float *const c[TILE], const float *restrict M, size_t point, const float *bias,
                              size_t D)
{
    float *restrict c0 = c[0], *restrict c1 = c[1], *restrict c2 = c[2], *restrict c3 = c[3];
    for (size_t d = 0; d < D; d++) {
        const float sum1 = M[point + d] + M[2 * point + d], gap1 = M[point + d] - M[2 * point + d];
        const float sum2 = M[3 * point + d] + M[4 * point + d], gap2 = M[3 * point + d] - M[4 * point + d];
        const float half = M[5 * point + d];
        c0[d] = bias[d] + (M[d] + sum1 + sum2 + half);
        c1[d] = bias[d] + (gap1 + 2 * gap2 + 0.5f * half);
        c2[d] = bias[d] + (sum1 + 4 * sum2 + 0.25f * half);
        c3[d] = bias[d] + (gap1 + 8 * gap2 + 0.125f * half + M[6 * point + d]);
    }
}

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

/* ---- U = G g: row p of G has the powers 0 to 3 of a_p over L'(a_p) ---- */

static const float G[P][TILE] = {{-1 / 2.f, 0, 0, 0},
                                 {-1 / 3.f, -1 / 3.f, -1 / 3.f, -1 / 3.f},
                                 {1 / 9.f, -1 / 9.f, 1 / 9.f, -1 / 9.f},
                                 {1 / 36.f, 2 / 36.f, 4 / 36.f, 8 / 36.f},
                                 {-1 / 60.f, 2 / 60.f, -4 / 60.f, 8 / 60.f},
                                 {32 / 45.f, 16 / 45.f, 8 / 45.f, 4 / 45.f},
                                 {0, 0, 0, 1}};

/* U = f g for one group g of four taps w; f is G, or G with zeros for taps that do not exist. */
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

void conv_transform_weights(float *U, const float *w, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t g = 0; g < n_groups; g++) {
        const float *row[TILE];
        float f[P][TILE] = {{0}}; /* 0 for taps that the last group is short of */
        for (size_t j = 0; j < TILE; j++) {
            const size_t k = smaller(TILE * g + j, n->K - 1);
            row[j] = w + k * tap;
            for (size_t p = 0; p < P && k == TILE * g + j; p++)
                f[p][j] = G[p][j];
        }
        for (size_t i = 0; i < n->D_in; i++) { /* a row of the taps stays in the cache for all points */
            group_U(U + g * tap + i * n->D, n_groups * tap, f, row, n->D);
            for (size_t j = 0; j < TILE; j++)
                row[j] += n->D;
        }
    }
}

void conv_transform_weights_backward(float *dw, const float *dU, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t k = 0; k < grouped(n); k++)
        tap_dw(dw + k * tap, dU + k / TILE * tap, n_groups * tap, k % TILE, tap);
}

void conv_transpose_weights(float *U_transposed, const float *U, const conv_shape *n)
{
    const size_t n_groups = groups(n), tap = n->D_in * n->D;
    for (size_t p = 0; p < P; p++)
        for (size_t g = 0; g < n_groups; g++) {
            const float *u = U + (p * n_groups + n_groups - 1 - g) * tap;
            float *t = U_transposed + (p * n_groups + g) * tap;
            for (size_t o = 0; o < n->D; o++)
                for (size_t i = 0; i < n->D_in; i++)
                    t[o * n->D_in + i] = u[i * n->D + o];
        }
}

/* ---- rows of a tile ---- */

/* Word numbers are unsigned and wrap around: a word before the first has a number above T, as one after the
 * last has. */

/* Rows first .. first+n-1 of X[T][D]. A row outside the document is `zeros`. */
static void rows_of(const float *row[], size_t n, const float *X, size_t first, size_t T, size_t D,
                    const float *zeros)
{
    for (size_t m = 0; m < n; m++) {
        const size_t t = first + m;
        row[m] = t < T ? X + t * D : zeros;
    }
}

/* The same rows for writing. A row outside the document is row m of spare[n][D]. */
static void rows_to(float *row[], size_t n, float *X, size_t first, size_t T, size_t D, float *spare)
{
    for (size_t m = 0; m < n; m++) {
        const size_t t = first + m;
        row[m] = t < T ? X + t * D : spare + m * D;
    }
}

/* The first word that a tile of V reads. */
static size_t word_of(const conv_shape *n, size_t tile)
{
    return TILE * tile - (n->K - 1) / 2;
}

/* V[7][tiles][D_in] from tile `first` on. */
static void make_V(const scratch *s, const float *X, size_t first, size_t tiles, const conv_shape *n,
                   size_t T)
{
    const float *x[READ];
    memset(s->beyond, 0, n->D_in * sizeof(float));
    for (size_t i = 0; i < tiles; i++) {
        rows_of(x, READ, X, word_of(n, first + i), T, n->D_in, s->beyond);
        tile_V(s->V + i * n->D_in, tiles * n->D_in, x, n->D_in);
    }
}

/* The way back of make_V: adds to dX. */
static void take_V(const scratch *s, float *dX, size_t first, size_t tiles, const conv_shape *n, size_t T)
{
    float *dx[READ];
    memset(s->beyond, 0, READ * n->D_in * sizeof(float));
    for (size_t i = 0; i < tiles; i++) {
        rows_to(dx, READ, dX, word_of(n, first + i), T, n->D_in, s->beyond);
        tile_dX(dx, s->V + i * n->D_in, tiles * n->D_in, n->D_in);
    }
}

/* C[T][D] from M[7][tiles][D]. */
static void take_M(const scratch *s, float *C, size_t first, size_t tiles, const float *bias,
                   const conv_shape *n, size_t T)
{
    float *c[TILE];
    for (size_t i = 0; i < tiles; i++) {
        rows_to(c, TILE, C, TILE * (first + i), T, n->D, s->beyond);
        tile_C(c, s->M + i * n->D, tiles * n->D, bias, n->D);
    }
}

/* The way back of take_M: dM[7][M_tiles][D], with its tiles of zeros. */
static void make_M(const scratch *s, const float *dC, size_t first, size_t tiles, const conv_shape *n,
                   size_t T)
{
    const float *dc[TILE];
    const size_t around = (groups(n) - 1) * n->D, point = M_tiles(n, tiles) * n->D;
    memset(s->beyond, 0, n->D * sizeof(float));
    for (size_t p = 0; p < P; p++) {
        memset(s->M + p * point, 0, around * sizeof(float));
        memset(s->M + (p + 1) * point - around, 0, around * sizeof(float));
    }
    for (size_t i = 0; i < tiles; i++) {
        rows_of(dc, TILE, dC, TILE * (first + i), T, n->D, s->beyond);
        tile_dM(s->M + around + i * n->D, point, dc, n->D);
    }
}

/* ---- taps that no group has, each a product ---- */

/* Rows of C from `row` on read, by one tap, those of X from `word` on: `rows` of them. */
typedef struct meeting {
    size_t row, word, rows;
} meeting;

static meeting tap_meets(const conv_shape *n, size_t k, size_t T)
{
    const size_t left = (n->K - 1) / 2;
    const size_t row = k < left ? left - k : 0, word = k > left ? k - left : 0;
    return (meeting){row, word, row + word < T ? T - row - word : 0};
}

static void tap_forward(float *C, const float *X, const float *w, size_t k, const conv_shape *n, size_t T)
{
    const meeting m = tap_meets(n, k, T);
    gemm(matrix_rows(C + m.row * n->D, m.rows, n->D), 1, 1, const_rows(X + m.word * n->D_in, m.rows, n->D_in),
         const_rows(w + k * n->D_in * n->D, n->D_in, n->D));
}

static void tap_backward(float *dX, float *dw, const float *dC, const float *X, const float *w, size_t k,
                         const conv_shape *n, size_t T)
{
    const meeting m = tap_meets(n, k, T);
    const size_t tap = k * n->D_in * n->D;
    const const_matrix x = const_rows(X + m.word * n->D_in, m.rows, n->D_in),
                       dc = const_rows(dC + m.row * n->D, m.rows, n->D);
    gemm(matrix_rows(dw + tap, n->D_in, n->D), 1, 1, transpose(x), dc);
    if (dX)
        gemm(matrix_rows(dX + m.word * n->D_in, m.rows, n->D_in), 1, 1, dc,
             transpose(const_rows(w + tap, n->D_in, n->D)));
}

/* ---- forward and back ---- */

void conv_forward(float *C, const float *X, const float *w, const float *U, const float *bias,
                  const conv_shape *n, size_t T, float *memory)
{
    const size_t n_groups = groups_for(n, T), point = n_groups * n->D_in * n->D, all = tiles_of(T);
    const scratch s = pieces_of(memory, n, T);
    if (n_groups == 0)
        for (size_t t = 0; t < T; t++)
            memcpy(C + t * n->D, bias, n->D * sizeof *C);
    for (size_t first = 0; n_groups && first < all; first += s.tiles) {
        const size_t tiles = smaller(all - first, s.tiles), read = V_tiles(n, tiles);
        make_V(&s, X, first, read, n, T);
        for (size_t p = 0; p < P; p++)
            gemm(matrix_rows(s.M + p * tiles * n->D, tiles, n->D), 0, 1,
                 const_rows_ld(s.V + p * read * n->D_in, tiles, n_groups * n->D_in, n->D_in),
                 const_rows(U + p * point, n_groups * n->D_in, n->D));
        take_M(&s, C, first, tiles, bias, n, T);
    }
    for (size_t k = n_groups * TILE; k < n->K; k++)
        tap_forward(C, X, w, k, n, T);
}

/* Forward: M[p][i] = sum_g V[p][i+g] U[p][g].
 *     dU[p][g] += sum_i V[p][i+g]' dM[p][i]      the forward product's left matrix, transposed
 *     dV[p][i]  = sum_g dM[p][i-g] U[p][g]'      a convolution of dM */
void conv_backward(float *dX, float *dw, float *dU, float *dbias, const float *dC, const float *X,
                   const float *w, const float *U_transposed, const conv_shape *n, size_t T, float *memory)
{
    const size_t n_groups = groups_for(n, T), point = n_groups * n->D_in * n->D, all = tiles_of(T);
    const scratch s = pieces_of(memory, n, T);
    ops_add_rows(dbias, dC, T, n->D);
    for (size_t first = 0; n_groups && first < all; first += s.tiles) {
        const size_t tiles = smaller(all - first, s.tiles), read = V_tiles(n, tiles),
                     padded = M_tiles(n, tiles) * n->D;
        make_V(&s, X, first, read, n, T);
        make_M(&s, dC, first, tiles, n, T);
        for (size_t p = 0; p < P; p++)
            gemm(matrix_rows(dU + p * point, n_groups * n->D_in, n->D), 1, 1,
                 transpose(const_rows_ld(s.V + p * read * n->D_in, tiles, n_groups * n->D_in, n->D_in)),
                 const_rows(s.M + p * padded + (n_groups - 1) * n->D, tiles, n->D));
        if (!dX)
            continue;
        for (size_t p = 0; p < P; p++) /* V is no longer needed: dV takes its place */
            gemm(matrix_rows(s.V + p * read * n->D_in, read, n->D_in), 0, 1,
                 const_rows_ld(s.M + p * padded, read, n_groups * n->D, n->D),
                 const_rows(U_transposed + p * point, n_groups * n->D, n->D_in));
        take_V(&s, dX, first, read, n, T);
    }
    for (size_t k = n_groups * TILE; k < n->K; k++)
        tap_backward(dX, dw, dC, X, w, k, n, T);
}
