/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_phrases.h"

#include "base/mem.h"
#include "terms/term_corpus.h"
#include "terms/term_counts.h"

void term_phrases_free(term_phrases *p)
{
    mem_free(p->of);
    mem_free(p->at);
    word_places_free(&p->places);
    *p = (term_phrases){0};
}

/* Finds the words of the record, and their positions in the corpus. */
static int read_words(term_phrases *p, size_t text_at, const record *r)
{
    word_places *w = &p->places;
    if (word_places_read(w, r) || mem_grow(&p->at, &p->at_room, w->n + 1, sizeof *p->at))
        return -1;
    for (size_t i = 0; i < w->n; i++) {
        text_at += i > 0 && w->of[i][0] != w->of[i - 1][0]; /* the border of two notes */
        p->at[i] = text_at++;
    }
    return 0;
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

static int add_span(term_corpus *c, const labels *l, const term_span *s)
{
    term_phrases *p = &c->phrases;
    size_t n, first, end;
    const char *code = map_key(p->spans->codes, s->code, &n);
    const int32_t label = labels_index(l, code, n);
    const size_t gold = label < 0 ? SIZE_MAX : gold_of(c, c->n - 1, label);
    if (gold == SIZE_MAX) {
        p->no_code++;
        return 0;
    }
    const char *note = map_key(p->spans->notes, s->note, &n);
    word_places_find(&p->places, note, n, s->begin, s->end, &first, &end);
    return add_words(c, gold, first, end);
}

int term_phrases_add(term_corpus *c, const labels *l, const record *r)
{
    term_phrases *p = &c->phrases;
    size_t n;
    const term_span *s = p->spans ? term_spans_of(p->spans, r->id, &n) : NULL;
    if (!s || n == 0)
        return 0;
    if (read_words(p, c->text_at[c->n - 1], r))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (add_span(c, l, &s[i]))
            return record_error(r, NULL);
    p->found += n;
    return 0;
}
