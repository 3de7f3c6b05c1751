/* SPDX-License-Identifier: Apache-2.0 */
#include "onednn.h"

#if __has_include(<dnnl.h>)
#include "base/mem.h"

#include <dnnl.h>

/* Of the OpenMP library that oneDNN uses. */
extern void omp_set_num_threads(int n) __attribute__((weak));

struct onednn {
    onednn_kind kind;
    matrix C;
    float beta;
    const_matrix A, B;
    float *own; /* A, if its rows overlapped */
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t multiply, round_A, round_B;
    dnnl_memory_t floats_A, floats_B, bf16_A, bf16_B, to;
    bool failed;
};

/* ---- parts; after a failure nothing is done ---- */

static void check(onednn *x, dnnl_status_t status)
{
    x->failed |= status != dnnl_success;
}

static dnnl_memory_desc_t describe(onednn *x, const_matrix m, dnnl_data_type_t type)
{
    dnnl_memory_desc_t d = {0};
    const dnnl_dims_t dims = {(dnnl_dim_t)m.rows, (dnnl_dim_t)m.cols},
                      strides = {(dnnl_dim_t)m.rs, (dnnl_dim_t)m.cs};
    check(x, dnnl_memory_desc_init_by_strides(&d, 2, dims, type, strides));
    return d;
}

static dnnl_memory_desc_t describe_any(onednn *x, const_matrix m)
{
    dnnl_memory_desc_t d = {0};
    const dnnl_dims_t dims = {(dnnl_dim_t)m.rows, (dnnl_dim_t)m.cols};
    check(x, dnnl_memory_desc_init_by_tag(&d, 2, dims, dnnl_bf16, dnnl_format_tag_any));
    return d;
}

static dnnl_memory_t memory(onednn *x, const dnnl_memory_desc_t *d, const void *data)
{
    dnnl_memory_t m = NULL;
    if (!x->failed)
        check(x, dnnl_memory_create(&m, d, x->engine, data ? (void *)(size_t)data : DNNL_MEMORY_ALLOCATE));
    return m;
}

/* The factor in bfloat16, and what rounds it from floats. */
static void prepare_factor(onednn *x, const_matrix m, const dnnl_memory_desc_t *wanted, dnnl_memory_t *floats,
                           dnnl_memory_t *bf16, dnnl_primitive_t *round)
{
    dnnl_primitive_desc_t p = NULL;
    const dnnl_memory_desc_t from = describe(x, m, dnnl_f32);
    *floats = memory(x, &from, m.data);
    *bf16 = memory(x, wanted, NULL);
    if (!x->failed)
        check(x, dnnl_reorder_primitive_desc_create(&p, &from, x->engine, wanted, x->engine, NULL));
    if (!x->failed)
        check(x, dnnl_primitive_create(round, p));
    if (p)
        dnnl_primitive_desc_destroy(p);
}

static void run(onednn *x, dnnl_primitive_t p, int n, const dnnl_exec_arg_t *args)
{
    if (!x->failed)
        check(x, dnnl_primitive_execute(p, x->stream, n, args));
}

static void round_factors(onednn *x)
{
    run(x, x->round_A, 2, (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, x->floats_A}, {DNNL_ARG_TO, x->bf16_A}});
    run(x, x->round_B, 2, (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, x->floats_B}, {DNNL_ARG_TO, x->bf16_B}});
}

static void prepare_bf16(onednn *x)
{
    const bool any = x->kind == ONEDNN_ROUND;
    const_matrix C = {x->C.data, x->C.rows, x->C.cols, x->C.ld, 1};
    dnnl_memory_desc_t a = any ? describe_any(x, x->A) : describe(x, x->A, dnnl_bf16),
                       b = any ? describe_any(x, x->B) : describe(x, x->B, dnnl_bf16),
                       c = describe(x, C, dnnl_f32);
    dnnl_matmul_desc_t d;
    dnnl_primitive_desc_t p = NULL;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t post = NULL;
    check(x, dnnl_engine_create(&x->engine, dnnl_cpu, 0));
    if (!x->failed)
        check(x, dnnl_stream_create(&x->stream, x->engine, dnnl_stream_default_flags));
    check(x, dnnl_primitive_attr_create(&attr));
    check(x, dnnl_post_ops_create(&post));
    if (!x->failed && x->beta != 0) {
        check(x, dnnl_post_ops_append_sum(post, x->beta));
        check(x, dnnl_primitive_attr_set_post_ops(attr, post));
    }
    if (!x->failed)
        check(x, dnnl_matmul_desc_init(&d, &a, &b, NULL, &c));
    if (!x->failed)
        check(x, dnnl_primitive_desc_create(&p, &d, attr, x->engine, NULL));
    if (!x->failed) {
        check(x, dnnl_primitive_create(&x->multiply, p));
        prepare_factor(x, x->A, dnnl_primitive_desc_query_md(p, dnnl_query_src_md, 0), &x->floats_A,
                       &x->bf16_A, &x->round_A);
        prepare_factor(x, x->B, dnnl_primitive_desc_query_md(p, dnnl_query_weights_md, 0), &x->floats_B,
                       &x->bf16_B, &x->round_B);
        x->to = memory(x, &c, x->C.data);
        round_factors(x);
    }
    if (p)
        dnnl_primitive_desc_destroy(p);
    if (post)
        dnnl_post_ops_destroy(post);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
}

