/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of gradients between ranks. Each rank has the sums of its slots. It receives those of all
 * ranks for its slice of the parameters (slices.h), and adds them in the order of the tree. So the result is
 * bit-identical to that of one rank. A rank with one node of the tree sends each gradient once.
 *
 * A sum over the slots of a rank is complete when its last document has been added. A rank sends a region
 * then, while it computes the gradients of the next regions of this document. */
#include "train/step_private.h"

#include "base/mem.h"
#include "base/minmax.h"
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

/* ---- regions ---- */

size_t step_pieces(const step *s, size_t region, size_t rank, step_piece pieces[STEP_PIECES])
{
    const step_region *r = &s->region[region];
    const slices own = slices_of(s->p);
    if (region == 0) {
        const size_t first = own.labels[rank], labels = own.labels[rank + 1] - first;
        pieces[0] = (step_piece){2 * first * s->S, 2 * labels * s->S};
        pieces[1] = (step_piece){2 * s->L * s->S + first, labels};
        return 2;
    }
    size_t n = 0;
    for (size_t band = 0; band < SLICE_BANDS; band++) {
        const slice_range range = slices_band(s->p, &own, rank, band);
        const size_t from = max_size(range.begin, r->begin),
                     to = min_size(range.begin + range.n, r->begin + r->n);
        if (from < to)
            pieces[n++] = (step_piece){from - r->begin, to - from};
    }
    return n;
}

static size_t size_of(const step_piece *pieces, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += pieces[i].n;
    return size;
}

int step_exchange_begin(step *s)
{
    const size_t me = ranks_index(), ranks = ranks_count();
    sum_tree_node tops[SUM_TREE_TOPS];
    step_piece pieces[STEP_PIECES];
    size_t nodes = 0, floats = 0;
    if (ranks == 1)
        return 0;
    for (size_t rank = 0; rank < ranks; rank++)
        nodes += rank == me ? 0 : step_tops_of(s, tops, rank);
    for (size_t r = 0; r < s->regions; r++)
        floats += size_of(pieces, step_pieces(s, r, me, pieces));
    if (mem_grow(&s->slices, &s->slices_cap, nodes * floats + 1, sizeof *s->slices))
        return -1;
    float *memory = s->slices;
    for (size_t r = 0; r < s->regions; r++) {
        const size_t n = step_pieces(s, r, me, pieces);
        for (size_t rank = 0; rank < ranks; rank++) {
            s->region[r].received[rank] = memory;
            for (size_t k = rank == me ? 0 : step_tops_of(s, tops, rank); k > 0; k--)
                for (size_t i = 0; i < n; i++) {
                    ranks_receive(rank, memory, pieces[i].n * sizeof(float));
                    memory += pieces[i].n;
                }
        }
    }
    return 0;
}

/* The array of a node that this rank has completed. */
static float *array_of(const step *s, size_t region, sum_tree_node node)
{
    return s->region[region].sum.node[node.level][node.index];
}

void step_exchange_send(step *s, size_t region)
{
    const size_t me = ranks_index();
    sum_tree_node tops[SUM_TREE_TOPS];
    step_piece pieces[STEP_PIECES];
    if (ranks_count() == 1)
        return;
    const size_t nodes = step_tops_of(s, tops, me);
    for (size_t rank = 0; rank < ranks_count(); rank++) {
        const size_t n = rank == me ? 0 : step_pieces(s, region, rank, pieces);
        for (size_t k = 0; k < nodes; k++)
            for (size_t i = 0; i < n; i++)
                ranks_send(rank, array_of(s, region, tops[k]) + pieces[i].begin, pieces[i].n * sizeof(float));
    }
    ranks_continue();
}

/* The same elements of the nodes of all ranks. */
typedef struct node_slices {
    float *slice[SUM_TREE_LEVELS + 1][SUM_TREE_LEAVES];
    size_t n;
} node_slices;

/* The sum of a node, in the memory of one of its slices. NULL: it has no leaves. */
static float *sum_node(const node_slices *from, sum_tree_node node)
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

const float *step_sum_of(const step *s, size_t region, size_t begin, size_t n)
{
    const size_t me = ranks_index();
    sum_tree_node tops[SUM_TREE_TOPS];
    step_piece pieces[STEP_PIECES];
    const size_t n_pieces = step_pieces(s, region, me, pieces), size = size_of(pieces, n_pieces);
    size_t at = 0, i = 0; /* where the elements are in what is received */
    for (; begin >= pieces[i].begin + pieces[i].n; i++)
        at += pieces[i].n;
    at += begin - pieces[i].begin;
    node_slices from = {.n = n};
    for (size_t rank = 0; rank < ranks_count(); rank++) {
        const size_t nodes = step_tops_of(s, tops, rank);
        for (size_t k = 0; k < nodes; k++)
            from.slice[tops[k].level][tops[k].index] = rank == me
                                                           ? array_of(s, region, tops[k]) + begin
                                                           : s->region[region].received[rank] + k * size + at;
    }
    return sum_node(&from, (sum_tree_node){SUM_TREE_LEVELS, 0});
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
