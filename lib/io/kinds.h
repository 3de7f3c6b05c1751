/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of records and their keys (formats/) in one table. The checks (check.h), the messages about a
 * stream of another kind, and the reserved keys of encounters use it. */
#ifndef ECAN_IO_KINDS_H
#define ECAN_IO_KINDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct record_kind {
    const char *name, *made_by; /* made_by: the program that makes it from the previous kind */
    const char *of_tokens;      /* the program that makes it directly from tokens; NULL: none */
    const char *required[4];    /* keys, NULL-terminated */
} record_kind;

/* In pipeline order. The last row has no name. */
extern const record_kind record_kinds[];

/* Returns the kind with the name name[n], or NULL if there is none. */
const record_kind *record_kind_named(const char *name, size_t n);

/* Returns 0 if the kind is the expected one. Otherwise -1, and the message says which programs to run
 * first. */
int record_kind_expect(const char *expected, const char *found);

enum { MATCH_MARKS = 4 }; /* bits of match_marks: SCOPE_KINDS of text/scopes.h */

/* The form of a key's value. */
typedef enum key_form {
    KEY_OTHER,  /* see the rule */
    KEY_TENSOR, /* has the members type and shape */
    KEY_TENSORS /* an array of tensors */
} key_form;

/* The rule for a key's values. */
typedef enum key_rule {
    RULE_NONE,
    RULE_STRINGS,
    RULE_DOCUMENTS,
    RULE_TOKENS,
    RULE_SPANS,
    RULE_GAPS,
    RULE_COUNT,
    RULE_MATCHES,
    RULE_MARKS,
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
    char type;         /* 'f' or 'i', for tensors */
    const char *shape; /* a letter or digit for each dimension: T words, t those that the model reads, E, L,
                          S, n matches; 2 and 3 themselves; * any */
    key_rule rule;
    bool given;       /* an encounter may have the key before ecan-tokenize */
    const char *kind; /* the first kind whose records have the key; it is not checked in earlier kinds */
} record_key;

/* Keys that define sizes of other keys come first. The last row has no name. */
extern const record_key record_keys[];

/* Whether records of that kind or an earlier one have the key. */
bool record_key_is_of(const record_key *k, const record_kind *kind);

/* Whether only ecan's programs write the key, so that an encounter cannot have a key of that name. */
bool record_key_is_reserved(const char *name);

#endif
