/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of gradients between ranks. Each rank has the sums of its slots. It receives those of all
 * ranks for its slice of the parameters (slices.h), and adds them in the order of the tree. So the result is
 * bit-identical to that of one rank. A rank with one node of the tree sends each gradient once. */
#include "train/step_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

uint64_t step_slots_of(size_t rank)
{
    uint64_t slots = 0;
    for (size_t k = ranks_begin_of(STEP_SLOTS, rank); k < ranks_begin_of(STEP_SLOTS, rank + 1); k++)
        slots |= (uint64_t)1 << k;
    return slots;
}

uint64_t step_parts_of(uint64_t slots)
{
    uint64_t parts = 0;
    for (size_t k = 0; k < STEP_SLOTS; k++)
        if (slots >> k & 1)
            parts |= (((uint64_t)1 << STEP_PARTS) - 1) << k * STEP_PARTS;
    return parts;
}

uint64_t step_slots_below(sum_tree_node node)
{
    uint64_t slots = 0;
    for (size_t k = 0; k < STEP_SLOTS; k++)
        if (sum_tree_leaves(node) & step_parts_of((uint64_t)1 << k))
            slots |= (uint64_t)1 << k;
    return slots;
}

size_t step_tops_of(const step *s, sum_tree_node tops[SUM_TREE_TOPS], size_t rank)
{
    return sum_tree_tops(tops, s->plan.parts, step_parts_of(step_slots_of(rank)));
}

/* ---- dense gradients ---- */

/* A range of the arrays of a tree, of which each rank receives its slice. */
typedef struct region {
    const sum_tree *tree;
    size_t first[RANKS_MOST + 1];
    float *sum; /* the sum of the slice of this rank */
} region;

/* The array of a node in this rank, from element `begin`. */
static float *array_of(const region *r, sum_tree_node node, size_t begin)
{
    return r->tree->node[node.level][node.index] + begin;
}

/* Slices of the nodes of all ranks, for this rank. */
typedef struct received {
    float *slice[SUM_TREE_LEVELS + 1][SUM_TREE_LEAVES];
    size_t n;
} received;

/* The sum of a node, in the memory of one of its slices. NULL: it has no leaves. */
static float *sum_node(const received *from, sum_tree_node node)
{
    float *slice = from->slice[node.level][node.index];
    if (slice || node.level == 0)
        return slice;
    float *left = sum_node(from, (sum_tree_node){node.level - 1, 2 * node.index}),
          *right = sum_node(from, (sum_tree_node){node.level - 1, 2 * node.index + 1});
    if (left && right)
        ops_axpy(left, 1, right, from->n);
    return left ? left : right;
}

/* Sends the slices of this rank's nodes to the others, and receives theirs into `memory`. Returns its end. */
static float *begin_exchange(const step *s, const region *r, received *from, float *memory)
{
    const size_t me = ranks_index();
    sum_tree_node tops[SUM_TREE_TOPS];
    *from = (received){.n = r->first[me + 1] - r->first[me]};
    for (size_t rank = 0; rank < ranks_count(); rank++) {
        const size_t n = step_tops_of(s, tops, rank);
        for (size_t k = 0; k < n; k++) {
            float **slice = &from->slice[tops[k].level][tops[k].index];
            if (rank == me) {
                *slice = array_of(r, tops[k], r->first[me]);
                continue;
            }
            *slice = memory;
            memory += from->n;
            ranks_receive(rank, *slice, from->n * sizeof(float));
        }
    }
    const size_t n = step_tops_of(s, tops, me);
    for (size_t rank = 0; rank < ranks_count(); rank++)
        for (size_t k = 0; k < n && rank != me; k++)
            ranks_send(rank, array_of(r, tops[k], r->first[rank]),
                       (r->first[rank + 1] - r->first[rank]) * sizeof(float));
    return memory;
}

enum { SHARED, QUERIES, BIASES, REGIONS };

