/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the embedding that a batch has: their places, and the sums of their gradients. */
#include "train/step_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

int step_rows_init(step_rows *r, size_t words)
{
    *r = (step_rows){.index = mem_array(words, sizeof *r->index)};
    if (!r->index)
        return -1;
    memset(r->index, -1, words * sizeof *r->index);
    return 0;
}

void step_rows_free(step_rows *r)
{
    mem_free(r->index);
    mem_free(r->row);
    mem_free(r->first);
    mem_free(r->place);
    mem_free(r->slot);
    mem_free(r->slots);
    *r = (step_rows){0};
}

/* Counting sort by row. While places are filled in, first[i + 1] is the next place of row i. */
int step_rows_find(step_rows *r, const step_plan *plan, const example *const *batch, size_t B)
{
    for (size_t i = 0; i < r->n; i++)
        r->index[r->row[i]] = -1;
    r->n = 0;
    if (mem_grow(&r->row, &r->row_cap, plan->words + 1, sizeof *r->row) ||
        mem_grow(&r->first, &r->first_cap, plan->words + 2, sizeof *r->first) ||
        mem_grow(&r->place, &r->place_cap, plan->words + 1, sizeof *r->place) ||
        mem_grow(&r->slot, &r->slot_cap, plan->words + 1, sizeof *r->slot) ||
        mem_grow(&r->slots, &r->slots_cap, plan->words + 1, sizeof *r->slots))
        return -1;
    r->first[0] = r->first[1] = 0;
    for (size_t b = 0; b < B; b++) {
        const example *d = batch[plan->document[b]];
        for (size_t t = 0; t < d->T; t++) {
            const int32_t row = d->ids[t];
            if (row == 0)
                continue;
            if (r->index[row] < 0) {
                r->index[row] = (int32_t)r->n;
                r->slots[r->n] = 0;
                r->row[r->n++] = row;
                r->first[r->n + 1] = 0;
            }
            r->slots[r->index[row]] |= (unsigned char)(1 << plan->part[b] / STEP_PARTS);
            r->first[r->index[row] + 2]++;
        }
    }
    for (size_t i = 0; i < r->n; i++)
        r->first[i + 2] += r->first[i + 1];
    for (size_t b = 0; b < B; b++) {
        const example *d = batch[plan->document[b]];
        for (size_t t = 0; t < d->T; t++) {
            if (d->ids[t] == 0)
                continue;
            const size_t at = r->first[r->index[d->ids[t]] + 1]++;
            r->place[at] = plan->at[b] + t;
            r->slot[at] = (unsigned char)(plan->part[b] / STEP_PARTS);
        }
    }
    return 0;
}

/* ---- the sums ---- */

/* The sum of a row over some of the slots. */
typedef struct row_sum {
    size_t row;     /* in step_rows */
    uint64_t slots; /* a bit each */
    float *to;      /* [E] */
} row_sum;

/* Adds the arrays of slots in the order of the tree. NULL: none. The sum is in one of the arrays. */
static float *sum_slots(float *slot[STEP_SLOTS], size_t E)
{
    for (size_t n = 1; n < STEP_SLOTS; n *= 2)
        for (size_t k = 0; k < STEP_SLOTS; k += 2 * n) {
            if (!slot[k])
                slot[k] = slot[k + n];
            else if (slot[k + n])
                ops_axpy(slot[k], 1, slot[k + n], E);
        }
    return slot[0];
}

/* Each slot is summed over its places, in order. memory[STEP_SLOTS][E] */
static void compute(const step *s, const row_sum *sum, float *memory)
{
    const step_rows *r = &s->rows;
    const size_t E = s->p->sizes.E, i = sum->row;
    float *slot[STEP_SLOTS] = {NULL};
    for (size_t j = r->first[i]; j < r->first[i + 1]; j++) {
        const size_t k = r->slot[j];
        const float *dX = s->dX + r->place[j] * E;
        if (!(sum->slots >> k & 1))
            continue;
        if (slot[k]) {
            ops_axpy(slot[k], 1, dX, E);
        } else {
            slot[k] = memory + k * E;
            memcpy(slot[k], dX, E * sizeof *dX);
        }
    }
    memcpy(sum->to, sum_slots(slot, E), E * sizeof *sum->to);
}

typedef struct sums_job {
    step *s;
    size_t n, tasks;
} sums_job;

static void sums_task(void *context, size_t task, size_t worker)
{
    const sums_job *j = context;
    for (size_t i = j->n * task / j->tasks; i < j->n * (task + 1) / j->tasks; i++)
        compute(j->s, &j->s->row_sums[i], j->s->worker[worker].rows);
}

static void compute_all(step *s, size_t n)
{
    sums_job j = {s, n, 4 * s->workers};
    pool_run(s->threads, sums_task, &j, j.tasks);
}

static float *gradient_of(const step *s, size_t i)
{
    return s->grad.embed + s->rows.row[i] * s->p->sizes.E;
}

