/* Evidence as one HTML file that needs nothing else: notes, the codes beside them, and their passages lit up.
 * What stands in notes, types, codes and descriptions is text there, whatever it holds.
 *
 * Encounters are written one by one, so that memory does not grow with them. Whether f took it all is for the
 * caller to check. */
#ifndef ECAN_EVAL_PAGE_H
#define ECAN_EVAL_PAGE_H

#include "eval/evidence.h"

#include <stdint.h>
#include <stdio.h>

void page_begin(FILE *f);
/* number: 1 for the first. 0, or -1 when memory is out. */
int page_encounter(FILE *f, const evidence *e, uint64_t number);
void page_end(FILE *f);

#endif
