/* SPDX-License-Identifier: Apache-2.0 */
/* Invents clinical encounters of several notes in Dutch or French, with ICD-10 codes and the words that
 * support each code. Nothing in them comes from a patient.
 *
 * The codes of an encounter are drawn from the table in encounters.h: a reason for admission, other problems
 * and comorbidities. Combinations of codes are then replaced by the code for the combination. The notes
 * contain at least one unambiguous phrase for each code. They also mention codes that the patient does not
 * have: negated, in the family, ruled out, long ago. The rest is filler.
 *
 * Encounter number n of a split depends only on the seed, the split and n. A larger training set does not
 * change the other encounters. */
#include "encounters-fr.h"
#include "encounters-nl.h"
#include "encounters.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/json.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char usage[] =
    "Usage: make-encounters [OPTION]... -o DIR\n"
    "Invents clinical encounters of several notes in Dutch and French, with ICD-10 codes.\n"
    "\n"
    "      --seed N       seed of the random numbers (default: 1)\n"
    "      --train N      encounters in DIR/train.jsonl (default: 1600)\n"
    "      --dev N        encounters in DIR/dev.jsonl (default: 200)\n"
    "      --test N       encounters in DIR/test.jsonl (default: 400)\n"
    "  -o, --output DIR   folder; also gets labels.tsv and evidence.jsonl (gold spans)\n"
    "  -h, --help         print this text\n"
    "\n"
    "Example:\n"
    "  make-encounters --seed 1 -o data\n"
    "  ecan-tokenize data/train.jsonl > train.mp\n";

enum {
    N_CODES = COUNT(codes),
    MOST_LABELS = 12,
    MOST_NOTES = 5,
    MOST_SECTIONS = 8,
    MOST_ITEMS = 32,
    MOST_LISTED = 3,
    MOST_FILLER = 32
};

