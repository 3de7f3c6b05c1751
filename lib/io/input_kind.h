/* SPDX-License-Identifier: Apache-2.0 */
/* What an operand of ecan-show and ecan-check is, found out by looking. */
#ifndef ECAN_IO_INPUT_KIND_H
#define ECAN_IO_INPUT_KIND_H

typedef enum input_kind { INPUT_STREAM, INPUT_FOLDER, INPUT_VECTORS } input_kind;

/* Pipes, and what cannot be read, are taken for streams: reading them will tell. */
input_kind detect_input_kind(const char *path);

#endif
