/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of an encounter with what a label attended to marked, for a terminal.
 *
 * A record needs documents, spans and A, the attention of every label over the words in every block, which
 * ecan-attend --weights adds. The weight of a word is the mean over the blocks, so that the weights of an
 * encounter's words sum to 1. */
#ifndef ECAN_EVAL_HIGHLIGHT_H
#define ECAN_EVAL_HIGHLIGHT_H

#include "base/mem.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the notes of r to out with the attention of label j of L. In colour the background of a word is the
 * stronger the larger its weight; without, a word whose weight is HIGHLIGHT_LEAST or more has it behind it:
 * fever{.31}. Control characters of the text but line feeds and tabs become U+FFFD, so that it can do nothing
 * to a terminal. 0, or -1: the record lacks a key or contradicts itself. */
#define HIGHLIGHT_LEAST 0.01f
int highlight_record(buf *out, const record *r, size_t j, size_t L, bool colour);

#endif
