/* SPDX-License-Identifier: Apache-2.0 */
/* Attention in the terminal, for ecan-explain --attention. */
#ifndef ECAN_BIN_ATTENTION_TEXT_H
#define ECAN_BIN_ATTENTION_TEXT_H

#include "io/stream.h"

#include <stdbool.h>
#include <stdio.h>

/* Writes a line with id, code and score for each code, and the notes of r with the attention of the code
 * marked. codes are separated by commas. header: that of the segment. Returns 0 or -1. */
int attention_text(FILE *out, const record *r, const record *header, const char *codes, bool colour);

#endif