static _Noreturn __attribute__((format(printf, 1, 2))) void die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("make-encounters: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

/* ---- the table of codes ---- */

static int find_code(const char *name, size_t n)
{
    for (int c = 0; c < N_CODES; c++)
        if (strlen(codes[c].code) == n && memcmp(codes[c].code, name, n) == 0)
            return c;
    die("code %.*s is not in the table", (int)n, name);
}

/* The next code of a list "N18.3:60 W19:80" (or NULL), and its percentage. Moves the list past it. -1 at the
 * end. percent may be NULL. */
static int next_code(const char **list, int *percent)
{
    if (!*list || !**list)
        return -1;
    size_t n = strcspn(*list, ": ");
    int c = find_code(*list, n);
    *list += n;
    if (**list == ':') {
        char *end;
        long p = strtol(*list + 1, &end, 10);
        if (percent)
            *percent = (int)p;
        *list = end;
    }
    *list += **list == ' ';
    return c;
}

static bool has(int c, char trait)
{
    return strchr(codes[c].properties, trait) != NULL;
}

/* The codes whose phrases can be used for c: c, its less specific code, its parts and their less specific
 * codes. */
static int sources(int c, int out[MOST_LABELS])
{
    int n = 0;
    out[n++] = c;
    if (codes[c].like)
        out[n++] = find_code(codes[c].like, strlen(codes[c].like));
    const char *parts = codes[c].parts;
    for (int p; (p = next_code(&parts, NULL)) >= 0 && n < MOST_LABELS;)
        out[n++] = p;
    return n;
}

/* Whether a mention of a would be a mention of the gold code b. */
static bool related(int a, int b)
{
    int sa[MOST_LABELS], sb[MOST_LABELS];
    int na = sources(a, sa), nb = sources(b, sb);
    for (int i = 0; i < na; i++)
        for (int j = 0; j < nb; j++)
            if (strncmp(codes[sa[i]].code, codes[sb[j]].code, 3) == 0)
                return true;
    return false;
}

static const phrases *phrases_of(const language *l, int c)
{
    for (int i = 0; i < l->n_phrases; i++)
        if (strcmp(l->phrases[i].code, codes[c].code) == 0)
            return &l->phrases[i];
    die("code %s has no phrases in language %s", codes[c].code, l->name);
}

/* ---- chance ---- */

static bool chance(rng *r, int percent)
{
    return (int)rng_below(r, 100) < percent;
}

static int between(rng *r, int least, int most)
{
    return least + (int)rng_below(r, (uint32_t)(most - least + 1));
}

static int length(const char *const *list)
{
    int n = 0;
    while (list && list[n])
        n++;
    return n;
}

static const char *any(rng *r, const char *const *list)
{
    return list[rng_below(r, (uint32_t)length(list))];
}

/* Draws an index below n with the given weights; -1 if all are 0. */
static int weighted(rng *r, const int *weight, int n)
{
    int total = 0;
    for (int i = 0; i < n; i++)
        total += weight[i];
    if (total == 0)
        return -1;
    int x = (int)rng_below(r, (uint32_t)total), i = 0;
    while (x >= weight[i])
        x -= weight[i++];
    return i;
}

/* ---- the patient: which codes ---- */

typedef struct patient {
    rng *r;
    const language *language;
    bool woman;
    int labels[MOST_LABELS], n_labels;
} patient;

static bool is_label(const patient *p, int c)
{
    for (int i = 0; i < p->n_labels; i++)
        if (p->labels[i] == c)
            return true;
    return false;
}

static bool suits(const patient *p, int c)
{
    return !(p->woman ? has(c, 'm') : has(c, 'f'));
}

static void remove_label(patient *p, int c)
{
    int n = 0;
    for (int i = 0; i < p->n_labels; i++)
        if (p->labels[i] != c)
            p->labels[n++] = p->labels[i];
    p->n_labels = n;
}

/* Adds the code and, each with its probability, its comorbidities. */
static void add_label(patient *p, int c)
{
    if (is_label(p, c) || !suits(p, c) || p->n_labels == MOST_LABELS)
        return;
    p->labels[p->n_labels++] = c;
    const char *with = codes[c].with;
    int percent = 0;
    for (int w; (w = next_code(&with, &percent)) >= 0;)
        if (chance(p->r, percent))
            add_label(p, w);
}

static void draw_label(patient *p, const char *properties)
{
    int weight[N_CODES];
    for (int c = 0; c < N_CODES; c++)
        weight[c] =
            strpbrk(codes[c].properties, properties) && !is_label(p, c) && suits(p, c) ? codes[c].weight : 0;
    int c = weighted(p->r, weight, N_CODES);
    if (c >= 0)
        add_label(p, c);
}

static bool has_all(const patient *p, const char *list)
{
    for (int c; (c = next_code(&list, NULL)) >= 0;)
        if (!is_label(p, c))
            return false;
    return true;
}

/* Replaces the parts of a combination by its code, and a less specific code by the more specific one. */
static void combine(patient *p)
{
    for (int c = 0; c < N_CODES; c++) {
        const char *parts = codes[c].parts;
        if (!parts || !has_all(p, parts))
            continue;
        for (int part; (part = next_code(&parts, NULL)) >= 0;)
            remove_label(p, part);
        p->labels[p->n_labels++] = c;
    }
    for (int c = 0; c < N_CODES; c++)
        if (codes[c].like && is_label(p, c))
            remove_label(p, find_code(codes[c].like, strlen(codes[c].like)));
}

static void draw_patient(patient *p)
{
    p->language = chance(p->r, 50) ? &nl : &fr;
    p->woman = chance(p->r, 52);
    p->n_labels = 0;
    draw_label(p, "a");
    for (int more = between(p->r, 1, 4); more > 0; more--)
        draw_label(p, "ac");
    combine(p);
}

/* A code that the patient does not have and that can be mentioned in this way; -1: none. */
static int draw_absent(const patient *p, char way, bool in_imaging)
{
    int weight[N_CODES];
    for (int c = 0; c < N_CODES; c++) {
        bool fit = has(c, way) && suits(p, c) && (!in_imaging || has(c, 'r'));
        for (int i = 0; i < p->n_labels && fit; i++)
            fit = !related(c, p->labels[i]);
        weight[c] = fit ? codes[c].weight + 15 : 0; /* rare codes are negated more often than they occur */
    }
    return weighted(p->r, weight, N_CODES);
}

/* ---- the text of the notes ---- */

typedef struct span {
    int begin, end, code; /* code points */
} span;

typedef struct text {
    buf bytes;
    int length; /* code points */
    span *spans;
    size_t n_spans, cap;
} text;

static void add_bytes(text *t, const char *s, size_t n)
{
    if (buf_add(&t->bytes, s, n))
        die("%s", err_message());
    for (size_t i = 0; i < n; i++)
        t->length += ((unsigned char)s[i] & 0xC0) != 0x80;
}

static void add_string(text *t, const char *s)
{
    add_bytes(t, s, strlen(s));
}

static void add_span(text *t, int begin, int c)
{
    if (mem_grow(&t->spans, &t->cap, t->n_spans + 1, sizeof *t->spans))
        die("%s", err_message());
    t->spans[t->n_spans++] = (span){begin, t->length, c};
}

/* é is 0xC3 0xA9 and É is 0xC3 0x89: upper and lower case of all letters of Latin-1 differ by 0x20. */
static void capitalise(text *t, size_t at)
{
    unsigned char *s = t->bytes.data + at;
    if (at < t->bytes.len && s[0] >= 'a' && s[0] <= 'z')
        s[0] = (unsigned char)(s[0] - 0x20);
    else if (at + 1 < t->bytes.len && s[0] == 0xC3 && s[1] >= 0xA0 && s[1] != 0xB7)
        s[1] = (unsigned char)(s[1] - 0x20);
}

/* Removes accents, as on a keyboard without them. Each letter is replaced by one letter, so spans do not
 * change. */
static void remove_accents(text *t)
{
    static const char plain[] =
        "AAAAAA?CEEEEIIII?NOOOOO?OUUUUY??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y"; /* U+00C0 .. U+00FF */
    unsigned char *s = t->bytes.data;
    size_t n = 0;
    for (size_t i = 0; i < t->bytes.len; i++) {
        bool letter = s[i] == 0xC3 && plain[s[i + 1] & 0x3F] != '?';
        s[n++] = letter ? (unsigned char)plain[s[++i] & 0x3F] : s[i];
    }
    t->bytes.len = n;
}

static bool small(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

/* Makes a typing error inside a word: a letter is dropped, doubled or exchanged with the next. */
static void misspell(rng *r, text *t)
{
    unsigned char *s = t->bytes.data;
    size_t n = t->bytes.len, i = n > 6 ? 2 + rng_below(r, (uint32_t)n - 4) : n;
    if (i + 2 >= n || !small(s[i - 2]) || !small(s[i - 1]) || !small(s[i]) || !small(s[i + 1]))
        return;
    unsigned char c = s[i];
    switch (rng_below(r, 3)) {
    case 0:
        memmove(s + i, s + i + 1, n - i - 1);
        t->bytes.len--;
        t->length--;
        break;
    case 1:
        add_bytes(t, " ", 1);
        s = t->bytes.data;
        memmove(s + i + 1, s + i, n - i);
        break;
    default:
        s[i] = s[i + 1];
        s[i + 1] = c;
    }
}

/* The values of the slots of a template. */
typedef struct item {
    const char *form;                 /* the template */
    const char *phrases[MOST_LISTED]; /* for {}, with their articles */
    int codes[MOST_LISTED], n;        /* -1: mentioned, but not a gold code */
    int evidence;                     /* the code of the text in square brackets */
    bool denied;                      /* joined by "of" and "ou", not by "en" and "et" */
} item;

static void add_form(const patient *p, text *t, const item *it, const char *s, size_t n);

/* Adds a number between the limits of "12-34" or "1,2-3,4", with as many decimals. The limits have the same
 * sign and number of decimals. */
static void add_number(const patient *p, text *t, const char *s, size_t n)
{
    int limit[2] = {0, 0}, decimals = 0, which = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '-') {
            which = 1;
            decimals = 0;
        } else if (s[i] == ',') {
            decimals = 1;
        } else {
            limit[which] = 10 * limit[which] + (s[i] - '0');
        }
    }
    int x = between(p->r, limit[0], limit[1]);
    char number[32];
    if (decimals)
        snprintf(number, sizeof number, "%d,%d", x / 10, x % 10);
    else
        snprintf(number, sizeof number, "%d", x);
    add_string(t, number);
}

