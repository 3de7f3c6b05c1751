/* SPDX-License-Identifier: Apache-2.0 */
/* Marks the words of a record with the table of scopes.h. The time is linear in the words and the text. */
#include "base/err.h"
#include "text/breaks.h"
#include "text/scopes.h"
#include "text/scopes_table.h"

#include <string.h>

/* A note's text, and the language that the record gives it: as a bit; 0 if it gives none. */
typedef struct note {
    const char *text;
    size_t n;
    unsigned language;
} note;

struct scopes_work {
    const scopes *table;
    int32_t *numbers;      /* [T] of the words in the table; -1: none */
    unsigned char *breaks; /* [T] */
    unsigned char *marks;  /* [T] */
    unsigned *known;       /* [T] language of the note that begins at a word */
    note *notes;
    size_t room[4], n_notes, cap_notes;
    buf spans, word;
};

scopes_work *scopes_work_new(const scopes *s)
{
    scopes_work *w = mem_array(1, sizeof *w);
    if (w)
        w->table = s;
    return w;
}

void scopes_work_free(scopes_work *w)
{
    if (!w)
        return;
    mem_free(w->numbers);
    mem_free(w->breaks);
    mem_free(w->marks);
    mem_free(w->known);
    mem_free(w->notes);
    buf_free(&w->spans);
    buf_free(&w->word);
    mem_free(w);
}

int scopes_of_words(const unsigned char *marks, size_t first, size_t end)
{
    int all = first < end ? ~0 : 0;
    for (size_t i = first; i < end; i++)
        all &= marks[i];
    return all;
}

/* ---- a note, words first .. end ---- */

typedef struct marking {
    const scopes *s;
    const int32_t *numbers;
    const unsigned char *breaks;
    unsigned char *marks;
    size_t end;
    unsigned languages;        /* a bit each */
    unsigned known;            /* the language of the note, as a bit; 0: it is not known */
    size_t until[SCOPE_KINDS]; /* each kind's scope ends before this word */
    size_t reach;              /* no kind's scope reaches this word */
    int line, paragraph;       /* kinds whose heading marks the line, the paragraph */
    int began;                 /* kinds that a phrase of this sentence has marked */
    int listed;                /* kinds whose phrase is repeated after commas */
    size_t barrier;            /* scopes to the left end after this word */
} marking;

enum { SURE = 2 }; /* common words that are enough to identify a language */

/* The language of the note if it is known. Otherwise those with the most common words of the note, as bits.
 * All languages if there are fewer than SURE.
 */
static unsigned find_languages(const marking *m, size_t first)
{
    size_t count[SCOPES_LANGUAGES] = {0}, most = 0;
    unsigned found = 0;
    if (m->known)
        return m->known;
    for (size_t i = first; i < m->end; i++)
        for (unsigned bits = m->numbers[i] < 0 ? 0 : m->s->common[m->numbers[i]]; bits; bits &= bits - 1)
            count[__builtin_ctz(bits)]++;
    for (int l = 0; l < m->s->languages; l++)
        if (count[l] > most)
            most = count[l];
    for (int l = 0; l < m->s->languages; l++)
        if (count[l] == most || most < SURE)
            found |= 1u << l;
    return found;
}

/* The longest phrase of a language that begins at word i, and its length *n in words. comma: the number of
 * the word "," if the phrase begins with a comma, otherwise -1. NULL: there is none. */
static const scope_rule *find_phrase(const marking *m, int language, int32_t comma, size_t i, size_t *n)
{
    const scope_rule *best = NULL;
    scope_key key = {{language, comma}};
    const size_t first = i;
    for (int words = comma < 0 ? 1 : 2; words <= SCOPES_PHRASE && i < m->end; words++, i++) {
        if (m->numbers[i] < 0 || (i > first && break_strength(m->breaks[i]) != BREAK_NONE))
            break;
        key.at[words] = m->numbers[i];
        const int32_t at = map_find(m->s->phrases, (const char *)key.at, scope_key_size(words));
        if (at < 0)
            break;
        if (m->s->rules[at].known) {
            best = &m->s->rules[at];
            *n = i + 1 - first;
        }
    }
    return best;
}

/* Merges the effects of a phrase of n words with those of a phrase of *most words. Only the longer one
 * counts. */
static void add_rule(scope_rule *all, size_t *most, const scope_rule *r, size_t n)
{
    if (!r || n < *most)
        return;
    if (n > *most)
        *all = (scope_rule){0};
    *most = n;
    all->end |= r->end;
    all->before |= r->before;
    all->after |= r->after;
    all->line |= r->line;
}

