/* SPDX-License-Identifier: Apache-2.0 */
/* Which notes and words are read: cases by hand, and random encounters compared with an oracle that does what
 * the headers say, word by word and note by note, however long it takes. */
#include "text/notes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/walk.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define NOTES 12
#define MOST  400 /* words, marks among them */

/* ---- an encounter to try things on ---- */

typedef struct encounter {
    encounter_note notes[NOTES];
    size_t n;
} encounter;

static note_string string(const char *s)
{
    return (note_string){s, s ? strlen(s) : 0};
}

static void add(encounter *e, const char *type, const char *date, const char *text)
{
    e->notes[e->n++] = (encounter_note){.type = string(type), .date = string(date), .text = string(text)};
}

static tokenizer *words;

/* All steps, as lib/text/encounter.c takes them; false: the rules are refused. */
static bool run(const notes_options *options, const encounter *e, encounter_reading *a, tokens *w)
{
    notes_rules *rules = notes_rules_new(options);
    if (!rules)
        return false;
    tokens_clear(w);
    bool done = notes_arrange(rules, e->notes, e->n, a) == 0;
    for (size_t k = 0; done && k < a->n; k++) {
        const encounter_note *of = &e->notes[a->order[k]];
        done = tokenize(words, of->text.s, of->text.n, (int32_t)a->order[k], w) == 0;
    }
    done = done && notes_choose(rules, e->notes, a, w) == 0;
    notes_rules_free(rules);
    return done;
}

/* The words, with a point for a blank before one that follows a gap; `|` between notes. */
static const char *shown(const encounter_reading *a, const tokens *w, char *out, size_t room)
{
    size_t gap = 0, len = 0;
    *out = '\0';
    for (size_t i = 0; i < w->T; i++) {
        size_t n;
        const char *word = tokens_word(w, i, &n);
        bool is_gap = gap < a->n_gaps && a->gaps[gap] == (int32_t)i;
        gap += is_gap;
        const char *between = i == 0 ? "" : w->spans[i][0] != w->spans[i - 1][0] ? "|" : is_gap ? "." : " ";
        len += (size_t)snprintf(out + len, room - len, "%s%.*s", between, (int)n, word);
    }
    return out;
}

static void expect(const char *title, notes_options options, const encounter *e, const char *expected)
{
    char is[4096];
    encounter_reading a = {0};
    tokens w = {0};
    bool done = run(&options, e, &a, &w);
    shown(&a, &w, is, sizeof is);
    if (!ok(done && strcmp(is, expected) == 0, "%s", title))
        printf("# %s\n# %s\n", done ? is : err_message(), expected);
    encounter_reading_free(&a);
    tokens_free(&w);
}

/* ---- notes ---- */

static void orders(void)
{
    encounter e = {0};
    add(&e, "b", "2024-03-01T10:00", "one");
    add(&e, "A", "2024-03-01", "two");
    add(&e, NULL, NULL, "three");
    add(&e, "  B ", "2023-12-31", "four");
    add(&e, "a", "geen datum", "five");
    add(&e, " \t", "", "six");
    add(&e, "b", "2024-03-01", "seven");
    expect("as given", (notes_options){0}, &e, "one|two|three|four|five|six|seven");
    expect("as given, backwards", (notes_options){.order = "-given"}, &e,
           "seven|six|five|four|three|two|one");
    expect("by date: a day before its hours, the undated last", (notes_options){.order = "date"}, &e,
           "four|two|seven|one|five|three|six");
    expect("by date, backwards: the undated last too", (notes_options){.order = "-date"}, &e,
           "five|one|two|seven|four|three|six");
    expect("by type: the name counts", (notes_options){.order = "type"}, &e,
           "two|five|one|four|seven|three|six");
    expect("by date, then type backwards", (notes_options){.order = "date,-type"}, &e,
           "four|seven|two|one|five|three|six");
    expect("by type, then as given backwards", (notes_options){.order = "type,-given"}, &e,
           "five|two|seven|four|one|six|three");
    expect("the types asked for, in their order", (notes_options){.order = "type", .types = "b,-"}, &e,
           "one|four|seven|three|six");
    expect("which can be backwards", (notes_options){.order = "-type", .types = "b,-"}, &e,
           "three|six|one|four|seven");
}

