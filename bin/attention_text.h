/* SPDX-License-Identifier: Apache-2.0 */
/* Attention in the terminal, for ecan-explain --attention. */
#ifndef ECAN_BIN_ATTENTION_TEXT_H
#define ECAN_BIN_ATTENTION_TEXT_H

#include "io/stream.h"

#include <stdbool.h>
#include <stdio.h>

/* For each of the codes, commas between them, a line with id, code and score, and the notes of r with the
 * code's attention marked. header: the segment's. 0 or -1. */
int attention_text(FILE *out, const record *r, const record *header, const char *codes, bool colour);

#endif
