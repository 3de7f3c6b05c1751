/* SPDX-License-Identifier: Apache-2.0 */
/* Passages that were copied forward: words of a note in a run of N words which a note before it has too.
 *
 * Words i .. i+N-1 of a note are a copied run when an earlier note of the encounter has the same N words one
 * behind another, whatever stands between them; a word is copied when it lies in a copied run. A run does not
 * reach from one note into the next. What a note repeats of itself is not copied.
 *
 * Equal runs get equal names by sorting (Karp, Miller and Rosenberg, 1972): runs of m words are named by
 * pairs of names of shorter ones. No hash decides, and no text makes it slow: O(T log N) time, 20 T bytes. */
#ifndef ECAN_TEXT_COPIED_H
#define ECAN_TEXT_COPIED_H

#include "text/tokenize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room to work in; a zeroed struct is ready. */
typedef struct copied {
    struct map *words;
    int32_t *name, *next, *order, *sorted, *count;
    size_t room[5];
} copied;

void copied_free(copied *c); /* and leaves it empty */

/* is[T] := whether word i of w is copied. Note k has the words starts[k] .. starts[k+1], k < n. N >= 1. How
 * many are, or -1 with the message set: memory. */
int64_t copied_find(copied *c, const tokens *w, const size_t *starts, size_t n, size_t N, bool *is);

#endif
