/* SPDX-License-Identifier: Apache-2.0 */
/* The division of a batch. It depends only on the lengths of the documents, but for the order in which the
 * parts are started. */
#include "train/step_private.h"

#include "base/mem.h"

#include <string.h>

/* Minimum numbers of words of a slot and of a part, if there is more than one. Each part costs an addition of
 * all gradients. */
enum { SLOT_WORDS = 256, PART_WORDS = 256 };

static size_t between(size_t x, size_t least, size_t most)
{
    return x < least ? least : x < most ? x : most;
}

/* Sorts the documents by length, the longest first. Insertion sort: stable, and batches are small. */
static void sort(size_t *order, const example *const *batch, size_t B)
{
    for (size_t i = 0; i < B; i++) {
        size_t j = i;
        for (; j > 0 && batch[order[j - 1]]->T < batch[i]->T; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

/* Assigns the documents, the longest first, each to the slot with the fewest words so far, and to the parts
 * of a slot in turn. */
static void assign(size_t *part_of, const size_t *sorted, const example *const *batch, size_t B, size_t words)
{
    const size_t slots = between(words / SLOT_WORDS, 1, between(B, 1, STEP_SLOTS));
    const size_t parts = between(words / (slots * PART_WORDS), 1, STEP_PARTS);
    size_t load[STEP_SLOTS] = {0}, documents[STEP_SLOTS] = {0};
    for (size_t i = 0; i < B; i++) {
        size_t least = 0;
        for (size_t k = 1; k < slots; k++)
            least = load[k] < load[least] ? k : least;
        load[least] += batch[sorted[i]]->T + 1;
        part_of[sorted[i]] = least * STEP_PARTS + documents[least]++ % parts;
    }
}

/* The parts with documents, and those of them that this rank has. Several threads start the longest first;
 * one takes them in order, which needs the least memory. */
static void order_parts(step_plan *plan, const example *const *batch, uint64_t own, size_t threads)
{
    size_t words[SUM_TREE_LEAVES] = {0};
    plan->n = 0;
    plan->parts = 0;
    for (size_t part = 0; part < SUM_TREE_LEAVES; part++) {
        if (plan->first[part] == plan->first[part + 1])
            continue;
        plan->parts |= (uint64_t)1 << part;
        if (!(own >> part & 1))
            continue;
        for (size_t i = plan->first[part]; i < plan->first[part + 1]; i++)
            words[part] += batch[plan->document[i]]->T;
        size_t j = plan->n++;
        for (; threads > 1 && j > 0 && words[plan->order[j - 1]] < words[part]; j--)
            plan->order[j] = plan->order[j - 1];
        plan->order[j] = part;
    }
}

int step_plan_make(step_plan *plan, const example *const *batch, size_t B, uint64_t own, size_t threads)
{
    if (mem_grow(&plan->memory, &plan->cap, 5 * B, sizeof *plan->memory))
        return -1;
    plan->document = plan->memory;
    plan->part = plan->document + B;
    plan->at = plan->part + B;
    size_t *sorted = plan->at + B, *part_of = sorted + B;
    plan->words = 0;
    for (size_t b = 0; b < B; b++)
        plan->words += batch[b]->T;
    sort(sorted, batch, B);
    assign(part_of, sorted, batch, B, plan->words);
    size_t n = 0, words = 0;
    for (size_t part = 0; part < SUM_TREE_LEAVES; part++) {
        plan->first[part] = n;
        for (size_t i = 0; i < B; i++) {
            if (part_of[sorted[i]] != part)
                continue;
            plan->document[n] = sorted[i];
            plan->part[n] = part;
            plan->at[n++] = words;
            words += batch[sorted[i]]->T;
        }
    }
    plan->first[SUM_TREE_LEAVES] = n;
    order_parts(plan, batch, own, threads);
    return 0;
}

void step_plan_free(step_plan *plan)
{
    mem_free(plan->memory);
    *plan = (step_plan){0};
}
