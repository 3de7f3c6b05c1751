/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the words of a record that are negated, in the past, about relatives or uncertain. The method is that
 * of NegEx and ConText (Chapman et al., 2001; Harkema et al., 2009): the phrases of a table
 * (formats/scopes.md) mark the words near them.
 *
 *     before   marks the words after the phrase     "geen koorts"
 *     after    marks the words before it            "koorts: neen"
 *     line     a heading: marks the rest of its line, or the paragraph under it     "Familieanamnese: ..."
 *
 * A scope has at most SCOPES_REACH words. It ends at the end of a sentence (breaks.h), at a phrase of the
 * kind `end` ("maar"), and backwards at a comma. If a phrase is repeated after a comma ("geen koorts, geen
 * hoest, dyspneu"), the scope of each ends at the next comma. At each word the longest phrase counts. So a
 * phrase without a scope ("geen verandering") hides the shorter ones in it.
 *
 * A note has one language: that of the record's note_languages or, if it has none that the table knows, the
 * one with the most of its `common` words there. With fewer than two of them, the phrases of all languages
 * count. */
#ifndef ECAN_TEXT_SCOPES_H
#define ECAN_TEXT_SCOPES_H

#include "text/seen_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCOPE_NEGATED = 1, SCOPE_HISTORICAL = 2, SCOPE_FAMILY = 4, SCOPE_UNCERTAIN = 8, SCOPE_KINDS = 4 };
enum { SCOPES_REACH = 8, SCOPES_PHRASE = 5 /* words of a phrase */, SCOPES_LANGUAGES = 16 };

/* The name of SCOPE_... 1 << i, as in the table. */
extern const char *const scope_names[SCOPE_KINDS];

/* A table. Only read by scopes_mark(): threads may share it. */
typedef struct scopes scopes;
scopes *scopes_new(void);              /* the one that is built in. NULL with the message set */
scopes *scopes_read(const char *path); /* NULL with path, line and reason */
/* The same from an open file; path is for messages. */
scopes *scopes_read_fd(int fd, const char *path);
void scopes_free(scopes *s); /* NULL is fine */

/* The text of the table that is built in: *n bytes. */
const char *scopes_builtin(size_t *n);

/* Room of one thread. NULL with the message set. */
typedef struct scopes_work scopes_work;
scopes_work *scopes_work_new(const scopes *s); /* s is borrowed */
void scopes_work_free(scopes_work *w);         /* NULL is fine */

/* marks[words->T]: any of SCOPE_..., one for each word of the record. Without `spans` or `documents` the
 * words are one sentence. Borrowed until the next call. NULL with the message set. */
const unsigned char *scopes_mark(scopes_work *w, seen_words *words);

/* The marks that all words first .. end have: those of a match. A scope does not include its own phrase, so a
 * term that contains the phrase ("zonder complicaties") has no mark from it. */
int scopes_of_words(const unsigned char *marks, size_t first, size_t end);

#endif
