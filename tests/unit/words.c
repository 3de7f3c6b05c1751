/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of formats/words.md, row by row: what the page says of a text is what comes of it. The first
 * cell of a row that has code is the text, the further ones are words; the head of a column is options of
 * ecan-tokenize. */
#include "text/tokenize.h"

#include "base/err.h"
#include "base/mem.h"
#include "tap.h"
#include "text/language.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

#define PAGE  "formats/words.md"
#define CELLS 12 /* of a row, at most */

typedef struct cell {
    char *s; /* NUL-ended, without the blanks around it */
} cell;

/* ---- Markdown ---- */

/* The run of backticks at s. */
static size_t fence(const char *s)
{
    return strspn(s, "`");
}

/* The text after the code that the fence at s opens. */
static char *behind_code(char *s)
{
    size_t n = fence(s);
    for (s += n; *s; s += fence(s) > 0 ? fence(s) : 1)
        if (fence(s) == n)
            return s + n;
    return s;
}

static char *trim(char *s)
{
    s += strspn(s, " ");
    size_t n = strlen(s);
    while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\n'))
        s[--n] = '\0';
    return s;
}

/* The cells of a row, which is cut up. 0: the line is none. */
static int split(char *line, cell cells[CELLS])
{
    int n = 0;
    if (*line != '|')
        return 0;
    for (char *s = line + 1, *start = s; *s && n < CELLS;) {
        if (*s == '|') {
            *s++ = '\0';
            cells[n++].s = trim(start);
            start = s;
        } else {
            s = *s == '`' ? behind_code(s) : s + 1;
        }
    }
    return n;
}

/* \u0301 is written out: s := s without escapes. */
static void unescape(char *s)
{
    char *to = s;
    while (*s) {
        if (s[0] == '\\' && s[1] == 'u') {
            const char digits[] = {s[2], s[3], s[4], s[5], '\0'};
            to += utf8_put((int32_t)strtol(digits, NULL, 16), to);
            s += 6;
        } else {
            *to++ = *s++;
        }
    }
    *to = '\0';
}

/* The next code in *s, cut out, without escapes; *s moves past it. NULL: there is none. */
static char *next_code(char **s)
{
    char *start = strchr(*s, '`');
    if (!start)
        return NULL;
    size_t n = fence(start);
    char *end = behind_code(start);
    *s = *end ? end + 1 : end;
    end[-(ptrdiff_t)n] = '\0';
    start = n > 1 ? trim(start + n) : start + n;
    unescape(start);
    return start;
}

/* ---- options ---- */

static bool choose(const char *choices, const char *name, int *value)
{
    for (int i = 0; *choices; i++) {
        size_t n = strcspn(choices, "|");
        if (n == strlen(name) && memcmp(choices, name, n) == 0) {
            *value = i;
            return true;
        }
        choices += n + (choices[n] == '|');
    }
    return false;
}

/* The options in the head of a column: "fr --numbers mask". False: there are none. */
static bool add_options(const char *text, tokenize_options *o)
{
    char copy[200];
    int value = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        const char *name = strncmp(word, "--", 2) == 0 ? word + 2 : NULL;
        const char *argument = name ? strtok(NULL, " ") : word;
        if (!argument)
            return false;
        if (!name && choose(LANGUAGES, argument, &value)) {
            o->language = (language)value;
        } else if (!name && strcmp(argument, "caml") == 0) {
            *o = (tokenize_options){.caml = true, .numbers = o->numbers ? o->numbers : TOKENIZE_DROP};
        } else if (name && strcmp(name, "numbers") == 0 && choose(TOKENIZE_NUMBERS, argument, &value)) {
            o->numbers = (tokenize_numbers)value;
        } else if (name && strcmp(name, "case") == 0 && choose(TOKENIZE_CASES, argument, &value)) {
            o->keep_case = value;
        } else if (name && strcmp(name, "accents") == 0 && choose(TOKENIZE_ACCENTS, argument, &value)) {
            o->strip_accents = value;
        } else if (name && strcmp(name, "signs") == 0 && choose(TOKENIZE_SIGNS, argument, &value)) {
            o->keep_signs = value;
        } else {
            return false;
        }
    }
    return true;
}

/* ---- rows ---- */

