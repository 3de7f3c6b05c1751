/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_phrases.h"

#include "base/err.h"
#include "terms/term_corpus.h"
#include "terms/term_counts.h"
#include "text/note_ids.h"

#include <string.h>

void term_phrases_free(term_phrases *p)
{
    mem_free(p->of);
    map_free(p->notes);
    mem_free(p->at);
    mem_free(p->first);
    buf_free(&p->scratch);
    *p = (term_phrases){0};
}

/* The words of a record: note, begin and end of each. */
typedef struct word_places {
    const int32_t (*of)[3];
    size_t n;
} word_places;

/* Finds the words of the record, the first word of each note, and the positions of words in the corpus. */
static int read_words(term_phrases *p, word_places *words, size_t text_at, const record *r)
{
    tensor t;
    map_free(p->notes);
    if (!(p->notes = map_new()) || note_ids_read(p->notes, r) || record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    const size_t notes = (size_t)map_size(p->notes);
    p->scratch.len = 0;
    *words = (word_places){(const int32_t(*)[3])tensor_ints(&t, &p->scratch), t.shape[0]};
    if (!words->of || mem_grow(&p->at, &p->at_room, words->n + 1, sizeof *p->at) ||
        mem_grow(&p->first, &p->first_room, notes + 1, sizeof *p->first))
        return -1;
    for (size_t i = 0; i < notes; i++)
        p->first[i] = words->n;
    for (size_t i = 0; i < words->n; i++) {
        const int32_t note = words->of[i][0];
        text_at += term_words_border(t.data, (uint32_t)i);
        p->at[i] = text_at++;
        if (note >= 0 && (size_t)note < notes && p->first[note] == words->n)
            p->first[note] = i;
    }
    return 0;
}

/* The words of the note that the span covers, at least in part: *first .. *end - 1. */
static void find_words(const term_phrases *p, const word_places *words, int32_t note, const term_span *s,
                       size_t *first, size_t *end)
{
    size_t i = p->first[note];
    while (i < words->n && words->of[i][0] == note && words->of[i][2] <= s->begin)
        i++;
    *first = i;
    while (i < words->n && words->of[i][0] == note && words->of[i][1] < s->end)
        i++;
    *end = i;
}

/* Adds the words of a span, without those that are dropped. */
static int add_words(term_corpus *c, size_t gold, size_t first, size_t end)
{
    term_phrases *p = &c->phrases;
    term_phrase x = {.gold = gold};
    for (size_t i = first; i < end; i++) {
        if (c->words.of[c->text[p->at[i]]].form == TERM_DROPPED)
            continue;
        if (x.words++ == 0)
            x.at = p->at[i];
    }
    p->no_word += x.words == 0;
    p->too_long += x.words > TERM_LONGEST;
    if (x.words == 0 || x.words > TERM_LONGEST)
        return 0;
    if (p->n == p->room && mem_grow(&p->of, &p->room, p->n + 1, sizeof *p->of))
        return -1;
    p->longest = x.words > p->longest ? x.words : p->longest;
    p->of[p->n++] = x;
    return 0;
}

/* The index in c->gold of a label of encounter i; SIZE_MAX: the encounter does not have it. */
static size_t gold_of(const term_corpus *c, size_t i, int32_t label)
{
    for (size_t g = c->gold_at[i]; g < c->gold_at[i + 1]; g++)
        if (c->gold[g] == label)
            return g;
    return SIZE_MAX;
}

static int add_span(term_corpus *c, const word_places *words, const labels *l, const term_span *s)
{
    term_phrases *p = &c->phrases;
    size_t n, first = 0, end = 0;
    const char *code = map_key(p->spans->codes, s->code, &n);
    const int32_t label = labels_index(l, code, n);
    const size_t gold = label < 0 ? SIZE_MAX : gold_of(c, c->n - 1, label);
    if (gold == SIZE_MAX) {
        p->no_code++;
        return 0;
    }
    const char *id = map_key(p->spans->notes, s->note, &n);
    const int32_t note = map_find(p->notes, id, n);
    if (note >= 0)
        find_words(p, words, note, s, &first, &end);
    return add_words(c, gold, first, end);
}

int term_phrases_add(term_corpus *c, const labels *l, const record *r)
{
    term_phrases *p = &c->phrases;
    size_t n;
    word_places words;
    const term_span *s = p->spans ? term_spans_of(p->spans, r->id, &n) : NULL;
    if (!s || n == 0)
        return 0;
    if (read_words(p, &words, c->text_at[c->n - 1], r))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (add_span(c, &words, l, &s[i]))
            return record_error(r, NULL);
    p->found += n;
    return 0;
}
