/* SPDX-License-Identifier: Apache-2.0 */
/* Detects what kind of file an operand of ecan-show or ecan-check is, from its contents. */
#ifndef ECAN_IO_INPUT_KIND_H
#define ECAN_IO_INPUT_KIND_H

#include <stdbool.h>

typedef enum input_kind { INPUT_STREAM, INPUT_FOLDER, INPUT_VECTORS, INPUT_UNREADABLE } input_kind;

/* Pipes count as streams. INPUT_UNREADABLE: there is no such file, or it cannot be read; the message is set.
 */
input_kind detect_input_kind(const char *path);

/* Whether a file ("-" is standard input) begins with a map of msgpack, as a stream does and text never does.
 * Nothing is consumed. */
bool input_is_stream(const char *path);

#endif
