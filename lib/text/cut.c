/* SPDX-License-Identifier: Apache-2.0 */
#include "text/cut.h"

#include <stdint.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* sum min(n_k, level) */
static size_t sum_below(const cut_note *notes, size_t n, size_t level)
{
    size_t sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += least(notes[k].n, level);
    return sum;
}

/* Words 0 .. head-1 and the last `tail` ones of the encounter. */
static void cut_ends(size_t head, size_t tail, size_t total, cut_note *notes, size_t n)
{
    size_t before = 0, middle_ends = total - tail;
    for (size_t k = 0; k < n; k++) {
        size_t after = before + notes[k].n;
        notes[k].head = head > before ? least(head - before, notes[k].n) : 0;
        notes[k].tail = after > middle_ends ? least(after - middle_ends, notes[k].n) : 0;
        before = after;
    }
}

static void cut_proportional(size_t max, cut_note *notes, size_t n)
{
    size_t level = 0, above = max + 1; /* level fits, above does not */
    while (above - level > 1) {
        size_t middle = level + (above - level) / 2;
        if (sum_below(notes, n, middle) <= max)
            level = middle;
        else
            above = middle;
    }
    size_t left = max - sum_below(notes, n, level);
    for (size_t k = 0; k < n; k++) {
        notes[k].head = least(notes[k].n, level);
        notes[k].tail = 0;
        if (left > 0 && notes[k].n > level) {
            notes[k].head++;
            left--;
        }
    }
}

size_t cut_notes(cut_rule rule, size_t max, cut_note *notes, size_t n)
{
    size_t total = sum_below(notes, n, SIZE_MAX);
    if (total <= max) {
        cut_ends(total, 0, total, notes, n);
        return 0;
    }
    if (rule == CUT_PROPORTIONAL)
        cut_proportional(max, notes, n);
    else if (rule == CUT_HEAD_TAIL)
        cut_ends(max - max / 2, max / 2, total, notes, n);
    else
        cut_ends(max, 0, total, notes, n);
    return total - max;
}