static bool begins(const char *s, const char *const *list, size_t *n)
{
    for (; *list; list++)
        if (strncmp(s, *list, *n = strlen(*list)) == 0)
            return true;
    return false;
}

/* Adds "de " or "d'", depending on the first letter of the phrase that follows. */
static void add_de(const patient *p, text *t, const char *s)
{
    size_t n;
    bool accented = (unsigned char)s[0] == 0xC3;
    bool elided = accented || strchr("aeiouyhAEIOH", s[0]);
    add_string(t, elided && !begins(s, p->language->aspirated, &n) ? "d'" : "de ");
}

/* Adds one phrase: form 'a' with its article, '.' without it, 'd' after "de". The article is not evidence. */
static void add_phrase(const patient *p, text *t, const char *phrase, char form, int c)
{
    size_t article = 0;
    if (!begins(phrase, p->language->articles, &article))
        article = 0;
    if (form == 'a')
        add_bytes(t, phrase, article);
    else if (form == 'd')
        add_de(p, t, phrase + article);
    text words = {0};
    add_form(p, &words, NULL, phrase + article, strlen(phrase + article));
    if (chance(p->r, 6))
        misspell(p->r, &words);
    int begin = t->length;
    add_bytes(t, (const char *)words.bytes.data, words.bytes.len);
    buf_free(&words.bytes);
    if (c >= 0)
        add_span(t, begin, c);
}

