/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that made a stream's words: its header's "tokenizer" (formats/tokens.md). */
#ifndef ECAN_TEXT_TOKENIZED_H
#define ECAN_TEXT_TOKENIZED_H

#include "io/json.h"
#include "io/stream.h"

/* Sets *settings to the settings as an object, owned by the caller (json_decref); NULL if the header has
 * none. 0 or -1. */
int tokenized_with(json_t **settings, const record *header);

/* Checks that the header's settings equal the wanted ones (NULL: any). Returns 0, or -1 with a message
 * that names the setting that differs from `whose` ("the model's"). */
int tokenized_check(const json_t *wanted, const record *header, const char *whose);

#endif
