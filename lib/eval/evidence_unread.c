/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the notes that the model did not read, for the page. A record only says how many words they
 * have: the words that ecan-tokenize cut have no spans. So a part is the text before, between or after the
 * words that were read, if it has a letter: text without one, such as a date, usually has no word. */
#include "eval/evidence_private.h"

#include "base/err.h"
#include "io/utf8check.h"
#include "text/unread.h"
#include "text/utf8.h"

#include <stdlib.h>

static bool has_letter(const evidence_note *d, size_t begin, size_t end)
{
    for (size_t i = begin, n; i < end; i += n) {
        const unsigned char *at = (const unsigned char *)d->text + i;
        n = utf8_length(at, d->text_size - i);
        if (n == 0)
            n = 1; /* not a character */
        else if (utf8_classify(utf8_get(&at)) == UTF8_LETTER)
            return true;
    }
    return false;
}

static int add(evidence *e, size_t note, size_t begin, size_t end)
{
    if (!has_letter(&e->notes[note], begin, end))
        return 0;
    if (mem_grow(&e->unread, &e->unread_cap, e->n_unread + 1, sizeof *e->unread))
        return -1;
    e->unread[e->n_unread++] = (unread_range){note, begin, end};
    return 0;
}

/* Adds what is not read of the note of words first .. end - 1. *end: the first word of the next note. */
static int add_of_note(evidence *e, const places *p, size_t first, size_t *end)
{
    const size_t note = (size_t)p->of[first].note;
    size_t done = 0, t = first;
    for (; t < p->T && (p->of[t].note < 0 || (size_t)p->of[t].note == note); t++) {
        const place *w = &p->of[t];
        if (w->note < 0)
            continue;
        if ((t == first || w->gap) && add(e, note, done, w->begin_byte))
            return -1;
        done = w->end_byte;
    }
    *end = t;
    return add(e, note, done, e->notes[note].text_size);
}

static int by_place(const void *a, const void *b)
{
    const unread_range *x = a, *y = b;
    return x->note != y->note ? (x->note > y->note) - (x->note < y->note)
                              : (x->begin > y->begin) - (x->begin < y->begin);
}

static int add_all(evidence *e, const places *p)
{
    unsigned char *read = mem_array(e->n_notes + 1, sizeof *read);
    int result = read ? 0 : -1;
    for (size_t t = 0; !result && t < p->T;) {
        if (p->of[t].note < 0) {
            t++;
            continue;
        }
        read[p->of[t].note] = 1;
        result = add_of_note(e, p, t, &t);
    }
    for (size_t i = 0; !result && i < e->n_notes; i++)
        if (!read[i])
            result = add(e, i, 0, e->notes[i].text_size);
    mem_free(read);
    if (!result && e->n_unread)
        qsort(e->unread, e->n_unread, sizeof *e->unread, by_place);
    return result;
}

int evidence_find_unread(const evidence_view *v, evidence *e)
{
    e->n_unread = 0;
    if (unread_words_of(&e->words_cut, v->r) || unread_notes_of(&e->notes_cut, v->r))
        return -1;
    if (e->words_cut < v->words - v->T) /* records of earlier versions do not count them */
        e->words_cut = v->words - v->T;
    return e->words_cut || e->notes_cut ? add_all(e, &e->work->places) : 0;
}
