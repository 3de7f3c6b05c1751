/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what a conversion leaves out, and why: "3 attachments left out: its data are not in the input". */
#ifndef ECAN_CORPUS_LEFT_OUT_H
#define ECAN_CORPUS_LEFT_OUT_H

#include <stdint.h>

enum { LEFT_OUT_REASONS = 40 };

typedef struct left_out_count {
    const char *noun, *why;
    uint64_t n;
} left_out_count;

/* A zeroed struct is empty. */
typedef struct left_out {
    left_out_count counts[LEFT_OUT_REASONS];
    int n;
} left_out;

/* Both texts must remain valid. */
void left_out_add(left_out *l, const char *noun, const char *why, uint64_t n);

#endif