static const char *clear_phrase(rng *r, const char *const *list);

/* Adds the phrases of an item as a list: "a, b en c". */
static void add_list(const patient *p, text *t, const item *it, char form)
{
    for (int i = 0; i < it->n; i++) {
        if (i > 0)
            add_string(t, i < it->n - 1 ? ", " : it->denied ? p->language->or : p->language->and);
        add_phrase(p, t, it->phrases[i], form, it->codes[i]);
    }
}

/* Adds a phrase of a code that the patient does not have. */
static void add_absent(const patient *p, text *t, char form)
{
    int c = draw_absent(p, 'D', false);
    if (c < 0)
        die("the patient has every code: no code is left for a negation");
    add_phrase(p, t, clear_phrase(p->r, phrases_of(p->language, c)->says), form, -1);
}

/* Fills a slot: the n bytes between { and } (encounters.h). */
static void add_slot(const patient *p, text *t, const item *it, const char *s, size_t n)
{
    bool absent = n > 0 && s[0] == '!';
    const char *form = s + absent, *bar = memchr(s, '|', n), *slash = memchr(s, '/', n);
    size_t left = n - absent;
    if (left == 0 || (left == 1 && *form == '.') || (left == 2 && memcmp(form, "de", 2) == 0)) {
        char f = left ? *form : 'a';
        if (absent)
            add_absent(p, t, f);
        else
            add_list(p, t, it, f);
    } else if (bar || slash) {
        const char *cut = bar ? bar : slash;
        if (bar ? p->woman : chance(p->r, 50))
            add_bytes(t, cut + 1, n - (size_t)(cut + 1 - s));
        else
            add_bytes(t, s, (size_t)(cut - s));
    } else {
        add_number(p, t, s, n);
    }
}

/* Adds a template with its slots filled and its [evidence] recorded. it may be NULL if the template has no
 * slots for phrases. */
