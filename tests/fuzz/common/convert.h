/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets of ecan-convert do with encounters that were read. */
#ifndef ECAN_TESTS_FUZZ_CONVERT_H
#define ECAN_TESTS_FUZZ_CONVERT_H

#include "corpus/convert.h"

/* Options of all targets: bad records are skipped; n chooses the encoding. */
convert_options fuzz_convert_options(size_t n);

/* Writes the encounters. Each line is one that ecan-tokenize accepts. */
void fuzz_convert_check(convert *v);

#endif
