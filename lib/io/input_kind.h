/* SPDX-License-Identifier: Apache-2.0 */
/* Detects what kind of file an operand of ecan-show or ecan-check is, from its contents. */
#ifndef ECAN_IO_INPUT_KIND_H
#define ECAN_IO_INPUT_KIND_H

typedef enum input_kind { INPUT_STREAM, INPUT_FOLDER, INPUT_VECTORS } input_kind;

/* Pipes and unreadable files count as streams: reading the stream then reports the error. */
input_kind detect_input_kind(const char *path);

#endif
