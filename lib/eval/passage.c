/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses passages. The weights come from evidence.c. */
#include "eval/passage.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/utf8check.h"
#include "text/breaks.h"
#include "text/phrases.h"

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
    mem_free(p->breaks);
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
        p->of[t] =
            (place){.note = s[1] < s[2] ? s[0] : -1, .form = -1, .begin = (size_t)s[1], .end = (size_t)s[2]};
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

/* ---- phrases ---- */

/* The words first .. end - 1 are those of a note. */
static void read_phrases(places *p, const int32_t (*spans)[3], const evidence_note *d, size_t first,
                         size_t end)
{
    const place *before = NULL;
    size_t bad;
    if (utf8_check((const unsigned char *)d->text, d->text_size, &bad))
        breaks_of_note(p->breaks + first, &spans[first], end - first, d->text, d->text_size);
    else /* each word is a phrase */
        memset(p->breaks + first, BREAK_SENTENCE, end - first);
    for (size_t t = first; t < end; t++) {
        place *w = &p->of[t];
        if (w->note < 0) { /* a marker, which is between two parts of a note */
            before = NULL;
            continue;
        }
        const char *text = before ? d->text + before->end_byte : "";
        const size_t n = before ? w->begin_byte - before->end_byte : 0;
        w->start = !before || w->gap || (p->breaks[t] & ~BREAK_HEADING) || phrase_ends(text, n);
        if (phrase_elides(text, n))
            p->of[t - 1].kind = PHRASE_LINK;
        before = w;
    }
}

/* The kind of a word, and whether it is Dutch or English, as one number. */
enum { KIND = 7, DUTCH = 8, ENGLISH = 16 };

static int32_t word_kind(const char *plain, size_t n)
{
    const int dutch = phrase_is_dutch(plain, n);
    return (int32_t)phrase_kind(plain, n) | (dutch > 0 ? DUTCH : dutch < 0 ? ENGLISH : 0);
}

/* The kind and the form of each word. 0 or -1. */
static int read_kinds(places *p, seen_words *words)
{
    for (int32_t *i = &words->known[WORD_PHRASE]; *i < seen_words_count(words); ++*i) {
        size_t n;
        const char *plain = seen_words_plain(words, *i, &n);
        if (!plain)
            return -1;
        words->of[*i].phrase = word_kind(plain, n);
    }
    for (size_t t = 0; t < p->T; t++) {
        p->of[t].form = words->at[t];
        p->of[t].kind = (unsigned char)(words->of[words->at[t]].phrase & KIND);
    }
    return 0;
}

/* The kind of the word "of" in the words first .. end - 1, which are those of a note. */
static void read_of(places *p, const seen_words *words, size_t first, size_t end)
{
    int dutch = 0;
    for (size_t t = first; t < end; t++) {
        const int32_t is = words->of[words->at[t]].phrase;
        dutch += ((is & DUTCH) != 0) - ((is & ENGLISH) != 0);
    }
    for (size_t t = first; t < end; t++)
        if (p->of[t].kind == PHRASE_OF)
            p->of[t].kind = dutch > 0 ? PHRASE_FUNCTION : PHRASE_LINK;
}

