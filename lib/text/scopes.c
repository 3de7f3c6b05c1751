/* SPDX-License-Identifier: Apache-2.0 */
#include "text/scopes.h"

#include "base/err.h"
#include "io/file.h"
#include "io/kinds.h"
#include "io/utf8check.h"
#include "text/scopes_table.h"
#include "text/tokenize.h"
#include "text/utf8.h"

#include <string.h>

_Static_assert((int)SCOPE_KINDS == (int)MATCH_MARKS, "match_marks has a bit for each kind");

const char *const scope_names[SCOPE_KINDS] = {"negated", "historical", "family", "uncertain"};

static const unsigned char builtin[] = {
#include "scopes.inc"
};

const char *scopes_builtin(size_t *n)
{
    *n = sizeof builtin;
    return (const char *)builtin;
}

/* ---- words ---- */

int scope_drop_signs(buf *out, const char *plain, size_t n)
{
    if (buf_reserve(out, n))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (plain[i] != '\'' && plain[i] != '-' && plain[i] != '.')
            out->data[out->len++] = (unsigned char)plain[i];
    return 0;
}

/* Makes room for the next word, or -1. */
static int word_number(scopes *s, const char *word, size_t n)
{
    const int32_t number = map_add(s->words, word, n);
    const size_t had = s->n_common, needs = number + 1;
    if (number < 0)
        return -1;
    if (needs > had) {
        if (mem_grow(&s->common, &s->n_common, 2 * needs, sizeof *s->common) ||
            mem_grow(&s->starts, &s->n_starts, s->n_common, sizeof *s->starts))
            return -1;
        memset(s->common + had, 0, (s->n_common - had) * sizeof *s->common);
        memset(s->starts + had, 0, (s->n_common - had) * sizeof *s->starts);
    }
    return number;
}

/* ---- rows ---- */

/* What reading needs. */
typedef struct table_reader {
    scopes *table;
    tokenizer *tokenizer;
    tokens words; /* of a phrase */
    buf plain, word, scratch[2];
} table_reader;

typedef struct text {
    const char *s;
    size_t n;
} text;

static bool is(text t, const char *name)
{
    return strlen(name) == t.n && memcmp(t.s, name, t.n) == 0;
}

static int find_language(scopes *s, text t)
{
    for (int i = 0; i < s->languages; i++)
        if (is(t, s->names[i]))
            return i;
    if (t.n == 0 || t.n >= sizeof s->names[0])
        return err_set("column 1: expected the name of a language, such as nl");
    if (s->languages == SCOPES_LANGUAGES)
        return err_set("column 1: more than %d languages", SCOPES_LANGUAGES);
    memcpy(s->names[s->languages], t.s, t.n);
    return s->languages++;
}

/* The numbers of the phrase's words into key; how many. A comma before them is a word too. */
static int read_phrase(table_reader *r, text phrase, scope_key *key)
{
    const int comma = phrase.n > 0 && phrase.s[0] == ',';
    if (comma && (key->at[1] = word_number(r->table, ",", 1)) < 0)
        return -1;
    tokens_clear(&r->words);
    if (tokenize_valid(r->tokenizer, phrase.s, phrase.n, 0, &r->words))
        return -1;
    const size_t T = r->words.T;
    if (T < 1 || T + comma > SCOPES_PHRASE)
        return err_set("column 2: expected 1 to %d words, got %zu", SCOPES_PHRASE, T);
    for (size_t i = 0; i < T; i++) {
        size_t n;
        const char *word = tokens_word(&r->words, i, &n);
        r->plain.len = r->word.len = 0;
        if (utf8_form(&r->plain, word, n, UTF8_FOLD | UTF8_STRIP, r->scratch) ||
            scope_drop_signs(&r->word, (const char *)r->plain.data, r->plain.len) ||
            (key->at[comma + 1 + i] = word_number(r->table, (const char *)r->word.data, r->word.len)) < 0)
            return -1;
    }
    return (int)T + comma;
}

/* The rule of the first n words of a phrase. NULL: memory. */
static scope_rule *find_rule(scopes *s, const scope_key *key, int n)
{
    const size_t had = s->n_rules;
    const int32_t at = map_add(s->phrases, (const char *)key->at, scope_key_size(n));
    if (at < 0)
        return NULL;
    if ((size_t)at >= had) {
        if (mem_grow(&s->rules, &s->n_rules, 2 * ((size_t)at + 1), sizeof *s->rules))
            return NULL;
        memset(s->rules + had, 0, (s->n_rules - had) * sizeof *s->rules);
    }
    return &s->rules[at];
}

/* The bit of a kind that has a scope; 0: the name of none. */
static int kind_bit(text kind)
{
    for (int i = 0; i < SCOPE_KINDS; i++)
        if (is(kind, scope_names[i]))
            return 1 << i;
    return 0;
}