/* The effects of the longest phrases at word i in the languages of the note; *n: their words. False: none. */
static bool find_phrases(const marking *m, size_t i, scope_rule *all, size_t *n)
{
    *n = 0;
    *all = (scope_rule){0};
    if (m->numbers[i] < 0)
        return false;
    const bool comma = m->s->comma >= 0 && break_strength(m->breaks[i]) == BREAK_COMMA;
    const unsigned starts = m->s->starts[m->numbers[i]];
    for (unsigned left = m->languages; left; left &= left - 1) {
        const int l = __builtin_ctz(left);
        size_t length = 0;
        const scope_rule *r = starts >> l & 1 ? find_phrase(m, l, -1, i, &length) : NULL;
        add_rule(all, n, r, length);
        if (comma && (r = find_phrase(m, l, m->s->comma, i, &length)))
            add_rule(all, n, r, length);
    }
    return *n > 0;
}

static int strength_at(const marking *m, size_t i)
{
    return i < m->end ? break_strength(m->breaks[i]) : BREAK_NOTE;
}

/* Scopes that end before word i. */
static void end_scopes(marking *m, size_t i)
{
    const int strength = break_strength(m->breaks[i]);
    if (strength >= BREAK_SENTENCE) {
        memset(m->until, 0, sizeof m->until);
        m->began = m->listed = 0;
        m->barrier = i;
    }
    for (int k = 0; strength == BREAK_COMMA && k < SCOPE_KINDS; k++)
        if (m->listed >> k & 1)
            m->until[k] = 0;
    if (strength >= BREAK_LINE)
        m->line = 0;
    if (strength >= BREAK_PARAGRAPH)
        m->paragraph = 0;
    if (m->breaks[i] & BREAK_HEADING)
        m->line = m->paragraph = 0;
}

/* Marks the scope to the left of word i, where its phrase begins. */
static void mark_before(marking *m, size_t i, int kinds)
{
    for (size_t reach = 0, j = i; reach < SCOPES_REACH && j > m->barrier; reach++) {
        m->marks[--j] |= (unsigned char)kinds;
        if (break_strength(m->breaks[j]) != BREAK_NONE)
            break;
    }
}

/* Applies the phrase of n words at i. */
static void apply(marking *m, size_t i, size_t n, scope_rule r)
{
    const size_t next = i + n;
    const int strength = strength_at(m, next);
    const bool colon = next < m->end && (m->breaks[next] & BREAK_COLON);
    if (r.line && (colon || strength >= BREAK_LINE))
        *(strength >= BREAK_LINE ? &m->paragraph : &m->line) |= r.line;
    if (r.before & r.after) /* "koorts: non", but "non fébrile": backwards only if nothing follows that it
                               could negate */
        *(strength == BREAK_NONE ? &r.after : &r.before) &= (unsigned char)~(r.before & r.after);
    if (r.after && break_strength(m->breaks[i]) == BREAK_NONE)
        mark_before(m, i, r.after);
    if (r.end)
        memset(m->until, 0, sizeof m->until);
    if (r.end || r.after)
        m->barrier = next;
    for (int k = 0; k < SCOPE_KINDS; k++)
        if ((r.before >> k & 1) && strength < BREAK_SENTENCE) {
            m->listed |= (break_strength(m->breaks[i]) == BREAK_COMMA && m->began >> k & 1) << k;
            m->began |= 1 << k;
            m->until[k] = m->reach = next + SCOPES_REACH;
        }
}

static unsigned char marks_of(const marking *m, size_t i)
{
    int marks = m->line | m->paragraph;
    for (int k = 0; i < m->reach && k < SCOPE_KINDS; k++)
        marks |= (i < m->until[k]) << k;
    return (unsigned char)marks;
}

static void mark_note(marking *m, size_t first)
{
    m->languages = find_languages(m, first);
    m->line = m->paragraph = 0;
    for (size_t i = first, n; i < m->end; i += n) {
        scope_rule r;
        if (m->numbers[i] < 0 && m->breaks[i] == BREAK_NONE) { /* most words change nothing */
            m->marks[i] |= marks_of(m, i);
            n = 1;
            continue;
        }
        const bool found = find_phrases(m, i, &r, &n);
        n = found ? n : 1;
        end_scopes(m, i);
        if (r.end)
            memset(m->until, 0, sizeof m->until);
        for (size_t j = i; j < i + n; j++)
            m->marks[j] |= marks_of(m, j);
        if (found)
            apply(m, i, n, r);
    }
}

/* ---- a record ---- */