int places_phrases(places *p, const int32_t *flat, const evidence_note *notes, seen_words *words)
{
    const int32_t(*spans)[3] = (const int32_t(*)[3])flat;
    if (mem_grow(&p->breaks, &p->breaks_cap, p->T + 1, sizeof *p->breaks) || (words && read_kinds(p, words)))
        return -1;
    for (size_t first = 0, end; first < p->T; first = end) {
        for (end = first; end < p->T && spans[end][0] == spans[first][0];)
            end++;
        if (words)
            read_of(p, words, first, end);
        read_phrases(p, spans, &notes[spans[first][0]], first, end);
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

/* A passage with the peak t, without its words. */
static passage passage_of_peak(const places *w, size_t t)
{
    const place *peak = &w->of[t];
    return (passage){.note = (size_t)peak->note,
                     .peak = peak->begin,
                     .peak_end = peak->end,
                     .peak_byte = peak->begin_byte,
                     .peak_end_byte = peak->end_byte,
                     .word = t};
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
    passage p = passage_of_peak(w, t);
    p.first_word = t;
    p.end_word = end_of_words(w, t, limit);
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

/* ---- the phrase around a word ---- */

/* A word belongs to the phrase if its weight is at least this part of the peak's. Beyond a function word that
 * joins, it needs more. Chosen on the dev encounters of CodiEsp (pipelines/results.md). */
static const float NEXT = .02f, JOINED = .1f;

/* A word that can be added to the passage of peak t next to its words, or beyond words that join. */
static bool belongs(const chooser *c, size_t t, size_t i, bool joined)
{
    return c->places->of[i].kind == PHRASE_CONTENT && !c->seen[i] &&
           c->words[i].weight > (joined ? JOINED : NEXT) * c->words[t].weight;
}

static bool joins(const place *w)
{
    return w->kind == PHRASE_LINK || w->kind == PHRASE_NEGATION;
}

/* The first word of the phrase of peak t. */
static size_t phrase_first(const chooser *c, size_t t)
{
    const place *of = c->places->of;
    size_t first = t;
    for (size_t i = t; i > 0 && !of[i].start; first = i) {
        i--;
        const bool joined = joins(&of[i]);
        while (i > 0 && joins(&of[i]) && !of[i].start)
            i--;
        if (!belongs(c, t, i, joined))
            break;
    }
    /* A negation stays with what it negates: "sans fièvre", "pas de fièvre". */
    for (size_t i = first; i > 0 && !of[i].start && !c->seen[i - 1] && joins(&of[i - 1]);)
        if (of[--i].kind == PHRASE_NEGATION)
            first = i;
    return first;
}

static size_t phrase_end(const chooser *c, size_t t)
{
    const place *of = c->places->of;
    const size_t T = c->places->T;
    size_t end = t + 1;
    for (size_t i = end; i < T && !of[i].start; end = ++i) {
        const bool joined = joins(&of[i]);
        while (i + 1 < T && joins(&of[i]) && !of[i + 1].start)
            i++;
        if (!belongs(c, t, i, joined))
            break;
    }
    return end;
}

static passage passage_of_phrase(const chooser *c, size_t t)
{
    passage p = passage_of_peak(c->places, t);
    p.first_word = phrase_first(c, t);
    p.end_word = phrase_end(c, t);
    set_ends(&p, c->places);
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

/* Puts words that can be peaks into the heap: all, or only the content words. A NaN weight is not above any
 * limit. */
static size_t heap_fill(const chooser *c, bool all)
{
    size_t n = 0;
    for (size_t t = 0; t < c->places->T; t++)
        if (c->places->of[t].note >= 0 && c->words[t].weight > c->above &&
            (all || c->places->of[t].kind == PHRASE_CONTENT))
            c->heap[n++] = (int32_t)t;
    return n;
}

/* The peak of a phrase is a content word, if one has enough weight. */
static size_t heap_make(const chooser *c)
{
    size_t n = c->ngram ? 0 : heap_fill(c, false);
    if (n == 0)
        n = heap_fill(c, true);
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
    if (n == 0) /* there may be no memory yet */
        return 0;
    qsort(p, n, sizeof *p, by_place);
    for (size_t i = 0; i < n; i++)
        if (left && p[i].first_word < p[left - 1].end_word)
            join(&p[left - 1], &p[i], w);
        else
            p[left++] = p[i];
    qsort(p, left, sizeof *p, by_weight);
    return left;
}

static passage *add(evidence *e)
{
    return mem_grow(&e->passages, &e->passages_cap, e->n_passages + 1, sizeof *e->passages)
               ? NULL
               : &e->passages[e->n_passages++];
}

/* The words of a term can be words that the model did not read. */
static int add_term(const chooser *c, evidence *e)
{
    const passage *term = c->term;
    passage *p = add(e);
    if (!p)
        return -1;
    for (size_t t = term->first_word; t < term->end_word && t < c->places->T; t++)
        c->seen[t] = 1;
    *p = *term;
    return 0;
}

static int add_passage(const chooser *c, size_t t, evidence *e)
{
    const weighed *w = &c->words[t];
    passage *p = add(e);
    if (!p)
        return -1;
    *p = c->ngram ? passage_around(c->places, t, c->ngram, c->term) : passage_of_phrase(c, t);
    p->weight = w->weight;
    p->block = c->blocks[w->attention];
    memset(c->seen + p->first_word, 1, p->end_word - p->first_word);
    return 0;
}

/* ---- the same words elsewhere ---- */

enum { REPEATS = 9 }; /* of a passage, at most */

/* Whether the words from t on are those of the passage, in one note and in no passage yet. */
static bool repeats(const chooser *c, const passage *p, size_t t)
{
    const place *of = c->places->of, *was = &of[p->first_word];
    const size_t n = p->end_word - p->first_word;
    for (size_t i = 0; i < n; i++)
        if (of[t + i].form < 0 || of[t + i].form != was[i].form || c->seen[t + i] || of[t + i].note < 0 ||
            of[t + i].note != of[t].note || (i > 0 && of[t + i].gap))
            return false;
    return true;
}

/* The passage p, moved to the words from t on. The peak of a term is all of it. */
static passage moved(const chooser *c, const passage *p, size_t t)
{
    const bool term = p->block < 0;
    passage q = *p;
    q.repeat = true;
    q.marks = 0;
    q.note = (size_t)c->places->of[t].note;
    q.first_word = t;
    q.end_word = t + (p->end_word - p->first_word);
    q.word = t + (p->word - p->first_word);
    set_ends(&q, c->places);
    const place *peak = &c->places->of[q.word], *last = term ? &c->places->of[q.end_word - 1] : peak;
    q.peak = peak->begin;
    q.peak_byte = peak->begin_byte;
    q.peak_end = last->end;
    q.peak_end_byte = last->end_byte;
    if (!term)
        q.weight = c->words[q.word].weight;
    return q;
}

/* Adds the repeats of passage i to e. 0 or -1. */
static int add_repeats(const chooser *c, size_t i, evidence *e)
{
    const size_t n = e->passages[i].end_word - e->passages[i].first_word;
    int found = 0;
    if (e->passages[i].end_word > c->places->T) /* a term in words that the model did not read */
        return 0;
    for (size_t t = 0; t + n <= c->places->T && found < REPEATS; t++) {
        const passage p = e->passages[i];
        if (!repeats(c, &p, t))
            continue;
        passage *q = add(e);
        if (!q)
            return -1;
        *q = moved(c, &p, t);
        memset(c->seen + t, 1, n);
        found++;
    }
    return 0;
}

int passages_choose(const chooser *c, evidence *e)
{
    const size_t begin = e->n_passages;
    memset(c->seen, 0, c->places->T);
    if (c->term && add_term(c, e))
        return -1;
    const size_t first = e->n_passages;
    size_t left = (int)(first - begin) < c->top ? heap_make(c) : 0;
    while (left && (int)(e->n_passages - begin) < c->top) {
        const size_t t = heap_pop(c, &left);
        if (!c->seen[t] && add_passage(c, t, e))
            return -1;
    }
    e->n_passages = first + join_all(e->passages + first, e->n_passages - first, c->places);
    const size_t end = e->n_passages;
    for (size_t i = begin; !c->ngram && i < end; i++)
        if (add_repeats(c, i, e))
            return -1;
    return (int)(e->n_passages - begin);
}
