/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as one self-contained HTML file: the notes, the codes next to them with the passages that support
 * each, and the decisions of the coder. Notes, types, codes and descriptions are escaped, so they are always
 * shown as text.
 *
 * An encounter is written as an article within <noscript>. A browser without scripts shows it. A browser with
 * scripts keeps it as text, and the script parses an encounter when it is shown.
 *
 * Encounters are written one by one: memory does not grow with their number. The caller checks f for errors.
 */
#ifndef ECAN_EVAL_PAGE_H
#define ECAN_EVAL_PAGE_H

#include "eval/evidence.h"
#include "text/labels.h"

#include <stdint.h>
#include <stdio.h>

void page_begin(FILE *f);
void page_codes(FILE *f, const labels *table); /* the codes that a coder can add; at most once */
void page_encounter(FILE *f, const evidence *e, uint64_t number); /* number: 1 for the first */
void page_end(FILE *f); /* without it the page says that it is incomplete */

#endif
