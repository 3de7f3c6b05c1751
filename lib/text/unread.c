/* SPDX-License-Identifier: Apache-2.0 */
#include "text/unread.h"

#include "base/digits.h"
#include "base/err.h"

#include <inttypes.h>
#include <stdio.h>

#define WORDS_KEY "words_cut"
#define NOTES_KEY "notes_cut"

static void add_part(unread_part *to, uint64_t n, uint64_t encounters)
{
    to->n += n;
    to->encounters += encounters;
}

void unread_add(unread *u, uint64_t words, uint64_t notes)
{
    u->encounters++;
    add_part(&u->words, words, words > 0);
    add_part(&u->notes, notes, notes > 0);
}

void unread_merge(unread *sum, const unread *u)
{
    sum->encounters += u->encounters;
    add_part(&sum->words, u->words.n, u->words.encounters);
    add_part(&sum->notes, u->notes.n, u->notes.encounters);
}

/* Writes the message about n words or notes, of which there is at least one. */
static const char *write_part(char text[UNREAD_ROOM], const unread *u, const unread_part *part,
                              const char *noun, const char *which, const char *limit)
{
    char encounters[DIGITS_ROOM], all[DIGITS_ROOM], n[DIGITS_ROOM];
    digits_grouped(encounters, part->encounters);
    digits_grouped(all, u->encounters);
    digits_grouped(n, part->n);
    snprintf(text, UNREAD_ROOM, "%s of %s encounter%s: %s %s%s %s%s not read", encounters, all,
             u->encounters == 1 ? "" : "s", n, noun, part->n == 1 ? "" : "s", which, limit);
    return text;
}

const char *unread_words(char text[UNREAD_ROOM], const unread *u, const char *limit)
{
    return u->words.n ? write_part(text, u, &u->words, "word", "beyond ", limit) : NULL;
}

const char *unread_notes(char text[UNREAD_ROOM], const unread *u)
{
    return u->notes.n ? write_part(text, u, &u->notes, "note", "of other types", "") : NULL;
}

static int read_count(uint64_t *n, const record *r, const char *key)
{
    const field *f = record_find(r, key);
    walk_value v;
    *n = 0;
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    if (walk_next(&w, &v) == 1 && v.type == WALK_UINT) {
        *n = v.u;
        return 0;
    }
    err_set("expected a whole number, 0 or more");
    return record_error(r, key);
}

int unread_words_of(uint64_t *n, const record *r)
{
    return read_count(n, r, WORDS_KEY);
}

int unread_notes_of(uint64_t *n, const record *r)
{
    return read_count(n, r, NOTES_KEY);
}

static void pack_count(pack *p, const char *key, uint64_t n)
{
    if (n == 0)
        return;
    pack_key(p, key);
    pack_uint(p, n);
}

void unread_pack(pack *p, uint64_t words, uint64_t notes)
{
    pack_count(p, WORDS_KEY, words);
    pack_count(p, NOTES_KEY, notes);
}

int unread_pack_more(pack *p, const record *r, uint64_t words)
{
    uint64_t before;
    if (words == 0)
        return 0;
    if (unread_words_of(&before, r))
        return -1;
    if (__builtin_add_overflow(words, before, &words)) {
        err_set("the number is too large");
        return record_error(r, WORDS_KEY);
    }
    pack_count(p, WORDS_KEY, words);
    return 0;
}
