/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a tokenizer: what each character may be in a word, and the form of the characters whose form
 * does not depend on adjacent characters. */
#include "text/tokenize_private.h"

/* ---- characters ---- */

/* Letters with a numeric value, for which Python's str.isnumeric() is true as it is for the categories N*:
 * [c for c in range(0x110000) if chr(c).isnumeric() and unicodedata.category(chr(c))[0] != 'N'], Unicode 14.
 */
static const int32_t numeral_letters[] = {
    0x3405,  0x3483,  0x382a,  0x3b4d,  0x4e00,  0x4e03,  0x4e07,  0x4e09,  0x4e5d,  0x4e8c,  0x4e94,
    0x4e96,  0x4ebf,  0x4ec0,  0x4edf,  0x4ee8,  0x4f0d,  0x4f70,  0x5104,  0x5146,  0x5169,  0x516b,
    0x516d,  0x5341,  0x5343,  0x5344,  0x5345,  0x534c,  0x53c1,  0x53c2,  0x53c3,  0x53c4,  0x56db,
    0x58f1,  0x58f9,  0x5e7a,  0x5efe,  0x5eff,  0x5f0c,  0x5f0d,  0x5f0e,  0x5f10,  0x62fe,  0x634c,
    0x67d2,  0x6f06,  0x7396,  0x767e,  0x8086,  0x842c,  0x8cae,  0x8cb3,  0x8d30,  0x9621,  0x9646,
    0x964c,  0x9678,  0x96f6,  0xf96b,  0xf973,  0xf978,  0xf9b2,  0xf9d1,  0xf9d3,  0xf9fd,  0x20001,
    0x20064, 0x200e2, 0x20121, 0x2092a, 0x20983, 0x2098c, 0x2099c, 0x20aea, 0x20afd, 0x20b19, 0x22390,
    0x22998, 0x23b1b, 0x2626d, 0x2f890};

