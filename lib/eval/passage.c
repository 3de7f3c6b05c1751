/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses passages. The weights come from evidence.c. */
#include "eval/passage.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- positions of words ---- */

/* How far a note was read. */
typedef struct place_cursor {
    size_t point, byte; /* where the last word begins */
    size_t end;         /* where it ends, in code points */
} place_cursor;

void places_free(places *p)
{
    mem_free(p->of);
    mem_free(p->cursors);
    *p = (places){0};
}

/* Moves *byte from code point `from` to code point `to` of the note. 0, or -1 if the text ends first. */
static int advance(const evidence_note *d, size_t from, size_t to, size_t *byte)
{
    for (; from < to; from++) {
        if (*byte >= d->text_size)
            return err_set("a word beyond the end of its note");
        do
            ++*byte;
        while (*byte < d->text_size && ((unsigned char)d->text[*byte] & 0xc0) == 0x80);
    }
    return 0;
}

/* Finds the position of one word, which is not before that of the previous word in the same note. */
static int find_place(place *p, place_cursor *at, const evidence_note *d)
{
    if (p->begin < at->point || p->end < at->end)
        return err_set("words of a note are not in the order of its text");
    if (advance(d, at->point, p->begin, &at->byte))
        return -1;
    at->point = p->begin;
    at->end = p->end;
    p->begin_byte = p->end_byte = at->byte;
    return advance(d, p->begin, p->end, &p->end_byte);
}

int places_find(places *p, const int32_t *spans, size_t T, const evidence_note *notes, size_t n_notes)
{
    if (mem_grow(&p->of, &p->cap, T + 1, sizeof *p->of) ||
        mem_grow(&p->cursors, &p->cursors_cap, n_notes + 1, sizeof *p->cursors))
        return -1;
    memset(p->cursors, 0, n_notes * sizeof *p->cursors);
    p->T = T;
    for (size_t t = 0; t < T; t++) {
        const int32_t *s = spans + 3 * t;
        if (s[0] < 0 || (size_t)s[0] >= n_notes || s[1] < 0 || s[2] < s[1])
            return err_set("word %zu has no position in a note", t);
        p->of[t] = (place){.note = s[1] < s[2] ? s[0] : -1, .begin = (size_t)s[1], .end = (size_t)s[2]};
        if (p->of[t].note >= 0 && find_place(&p->of[t], &p->cursors[s[0]], &notes[s[0]]))
            return -1;
    }
    return 0;
}

/* A gap after the last word that the model read does not matter. */
int places_gaps(places *p, const int32_t *gaps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (gaps[i] < 1)
            return err_set("gap %zu: expected the number of a word after the first", i + 1);
        if ((size_t)gaps[i] < p->T)
            p->of[gaps[i]].gap = true;
    }
    return 0;
}

/* ---- one passage ---- */

/* Sets the offsets of the passage, whose first and last words are in its note. */
static void set_ends(passage *p, const places *w)
{
    const place *first = &w->of[p->first_word], *last = &w->of[p->end_word - 1];
    p->begin = first->begin;
    p->begin_byte = first->begin_byte;
    p->end = last->end;
    p->end_byte = last->end_byte;
}

/* The end of the words from t on, before word `limit`, that are in the note of t without a gap. */
static size_t end_of_words(const places *w, size_t t, size_t limit)
{
    size_t end = t + 1;
    for (size_t i = end; i < limit && !w->of[i].gap; i++) {
        if (w->of[i].note >= 0 && w->of[i].note != w->of[t].note)
            break;
        if (w->of[i].note >= 0)
            end = i + 1;
    }
    return end;
}

passage passage_around(const places *w, size_t t, int n, const passage *term)
{
    const place *peak = &w->of[t];
    const size_t before = (size_t)(n - 1) / 2, behind = (size_t)n / 2;
    size_t low = t > before ? t - before : 0, limit = t + behind < w->T ? t + behind + 1 : w->T;
    if (term && term->end_word <= t && low < term->end_word)
        low = term->end_word;
    if (term && term->first_word > t && limit > term->first_word)
        limit = term->first_word;
    passage p = {.note = (size_t)peak->note,
                 .peak = peak->begin,
                 .peak_end = peak->end,
                 .peak_byte = peak->begin_byte,
                 .peak_end_byte = peak->end_byte,
                 .word = t,
                 .first_word = t,
                 .end_word = end_of_words(w, t, limit)};
    /* A marker takes the position of a word, as it does in the convolution, but is not shown. */
    for (size_t i = t; i > low && !w->of[i--].gap;) {
        if (w->of[i].note >= 0 && w->of[i].note != peak->note)
            break;
        if (w->of[i].note >= 0)
            p.first_word = i;
    }
    set_ends(&p, w);
    return p;
}