static void types(void)
{
    encounter e = {0};
    add(&e, "Discharge  Summary\n", NULL, "one");
    add(&e,
        "\xc3\x89"
        "cho",
        NULL, "two"); /* É */
    add(&e,
        "e\xcc\x81"
        "cho",
        NULL, "three"); /* e and U+0301 */
    add(&e,
        "nurse,\xc2\xa0"
        "night",
        NULL, "four"); /* a no-break space */
    add(&e, NULL, NULL, "five");
    add(&e, "a\\b", NULL, "six");
    expect("a type is folded, and its blanks are one", (notes_options){.types = " discharge summary"}, &e,
           "one");
    expect("and normalised",
           (notes_options){.types = "\xc3\xa9"
                                    "cho"},
           &e, "two|three");
    expect("a comma in a name", (notes_options){.types = "nurse\\, night,a\\\\b"}, &e, "four|six");
    expect("notes without a type go when types are asked for", (notes_options){.types = "x"}, &e, "");
    expect("unless - is among them", (notes_options){.types = "-"}, &e, "five");
    expect("and stay when others are refused",
           (notes_options){.not_types = "\xc3\x89"
                                        "CHO,a\\b"},
           &e, "one|four|five");
    expect("marks", (notes_options){.mark_types = true}, &e,
           "<note:discharge_summary> one|<note:\xc3\xa9"
           "cho> two|<note:\xc3\xa9"
           "cho> three|"
           "<note:nurse,_night> four|<note> five|<note:a\\b> six");
}

static void duplicates(void)
{
    encounter e = {0};
    add(&e, "a", "2", "x y");
    add(&e, "b", "1", "x y");
    add(&e, "c", "3", "x y ");
    add(&e, "d", "3", "");
    add(&e, "e", "1", "");
    add(&e, "f", "0", "x y");
    expect("kept", (notes_options){0}, &e, "x y|x y|x y|x y");
    encounter_reading a = {0};
    tokens w = {0};
    notes_options o = {.drop_duplicates = true};
    ok(run(&o, &e, &a, &w) && a.n == 3 && a.duplicates == 3 && a.order[0] == 0 && a.order[1] == 2 &&
           a.order[2] == 3,
       "of the same texts the first stays");
    o.order = "date";
    ok(run(&o, &e, &a, &w) && a.n == 3 && a.order[0] == 5 && a.order[1] == 4 && a.order[2] == 2,
       "the first in the order asked for");
    o.types = "c,d";
    ok(run(&o, &e, &a, &w) && a.n == 2 && a.duplicates == 0 && a.notes_left == 4, "of the types asked for");
    encounter_reading_free(&a);
    tokens_free(&w);
}

