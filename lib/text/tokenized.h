/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that made a stream's words: its header's "tokenizer" (formats/tokens.md). */
#ifndef ECAN_TEXT_TOKENIZED_H
#define ECAN_TEXT_TOKENIZED_H

#include "io/json.h"
#include "io/stream.h"

/* An object, owned by the caller; NULL where the header has none. */
json_t *tokenized_with(const record *header);

/* Whether the header names no other settings than those wanted (NULL: any will do). 0, or -1 with a message
 * that says which differs from `whose` ("the model's"). */
int tokenized_check(const json_t *wanted, const record *header, const char *whose);

#endif
