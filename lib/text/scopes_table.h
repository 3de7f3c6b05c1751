/* SPDX-License-Identifier: Apache-2.0 */
/* The table of scopes.h in the form that scopes_mark.c uses. */
#ifndef ECAN_TEXT_SCOPES_TABLE_H
#define ECAN_TEXT_SCOPES_TABLE_H

#include "base/map.h"
#include "base/mem.h"
#include "text/scopes.h"

#include <stdbool.h>
#include <stdint.h>

/* What a phrase does: SCOPE_... bits for each direction. */
typedef struct scope_rule {
    bool known; /* it is a row of the table, and not only the beginning of one */
    bool end;
    unsigned char before, after, line;
} scope_rule;

struct scopes {
    map *words;                /* those of phrases and common words, normalised */
    uint16_t *common, *starts; /* [words] a bit for each language: a common word; the first of a phrase */
    size_t n_common, n_starts; /* room */
    int32_t comma;             /* the number of the word ","; -1: no phrase begins with one */
    map *phrases;              /* scope_key -> rule; also each beginning of a phrase */
    scope_rule *rules;         /* [phrases] */
    size_t n_rules;            /* room */
    int languages;             /* number of them */
    char names[SCOPES_LANGUAGES][8]; /* NUL-terminated */
};

/* What a phrase is found by: its language and the numbers of its words. */
typedef struct scope_key {
    int32_t at[1 + SCOPES_PHRASE];
} scope_key;

static inline size_t scope_key_size(int words)
{
    return (size_t)(1 + words) * sizeof(int32_t);
}

/* Appends a plain word (seen_words.h) without apostrophes, hyphens and points: so words are compared. 0 or
 * -1. */
int scope_drop_signs(buf *out, const char *plain, size_t n);

#endif
