/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as one HTML file that needs nothing else: the notes, the codes beside them, what speaks for each,
 * and what the coder decides. What stands in notes, types, codes and descriptions is text there, whatever it
 * holds.
 *
 * An encounter is written as a plain article within <noscript>: a browser without scripts shows it, and one
 * with scripts keeps it as text until the script asks for it, so that hundreds of encounters cost
 * next to nothing.
 *
 * Encounters are written one by one: memory does not grow with them. Whether f took it all is for the caller
 * to check. */
#ifndef ECAN_EVAL_PAGE_H
#define ECAN_EVAL_PAGE_H

#include "eval/evidence.h"

#include <stdint.h>
#include <stdio.h>

void page_begin(FILE *f);
void page_encounter(FILE *f, const evidence *e, uint64_t number); /* number: 1 for the first */
void page_end(FILE *f); /* without it the page says that it is incomplete */

#endif
