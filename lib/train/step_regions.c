/* SPDX-License-Identifier: Apache-2.0 */
/* The regions of the gradients (step_private.h): their arrays, and their sums over the parts of a batch. */
#include "train/step_private.h"

#include "train/ranks.h"

/* The end of the tensors of the encoder: proj has sums of its own (step_sum.c). */
static size_t encoder_end(const params *p)
{
    return p->proj[0] - p->data;
}

/* The first element of a block, or of what follows the blocks. */
static size_t block_begin(const params *p, int block)
{
    return block < p->sizes.blocks               ? (size_t)(p->block[block].conv - p->data)
           : p->sizes.sum && p->sizes.blocks > 1 ? (size_t)(p->same[0] - p->data)
                                                 : encoder_end(p);
}

void step_regions_init(step *s)
{
    const int blocks = s->all->sizes.blocks;
    pool *threads = s->by_label ? s->threads : NULL;
    s->regions = (size_t)blocks + 2;
    sum_tree_init(&s->region[0].sum, 2 * s->L * s->S + s->L, 0, threads);
    for (size_t r = 1; r < s->regions; r++) {
        const int block = blocks + 1 - (int)r;
        const size_t begin = block_begin(s->all, block),
                     end = block < blocks ? block_begin(s->all, block + 1) : encoder_end(s->all);
        s->region[r].begin = begin;
        s->region[r].n = end - begin;
        sum_tree_init(&s->region[r].sum, end - begin, end - begin, threads);
    }
    step_regions_resize(s);
}

void step_regions_free(step *s)
{
    for (size_t r = 0; r < s->regions; r++)
        sum_tree_free(&s->region[r].sum);
}

void step_regions_resize(step *s)
{
    s->region[0].n = 2 * s->L * s->S + s->L;
    sum_tree_resize(&s->region[0].sum, s->region[0].n);
}

/* The first part of each slot that has parts. */
static uint64_t first_parts(uint64_t parts)
{
    uint64_t first = 0;
    for (size_t k = 0; k < STEP_SLOTS; k++)
        if (parts & step_parts_of((uint64_t)1 << k))
            first |= (uint64_t)1 << k * STEP_PARTS;
    return first;
}

void step_regions_begin(step *s)
{
    const uint64_t own = step_parts_of(step_slots_of(ranks_index()));
    for (size_t r = 0; r < s->regions; r++) {
        const uint64_t leaves = r == 0 && s->by_label ? first_parts(s->plan.parts) : s->plan.parts;
        sum_tree_begin(&s->region[r].sum, leaves);
        atomic_init(&s->region[r].left, (size_t)__builtin_popcountll(leaves & own));
    }
}

int step_regions_arrays(step *s, float **arrays)
{
    for (size_t r = 1; r < s->regions; r++)
        if (!(arrays[r] = sum_tree_array(&s->region[r].sum)))
            return -1;
    return 0;
}

void step_region_add(step *s, size_t region, size_t leaf, float *array)
{
    sum_tree_add(&s->region[region].sum, leaf, array);
    if (atomic_fetch_sub(&s->region[region].left, 1) == 1)
        step_exchange_send(s, region);
}
