/* SPDX-License-Identifier: Apache-2.0 */
/* Files of encounters (formats/encounters.md), read in groups whose lines several threads work on, and handed
 * out in order. Memory does not grow with their number, but for 16 bytes of hash or so for each id. */
#ifndef ECAN_TEXT_ENCOUNTERS_H
#define ECAN_TEXT_ENCOUNTERS_H

#include "base/pool.h"
#include "text/encounter.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct encounters encounters;

/* Files are opened one after the other as they are needed; "-" is standard input. max_line: bytes that a line
 * may have. All is borrowed until encounters_close(). NULL when memory is out. */
encounters *encounters_open(const char *const *files, int n, size_t max_line, const tokenizer *t,
                            const notes_rules *rules, pool *threads);
void encounters_close(encounters *r); /* NULL is fine */

/* 1: *e is the next encounter, borrowed until the next call. 0: there is none. -1: "FILE: line N (id): offset
 * M: reason", where the id is known; the next call goes on behind it, unless encounters_failed(). */
int encounters_next(encounters *r, const encounter **e) __attribute__((warn_unused_result));

/* Whether the last error was one of reading (or of memory), after which nothing can be read. */
bool encounters_failed(const encounters *r);

#endif