static void add_form(const patient *p, text *t, const item *it, const char *s, size_t n)
{
    int begin = 0;
    for (size_t i = 0; i < n; i++) {
        size_t close = strcspn(s + i, "}");
        if (s[i] == '{') {
            add_slot(p, t, it, s + i + 1, close - 1);
            i += close;
        } else if (s[i] == '[') {
            begin = t->length;
        } else if (s[i] == ']') {
            add_span(t, begin, it->evidence);
        } else {
            add_bytes(t, s + i, 1);
        }
    }
}

/* ---- notes and sections ---- */

typedef struct page {
    const note *note;
    item items[MOST_SECTIONS][MOST_ITEMS];
    int n[MOST_SECTIONS];
} page;

typedef struct encounter {
    patient patient;
    page pages[MOST_NOTES];
    int n_pages;
} encounter;

typedef struct place {
    page *page;
    int section;
} place;

/* Draws a section from those of all notes that have one of the keys and are not full; page is NULL if there
 * is none.
 */
static place find_place(encounter *e, const char *keys)
{
    place found = {0};
    uint32_t seen = 0;
    for (int i = 0; i < e->n_pages; i++) {
        page *g = &e->pages[i];
        for (int s = 0; s < g->note->n_sections; s++)
            if (strchr(keys, g->note->sections[s].key) && g->n[s] < MOST_ITEMS &&
                rng_below(e->patient.r, ++seen) == 0)
                found = (place){g, s};
    }
    return found;
}

static void put(place at, item it)
{
    at.page->items[at.section][at.page->n[at.section]++] = it;
}

static const char *ranked(rng *r, const char *const *list)
{
    double total = 0, x;
    int n = length(list), i = 0;
    for (int k = 0; k < n; k++)
        total += 1.0 / (k + 2);
    for (x = rng_uniform(r) * total; i < n - 1 && x >= 1.0 / (i + 2); i++)
        x -= 1.0 / (i + 2);
    return list[i];
}

/* Draws a phrase without ~. The first of a list is always one. */
static const char *clear_phrase(rng *r, const char *const *list)
{
    for (int tries = 0; tries < 20; tries++) {
        const char *s = ranked(r, list);
        if (s[0] != '~')
            return s;
    }
    return list[0];
}

/* Whether code c can be mentioned in the same list. */
static bool may_join(const item *it, int c)
{
    bool room = it->n > 0 && it->n < MOST_LISTED;
    for (int i = 0; i < it->n; i++)
        room &= it->codes[i] >= 0 && it->codes[i] != c;
    return room;
}

/* Mentions code c by a noun phrase, in a sentence of its own or in a list. */
static void say(encounter *e, int c, const char *phrase)
{
    rng *r = e->patient.r;
    char keys[8] = "pnL";
    if (has(c, 'a'))
        strcat(keys, "a");
    if (has(c, 'c'))
        strcat(keys, "h");
    if (has(c, 'r'))
        strcat(keys, "r");
    place at = find_place(e, keys);
    if (!at.page)
        return;
    int n = at.page->n[at.section];
    item *last = n ? &at.page->items[at.section][n - 1] : NULL;
    if (last && may_join(last, c) && chance(r, 40)) {
        last->phrases[last->n] = phrase;
        last->codes[last->n++] = c;
    } else {
        put(at, (item){.form = any(r, at.page->note->sections[at.section].says),
                       .phrases = {phrase},
                       .codes = {c},
                       .n = 1});
    }
}

/* Adds a sentence that supports code c. False: the encounter has no section for it. */
static bool hint(encounter *e, int c, const char *sentence)
{
    place at = find_place(e, (char[]){sentence[0], '\0'});
    if (at.page)
        put(at, (item){.form = sentence + 2, .evidence = c});
    return at.page != NULL;
}