static void refusals(void)
{
    static const notes_options wrong[] = {{.order = ""},
                                          {.order = "date,"},
                                          {.order = "dates"},
                                          {.order = "date,-date"},
                                          {.order = "--date"},
                                          {.order = "-"},
                                          {.types = ""},
                                          {.types = "a,"},
                                          {.types = ",a"},
                                          {.types = " "},
                                          {.not_types = "a,,b"},
                                          {.types = "\xff"},
                                          {.types = "a", .not_types = "b"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!notes_rules_new(&wrong[i]) && *err_message(), "rules %zu are refused: %s", i + 1, err_message());
}

/* ---- words ---- */

static void copies(void)
{
    encounter e = {0};
    add(&e, NULL, NULL, "a b c d e f a b c d");
    add(&e, NULL, NULL, "x b c d y B, C; D! E z");
    add(&e, NULL, NULL, "b c d y b c");
    add(&e, NULL, NULL, "c d");
    expect("none", (notes_options){.copied = 7}, &e,
           "a b c d e f a b c d|x b c d y b c d e z|b c d y b c|c d");
    expect("runs of four", (notes_options){.copied = 4}, &e, "a b c d e f a b c d|x b c d y.z|c d");
    expect("runs of three, which overlap", (notes_options){.copied = 3}, &e, "a b c d e f a b c d|x.y.z|c d");
    expect("runs of two", (notes_options){.copied = 2}, &e, "a b c d e f a b c d|x.y.z");
    expect("single words", (notes_options){.copied = 1}, &e, "a b c d e f a b c d|x.y.z");
    expect("longer than all", (notes_options){.copied = 1000000}, &e,
           "a b c d e f a b c d|x b c d y b c d e z|b c d y b c|c d");
    expect("the order says what is earlier", (notes_options){.copied = 2, .order = "-given"}, &e,
           "c d|b.y b c|x.e z|a.f a");
    expect("a note with only copies has no mark", (notes_options){.copied = 2, .mark_types = true}, &e,
           "<note> a b c d e f a b c d|<note> x.y.z");
}

static void cuts(void)
{
    encounter e = {0};
    add(&e, "p", NULL, "a b c d e");
    add(&e, NULL, NULL, "");
    add(&e, "q", NULL, "f");
    add(&e, "r", NULL, "g h i j");
    expect("no need", (notes_options){.max_words = 10, .cut = CUT_PROPORTIONAL}, &e, "a b c d e|f|g h i j");
    expect("head", (notes_options){.max_words = 7}, &e, "a b c d e|f|g");
    expect("head and tail", (notes_options){.max_words = 7, .cut = CUT_HEAD_TAIL}, &e, "a b c d|h i j");
    expect("head and tail within a note", (notes_options){.max_words = 9, .cut = CUT_HEAD_TAIL}, &e,
           "a b c d e|g h i j");
    expect("share", (notes_options){.max_words = 7, .cut = CUT_PROPORTIONAL}, &e, "a b c|f|g h i");
    expect("share, with one left over", (notes_options){.max_words = 8, .cut = CUT_PROPORTIONAL}, &e,
           "a b c d|f|g h i");
    expect("fewer words than notes", (notes_options){.max_words = 2, .cut = CUT_PROPORTIONAL}, &e, "a|f");
    expect("one word", (notes_options){.max_words = 1, .cut = CUT_HEAD_TAIL}, &e, "a");
    expect("marks are words", (notes_options){.max_words = 7, .cut = CUT_PROPORTIONAL, .mark_types = true},
           &e, "<note:p> a b|<note:q> f|<note:r> g");
    encounter one = {0};
    add(&one, NULL, NULL, "a b c d e");
    expect("a gap", (notes_options){.max_words = 3, .cut = CUT_HEAD_TAIL}, &one, "a b.e");
}

/* ---- settings ---- */

static void settings(void)
{
    notes_rules *r = notes_rules_new(&(notes_options){
        .types = " B ,a\\,c,b", .order = "-date,type", .max_words = 3, .cut = CUT_PROPORTIONAL});
    pack p = {0};
    notes_rules_settings(r, &p);
    walk w = {p.body.data, p.body.data + p.body.len};
    const char *s;
    size_t n;
    ok(!pack_failed(&p) && p.fields == 4, "settings that are not the defaults");
    ok(walk_str(&w, &s, &n) == 0 && n == 5 && memcmp(s, "types", 5) == 0 && walk_str(&w, &s, &n) == 0 &&
           n == 6 && memcmp(s, "b,a\\,c", 6) == 0,
       "types as they can be given again, without duplicates");
    pack_clear(&p);
    notes_rules_free(r);
    r = notes_rules_new(&(notes_options){.order = "given", .cut = CUT_PROPORTIONAL});
    notes_rules_settings(r, &p);
    ok(p.fields == 0, "the defaults, in whatever words");
    pack_free(&p);
    notes_rules_free(r);
}

/* ---- the oracle ---- */

/* A word that may be read: note, span; -1 for a mark. */
typedef struct unit {
    size_t note;
    int32_t span[3];
    char text[32];
    bool mark, copied, kept;
} unit;

typedef struct outcome {
    unit units[MOST]; /* all words of the notes that are read, marks before them */
    size_t n, notes[NOTES], n_notes, kept;
} outcome;

static int compare(const note_string *a, const note_string *b)
{
    int c = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);
    return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

/* Types here are "" or a letter, whose case is of no account. */
static char type_of(const encounter *e, size_t i)
{
    return e->notes[i].type.n > 0 ? (char)(*e->notes[i].type.s | 0x20) : '-';
}

/* Below 0: note i is read before note j, as far as the key says. */
static int by_key(const char *key, const notes_options *o, const encounter *e, size_t i, size_t j)
{
    int sign = *key == '-' ? -1 : 1;
    key += *key == '-';
    if (*key == 'g')
        return sign * ((i > j) - (i < j));
    if (*key == 'd') {
        const note_string *x = &e->notes[i].date, *y = &e->notes[j].date;
        return x->n == 0 || y->n == 0 ? (x->n == 0) - (y->n == 0) : sign * compare(x, y);
    }
    char x = type_of(e, i), y = type_of(e, j);
    if (o->types)
        return sign * (int)(strchr(o->types, x) - strchr(o->types, y));
    return x == '-' || y == '-' ? (x == '-') - (y == '-') : sign * (x - y);
}

static bool comes_before(const notes_options *o, const encounter *e, size_t a, size_t b)
{
    for (const char *key = o->order; key && *key;) {
        int c = by_key(key, o, e, a, b);
        if (c != 0)
            return c < 0;
        key = strchr(key, ',') ? strchr(key, ',') + 1 : NULL;
    }
    return a < b;
}

static bool is_read(const notes_options *o, const encounter *e, size_t i)
{
    if (o->types && !strchr(o->types, type_of(e, i)))
        return false;
    return !o->not_types || !strchr(o->not_types, type_of(e, i));
}

/* The notes by insertion, then those whose text was there before out of them. */
static void read_notes(const notes_options *o, const encounter *e, outcome *is)
{
    is->n_notes = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (!is_read(o, e, i))
            continue;
        size_t k = is->n_notes++;
        for (; k > 0 && comes_before(o, e, i, is->notes[k - 1]); k--)
            is->notes[k] = is->notes[k - 1];
        is->notes[k] = i;
    }
    size_t kept = 0;
    for (size_t k = 0; k < is->n_notes; k++) {
        bool again = false;
        for (size_t l = 0; o->drop_duplicates && l < kept; l++)
            again |= compare(&e->notes[is->notes[k]].text, &e->notes[is->notes[l]].text) == 0;
        if (!again)
            is->notes[kept++] = is->notes[k];
    }
    is->n_notes = kept;
}

