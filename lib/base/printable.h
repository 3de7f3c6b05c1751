/* SPDX-License-Identifier: Apache-2.0 */
/* Text of an input in a message. Ids may be quoted, shortened. Everything in a message is cleaned of
 * characters that act on a terminal or change the order in which text is shown: control characters (C0,
 * delete, C1), directional marks, embeddings, overrides and isolates, line and paragraph separators, and
 * bytes that are not UTF-8. Each is replaced by "?". */
#ifndef ECAN_BASE_PRINTABLE_H
#define ECAN_BASE_PRINTABLE_H

#include <stddef.h>

/* Cleans text in place. It does not become longer. Characters in `allowed` are kept: "\n\t", or "". */
void printable_clean(char *text, const char *allowed);

enum { PRINTABLE_ROOM = 84 };

/* Fills out with the id, clean. At most 80 bytes are shown, followed by "..." if it is longer. Returns out.
 */
const char *printable_id(char out[PRINTABLE_ROOM], const char *id, size_t n);

#endif