typedef struct page {
    char beside[100];       /* options for all columns of the next table */
    char heads[CELLS][100]; /* its columns' */
    int n, text;            /* columns; that of the text, -1: this is another table */
    int rows;               /* that were checked */
    unsigned named;         /* rules (by their number) that have a row */
} page;

static void name_rule(page *p, const char *name)
{
    for (size_t i = 0; language_rule_name(i); i++)
        if (strcmp(language_rule_name(i), name) == 0)
            p->named |= 1u << i;
}

/* line := the words of a text, each in brackets. */
static bool write_words(const tokenize_options *o, const char *text, char *line, size_t room)
{
    tokens w = {0};
    tokenizer *t = tokenizer_new(o);
    bool done = t && tokenize(t, text, strlen(text), 0, &w) == 0;
    *line = '\0';
    for (size_t i = 0, at = 0; i < w.T && at < room; i++) {
        size_t n;
        const char *s = tokens_word(&w, i, &n);
        at += (size_t)snprintf(line + at, room - at, "[%.*s]", (int)n, s);
    }
    tokens_free(&w);
    tokenizer_free(t);
    return done;
}

/* The same for what a cell has: code, or "none". */
static void read_words(char *s, char *line, size_t room)
{
    size_t at = 0;
    char *word;
    *line = '\0';
    while ((word = next_code(&s)) && at < room)
        at += (size_t)snprintf(line + at, room - at, "[%s]", word);
}

/* Whether a text has the words of a cell; words: those of the first cell of the row, which
 * also apply to an empty cell. */
static bool check_cell(const page *p, int column, char *s, const char *text, char *words, size_t room)
{
    tokenize_options o = {0};
    char found[1000] = "";
    if (*s || column == p->text + 1)
        read_words(s, words, room);
    bool right = add_options(p->beside, &o) && add_options(p->heads[column], &o) &&
                 write_words(&o, text, found, sizeof found) && strcmp(found, words) == 0;
    if (!right)
        printf("# %s %s: %s is %s, and the page says %s\n", p->heads[column], p->beside, text, found, words);
    return right;
}

static void check_row(page *p, cell *cells, int n)
{
    char first[1000], words[1000];
    char *s = cells[p->text].s, *text = next_code(&s);
    bool right = n == p->n && text;
    if (p->text > 0)
        name_rule(p, cells[0].s);
    for (int i = p->text + 1; right && i < n; i++) {
        if (i > p->text + 1)
            snprintf(words, sizeof words, "%s", first);
        right = check_cell(p, i, cells[i].s, text, words, sizeof words);
        if (i == p->text + 1)
            snprintf(first, sizeof first, "%s", words);
    }
    ok(right, "%s %s", p->text > 0 ? cells[0].s : "", text ? text : "has no code");
    p->rows++;
}

/* The head of a table: of ours, where one of its cells is "text". */
static void read_head(page *p, cell *cells, int n)
{
    p->n = n;
    p->text = -1;
    for (int i = 0; i < n; i++) {
        char *s = cells[i].s, *code = next_code(&s);
        snprintf(p->heads[i], sizeof p->heads[i], "%s", code ? code : "");
        if (strcmp(cells[i].s, "text") == 0)
            p->text = i;
    }
}

static void read_line(page *p, char *line)
{
    cell cells[CELLS];
    const int n = split(line, cells);
    if (n == 0) {
        if (p->n > 0 || strncmp(line, "With `", 6) == 0)
            p->beside[0] = '\0';
        p->n = 0;
        if (strncmp(line, "With `", 6) == 0)
            snprintf(p->beside, sizeof p->beside, "%s", next_code(&line));
    } else if (p->n == 0) {
        read_head(p, cells, n);
    } else if (p->text >= 0 && strncmp(cells[0].s, "---", 3) != 0) {
        check_row(p, cells, n);
    }
}

int main(void)
{
    page p = {0};
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(PAGE, "r");
    if (ok(f != NULL, "%s is there", PAGE)) {
        while (getline(&line, &room, f) > 0)
            read_line(&p, line);
        fclose(f);
    }
    free(line);
    ok(p.rows > 80, "it has %d rows", p.rows);
    for (size_t i = 0; language_rule_name(i); i++)
        ok(p.named >> i & 1, "the page has a row for %s", language_rule_name(i));
    return tap_done();
}