static void read_words(const notes_options *o, const encounter *e, outcome *is)
{
    is->n = 0;
    for (size_t k = 0; k < is->n_notes; k++) {
        const encounter_note *of = &e->notes[is->notes[k]];
        tokens w = {0};
        if (tokenize(words, of->text.s, of->text.n, (int32_t)is->notes[k], &w) < 0)
            abort();
        if (o->mark_types) {
            unit *u = &is->units[is->n++];
            *u = (unit){.note = is->notes[k], .span = {(int32_t)is->notes[k], 0, 0}, .mark = true};
            snprintf(u->text, sizeof u->text, of->type.n > 0 ? "<note:%c>" : "<note>",
                     of->type.n > 0 ? *of->type.s | 0x20 : 0);
        }
        for (size_t i = 0; i < w.T; i++) {
            size_t n;
            const char *s = tokens_word(&w, i, &n);
            unit *u = &is->units[is->n++];
            *u = (unit){.note = is->notes[k]};
            memcpy(u->span, w.spans[i], sizeof u->span);
            snprintf(u->text, sizeof u->text, "%.*s", (int)n, s);
        }
        tokens_free(&w);
    }
}

/* Whether units[i .. i+N) are words of one note, and those at j the same words of another. */
static bool same_run(const outcome *is, size_t i, size_t j, size_t N)
{
    for (size_t k = 0; k < N; k++) {
        if (i + k >= is->n || j + k >= is->n)
            return false;
        const unit *a = &is->units[i + k], *b = &is->units[j + k];
        if (a->mark || b->mark || a->note != is->units[i].note || b->note != is->units[j].note ||
            strcmp(a->text, b->text) != 0)
            return false;
    }
    return true;
}

