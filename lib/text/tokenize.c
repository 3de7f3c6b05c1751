/* SPDX-License-Identifier: Apache-2.0 */
/* There are two ways to read a word. Words of plain characters, which are nearly all, are found, written
 * and counted here, in one pass over their bytes. All others are read piece by piece (tokenize_word.c). */
#include "base/err.h"
#include "io/utf8check.h"
#include "text/tokenize_private.h"

#include <endian.h>
#include <string.h>

#define MOST 128 /* maximum bytes of a plain word; its last character may end after them */
#define ROOM                                                                                                 \
    (3 * (MOST + 3) + 8) /* bytes of its form; read_ascii() and tokenizer_write_plain() may write 8 bytes    \
                            where fewer count */

/* Whether a rule may join something at p, the end of a piece. All rules need another piece after the sign,
 * except the French apostrophe. */
static bool may_join(const tokenize_pass *s, const unsigned char *p)
{
    size_t n;
    int flags = text_flags(s->t, p, &n);
    return (flags & CHAR_SIGN) &&
           ((flags & CHAR_LEADS) || (p + n < s->end && (text_flags(s->t, p + n, &n) & CHAR_BEGINS)));
}

/* Sets the top bit of each of eight bytes for which from <= byte <= to. All bytes are below 0x80. */
static inline uint64_t within(uint64_t bytes, int from, int to)
{
    return (bytes + EACH_BYTE(0x80 - from)) & ~(bytes + EACH_BYTE(0x7f - to)) & TOPS;
}

/* Reads the ASCII characters of a word at p, eight at a time, while eight remain, and writes them to o, in
 * lower case if t folds. Returns the first other character. */
static inline const unsigned char *read_ascii(const tokenizer *t, const unsigned char *p,
                                              const unsigned char *end, unsigned char **o, int *all, int *any)
{
    size_t n = 8;
    while (n == 8 && end - p >= 8) {
        uint64_t bytes;
        memcpy(&bytes, p, 8);
        bytes = le64toh(bytes);
        const uint64_t seven = bytes & ~TOPS, ascii = ~bytes & TOPS;
        const uint64_t letters = within(seven | EACH_BYTE(0x20), 'a', 'z') & ascii,
                       numerals = within(seven, '0', '9') & ascii;
        const uint64_t words = letters | numerals | (within(seven, '_', '_') & ascii), others = words ^ TOPS;
        n = others ? (size_t)__builtin_ctzll(others) / 8 : 8;
        const uint64_t taken = n < 8 ? ((uint64_t)1 << 8 * n) - 1 : ~(uint64_t)0;
        *any |= numerals & taken ? CHAR_NUMERAL : 0;
        *all &= (words ^ numerals) & taken ? ~CHAR_NUMERAL : ~0;
        bytes = htole64(bytes | (letters & t->small) >> 2);
        memcpy(*o, &bytes, 8);
        *o += n;
        p += n;
    }
    return p;
}

/* Reads words up to the first that is not plain. Returns 1 with s->c at that word, 0 at the end of the
 * text, or -1. */
static int read_plain_words(tokenize_pass *s)
{
    const tokenizer *t = s->t;
    const bool rules = language_has_rules(t->options.language);
    const unsigned char *p = s->c.p, *const end = s->end;
    const unsigned char *zero = p - s->c.at; /* p - zero is the number of code points before p */
    int result = 0;
    while (p < end) {
        size_t n;
        int flags = text_flags(t, p, &n), all = ~0, any = 0;
        if ((flags & (CHAR_BEGINS | CHAR_LEADS)) == 0) {
            p += n;
            zero += n - 1;
            continue;
        }
        s->c = (text_cursor){.p = p, .at = (int32_t)(p - zero)};
        result = tokenize_reserve(s, ROOM) < 0 ? -1 : 1;
        if (result < 0 || (flags & CHAR_LEADS))
            return result;
        const unsigned char *q = p, *const stop = end - p > MOST ? p + MOST : end, *z = zero;
        unsigned char *o = s->out->bytes.data + s->out->bytes.len;
        for (;;) {
            q = read_ascii(t, q, stop, &o, &all, &any);
            if (q >= stop)
                break;
            flags = text_flags(t, q, &n);
            if ((flags & CHAR_CONTINUES) == 0)
                break;
            if ((flags & CHAR_PLAIN) == 0)
                return 1;
            o = tokenizer_write_plain(t, o, q, q + n);
            all &= flags;
            any |= flags;
            q += n;
            z += n - 1;
        }
        if (q == p || (flags & CHAR_JOINS) || (q >= stop && stop < end))
            return 1;
        if (rules && (((any & CHAR_NUMERAL) && !(all & CHAR_NUMERAL)) || (q < end && may_join(s, q))))
            return 1;
        tokenize_finish(s, s->c, (text_cursor){.p = q, .at = (int32_t)(q - z)}, all, o - s->out->bytes.data);
        s->behind = p = q;
        zero = z;
    }
    return 0;
}

/* ---- languages ---- */

const language_list *tokenizer_languages(const tokenizer *t)
{
    return t->guess ? &t->options.languages : NULL;
}

const tokenizer *tokenizer_of(const tokenizer *t, language l)
{
    return t->of[l];
}

int tokenizer_guess(const tokenizer *t, const char *text, size_t n, tokens *scratch, language *l)
{
    const size_t T = scratch->T, len = scratch->bytes.len;
    if (tokenize_valid(t->of_guess, text, n, 0, scratch) < 0)
        return -1;
    *l = language_words_guess(t->guess, scratch, T);
    scratch->T = T;
    scratch->bytes.len = len;
    return 0;
}

/* ---- texts ---- */

int tokenize_valid(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out)
{
    language l;
    if (n > INT32_MAX)
        return err_set("text of 2 GiB or more: split it into several notes");
    if (t->guess)
        return tokenizer_guess(t, text, n, out, &l) < 0
                   ? -1
                   : tokenize_valid(tokenizer_of(t, l), text, n, document, out);
    const unsigned char *p = (const unsigned char *)text;
    tokenize_pass s = {.t = t, .begin = p, .end = p + n, .c = {.p = p}, .document = document, .out = out};
    int more;
    while ((more = read_plain_words(&s)) > 0)
        if (tokenize_word(&s) < 0)
            return -1;
    return more;
}

int tokenize(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out)
{
    size_t bad;
    if (n <= INT32_MAX && !utf8_check((const unsigned char *)text, n, &bad))
        return err_set("not UTF-8 at byte %zu", bad);
    return tokenize_valid(t, text, n, document, out);
}