static void run_sgemm(onednn *x)
{
    const const_matrix *A = &x->A, *B = &x->B;
    check(x, dnnl_sgemm(A->cs == 1 ? 'N' : 'T', B->cs == 1 ? 'N' : 'T', (dnnl_dim_t)x->C.rows,
                        (dnnl_dim_t)x->C.cols, (dnnl_dim_t)A->cols, 1, A->data,
                        (dnnl_dim_t)(A->cs == 1 ? A->rs : A->cs), B->data,
                        (dnnl_dim_t)(B->cs == 1 ? B->rs : B->cs), x->beta, x->C.data, (dnnl_dim_t)x->C.ld));
}

/* ---- the interface ---- */

void onednn_run(onednn *x)
{
    if (x->kind == ONEDNN_F32) {
        run_sgemm(x);
        return;
    }
    if (x->kind == ONEDNN_ROUND)
        round_factors(x);
    run(x, x->multiply, 3,
        (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, x->bf16_A}, {DNNL_ARG_WEIGHTS, x->bf16_B}, {DNNL_ARG_DST, x->to}});
    if (!x->failed)
        check(x, dnnl_stream_wait(x->stream));
}

/* Copies A if its rows, or those of its transpose, overlap. */
static void separate_rows(onednn *x)
{
    const const_matrix A = x->A;
    const bool by_rows = A.cs == 1;
    if ((by_rows ? A.rs : A.cs) >= (by_rows ? A.cols : A.rows))
        return;
    const size_t rs = by_rows ? A.cols : 1, cs = by_rows ? 1 : A.rows;
    x->own = mem_array(A.rows * A.cols, sizeof *x->own);
    x->failed = !x->own;
    for (size_t i = 0; x->own && i < A.rows; i++)
        for (size_t j = 0; j < A.cols; j++)
            x->own[i * rs + j * cs] = A.data[i * A.rs + j * A.cs];
    x->A = (const_matrix){x->own, A.rows, A.cols, rs, cs};
}

onednn *onednn_new(onednn_kind kind, matrix C, float beta, const_matrix A, const_matrix B)
{
    onednn *x = mem_array(1, sizeof *x);
    if (!x)
        return NULL;
    *x = (onednn){.kind = kind, .C = C, .beta = beta, .A = A, .B = B};
    if (omp_set_num_threads)
        omp_set_num_threads(1);
    separate_rows(x);
    if (kind != ONEDNN_F32)
        prepare_bf16(x);
    onednn_run(x);
    if (!x->failed)
        return x;
    onednn_free(x);
    return NULL;
}

void onednn_free(onednn *x)
{
    const dnnl_primitive_t primitives[] = {x->multiply, x->round_A, x->round_B};
    const dnnl_memory_t memories[] = {x->floats_A, x->floats_B, x->bf16_A, x->bf16_B, x->to};
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (primitives[i])
            dnnl_primitive_destroy(primitives[i]);
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i])
            dnnl_memory_destroy(memories[i]);
    if (x->stream)
        dnnl_stream_destroy(x->stream);
    if (x->engine)
        dnnl_engine_destroy(x->engine);
    mem_free(x->own);
    mem_free(x);
}

#else

onednn *onednn_new(onednn_kind kind, matrix C, float beta, const_matrix A, const_matrix B)
{
    (void)kind, (void)C, (void)beta, (void)A, (void)B;
    return NULL;
}

void onednn_run(onednn *x)
{
    (void)x;
}

void onednn_free(onednn *x)
{
    (void)x;
}

#endif