/* Mentions code c with a phrase of `source`: an unambiguous one, or any. */
static void mention(encounter *e, int c, int source, bool clear)
{
    rng *r = e->patient.r;
    const phrases *ways = phrases_of(e->patient.language, source);
    if (ways->hints && chance(r, clear ? 15 : 40)) {
        const char *s = clear ? clear_phrase(r, ways->hints) : ranked(r, ways->hints);
        if (s[0] != '~' ? hint(e, c, s) : !clear && hint(e, c, s + 1))
            return;
    }
    const char *s = clear ? clear_phrase(r, ways->says) : ranked(r, ways->says);
    say(e, c, s + (s[0] == '~'));
}

static void mention_label(encounter *e, int c)
{
    rng *r = e->patient.r;
    int from[MOST_LABELS], n = sources(c, from);
    const char *parts = codes[c].parts;
    if (parts && chance(r, 70))
        for (int part; (part = next_code(&parts, NULL)) >= 0;)
            mention(e, c, part, true);
    else
        mention(e, c, c, true);
    for (int more = 0; more < 3 && chance(r, 45); more++)
        mention(e, c, from[rng_below(r, (uint32_t)n)], false);
}

/* Mentions a code that the patient does not have. */
static void mention_absent(encounter *e)
{
    static const struct way {
        char trait;
        const char *keys;
        int weight;
    } ways[] = {{'D', "pahnr", 45}, {'F', "hs", 15}, {'X', "par", 25}, {'H', "h", 15}};
    const language *l = e->patient.language;
    const char *const *forms[] = {l->denied, l->family, l->ruled_out, l->over};
    int w = weighted(e->patient.r, (int[]){ways[0].weight, ways[1].weight, ways[2].weight, ways[3].weight},
                     COUNT(ways));
    place at = find_place(e, ways[w].keys);
    if (!at.page)
        return;
    item it = {.form = any(e->patient.r, forms[w]), .denied = true};
    do {
        int c = draw_absent(&e->patient, ways[w].trait, at.page->note->sections[at.section].key == 'r');
        if (c < 0)
            return;
        it.phrases[it.n] = clear_phrase(e->patient.r, phrases_of(l, c)->says);
        it.codes[it.n++] = -1;
    } while (it.n < MOST_LISTED && w == 0 && chance(e->patient.r, 30));
    put(at, it);
}

/* The sentence after "!D!E87 "; NULL if the patient has a code that begins with D or E87. */
static const char *fitting(const patient *p, const char *s)
{
    while (*s == '!') {
        size_t n = strcspn(++s, "! ");
        for (int i = 0; i < p->n_labels; i++)
            if (strncmp(codes[p->labels[i]].code, s, n) == 0)
                return NULL;
        s += n;
        s += *s == ' ';
    }
    return s;
}

static void add_filler(encounter *e, page *g, int s)
{
    const section *sec = &g->note->sections[s];
    const char *fit[MOST_FILLER];
    int n = 0, want = between(e->patient.r, sec->least, sec->most);
    for (int i = 0; sec->filler[i] && n < MOST_FILLER; i++)
        if ((fit[n] = fitting(&e->patient, sec->filler[i])))
            n++;
    for (; want > 0 && n > 0 && g->n[s] < MOST_ITEMS; want--) {
        int i = (int)rng_below(e->patient.r, (uint32_t)n);
        put((place){g, s}, (item){.form = fit[i]});
        fit[i] = fit[--n];
    }
}

static void shuffle_items(rng *r, item *v, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)rng_below(r, (uint32_t)i + 1);
        item swap = v[i];
        v[i] = v[j];
        v[j] = swap;
    }
}

/* Draws two to five notes, in order, that include the first, the last or both. */
static void draw_pages(encounter *e)
{
    rng *r = e->patient.r;
    const language *l = e->patient.language;
    bool first = chance(r, 85), last = !first || chance(r, 75);
    int middle = 0, wanted = between(r, 2, MOST_NOTES) - first - last;
    for (int i = 0; i < l->n_notes; i++)
        middle += l->notes[i].place == 'm';
    e->n_pages = 0;
    for (int i = 0; i < l->n_notes; i++) {
        char where = l->notes[i].place;
        bool take = where == 'f' ? first : where == 'l' ? last : (int)rng_below(r, (uint32_t)middle) < wanted;
        if (where == 'm') {
            middle--;
            wanted -= take;
        }
        if (take)
            e->pages[e->n_pages++] = (page){.note = &l->notes[i]};
    }
}

