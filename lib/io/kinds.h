/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of records and their keys (formats/), in one table: from it come the checks (check.h), the
 * messages about a stream of another kind, and the names that an encounter's own keys cannot have. */
#ifndef ECAN_IO_KINDS_H
#define ECAN_IO_KINDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct record_kind {
    const char *name, *made_by; /* of the kind before it */
    const char *of_tokens;      /* the program that makes it of tokens at once; NULL: none */
    const char *required[4];    /* keys, NULL-ended */
} record_kind;

/* In the order of the pipe; a row without a name ends them. */
extern const record_kind record_kinds[];

/* The kind name[n]; NULL where there is none. */
const record_kind *record_kind_named(const char *name, size_t n);

/* 0 where the kind is the one that is expected; else -1, and the message says which programs to run first. */
int record_kind_expect(const char *expected, const char *found);

/* What the value of a key is, as far as its form goes. */
typedef enum key_form {
    KEY_OTHER,  /* the rule says */
    KEY_TENSOR, /* of `type` and `shape` */
    KEY_TENSORS /* an array of them */
} key_form;

/* What its values have to be. */
typedef enum key_rule {
    RULE_NONE,
    RULE_STRINGS,
    RULE_DOCUMENTS,
    RULE_TOKENS,
    RULE_SPANS,
    RULE_GAPS,
    RULE_COUNT,
    RULE_MATCHES,
    RULE_IDS,
    RULE_BLOCKS,
    RULE_PEAKS,
    RULE_PROBABILITIES,
    RULE_SCORES,
    RULE_PREDICTED,
    RULES
} key_rule;

typedef struct record_key {
    const char *name;
    key_form form;
    char type;         /* of a tensor: 'f' or 'i' */
    const char *shape; /* a letter or digit for each dimension: T words, t those that the model reads, E, L,
                          S, n matches; 2 and 3 themselves; * any */
    key_rule rule;
    bool given;       /* an encounter may have the key before ecan-tokenize */
    const char *kind; /* the first kind whose records have it; the key means nothing before */
} record_key;

/* Keys that say how long others are come first; a row without a name ends them. */
extern const record_key record_keys[];

/* Whether records of that kind, or of one before it, have the key. */
bool record_key_is_of(const record_key *k, const record_kind *kind);

/* Whether ecan's programs write the key, so that an encounter cannot have one of that name. */
bool record_key_is_reserved(const char *name);

#endif