static bool is_numeral_letter(int32_t c)
{
    size_t i = 0, n = sizeof numeral_letters / sizeof *numeral_letters;
    while (n > 0) {
        size_t half = n / 2;
        if (numeral_letters[i + half] < c) {
            i += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return i < sizeof numeral_letters / sizeof *numeral_letters && numeral_letters[i] == c;
}

static int classify_sign(const language_sign *sign)
{
    switch (sign->kind) {
    case LANGUAGE_PERCENT:
        return CHAR_BEGINS;
    case LANGUAGE_DEGREE:
        return CHAR_LEADS;
    case LANGUAGE_APOSTROPHE:
        return CHAR_SIGN | CHAR_LEADS;
    default:
        return CHAR_SIGN;
    }
}

/* The signs of results (formats/words.md). Whether a minus is a word depends on the characters around it. */
static int classify_result(int32_t c)
{
    if (tokenize_is_minus(c))
        return CHAR_LEADS;
    const bool arrow =
        (c >= 0x2190 && c <= 0x2199) || (c >= 0x21d0 && c <= 0x21d9) || (c >= 0x2b00 && c <= 0x2b0b);
    return c == '+' || arrow ? CHAR_BEGINS : 0;
}

int tokenizer_classify(const tokenizer *t, int32_t c)
{
    bool caml = t->options.caml;
    const language_sign *sign = language_find_sign(t->options.language, c);
    const int result = t->options.keep_signs ? classify_result(c) : 0;
    if (result || sign)
        return result | (sign ? classify_sign(sign) : 0);
    switch (utf8_classify(c)) {
    case UTF8_LETTER:
        return CHAR_BEGINS | CHAR_CONTINUES | (caml && is_numeral_letter(c) ? CHAR_NUMERAL : 0);
    case UTF8_NUMBER:
        return CHAR_BEGINS | CHAR_CONTINUES | CHAR_NUMERAL;
    case UTF8_MARK:
        return caml ? 0 : CHAR_CONTINUES;
    case UTF8_JOINER:
        return caml ? 0 : CHAR_JOINS;
    default:
        return 0;
    }
}

/* ---- the tables ---- */

/* Sets the form of one character if it is the same in every word. Marks are left to utf8_form(), because
 * they compose with the character before them. No other character below TOKENIZER_LOW does. */
static int fill_row(tokenizer *t, int32_t c, tokens *scratch)
{
    low *l = &t->table[c];
    if ((t->flags[c] & CHAR_BEGINS) == 0 || (t->options.caml && c == CAPITAL_SIGMA))
        return 0;
    unsigned char s[4];
    const unsigned char *end = s + utf8_put(c, (char *)s);
    text_piece w = {.from = {.p = s}, .to = {.p = end}};
    scratch->bytes.len = 0;
    if (tokenizer_add_form(t, &w, scratch) < 0)
        return -1;
    if (scratch->bytes.len <= LOW_ROOM) {
        t->flags[c] |= CHAR_PLAIN;
        l->n = (uint8_t)scratch->bytes.len;
        memcpy(l->form, scratch->bytes.data, l->n);
    }
    return 0;
}

/* Whether a character is its own form in every word. No character with a final sigma is tested here. */
static bool is_itself(const tokenizer *t, int32_t c)
{
    return t->options.caml ? utf8_lower(c) == c : utf8_inert(c);
}

int tokenizer_learn_flags(const tokenizer *t, int32_t c)
{
    int flags = tokenizer_classify(t, c);
    if (c >= TOKENIZER_BASIC)
        return flags;
    flags |= CHAR_KNOWN | ((flags & CHAR_BEGINS) && is_itself(t, c) ? CHAR_PLAIN : 0);
    __atomic_store_n(&t->flags[c], (uint8_t)flags, __ATOMIC_RELAXED);
    return flags;
}

static int fill_tables(tokenizer *t)
{
    tokens scratch = {0};
    int result = (t->flags = mem_array(TOKENIZER_BASIC, sizeof *t->flags)) ? 0 : -1;
    for (int32_t c = 0; c < TOKENIZER_LOW && result == 0; c++)
        t->flags[c] = (uint8_t)(CHAR_KNOWN | tokenizer_classify(t, c));
    for (int32_t c = 0; c < TOKENIZER_LOW && result == 0; c++)
        result = fill_row(t, c, &scratch);
    t->small = t->options.keep_case ? 0 : EACH_BYTE(0x80);
    tokens_free(&scratch);
    return result;
}

/* Makes the tokenizers of the languages, and what guesses the language of a text. */
static int add_languages(tokenizer *t)
{
    const tokenize_options words = {.strip_accents = true, .numbers = TOKENIZE_DROP};
    const language_list *l = &t->options.languages;
    tokenize_options o = t->options;
    o.languages.n = 0;
    for (int i = 0; i < l->n; i++) {
        o.language = l->of[i];
        if (!(t->of[l->of[i]] = tokenizer_new(&o)))
            return -1;
    }
    t->of_guess = tokenizer_new(&words);
    t->guess = t->of_guess ? language_words_new(l) : NULL;
    return t->guess ? 0 : -1;
}

tokenizer *tokenizer_new(const tokenize_options *options)
{
    tokenizer *t = mem_array(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    if (options->languages.n > 1) {
        t->options.language = LANGUAGE_ANY;
        if (add_languages(t) == 0)
            return t;
        tokenizer_free(t);
        return NULL;
    }
    if (options->languages.n == 1)
        t->options.language = options->languages.of[0];
    t->options.languages.n = 0;
    t->form = (options->keep_case ? 0 : UTF8_FOLD) | (options->strip_accents ? UTF8_STRIP : 0) |
              language_form(t->options.language);
    if (fill_tables(t) < 0) {
        tokenizer_free(t);
        return NULL;
    }
    return t;
}

void tokenizer_free(tokenizer *t)
{
    if (!t)
        return;
    for (int i = 0; i < LANGUAGE_KINDS; i++)
        tokenizer_free(t->of[i]);
    tokenizer_free(t->of_guess);
    language_words_free(t->guess);
    mem_free(t->flags);
    mem_free(t);
}
