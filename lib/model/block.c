/* SPDX-License-Identifier: Apache-2.0 */
#include "model/block.h"

#include "tensor/multiply.h"
#include "tensor/ops.h"

#include <string.h>

/* z = mean_t C        u = relu(F1 z + f1)        s = sigmoid(F2 u + f2) */
static void excite_forward(block_state *st, const block_params *p, const block_shape *n, size_t T)
{
    ops_mean_rows(st->z, st->C, T, n->D);
    for (size_t q = 0; q < n->Q; q++) {
        float sum = p->fc1_bias[q];
        for (size_t d = 0; d < n->D; d++)
            sum += p->fc1[q * n->D + d] * st->z[d];
        st->u[q] = sum > 0 ? sum : (sum == sum ? 0 : sum); /* keeps NaN */
    }
    for (size_t d = 0; d < n->D; d++) {
        float sum = p->fc2_bias[d];
        for (size_t q = 0; q < n->Q; q++)
            sum += p->fc2[d * n->Q + q] * st->u[q];
        st->s[d] = sum;
    }
    ops_sigmoid(st->s, st->s, n->D);
}

/* Forward: z = mean_t C, u = relu(F1 z + f1), s = sigmoid(F2 u + f2). Backward:
 *
 *     dv = ds * s * (1 - s)        dF2 += dv u'        df2 += dv
 *     du = [u > 0] * F2' dv        dF1 += du z'        df1 += du        dz = F1' du
 *
 * Overwrites st->ds with dz / T, which is the term of dC for each word. */
static void excite_backward(const block_params *dp, const block_state *st, const block_params *p,
                            const block_shape *n, size_t T)
{
    float *dv = st->ds; /* gradient of the argument of the sigmoid */
    for (size_t d = 0; d < n->D; d++) {
        dv[d] = st->ds[d] * st->s[d] * (1 - st->s[d]);
        dp->fc2_bias[d] += dv[d];
        ops_axpy(dp->fc2 + d * n->Q, dv[d], st->u, n->Q);
    }
    float *du = st->du;
    for (size_t q = 0; q < n->Q; q++) {
        du[q] = 0;
        if (st->u[q] > 0)
            for (size_t d = 0; d < n->D; d++)
                du[q] += dv[d] * p->fc2[d * n->Q + q];
    }
    float *dz = st->ds;
    memset(dz, 0, n->D * sizeof *dz);
    for (size_t q = 0; q < n->Q; q++) {
        dp->fc1_bias[q] += du[q];
        ops_axpy(dp->fc1 + q * n->D, du[q], st->z, n->D);
        ops_axpy(dz, du[q] / (float)T, p->fc1 + q * n->D, n->D);
    }
}

void block_forward(float *H, block_state *st, float *R, const float *X, const block_params *p,
                   const block_shape *n, size_t T, float *scratch)
{
    conv_forward(st->C, X, p->conv, p->winograd, p->conv_bias, &n->conv, T, scratch);
    if (n->Q)
        excite_forward(st, p, n, T);
    if (p->res) {
        multiply(n->conv.precision, matrix_rows(R, T, n->D), 0, const_rows(X, T, n->D_in),
                 transpose(const_rows(p->res, n->D, n->D_in)));
        ops_add_bias(R, p->res_bias, T, n->D);
    }
    ops_block_output(H, st->Z, st->mean, st->rstd, st->C, p->res ? R : NULL, n->Q ? st->s : NULL, p->norm,
                     p->norm_bias, T, n->D);
}

void block_backward(float *dX, const block_params *dp, float *dH, float *dC, float *dU, const block_state *st,
                    const float *X, const block_params *p, const float *transposed, const block_shape *n,
                    size_t T, float *scratch)
{
    if (T == 0)
        return;
    if (n->Q)
        memset(st->ds, 0, n->D * sizeof *st->ds);
    ops_block_output_backward(dH, dC, dp->norm, dp->norm_bias, n->Q ? st->ds : NULL, st->Z, st->mean,
                              st->rstd, st->C, n->Q ? st->s : NULL, p->norm, T, n->D);
    if (p->res) { /* forward: R = X F3' + f3; dH now has dZ = dR */
        const const_matrix dR = const_rows(dH, T, n->D);
        multiply(n->conv.precision, matrix_rows(dp->res, n->D, n->D_in), 1, transpose(dR),
                 const_rows(X, T, n->D_in));
        ops_add_rows(dp->res_bias, dH, T, n->D);
        if (dX)
            multiply(n->conv.precision, matrix_rows(dX, T, n->D_in), 1, dR,
                     const_rows(p->res, n->D, n->D_in));
    }
    if (n->Q) {
        excite_backward(dp, st, p, n, T);
        ops_scale_backward(dC, dC, st->s, st->ds, T, n->D);
    }
    conv_backward(dX, dp->conv, dU, dp->conv_bias, dC, X, p->conv, transposed, &n->conv, T, scratch);
}
