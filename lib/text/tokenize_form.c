/* SPDX-License-Identifier: Apache-2.0 */
/* The form of a piece of a word, in which words are compared: NFC and case folded, or what the options ask
 * for. */
#include "text/tokenize_private.h"

#include <string.h>

#define SMALL_SIGMA 0x3c3
#define FINAL_SIGMA 0x3c2

/* Whether the next character at p that is not case-ignorable is cased. */
static bool cased_follows(const unsigned char *p, const unsigned char *end)
{
    while (p < end) {
        int32_t c = utf8_get(&p);
        if (!utf8_case_ignorable(c))
            return utf8_cased(c);
    }
    return false;
}

static int add_character(buf *out, int32_t c)
{
    char s[4];
    return buf_add(out, s, utf8_put(c, s));
}

/* Python's str.lower(): simple lower case with two exceptions. A capital sigma becomes the final form if a
 * cased letter precedes it and none follows. İ becomes two characters. */
static int add_lower(buf *out, const unsigned char *p, const unsigned char *end)
{
    bool cased_before = false;
    while (p < end) {
        int32_t c = utf8_get(&p), lower = utf8_lower(c);
        if (c == CAPITAL_SIGMA)
            lower = cased_before && !cased_follows(p, end) ? FINAL_SIGMA : SMALL_SIGMA;
        if (add_character(out, lower) < 0)
            return -1;
        if (c == 0x130 && add_character(out, 0x307) < 0)
            return -1;
        if (!utf8_case_ignorable(c))
            cased_before = utf8_cased(c);
    }
    return 0;
}

static int add_plain(const tokenizer *t, buf *out, const unsigned char *p, const unsigned char *end)
{
    if (buf_reserve(out, LOW_ROOM / 2 * (end - p) + LOW_ROOM) < 0)
        return -1;
    out->len = tokenizer_write_plain(t, out->data + out->len, p, end) - out->data;
    return 0;
}

/* out := the piece without its joiners. */
static int remove_joiners(const tokenizer *t, buf *out, const text_piece *w)
{
    out->len = 0;
    for (text_cursor c = w->from; c.p < w->to.p;) {
        const unsigned char *start = c.p;
        if ((text_next(t, &c) & CHAR_JOINS) == 0 && buf_add(out, start, c.p - start) < 0)
            return -1;
    }
    return 0;
}

int tokenizer_add_form(const tokenizer *t, const text_piece *w, tokens *out)
{
    const unsigned char *s = w->from.p, *end = w->to.p;
    if (w->all & CHAR_PLAIN)
        return add_plain(t, &out->bytes, s, end);
    if (t->options.caml)
        return add_lower(&out->bytes, s, end);
    if (w->any & CHAR_JOINS) {
        buf *whole = &out->scratch[2];
        if (remove_joiners(t, whole, w) < 0)
            return -1;
        s = whole->data;
        end = s + whole->len;
    }
    return utf8_form(&out->bytes, (const char *)s, end - s, t->form, out->scratch);
}
