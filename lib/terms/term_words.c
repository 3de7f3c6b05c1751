/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_words.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

enum { STOP_WORD = 3 }; /* longer words are not looked up */

/* Articles, prepositions and conjunctions of at most STOP_WORD bytes, without accents, in the order of
 * strcmp(). */
static const char *const stop_words[] = {
    /* Dutch, English, French and Spanish */
    "a",   "al",  "and", "au", "aux", "con", "d",  "de", "del", "des", "du",
    "een", "el",  "en",  "et", "het", "in",  "l",  "la", "las", "le",  "les",
    "los", "met", "of",  "op", "por", "the", "to", "un", "una", "van", "y"};

static int compare_words(const void *key, const void *word)
{
    return strcmp(key, *(const char *const *)word);
}

static bool ends_with(const char *s, size_t n, const char *ending)
{
    const size_t m = strlen(ending);
    return n >= m && memcmp(s + n - m, ending, m) == 0;
}

static size_t letters_of(const char *s, size_t n)
{
    size_t letters = 0;
    for (size_t i = 0; i < n; i++)
        letters += ((unsigned char)s[i] & 0xc0) != 0x80;
    return letters;
}

static size_t without_ending(const char *s, size_t n)
{
    if (letters_of(s, n) <= 4)
        return n;
    n -= ends_with(s, n, "es") ? 2 : ends_with(s, n, "s") ? 1 : 0;
    return n - (ends_with(s, n, "o") || ends_with(s, n, "a") ? 1 : 0);
}

size_t term_form_length(term_form form, const char *plain, size_t n)
{
    if (!form.keep_stop_words && n <= STOP_WORD &&
        bsearch(plain, stop_words, sizeof stop_words / sizeof *stop_words, sizeof *stop_words, compare_words))
        return 0;
    return form.keep_endings ? n : without_ending(plain, n);
}

/* add NULL: forms are only found. */
static int find_forms(seen_words *words, const map *forms, map *add, term_form form)
{
    for (int32_t *i = &words->known[WORD_FORM]; *i < seen_words_count(words); ++*i) {
        size_t n;
        const char *plain = seen_words_plain(words, *i, &n);
        if (!plain)
            return -1;
        n = term_form_length(form, plain, n);
        const int32_t number = n == 0 ? TERM_DROPPED
                               : add  ? map_add(add, plain, n)
                                      : map_find(forms, plain, n);
        if (add && number == -1)
            return -1;
        words->of[*i].form = number;
    }
    return 0;
}

int term_words_find(seen_words *words, const map *forms, term_form form)
{
    return find_forms(words, forms, NULL, form);
}

int term_words_add(seen_words *words, map *forms, term_form form)
{
    return find_forms(words, forms, forms, form);
}

int term_words_spans(const record *r, uint32_t tokens, const unsigned char **spans)
{
    tensor t;
    *spans = NULL;
    if (!record_find(r, "spans"))
        return 0;
    if (record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    if (t.shape[0] != tokens || t.shape[1] != 3) {
        err_set("[%zu][%zu] for %u words", t.shape[0], t.shape[1], (unsigned)tokens);
        return record_error(r, "spans");
    }
    *spans = t.data;
    return 0;
}

bool term_words_border(const unsigned char *spans, uint32_t t)
{
    return spans && t && memcmp(spans + 12 * (size_t)t, spans + 12 * (size_t)(t - 1), 4) != 0;
}