static int set_direction(scope_rule *rule, int bit, text direction)
{
    unsigned char *bits = is(direction, "before")  ? &rule->before
                          : is(direction, "after") ? &rule->after
                          : is(direction, "line")  ? &rule->line
                                                   : NULL;
    if (!bits)
        return err_set("column 4: expected before, after or line");
    if (*bits & bit)
        return err_set("the same phrase, kind and direction are in an earlier line");
    *bits |= (unsigned char)bit;
    return 0;
}

static int add_row(table_reader *r, const text column[4])
{
    scopes *s = r->table;
    const text kind = column[2];
    const int l = find_language(s, column[0]), bit = kind_bit(kind);
    scope_key key = {{l}};
    const int n = l < 0 ? -1 : read_phrase(r, column[1], &key);
    if (n < 0)
        return -1;
    if (is(kind, "common")) {
        s->common[key.at[1]] |= (uint16_t)(1 << l);
        return n == 1 ? 0 : err_set("column 2: a common word is one word, got %d", n);
    }
    s->starts[key.at[1]] |= (uint16_t)(1 << l);
    scope_rule *rule = NULL;
    for (int i = 1; i <= n; i++)
        if (!(rule = find_rule(s, &key, i)))
            return -1;
    rule->known = true;
    if (bit)
        return set_direction(rule, bit, column[3]);
    rule->end |= is(kind, "end");
    return rule->end || is(kind, "pseudo")
               ? 0
               : err_set("column 3: expected negated, historical, family, uncertain, pseudo, end or common");
}

/* One line, without its line feed. 0, or -1 with the reason. */
static int read_line(table_reader *r, const char *s, size_t n)
{
    text column[4] = {0};
    size_t columns = 0;
    if (n > 0 && s[n - 1] == '\r')
        n--;
    if (n == 0 || s[0] == '#')
        return 0;
    for (const char *end = s + n; columns < 4; columns++) {
        const char *tab = memchr(s, '\t', end - s);
        column[columns] = (text){s, (tab ? tab : end) - s};
        s = tab ? tab + 1 : end;
        if (!tab) {
            columns++;
            break;
        }
    }
    if (columns < 3)
        return err_set("expected language, phrase and kind with tabs between, got %zu columns", columns);
    return add_row(r, column);
}

static int read_text(table_reader *r, const char *s, size_t n)
{
    size_t bad;
    int line = 1;
    if (!utf8_check((const unsigned char *)s, n, &bad))
        return err_set("byte %zu is not UTF-8", bad);
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
        s += 3;
        n -= 3;
    }
    for (const char *end = s + n; s < end; line++) {
        const char *feed = memchr(s, '\n', end - s), *stop = feed ? feed : end;
        if (read_line(r, s, stop - s))
            return err_prefix("line %d: ", line);
        s = feed ? feed + 1 : end;
    }
    return 0;
}

/* ---- tables ---- */

static scopes *from_text(const char *s, size_t n)
{
    static const tokenize_options options = {.numbers = TOKENIZE_KEEP, .strip_accents = true};
    table_reader r = {.table = mem_array(1, sizeof *r.table), .tokenizer = tokenizer_new(&options)};
    int result = r.table && r.tokenizer ? 0 : -1;
    if (!result) {
        r.table->words = map_new();
        r.table->phrases = map_new();
        result = r.table->words && r.table->phrases ? read_text(&r, s, n) : -1;
    }
    if (!result)
        r.table->comma = map_find(r.table->words, ",", 1);
    if (result) {
        scopes_free(r.table);
        r.table = NULL;
    }
    tokenizer_free(r.tokenizer);
    tokens_free(&r.words);
    buf_free(&r.plain);
    buf_free(&r.word);
    buf_free(&r.scratch[0]);
    buf_free(&r.scratch[1]);
    return r.table;
}

scopes *scopes_new(void)
{
    size_t n;
    const char *s = scopes_builtin(&n);
    return from_text(s, n);
}

/* Closes f. */
static scopes *from_map(file_map f, const char *path)
{
    scopes *s = from_text((const char *)f.data, f.size);
    file_map_close(&f);
    if (!s)
        err_prefix("%s: ", path);
    return s;
}

scopes *scopes_read(const char *path)
{
    file_map f;
    return file_map_open(&f, path) ? NULL : from_map(f, path);
}

scopes *scopes_read_fd(int fd, const char *path)
{
    file_map f;
    return file_map_fd(&f, fd, path) ? NULL : from_map(f, path);
}

void scopes_free(scopes *s)
{
    if (!s)
        return;
    map_free(s->words);
    map_free(s->phrases);
    mem_free(s->common);
    mem_free(s->starts);
    mem_free(s->rules);
    mem_free(s);
}
