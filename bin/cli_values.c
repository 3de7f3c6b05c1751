/* SPDX-License-Identifier: Apache-2.0 */
/* Parses values of options, and prints them in the same form. */
#include "base/list.h"
#include "cli_private.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void reject(const cli_option *o, const char *text, const char *expected)
{
    cli_usage("--%s: invalid value '%s': expected %s", o->name, text, expected);
}

static void check_range(const cli_option *o, double v, const char *text)
{
    if ((o->min != 0 || o->max != 0) && (v < o->min || v > o->max))
        cli_usage("--%s: invalid value '%s': expected %.15g to %.15g", o->name, text, o->min, o->max);
}

/* Parses n characters as a decimal integer. */
static bool parse_int(const char *text, size_t n, int64_t *v)
{
    char *end;
    if (n == 0 || strspn(text, "+-0123456789") < n)
        return false;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    *v = parsed;
    return errno == 0 && end == text + n;
}

static void set_int(const cli_option *o, const char *text)
{
    int64_t v;
    if (!parse_int(text, strlen(text), &v))
        reject(o, text, "a whole number");
    check_range(o, (double)v, text);
    *(int64_t *)o->value = v;
}

/* Parses n characters as a decimal number: no hexadecimal, NaN, infinity or spaces. The locale is always C.
 */
static bool parse_real(const char *text, size_t n, double *v)
{
    char *end;
    if (n == 0 || strspn(text, "+-.eE0123456789") < n)
        return false;
    *v = strtod(text, &end);
    return end == text + n && isfinite(*v);
}

static void set_real(const cli_option *o, const char *text)
{
    double v;
    if (!parse_real(text, strlen(text), &v))
        reject(o, text, "a number");
    check_range(o, v, text);
    *(double *)o->value = v;
}

static void set_size(const cli_option *o, const char *text)
{
    static const char suffixes[] = "KMGT";
    size_t n = strlen(text);
    const char *suffix = n > 0 ? strchr(suffixes, toupper((unsigned char)text[n - 1])) : NULL;
    int shift = suffix != NULL ? 10 * (int)(suffix - suffixes + 1) : 0;
    int64_t v;
    if (!parse_int(text, n - (suffix != NULL), &v) || v < 0 || v > INT64_MAX >> shift)
        reject(o, text, "a size in bytes (4096, 512K, 64M, 2G)");
    v <<= shift;
    check_range(o, (double)v, text);
    *(int64_t *)o->value = v;
}

/* Parses numbers separated by commas. */
static void set_list(const cli_option *o, const char *text)
{
    const bool whole = o->kind == CLI_INTS;
    cli_ints ints = {0};
    cli_reals reals = {0};
    const char *rest = text, *item;
    size_t length;
    int n = 0;
    for (; list_next(&rest, &item, &length); n++) {
        if (n == CLI_LIST)
            cli_usage("--%s: invalid value '%s': expected at most %d numbers", o->name, text, n);
        if (!(whole ? parse_int(item, length, &ints.v[n]) : parse_real(item, length, &reals.v[n])))
            reject(o, text, whole ? "a list of whole numbers (3,5,9)" : "a list of numbers (0.5,0.35)");
        check_range(o, whole ? (double)ints.v[n] : reals.v[n], text);
    }
    ints.n = reals.n = n;
    if (whole)
        *(cli_ints *)o->value = ints;
    else
        *(cli_reals *)o->value = reals;
}

/* Returns choice i of "head|proportional=share" and its length without the old names after "="; NULL after
 * the last. */
const char *cli_choice(const char *choices, int i, size_t *n)
{
    for (; i > 0 && choices != NULL; i--) {
        choices = strchr(choices, '|');
        choices += choices != NULL;
    }
    if (choices != NULL)
        *n = strcspn(choices, "|=");
    return choices;
}

/* Whether text is one of the names at `at`, which `between` separates and `end` ends. */
static bool is_one_of(const char *text, const char *at, char between, char end)
{
    const char ends[] = {between, end, '\0'};
    for (;; at++) {
        size_t n = strcspn(at, ends);
        if (strlen(text) == n && memcmp(text, at, n) == 0)
            return true;
        at += n;
        if (*at != between)
            return false;
    }
}

