/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 4 to 6 of notes.h: which words of the notes are kept. */
#include "text/notes_private.h"

#include <string.h>

/* Finds the notes that have words, in their order: a->starts[0 .. n] are the borders between their words. */
static int find_starts(encounter_reading *a, const tokens *w, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i <= w->T; i++) {
        if (i > 0 && i < w->T && w->spans[i][0] == w->spans[i - 1][0])
            continue;
        if (mem_grow(&a->starts, &a->room[2], *n + 1, sizeof *a->starts) < 0)
            return -1;
        a->starts[(*n)++] = i;
    }
    --*n;
    return 0;
}

/* Sets is_copied[T] and counts the copied words. */
static int find_copied(const notes_rules *r, encounter_reading *a, const tokens *w, size_t n)
{
    if (mem_grow(&a->is_copied, &a->room[3], w->T, sizeof *a->is_copied) < 0)
        return -1;
    memset(a->is_copied, 0, w->T * sizeof *a->is_copied);
    if (r->options.copied == 0)
        return 0;
    int64_t found = copied_find(&a->copied, w, a->starts, n, r->options.copied, a->is_copied);
    a->words_copied = found > 0 ? found : 0;
    return found < 0 ? -1 : 0;
}

/* The number of words of each note, and how many of them are kept. */
static int count_words(const notes_rules *r, encounter_reading *a, size_t n)
{
    if (mem_grow(&a->counts, &a->room[4], n, sizeof *a->counts) < 0)
        return -1;
    for (size_t k = 0; k < n; k++) {
        size_t words = 0;
        for (size_t i = a->starts[k]; i < a->starts[k + 1]; i++)
            words += !a->is_copied[i];
        a->counts[k] = (cut_note){.n = words + (words > 0 && r->options.mark_types)};
    }
    size_t max = r->options.max_words;
    a->words_cut = cut_notes(r->options.cut, max > 0 ? max : SIZE_MAX - 1, a->counts, n);
    return 0;
}

/* Adds the word for a note's type: its name with underscores in place of spaces. */
static int add_mark(encounter_reading *a, const encounter_note *of, int32_t index)
{
    buf *name = &a->names;
    name->len = 0;
    if (notes_add_name(name, of->type.s, of->type.n, a->scratch) < 0)
        return -1;
    for (size_t i = 0; i < name->len; i++)
        if (name->data[i] == ' ')
            name->data[i] = '_';
    bool untyped = notes_is_untyped((const char *)name->data, name->len);
    buf *word = &a->scratch[0];
    word->len = 0;
    if (buf_add(word, "<note", 5) < 0 ||
        (!untyped && (buf_add(word, ":", 1) < 0 || buf_add(word, name->data, name->len) < 0)) ||
        buf_add(word, ">", 1) < 0)
        return -1;
    return tokens_add(&a->chosen, (const char *)word->data, word->len, (const int32_t[]){index, 0, 0});
}

static int add_gap(encounter_reading *a)
{
    if (mem_grow(&a->gaps, &a->room[5], a->n_gaps + 1, sizeof *a->gaps) < 0)
        return -1;
    a->gaps[a->n_gaps++] = (int32_t)a->chosen.T;
    return 0;
}

/* Adds the words of the k-th note that are kept. */
static int choose_of(const notes_rules *r, const encounter_note *notes, encounter_reading *a, const tokens *w,
                     size_t k)
{
    const cut_note *c = &a->counts[k];
    size_t place =
        0; /* index among the words of the note that were not copied; the word for its type comes first */
    bool any = false, gap = false;
    if (r->options.mark_types && c->n > 0) {
        int32_t index = w->spans[a->starts[k]][0];
        if ((place < c->head || place >= c->n - c->tail) && add_mark(a, &notes[index], index) < 0)
            return -1;
        place++;
    }
    for (size_t i = a->starts[k]; i < a->starts[k + 1]; i++) {
        bool kept = !a->is_copied[i] && (place < c->head || place >= c->n - c->tail);
        place += !a->is_copied[i];
        if (!kept) {
            gap = any;
            continue;
        }
        size_t n;
        const char *word = tokens_word(w, i, &n);
        if ((gap && add_gap(a) < 0) || tokens_add(&a->chosen, word, n, w->spans[i]) < 0)
            return -1;
        any = true;
        gap = false;
    }
    return 0;
}

int notes_choose(const notes_rules *r, const encounter_note *notes, encounter_reading *a, tokens *w)
{
    const notes_options *o = &r->options;
    size_t n;
    if (w->T == 0 || (o->copied == 0 && !o->mark_types && (o->max_words == 0 || w->T <= o->max_words)))
        return 0;
    if (find_starts(a, w, &n) < 0 || find_copied(r, a, w, n) < 0 || count_words(r, a, n) < 0)
        return -1;
    if (!o->mark_types && a->words_copied == 0 && a->words_cut == 0)
        return 0;
    tokens_clear(&a->chosen);
    for (size_t k = 0; k < n; k++)
        if (choose_of(r, notes, a, w, k) < 0)
            return -1;
    tokens was = *w;
    *w = a->chosen;
    a->chosen = was;
    return 0;
}