static int read_notes(scopes_work *w, const record *r)
{
    const field *f = record_find(r, "documents");
    uint32_t notes, n_fields;
    w->n_notes = 0;
    if (!f)
        return 0;
    walk at = {f->value, f->value + f->size};
    if (walk_array(&at, &notes) ||
        (notes > w->cap_notes && mem_grow(&w->notes, &w->cap_notes, notes, sizeof *w->notes)))
        return record_error(r, "documents");
    for (; w->n_notes < notes; w->n_notes++) {
        note *d = &w->notes[w->n_notes];
        *d = (note){.text = ""};
        if (walk_map(&at, &n_fields))
            return record_error(r, "documents");
        while (n_fields-- > 0) {
            const char *key;
            size_t n;
            if (walk_str(&at, &key, &n))
                return record_error(r, "documents");
            if (n != 4 || memcmp(key, "text", 4) != 0) {
                if (walk_skip(&at) != 1)
                    return record_error(r, "documents");
            } else if (walk_str(&at, &d->text, &d->n)) {
                return record_error(r, "documents");
            }
        }
    }
    return 0;
}

/* Reads note_languages, if the record has it. A language that is not in the table is not known here. */
static int read_languages(scopes_work *w, const record *r)
{
    walk at;
    uint32_t n;
    if (!record_find(r, "note_languages") || w->n_notes == 0)
        return 0;
    if (record_strings(r, "note_languages", &at, &n))
        return -1;
    if (n != w->n_notes) {
        err_set("%u languages for %zu documents", (unsigned)n, w->n_notes);
        return record_error(r, "note_languages");
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *name;
        size_t size;
        if (walk_str(&at, &name, &size))
            return record_error(r, "note_languages");
        for (int l = 0; l < w->table->languages; l++)
            if (strlen(w->table->names[l]) == size && memcmp(w->table->names[l], name, size) == 0)
                w->notes[i].language = 1u << l;
    }
    return 0;
}

/* Finds the numbers of new words in the table; -1: none. 0 or -1. */
static int find_numbers(scopes_work *w, seen_words *words)
{
    for (int32_t *i = &words->known[WORD_SCOPE]; *i < seen_words_count(words); ++*i) {
        size_t n;
        const char *plain = seen_words_plain(words, *i, &n);
        w->word.len = 0;
        if (!plain || scope_drop_signs(&w->word, plain, n))
            return -1;
        words->of[*i].scope = map_find(w->table->words, (const char *)w->word.data, w->word.len);
    }
    return 0;
}

static int read_words(scopes_work *w, seen_words *words)
{
    const size_t T = words->T, room = T + 1; /* not NULL for no words */
    if (mem_grow(&w->numbers, &w->room[0], room, sizeof *w->numbers) ||
        mem_grow(&w->breaks, &w->room[1], room, sizeof *w->breaks) ||
        mem_grow(&w->marks, &w->room[2], room, sizeof *w->marks) ||
        mem_grow(&w->known, &w->room[3], room, sizeof *w->known) || find_numbers(w, words))
        return -1;
    for (size_t t = 0; t < T; t++)
        w->numbers[t] = words->of[words->at[t]].scope;
    return 0;
}

/* Fills breaks[T], from the spans of the record if it has any. */
static int read_breaks(scopes_work *w, const record *r, size_t T)
{
    tensor t;
    memset(w->breaks, BREAK_NONE, T);
    memset(w->known, 0, T * sizeof *w->known);
    if (T)
        w->breaks[0] = BREAK_NOTE;
    if (!record_find(r, "spans"))
        return 0;
    if (read_notes(w, r) || read_languages(w, r) || record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    if (t.shape[0] != T || t.shape[1] != 3) {
        err_set("expected one row of 3 numbers for each of %zu words", T);
        return record_error(r, "spans");
    }
    const int32_t(*spans)[3] = (const int32_t(*)[3])tensor_ints(&t, &w->spans);
    if (!spans)
        return -1;
    for (size_t first = 0, end; first < T; first = end) {
        const int32_t document = spans[first][0];
        for (end = first; end < T && spans[end][0] == document;)
            end++;
        const note none = {.text = ""}, *d = &none;
        if (document >= 0 && (size_t)document < w->n_notes)
            d = &w->notes[document];
        w->known[first] = d->language;
        breaks_of_note(&w->breaks[first], &spans[first], end - first, d->text, d->n);
    }
    return 0;
}

const unsigned char *scopes_mark(scopes_work *w, seen_words *words)
{
    const size_t T = words->T;
    if (read_words(w, words) || read_breaks(w, words->record, T))
        return NULL;
    memset(w->marks, 0, T);
    for (size_t first = 0, end; first < T; first = end) {
        for (end = first + 1; end < T && break_strength(w->breaks[end]) != BREAK_NOTE;)
            end++;
        marking m = {.s = w->table,
                     .numbers = w->numbers,
                     .breaks = w->breaks,
                     .marks = w->marks,
                     .end = end,
                     .known = w->known[first],
                     .barrier = first};
        mark_note(&m, first);
    }
    return w->marks;
}
