/* SPDX-License-Identifier: Apache-2.0 */
/* Finds passages that were copied forward: runs of N words that an earlier note of the encounter also has.
 *
 * Words i .. i+N-1 of a note are a copied run if an earlier note has the same N consecutive words,
 * whatever is between them in the text. A word is copied if it is in a copied run. A run does not extend
 * from one note into the next. Repetitions within one note are not copies.
 *
 * Equal runs get equal numbers by sorting (Karp, Miller and Rosenberg, 1972): a run of m words is
 * identified by a pair of numbers of shorter runs. No hash is used, so no text is slow: O(T log N) time,
 * 20 T bytes. */
#ifndef ECAN_TEXT_COPIED_H
#define ECAN_TEXT_COPIED_H

#include "text/tokenize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Working memory. A zeroed struct is ready for use. */
typedef struct copied {
    struct map *words;
    int32_t *name, *next, *order, *sorted, *count;
    size_t room[5];
} copied;

void copied_free(copied *c); /* also empties it */

/* Fills is[T]: whether word i of w is copied. Note k < n has the words starts[k] .. starts[k+1]. N >= 1.
 * Returns the number of copied words, or -1 if memory is out. */
int64_t copied_find(copied *c, const tokens *w, const size_t *starts, size_t n, size_t N, bool *is);

#endif
