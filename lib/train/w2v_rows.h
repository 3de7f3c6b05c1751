/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of vectors, and a pass over the words of a block, for w2v_products.c and w2v_learn.c. All functions
 * are inlined into VECTORISED ones. */
#ifndef ECAN_TRAIN_W2V_ROWS_H
#define ECAN_TRAIN_W2V_ROWS_H

#include "base/vectorised.h"
#include "train/w2v_block.h"

/* ---- rows of `blocks` times W2V_LANES floats; `blocks` is a constant where these are inlined ---- */

typedef float lanes __attribute__((vector_size(W2V_LANES * sizeof(float)), may_alias));

/* Block i of a row. Functions of type lanes would have another calling convention on each processor. */
#define BLOCK(x, i)       (((const lanes *)(x))[i])
#define STORE(x, i, sum_) (((lanes *)(x))[i] = (sum_))
/* a in each lane. A float times lanes does not compile where floats are computed as doubles (s390x). */
#define ALL(a) ((lanes){a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a})
_Static_assert(W2V_LANES == 16, "ALL and sum_lanes have 16 lanes");

/* The sum of 16 floats, by pairwise summation. */
INLINE float sum_lanes(const lanes *sum)
{
    const float *x = (const float *)sum;
    float eight[8], four[4];
    for (size_t j = 0; j < 8; j++)
        eight[j] = x[j] + x[j + 8];
    for (size_t j = 0; j < 4; j++)
        four[j] = eight[j] + eight[j + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

INLINE float dot(const float *x, const float *y, size_t blocks)
{
    lanes sum = BLOCK(x, 0) * BLOCK(y, 0);
    for (size_t i = 1; i < blocks; i++)
        sum += BLOCK(x, i) * BLOCK(y, i);
    return sum_lanes(&sum);
}

INLINE void add_scaled(float *y, float a, const float *x, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        STORE(y, i, BLOCK(y, i) + ALL(a) * BLOCK(x, i));
}

/* A row in registers. */
typedef struct sum_row {
    lanes block[W2V_BLOCKS];
} sum_row;

INLINE void sum_add(sum_row *sum, float a, const float *x, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        sum->block[i] += ALL(a) * BLOCK(x, i);
}

INLINE void sum_store(float *y, const sum_row *sum, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        STORE(y, i, sum->block[i]);
}

INLINE size_t row_of(int32_t target)
{
    return (size_t)(target < 0 ? W2V_NEGATIVE(target) : target);
}

INLINE const float *in_row(const w2v_slice *s, const w2v_block *b, int32_t at)
{
    return s->in + (size_t)b->text[at] * s->ld;
}

/* ---- a pass over the words of a block: the arrays of the current word ---- */

typedef struct cursor {
    const w2v_word *x;
    const int32_t *shared;     /* its targets */
    size_t examples, products; /* numbers before it */
} cursor;

/* The number of products of examples with earlier ones. */
INLINE size_t count_pairs(size_t examples)
{
    return examples * (examples - (examples > 0)) / 2;
}

INLINE void cursor_group(cursor *c, const w2v_block *b, size_t group)
{
    c->x = b->groups[group].words;
    c->shared = b->groups[group].targets;
}

/* The random words of example i. */
INLINE const int32_t *drawn_words(const cursor *c, const w2v_shape *shape, size_t i)
{
    return c->shared + c->x->shared + i * shape->negative;
}

INLINE void cursor_next(cursor *c, const w2v_shape *shape)
{
    size_t n = w2v_examples(shape, c->x);
    c->examples += n;
    c->products += n * ((size_t)c->x->shared + shape->negative) + count_pairs(n);
    c->shared = drawn_words(c, shape, n);
    c->x++;
}

#endif