static void draw_encounter(encounter *e, rng *r)
{
    e->patient.r = r;
    draw_patient(&e->patient);
    draw_pages(e);
    for (int i = 0; i < e->patient.n_labels; i++)
        mention_label(e, e->patient.labels[i]);
    for (int absent = between(r, 1, 4); absent > 0; absent--)
        mention_absent(e);
    for (int i = 0; i < e->n_pages; i++)
        for (int s = 0; s < e->pages[i].note->n_sections; s++)
            add_filler(e, &e->pages[i], s);
}

static void write_section(const patient *p, text *t, const section *sec, item *items, int n)
{
    shuffle_items(p->r, items, n);
    if (t->length > 0)
        add_string(t, "\n\n");
    add_string(t, sec->heading);
    bool list = sec->separator[0] == '\n';
    for (int i = 0; i < n; i++) {
        if (i > 0 || sec->heading[0])
            add_string(t, i == 0 && !list ? "\n" : sec->separator);
        size_t at = t->bytes.len;
        add_form(p, t, &items[i], items[i].form, strlen(items[i].form));
        if (!list)
            capitalise(t, at);
    }
}

static void write_page(const patient *p, text *t, page *g)
{
    for (int s = 0; s < g->note->n_sections; s++) {
        bool minor = strchr("sebL", g->note->sections[s].key) != NULL;
        bool said = false;
        for (int i = 0; i < g->n[s]; i++)
            said |= g->items[s][i].n > 0 || strchr(g->items[s][i].form, '[');
        if (g->n[s] > 0 && (said || !minor || chance(p->r, 60)))
            write_section(p, t, &g->note->sections[s], g->items[s], g->n[s]);
    }
    if (chance(p->r, 6))
        remove_accents(t);
}

/* ---- JSON ---- */

static json_t *checked(json_t *v)
{
    if (!v)
        die("out of memory");
    return v;
}

static void append(json_t *array, json_t *v)
{
    if (json_array_append_new(array, v))
        die("out of memory");
}

static json_t *annotations(const text *t)
{
    json_t *all = checked(json_array());
    for (size_t i = 0; i < t->n_spans; i++)
        append(all,
               checked(json_pack("{s:i, s:i, s:s, s:s}", "begin", t->spans[i].begin, "end", t->spans[i].end,
                                 "code", codes[t->spans[i].code].code, "code_system", "ICD-10")));
    return all;
}

static int by_code(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static json_t *label_list(patient *p)
{
    qsort(p->labels, (size_t)p->n_labels, sizeof *p->labels, by_code);
    json_t *all = checked(json_array());
    for (int i = 0; i < p->n_labels; i++)
        append(all, checked(json_string(codes[p->labels[i]].code)));
    return all;
}

/* The date of a day of a stay that begins between 2018 and 2024. */
static void format_date(char date[16], int day)
{
    time_t t = 1514764800 + (time_t)day * 86400; /* 1 January 2018 */
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(date, 16, "%Y-%m-%d", &tm) == 0)
        die("no date");
}