static void find_copies(outcome *is, size_t N)
{
    for (size_t i = 0; N > 0 && i < is->n; i++)
        for (size_t j = 0; j < i; j++)
            if (is->units[i].note != is->units[j].note && same_run(is, i, j, N))
                for (size_t k = 0; k < N; k++)
                    is->units[i + k].copied = true;
    for (size_t i = 0; i < is->n; i++) { /* a marker is removed with its words */
        unit *u = &is->units[i];
        if (!u->mark)
            continue;
        u->copied = true;
        for (size_t j = i + 1; j < is->n && !is->units[j].mark; j++)
            u->copied &= is->units[j].copied;
    }
}

/* The first max words, or half of them and as many from the end, or one after the other to the note that has
 * fewest so far. */
static void cut(const notes_options *o, outcome *is)
{
    size_t left[MOST], n = 0, max = o->max_words;
    for (size_t i = 0; i < is->n; i++)
        if (!is->units[i].copied)
            left[n++] = i;
    is->kept = max == 0 || n <= max ? n : max;
    size_t tail = o->cut == CUT_HEAD_TAIL ? is->kept / 2 : 0;
    if (is->kept == n || o->cut != CUT_PROPORTIONAL) {
        for (size_t i = 0; i < n; i++)
            is->units[left[i]].kept = i < is->kept - tail || i >= n - tail;
        return;
    }
    for (size_t given = 0; given < max;) /* a round: a word to each note that has one left */
        for (size_t k = 0; k < is->n_notes && given < max; k++)
            for (size_t i = 0; i < n; i++) {
                unit *u = &is->units[left[i]];
                if (u->note == is->notes[k] && !u->kept) {
                    u->kept = true;
                    given++;
                    break;
                }
            }
}

/* Gaps as defined in the header: a kept word, after a word of its note that was dropped, after one that was
 * kept. */
static bool gaps_agree(const outcome *is, const encounter_reading *a)
{
    size_t at = 0, gap = 0;
    for (size_t i = 0; i < is->n; i++) {
        if (!is->units[i].kept)
            continue;
        size_t j = i;
        while (j > 0 && is->units[j - 1].note == is->units[i].note && !is->units[j - 1].kept)
            j--;
        bool behind = j < i && j > 0 && is->units[j - 1].note == is->units[i].note &&
                      !is->units[j - 1].mark && !is->units[i].mark;
        if (behind && (gap >= a->n_gaps || a->gaps[gap++] != (int32_t)at))
            return false;
        at++;
    }
    return gap == a->n_gaps;
}

static bool agree(const outcome *is, const encounter *e, const encounter_reading *a, const tokens *w)
{
    size_t at = 0, copies = 0, gone = 0;
    for (size_t k = 0; k < a->n; k++)
        if (a->n != is->n_notes || a->order[k] != is->notes[k])
            return false;
    for (size_t i = 0; i < is->n; i++) {
        const unit *u = &is->units[i];
        copies += u->copied && !u->mark;
        gone += !u->copied && !u->kept;
        if (!u->kept)
            continue;
        size_t n;
        const char *s = at < w->T ? tokens_word(w, at, &n) : "";
        if (at >= w->T || n != strlen(u->text) || memcmp(s, u->text, n) != 0 ||
            memcmp(w->spans[at], u->span, sizeof u->span) != 0)
            return false;
        at++;
    }
    return at == w->T && is->n_notes == a->n && a->words_copied == copies && a->words_cut == gone &&
           a->notes_left + a->duplicates + a->n == e->n && gaps_agree(is, a);
}

static void random_encounter(rng *r, encounter *e, char texts[NOTES][80])
{
    static const char *const dates[] = {NULL,         "",           "2024",          "2024-01",
                                        "2024-01-01", "2023-12-31", "2024-01-01T10", "x"};
    static const char *const type[] = {NULL, "", "a", "A", "b", "B", "c"};
    e->n = 0;
    for (size_t n = rng_below(r, NOTES + 1); e->n < n;) {
        char *text = texts[e->n];
        size_t len = 0;
        for (uint32_t w = rng_below(r, 20); w > 0; w--) {
            len += (size_t)snprintf(text + len, 80 - len, "%c%s", (char)('a' + rng_below(r, 3)),
                                    rng_below(r, 4) > 0 ? " " : "\xc3\xa9, ");
            if (len > 70)
                break;
        }
        text[len] = '\0';
        add(e, type[rng_below(r, 7)], dates[rng_below(r, 8)], text);
    }
}

