/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_words.h"

#include "base/err.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SEEN = 1 << 20 }; /* words that term_words_find() keeps; then the table is emptied */

/* Articles, prepositions and conjunctions, without accents, in the order of strcmp(). */
static const char *const stop_words[] = {
    /* Dutch, English, French and Spanish */
    "a",   "al",  "and", "au", "aux", "con", "d",  "de", "del", "des", "du",
    "een", "el",  "en",  "et", "het", "in",  "l",  "la", "las", "le",  "les",
    "los", "met", "of",  "op", "por", "the", "to", "un", "una", "van", "y"};

static int compare_words(const void *key, const void *word)
{
    return strcmp(key, *(const char *const *)word);
}

int term_words_init(term_words *w, map *forms, term_form form)
{
    *w = (term_words){.form = form, .forms = forms, .seen = map_new()};
    return w->seen ? 0 : err_memory("out of memory");
}

void term_words_free(term_words *w)
{
    if (w->seen)
        map_free(w->seen);
    mem_free(w->ids);
    buf_free(&w->word);
    buf_free(&w->scratch[0]);
    buf_free(&w->scratch[1]);
    mem_free(w->sequence);
    mem_free(w->at);
    *w = (term_words){0};
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

/* Sets w->word to the form of a word, with a NUL at the end. An empty form means that the word is dropped.
 * 0 or -1. */
static int make_form(term_words *w, const char *word, size_t n)
{
    w->word.len = 0;
    const bool is_mark = n > 0 && word[0] == '<'; /* <num>, <note:letter>: not a word of the text */
    if ((!is_mark && utf8_form(&w->word, word, n, UTF8_FOLD | UTF8_STRIP, w->scratch)) ||
        buf_reserve(&w->word, 1))
        return -1;
    char *s = (char *)w->word.data;
    s[w->word.len] = '\0';
    if (!w->form.keep_stop_words &&
        bsearch(s, stop_words, sizeof stop_words / sizeof *stop_words, sizeof *stop_words, compare_words))
        w->word.len = 0;
    else if (!w->form.keep_endings)
        w->word.len = without_ending(s, w->word.len);
    return 0;
}

static int32_t remember(term_words *w, const char *word, size_t n, int32_t id, bool keep_all)
{
    if (!keep_all && map_size(w->seen) >= MOST_SEEN)
        map_clear(w->seen);
    const int32_t at = map_add(w->seen, word, n);
    if (at < 0 || mem_grow(&w->ids, &w->room, (size_t)at + 1, sizeof *w->ids)) {
        err_memory("out of memory");
        return TERM_FAILED;
    }
    w->ids[at] = id;
    return id;
}

static int32_t number_of(term_words *w, const char *word, size_t n, bool add)
{
    const int32_t seen = map_find(w->seen, word, n);
    if (seen >= 0 && !(add && w->ids[seen] == TERM_UNKNOWN))
        return w->ids[seen];
    if (make_form(w, word, n))
        return TERM_FAILED;
    const char *s = (const char *)w->word.data;
    int32_t id = TERM_DROPPED;
    if (w->word.len)
        id = add ? map_add(w->forms, s, w->word.len) : map_find(w->forms, s, w->word.len);
    if (add && id == -1) {
        err_memory("out of memory");
        return TERM_FAILED;
    }
    return remember(w, word, n, id, add);
}

int32_t term_words_find(term_words *w, const char *word, size_t n)
{
    return number_of(w, word, n, false);
}

int32_t term_words_add(term_words *w, const char *word, size_t n)
{
    return number_of(w, word, n, true);
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

static int push(term_words *w, int32_t id, size_t at)
{
    if (mem_grow(&w->sequence, &w->sequence_room, w->n + 1, sizeof *w->sequence) ||
        mem_grow(&w->at, &w->at_room, w->n + 1, sizeof *w->at))
        return -1;
    w->sequence[w->n] = id;
    w->at[w->n++] = (int32_t)at;
    return 0;
}

int term_words_read(term_words *w, const record *r)
{
    walk at;
    uint32_t tokens;
    const unsigned char *spans;
    w->n = 0;
    if (record_strings(r, "tokens", &at, &tokens) || term_words_spans(r, tokens, &spans))
        return -1;
    for (uint32_t t = 0; t < tokens; t++) {
        const char *word;
        size_t n;
        if (walk_str(&at, &word, &n))
            return record_error(r, "tokens");
        const int32_t id = term_words_find(w, word, n);
        if (id == TERM_FAILED || (term_words_border(spans, t) && push(w, TERM_UNKNOWN, t)) ||
            (id != TERM_DROPPED && push(w, id, t)))
            return record_error(r, NULL);
    }
    return 0;
}