/* Whether row i of the batch is in the slice of a rank. */
static bool owns(const slices *own, const step *s, size_t i, size_t rank)
{
    const size_t row = s->rows.row[i];
    return row >= own->rows[rank] && row < own->rows[rank + 1];
}

/* Lists the sums of this rank over each of its nodes, first for other ranks and then for itself. Each gets a
 * place in s->received. Returns their number; sent[rank] is the first of a rank. */
static size_t list_sums(step *s, const slices *own, size_t sent[RANKS_MOST + 1])
{
    const size_t E = s->p->sizes.E, me = ranks_index(), ranks = ranks_count();
    sum_tree_node tops[SUM_TREE_TOPS];
    const size_t nodes = step_tops_of(s, tops, me);
    size_t n = 0;
    for (size_t rank = 0; rank < ranks; rank++) {
        sent[rank] = n;
        for (size_t k = 0; k < nodes; k++) {
            const uint64_t slots = step_slots_below(tops[k]) & step_slots_of(me);
            for (size_t i = 0; i < s->rows.n; i++)
                if (owns(own, s, i, rank) && (s->rows.slots[i] & slots)) {
                    s->row_sums[n] = (row_sum){i, slots, s->received + n * E};
                    n++;
                }
        }
    }
    sent[ranks] = n;
    return n;
}

/* Adds the sums of all nodes for row i: at[rank][k] is the next one of a node. */
static void add_nodes(step *s, size_t i, float *at[RANKS_MOST][SUM_TREE_TOPS])
{
    const size_t E = s->p->sizes.E;
    float *slot[STEP_SLOTS] = {NULL};
    sum_tree_node tops[SUM_TREE_TOPS];
    for (size_t rank = 0; rank < ranks_count(); rank++) {
        const size_t nodes = step_tops_of(s, tops, rank);
        for (size_t k = 0; k < nodes; k++) {
            const uint64_t slots = step_slots_below(tops[k]) & step_slots_of(rank);
            if (!(s->rows.slots[i] & slots))
                continue;
            slot[__builtin_ctzll(slots)] = at[rank][k];
            at[rank][k] += E;
        }
    }
    memcpy(gradient_of(s, i), sum_slots(slot, E), E * sizeof(float));
    s->in_batch[s->rows.row[i]] = 1;
}

/* Number of rows in the slice of this rank that a node has. */
static size_t rows_in(const step *s, const slices *own, uint64_t slots)
{
    size_t n = 0;
    for (size_t i = 0; i < s->rows.n; i++)
        n += owns(own, s, i, ranks_index()) && (s->rows.slots[i] & slots);
    return n;
}

static int sum_over_ranks(step *s)
{
    const slices own = slices_of(s->p);
    const size_t E = s->p->sizes.E, me = ranks_index(), ranks = ranks_count();
    size_t sent[RANKS_MOST + 1];
    float *at[RANKS_MOST][SUM_TREE_TOPS];
    sum_tree_node tops[SUM_TREE_TOPS];
    if (mem_grow(&s->row_sums, &s->row_sums_cap, SUM_TREE_TOPS * s->rows.n + 1, sizeof *s->row_sums) ||
        mem_grow(&s->received, &s->received_cap, 2 * SUM_TREE_TOPS * s->rows.n * E + 1, sizeof *s->received))
        return -1;
    const size_t n = list_sums(s, &own, sent);
    compute_all(s, n);
    float *memory = s->received + n * E, *mine = s->received + sent[me] * E;
    for (size_t rank = 0; rank < ranks; rank++) {
        const size_t nodes = step_tops_of(s, tops, rank);
        float *begin = memory;
        for (size_t k = 0; k < nodes; k++) {
            float **next = rank == me ? &mine : &memory;
            at[rank][k] = *next;
            *next += E * rows_in(s, &own, step_slots_below(tops[k]) & step_slots_of(rank));
        }
        if (rank == me)
            continue;
        ranks_receive(rank, begin, (size_t)(memory - begin) * sizeof *begin);
        ranks_send(rank, s->received + sent[rank] * E, (sent[rank + 1] - sent[rank]) * E * sizeof *begin);
    }
    ranks_wait();
    for (size_t i = 0; i < s->rows.n; i++)
        if (owns(&own, s, i, me))
            add_nodes(s, i, at);
    return 0;
}

int step_sum_rows(step *s)
{
    if (ranks_count() > 1)
        return sum_over_ranks(s);
    if (mem_grow(&s->row_sums, &s->row_sums_cap, s->rows.n + 1, sizeof *s->row_sums))
        return -1;
    for (size_t i = 0; i < s->rows.n; i++) {
        s->row_sums[i] = (row_sum){i, ~(uint64_t)0, gradient_of(s, i)};
        s->in_batch[s->rows.row[i]] = 1;
    }
    compute_all(s, s->rows.n);
    return 0;
}