/* The slices of the shared tensors, of dQ and of db. */
static void make_regions(const step *s, region regions[REGIONS])
{
    const slices own = slices_of(s->p);
    const size_t offset = s->by_label ? 0 : s->shared;
    for (int i = 0; i < REGIONS; i++)
        regions[i] = (region){.tree = i > SHARED && s->by_label ? &s->label_sum : &s->sum};
    for (size_t rank = 0; rank <= ranks_count(); rank++) {
        regions[SHARED].first[rank] = own.shared[rank] - s->p->shared_begin;
        regions[QUERIES].first[rank] = offset + 2 * own.labels[rank] * s->S;
        regions[BIASES].first[rank] = offset + 2 * s->L * s->S + own.labels[rank];
    }
}

static size_t room_for(const step *s, const region regions[REGIONS])
{
    const size_t me = ranks_index();
    sum_tree_node tops[SUM_TREE_TOPS];
    size_t nodes = 0, floats = 0;
    for (size_t rank = 0; rank < ranks_count(); rank++)
        nodes += rank == me ? 0 : step_tops_of(s, tops, rank);
    for (int i = 0; i < REGIONS; i++)
        floats += regions[i].first[me + 1] - regions[i].first[me];
    return nodes * floats;
}

int step_exchange(step *s, step_sums *sums)
{
    region regions[REGIONS];
    received from[REGIONS];
    make_regions(s, regions);
    if (mem_grow(&s->received, &s->received_cap, room_for(s, regions) + 1, sizeof *s->received))
        return -1;
    float *memory = s->received;
    for (int i = 0; i < REGIONS; i++)
        memory = begin_exchange(s, &regions[i], &from[i], memory);
    ranks_wait();
    const sum_tree_node root = {SUM_TREE_LEVELS, 0};
    sums->shared = sum_node(&from[SHARED], root);
    sums->dQ = sum_node(&from[QUERIES], root);
    sums->db = sum_node(&from[BIASES], root);
    return 0;
}

/* ---- rows of the embedding ---- */

static size_t owner_of(const slices *own, size_t row)
{
    size_t rank = 0;
    while (row >= own->rows[rank + 1])
        rank++;
    return rank;
}

/* Whether a row of the batch is in the words of a rank. */
static bool has_row(const step *s, size_t i, size_t rank)
{
    return (s->rows.slots[i] & step_slots_of(rank)) != 0;
}

int step_fetch_rows(step *s)
{
    const size_t E = s->p->sizes.E, me = ranks_index(), ranks = ranks_count();
    const slices own = slices_of(s->p);
    if (ranks == 1)
        return 0;
    if (mem_grow(&s->received, &s->received_cap, (ranks + 1) * s->rows.n * E + 1, sizeof *s->received))
        return -1;
    float *at = s->received;
    for (size_t rank = 0; rank < ranks; rank++) {
        if (rank == me)
            continue;
        float *begin = at;
        for (size_t i = 0; i < s->rows.n; i++)
            if (owner_of(&own, s->rows.row[i]) == me && has_row(s, i, rank)) {
                memcpy(at, s->p->embed + s->rows.row[i] * E, E * sizeof *at);
                at += E;
            }
        ranks_send(rank, begin, (size_t)(at - begin) * sizeof *at);
    }
    float *arrived = at;
    for (size_t rank = 0; rank < ranks; rank++) {
        if (rank == me)
            continue;
        float *begin = at;
        for (size_t i = 0; i < s->rows.n; i++)
            at += owner_of(&own, s->rows.row[i]) == rank && has_row(s, i, me) ? E : 0;
        ranks_receive(rank, begin, (size_t)(at - begin) * sizeof *at);
    }
    ranks_wait();
    for (size_t rank = 0; rank < ranks; rank++)
        for (size_t i = 0; i < s->rows.n && rank != me; i++)
            if (owner_of(&own, s->rows.row[i]) == rank && has_row(s, i, me)) {
                memcpy(s->p->embed + s->rows.row[i] * E, arrived, E * sizeof *arrived);
                arrived += E;
            }
    return 0;
}
