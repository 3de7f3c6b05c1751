/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that json.c (values), json_read.c and json_write.c share. */
#ifndef ECAN_IO_JSON_PRIVATE_H
#define ECAN_IO_JSON_PRIVATE_H

#include "io/json.h"

#include <stdbool.h>

/* Sets the message. Always returns -1. */
int ecan_json_no_memory(void);

/* Whether this thread could not add a value to an object or array since the last call. */
bool ecan_json_was_incomplete(void);

#endif