bool passage_of_words(const places *w, size_t first, size_t end, passage *p)
{
    while (first < end && w->of[first].note < 0)
        first++;
    if (first >= end)
        return false;
    *p = (passage){.note = (size_t)w->of[first].note,
                   .word = first,
                   .first_word = first,
                   .end_word = end_of_words(w, first, end)};
    set_ends(p, w);
    p->peak = p->begin;
    p->peak_byte = p->begin_byte;
    p->peak_end = p->end;
    p->peak_end_byte = p->end_byte;
    return true;
}

/* ---- the largest weights: a heap with the largest first ---- */

static bool heavier(const weighed *w, int32_t a, int32_t b)
{
    return w[a].weight > w[b].weight || (w[a].weight == w[b].weight && a < b);
}

static void sift(const weighed *w, int32_t *heap, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heavier(w, heap[child + 1], heap[child]))
            child++;
        if (!heavier(w, heap[child], heap[i]))
            return;
        int32_t swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}

/* Fills the heap with the words that can be peaks. A NaN weight is not above any limit. */
static size_t heap_make(const chooser *c)
{
    size_t n = 0;
    for (size_t t = 0; t < c->places->T; t++)
        if (c->places->of[t].note >= 0 && c->words[t].weight > c->above)
            c->heap[n++] = (int32_t)t;
    for (size_t i = n / 2; i-- > 0;)
        sift(c->words, c->heap, n, i);
    return n;
}

static size_t heap_pop(const chooser *c, size_t *n)
{
    int32_t t = c->heap[0];
    c->heap[0] = c->heap[--*n];
    sift(c->words, c->heap, *n, 0);
    return (size_t)t;
}

/* ---- the passages of one code ---- */

static int by_place(const void *a, const void *b)
{
    const passage *p = a, *q = b;
    return (p->first_word > q->first_word) - (p->first_word < q->first_word);
}

static int by_weight(const void *a, const void *b)
{
    const passage *p = a, *q = b;
    if (p->weight != q->weight)
        return p->weight > q->weight ? -1 : 1;
    return (p->word > q->word) - (p->word < q->word);
}

/* p and q overlap, and p begins first: p becomes their union, with the larger peak. */
static void join(passage *p, const passage *q, const places *w)
{
    const size_t first = p->first_word, end = p->end_word > q->end_word ? p->end_word : q->end_word;
    if (by_weight(q, p) < 0)
        *p = *q;
    p->first_word = first;
    p->end_word = end;
    set_ends(p, w);
}

/* Joins passages that overlap and returns how many remain. A passage is within one note, so no word is in
 * two notes. */
static size_t join_all(passage *p, size_t n, const places *w)
{
    size_t left = 0;
    qsort(p, n, sizeof *p, by_place);
    for (size_t i = 0; i < n; i++)
        if (left && p[i].first_word < p[left - 1].end_word)
            join(&p[left - 1], &p[i], w);
        else
            p[left++] = p[i];
    qsort(p, left, sizeof *p, by_weight);
    return left;
}

/* The words of a term can be words that the model did not read. */
static int add_term(const chooser *c, evidence *e)
{
    const passage *p = c->term;
    for (size_t t = p->first_word; t < p->end_word && t < c->places->T; t++)
        c->seen[t] = 1;
    if (mem_grow(&e->passages, &e->passages_cap, e->n_passages + 1, sizeof *e->passages))
        return -1;
    e->passages[e->n_passages++] = *p;
    return 0;
}

int passages_choose(const chooser *c, evidence *e)
{
    const int terms = c->term != NULL;
    memset(c->seen, 0, c->places->T);
    if (terms && add_term(c, e))
        return -1;
    const size_t first = e->n_passages;
    size_t left = heap_make(c);
    for (int found = terms; left && found < c->top;) {
        const size_t t = heap_pop(c, &left);
        const weighed *w = &c->words[t];
        if (c->seen[t])
            continue;
        if (mem_grow(&e->passages, &e->passages_cap, e->n_passages + 1, sizeof *e->passages))
            return -1;
        passage p = passage_around(c->places, t, c->ngrams[w->attention], c->term);
        p.weight = w->weight;
        p.block = c->blocks[w->attention];
        memset(c->seen + p.first_word, 1, p.end_word - p.first_word);
        e->passages[e->n_passages++] = p;
        found++;
    }
    const size_t n =
        e->n_passages > first ? join_all(e->passages + first, e->n_passages - first, c->places) : 0;
    e->n_passages = first + n;
    return (int)n + terms;
}