static void random_options(rng *r, notes_options *o)
{
    static const char *const order[] = {NULL,   "given", "-given",     "date",      "-date",
                                        "type", "-type", "date,-type", "type,date", "-type,-given"};
    static const char *const type[] = {NULL, NULL, "a,b,c,-", "a,b", "-"};
    *o = (notes_options){.order = order[rng_below(r, 10)],
                         .drop_duplicates = rng_below(r, 2),
                         .mark_types = rng_below(r, 2),
                         .copied = rng_below(r, 2) ? rng_below(r, 8) : 0,
                         .max_words = rng_below(r, 3) ? rng_below(r, 60) : 0,
                         .cut = (cut_rule)rng_below(r, 3)};
    *(rng_below(r, 2) ? &o->types : &o->not_types) = type[rng_below(r, 5)];
}

static void oracle(void)
{
    rng r;
    encounter_reading a = {0};
    tokens w = {0};
    int wrong = 0, cut_ones = 0, copied_ones = 0, with_gaps = 0;
    rng_seed(&r, 4, 0, 0);
    for (int i = 0; i < 20000; i++) {
        static outcome is;
        char texts[NOTES][80];
        encounter e;
        notes_options o;
        random_encounter(&r, &e, texts);
        random_options(&r, &o);
        read_notes(&o, &e, &is);
        read_words(&o, &e, &is);
        find_copies(&is, o.copied);
        cut(&o, &is);
        bool done = run(&o, &e, &a, &w);
        wrong += !done || !agree(&is, &e, &a, &w);
        if (wrong > 0) {
            printf("# encounter %d: order %s, copied %zu, max %zu, cut %d\n", i, o.order ? o.order : "",
                   o.copied, o.max_words, (int)o.cut);
            break;
        }
        cut_ones += a.words_cut > 0;
        copied_ones += a.words_copied > 0;
        with_gaps += a.n_gaps > 0;
    }
    ok(wrong == 0 && cut_ones > 1000 && copied_ones > 1000 && with_gaps > 1000,
       "random encounters: as the oracle says (%d cut, %d with copies, %d with gaps)", cut_ones, copied_ones,
       with_gaps);
    encounter_reading_free(&a);
    tokens_free(&w);
}

/* ---- many ---- */

static void million(void)
{
    size_t n = 1000000;
    encounter_note *notes = mem_array(n, sizeof *notes);
    char(*texts)[8] = mem_array(n, sizeof *texts);
    encounter_reading a = {0};
    tokens w = {0};
    for (size_t i = 0; i < n; i++) {
        int length = snprintf(texts[i], sizeof texts[i], "%zu", i / 2 % 10 == 9 ? 0 : i / 2);
        notes[i] = (encounter_note){
            .date = {"2024-01-01", 10}, .type = {"t", i % 3 > 0}, .text = {texts[i], (size_t)length}};
    }
    notes_rules *rules = notes_rules_new(&(notes_options){.order = "date,type",
                                                          .drop_duplicates = true,
                                                          .mark_types = true,
                                                          .copied = 3,
                                                          .max_words = 1000,
                                                          .cut = CUT_PROPORTIONAL});
    bool done = notes_arrange(rules, notes, n, &a) == 0;
    for (size_t k = 0; done && k < a.n; k++)
        done = tokenize(words, texts[a.order[k]], notes[a.order[k]].text.n, (int32_t)a.order[k], &w) == 0;
    size_t all = w.T;
    done = done && notes_choose(rules, notes, &a, &w) == 0;
    ok(done && a.n == 450000 && all == 450000 && w.T == 1000 && a.words_cut == 2 * all - 1000,
       "a million notes, half of them duplicates, and more notes than words");
    notes_rules_free(rules);
    encounter_reading_free(&a);
    tokens_free(&w);
    mem_free(notes);
    mem_free(texts);
}

int main(void)
{
    words = tokenizer_new(&(tokenize_options){.numbers = TOKENIZE_KEEP});
    orders();
    types();
    duplicates();
    refusals();
    copies();
    cuts();
    settings();
    oracle();
    million();
    tokenizer_free(words);
    return tap_done();
}
