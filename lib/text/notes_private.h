/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of notes.h share: notes_rules.c reads the options and writes the settings,
 * notes.c chooses and orders the notes, and notes_words.c chooses their words. */
#ifndef ECAN_TEXT_NOTES_PRIVATE_H
#define ECAN_TEXT_NOTES_PRIVATE_H

#include "base/map.h"
#include "base/mem.h"
#include "text/notes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTES_UNTYPED "-" /* the name of a missing type */

/* The keys of an order. */
enum { NOTES_BY_DATE, NOTES_BY_TYPE, NOTES_BY_GIVEN, NOTES_KEYS };

struct notes_rules {
    notes_options options; /* without its strings */
    struct {
        int key;
        bool backwards;
    } keys[NOTES_KEYS];
    int n_keys;
    map *types, *not_types; /* names; NULL: the option is not given */
    atomic_bool *found;     /* [size of that map]: a note has this type. Set by all threads */
};

/* Appends the name of the type s[n]. s may be NULL. 0, or -1: out of memory. */
int notes_add_name(buf *out, const char *s, size_t n, buf scratch[3]);
bool notes_is_untyped(const char *name, size_t n);

#endif
