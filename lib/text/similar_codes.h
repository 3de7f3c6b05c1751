/* SPDX-License-Identifier: Apache-2.0 */
/* Finds codes that differ only in points, case or blanks, such as E119, e11.9 and "E11.9 ". */
#ifndef ECAN_TEXT_SIMILAR_CODES_H
#define ECAN_TEXT_SIMILAR_CODES_H

#include "text/labels.h"

#include <stdbool.h>

typedef struct similar_codes similar_codes;

/* Indexes the codes of l, which is borrowed. NULL if memory is out. */
similar_codes *similar_codes_new(const labels *l);
void similar_codes_free(similar_codes *s); /* NULL is fine */

/* *found is the first code of l that is like the code but not equal to it, or -1. 0, or -1: out of memory. */
int similar_codes_find(int32_t *found, similar_codes *s, const char *code);

/* Whether the code begins or ends with a blank. */
bool code_has_blanks(const char *code);

/* Whether the code has a letter. Only then are points without meaning: in ICD-9-CM, 48.6 is a procedure and
 * 486 a diagnosis. */
bool code_has_letter(const char *code);

/* Whether the code is a list of codes, such as "I10,J18.9": parts between commas, semicolons or bars, each of
 * which is in l, or has a digit and no blank within. */
bool code_is_list(const char *code, const labels *l);

#endif
