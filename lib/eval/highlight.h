/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the notes of an encounter on a terminal, with the words that a label attended to highlighted.
 * A record needs documents, spans and A, the attention of every label over the words in every block, which
 * ecan-attend --weights adds. The weight of a word is the mean over the blocks, so the weights of an
 * encounter's words sum to 1. */
#ifndef ECAN_EVAL_HIGHLIGHT_H
#define ECAN_EVAL_HIGHLIGHT_H

#include "base/mem.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the notes of r to out, with the attention of label j of L. In colour, a larger weight gives a
 * stronger background. Without colour, a word whose weight is at least HIGHLIGHT_LEAST is followed by its
 * weight: fever{.31}. Control characters of the text other than line feeds and tabs become U+FFFD, so that
 * they cannot affect a terminal. 0, or -1 if the record lacks a key or is inconsistent. */
#define HIGHLIGHT_LEAST 0.01f
int highlight_record(buf *out, const record *r, size_t j, size_t L, bool colour);

#endif