void cli_put_choices(FILE *f, const char *choices, const char *between, const char *last)
{
    const char *word;
    size_t n, next;
    for (int i = 0; (word = cli_choice(choices, i, &n)) != NULL; i++)
        fprintf(f, "%s%.*s", i == 0 ? "" : cli_choice(choices, i + 1, &next) ? between : last, (int)n, word);
}

static void put_or_choices(FILE *f, const cli_option *o)
{
    cli_put_choices(f, o->choices, ", ", " or ");
}

char *cli_text_of(void (*put)(FILE *, const cli_option *), const cli_option *o)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    if (f == NULL)
        cli_die("out of memory");
    put(f, o);
    if (fclose(f) != 0)
        cli_die("out of memory");
    return text;
}

static void set_choice(const cli_option *o, const char *text)
{
    const char *word;
    size_t n;
    for (int i = 0; (word = cli_choice(o->choices, i, &n)) != NULL; i++)
        if (is_one_of(text, word, '=', '|')) {
            *(int *)o->value = i;
            return;
        }
    char *choices = cli_text_of(put_or_choices, o);
    cli_usage("--%s: invalid value '%s': choose %s", o->name, text, choices);
}

static void add_string(const cli_option *o, const char *text)
{
    cli_strings *list = o->value;
    if (list->n == CLI_LIST)
        cli_usage("--%s: more than %d times", o->name, CLI_LIST);
    list->v[list->n++] = text;
}

void cli_set_value(const cli_option *o, const char *text, bool negated)
{
    if (o->moved != NULL)
        cli_usage("%s%s: use %s", *o->name != '\0' ? "--" : "-",
                  *o->name != '\0' ? o->name : (char[]){o->letter, '\0'}, o->moved);
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)o->value = !negated;
        break;
    case CLI_INT:
        set_int(o, text);
        break;
    case CLI_REAL:
        set_real(o, text);
        break;
    case CLI_STRING:
        *(const char **)o->value = text;
        break;
    case CLI_CHOICE:
        set_choice(o, text);
        break;
    case CLI_INTS:
    case CLI_REALS:
        set_list(o, text);
        break;
    case CLI_SIZE:
        set_size(o, text);
        break;
    case CLI_STRINGS:
        add_string(o, text);
        break;
    }
    if (o->given != NULL)
        *o->given = true;
}

static void put_size(FILE *f, int64_t v)
{
    int i = 0;
    for (; i < 4 && v != 0 && v % 1024 == 0; i++)
        v /= 1024;
    fprintf(f, "%lld%.*s", (long long)v, i > 0, &"\0KMGT"[i]);
}

void cli_put_default(FILE *f, const cli_option *o)
{
    const char *word;
    size_t n;
    if (o->show != NULL) {
        fputs(o->show, f);
        return;
    }
    switch (o->kind) {
    case CLI_FLAG:
        if (*(const bool *)o->value)
            fprintf(f, "on; --no-%s", o->name);
        break;
    case CLI_INT:
        fprintf(f, "%lld", (long long)*(const int64_t *)o->value);
        break;
    case CLI_REAL:
        fprintf(f, "%.15g", *(const double *)o->value);
        break;
    case CLI_STRING:
        if (*(const char *const *)o->value != NULL)
            fputs(*(const char *const *)o->value, f);
        break;
    case CLI_CHOICE:
        if ((word = cli_choice(o->choices, *(const int *)o->value, &n)) != NULL)
            fprintf(f, "%.*s", (int)n, word);
        break;
    case CLI_INTS:
        for (int i = 0; i < ((const cli_ints *)o->value)->n; i++)
            fprintf(f, "%s%lld", i > 0 ? "," : "", (long long)((const cli_ints *)o->value)->v[i]);
        break;
    case CLI_REALS:
        for (int i = 0; i < ((const cli_reals *)o->value)->n; i++)
            fprintf(f, "%s%.15g", i > 0 ? "," : "", ((const cli_reals *)o->value)->v[i]);
        break;
    case CLI_SIZE:
        put_size(f, *(const int64_t *)o->value);
        break;
    case CLI_STRINGS:
        break;
    }
}