static void write_encounter(encounter *e, const char *id, FILE *out, FILE *evidence)
{
    json_t *documents = checked(json_array()), *notes = checked(json_array());
    int day = (int)rng_below(e->patient.r, 7 * 365);
    for (int i = 0; i < e->n_pages; i++) {
        char note_id[80], date[16];
        snprintf(note_id, sizeof note_id, "%s-%d", id, i + 1);
        format_date(date, day);
        day += between(e->patient.r, 0, 3);
        text t = {0};
        write_page(&e->patient, &t, &e->pages[i]);
        append(documents,
               checked(json_pack("{s:s, s:s, s:s, s:s, s:s%}", "id", note_id, "type", e->pages[i].note->type,
                                 "date", date, "language", e->patient.language->name, "text",
                                 (const char *)t.bytes.data, t.bytes.len)));
        append(notes, checked(json_pack("{s:s, s:o}", "note_id", note_id, "annotations", annotations(&t))));
        buf_free(&t.bytes);
        mem_free(t.spans);
    }
    json_t *line = checked(
        json_pack("{s:s, s:o, s:o}", "id", id, "documents", documents, "labels", label_list(&e->patient)));
    json_t *truth = checked(json_pack("{s:s, s:o}", "id", id, "notes", notes));
    if (ecan_json_write_line(out, line) || ecan_json_write_line(evidence, truth))
        die("%s", err_message());
    json_decref(line);
    json_decref(truth);
}

/* ---- files ---- */

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        die("%s: name too long", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        die("%s: %s", path, strerror(errno));
    return f;
}

static void close_file(FILE *f, const char *name)
{
    bool failed = ferror(f);
    if (fclose(f) || failed)
        die("%s: %s", name, strerror(errno));
}

static void write_split(const char *folder, const char *name, uint64_t seed, int split, int n, FILE *evidence)
{
    char file[32], id[64];
    snprintf(file, sizeof file, "%s.jsonl", name);
    FILE *out = create(folder, file);
    encounter *e = mem_array(1, sizeof *e);
    if (!e)
        die("%s", err_message());
    for (int i = 0; i < n; i++) {
        rng r;
        rng_seed(&r, seed, (uint64_t)split, (uint64_t)i);
        draw_encounter(e, &r);
        snprintf(id, sizeof id, "%s-%05d", name, i + 1);
        write_encounter(e, id, out, evidence);
    }
    mem_free(e);
    close_file(out, file);
}

static void write_labels(const char *folder)
{
    FILE *f = create(folder, "labels.tsv");
    for (int c = 0; c < N_CODES; c++)
        fprintf(f, "%s\t%s\n", codes[c].code, codes[c].description);
    close_file(f, "labels.tsv");
}

static long number(const char *option, const char *s)
{
    char *end;
    errno = 0;
    long n = strtol(s, &end, 10);
    if (errno || end == s || *end || n < 0 || n > 10000000) {
        fprintf(stderr, "make-encounters: --%s %s: not a number between 0 and 10000000\n", option, s);
        exit(2);
    }
    return n;
}

int main(int argc, char **argv)
{
    enum { SEED, TRAIN, DEV, TEST };
    static const struct option options[] = {{"seed", 1, NULL, SEED},
                                            {"train", 1, NULL, TRAIN},
                                            {"dev", 1, NULL, DEV},
                                            {"test", 1, NULL, TEST},
                                            {"output", 1, NULL, 'o'},
                                            {"help", 0, NULL, 'h'},
                                            {0}};
    static const char *const splits[] = {NULL, "train", "dev", "test"};
    long numbers[] = {1, 1600, 200, 400};
    const char *folder = NULL;
    for (int o; (o = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (o == 'h')
            return fputs(usage, stdout) < 0 || fclose(stdout) ? 1 : 0;
        if (o == '?')
            return 2;
        if (o == 'o')
            folder = optarg;
        else
            numbers[o] = number(options[o].name, optarg);
    }
    if (!folder || optind < argc) {
        fputs(usage, stderr);
        return 2;
    }
    if (mkdir(folder, 0777) && errno != EEXIST)
        die("%s: %s", folder, strerror(errno));
    write_labels(folder);
    FILE *evidence = create(folder, "evidence.jsonl");
    for (int s = TRAIN; s <= TEST; s++)
        write_split(folder, splits[s], (uint64_t)numbers[SEED], s, (int)numbers[s], evidence);
    close_file(evidence, "evidence.jsonl");
    return 0;
}
