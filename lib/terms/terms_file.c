/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/terms_file.h"

#include "base/err.h"
#include "io/utf8check.h"
#include "text/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINE = 1 << 16, MOST_COLUMNS = 6 };

static const char form_key[] = "#form", mark_key[] = "#mark";

/* Reads "#form", then endings=cut|keep and stop-words=drop|keep, separated by tabs. */
static int read_form(term_form *form, char *s)
{
    char *rest = NULL;
    strtok_r(s, "\t", &rest);
    for (char *word; (word = strtok_r(NULL, "\t", &rest));) {
        if (strcmp(word, "endings=keep") == 0 || strcmp(word, "endings=cut") == 0)
            form->keep_endings = word[8] == 'k';
        else if (strcmp(word, "stop-words=keep") == 0 || strcmp(word, "stop-words=drop") == 0)
            form->keep_stop_words = word[11] == 'k';
        else
            return err_set("%s: expected endings=cut|keep or stop-words=drop|keep", form_key);
    }
    return 0;
}

static int read_number(float *number, const char *s, const char *name)
{
    char *end;
    const double x = strtod(s, &end);
    if (*end || end == s || !isfinite((float)x))
        return err_set("%s is not a finite number", name);
    *number = (float)x;
    return 0;
}

/* Reads "#mark", the name of a mark and its effect, separated by tabs. */
static int read_mark(mark_effects *marks, char *s)
{
    char *rest = NULL;
    strtok_r(s, "\t", &rest);
    const char *name = strtok_r(NULL, "\t", &rest), *effect = strtok_r(NULL, "\t", &rest);
    int kind = 0;
    while (name && kind < SCOPE_KINDS && strcmp(name, scope_names[kind]) != 0)
        kind++;
    if (!name || kind == SCOPE_KINDS || !effect || strtok_r(NULL, "\t", &rest))
        return err_set("%s: expected negated, historical, family or uncertain, a tab and a number", mark_key);
    marks->any = true;
    return read_number(&marks->of[kind], effect, "the effect of a mark");
}

static int read_weight(terms_row *row, const char *s)
{
    row->has_weight = *s != '\0';
    return row->has_weight ? read_number(&row->weight, s, "the third column, the weight,") : 0;
}

static int read_count(int32_t *count, const char *s, const char *name)
{
    char *end;
    errno = 0;
    const long long n = strtoll(s, &end, 10);
    if (*end || errno || n < 0 || n > INT32_MAX)
        return err_set("the column of %s is not a whole number", name);
    *count = (int32_t)n;
    return 0;
}

/* Splits s, of n bytes, at its tabs. */
static int split(char *s, size_t n, const char *columns[MOST_COLUMNS])
{
    int found = 0;
    char *const end = s + n;
    for (char *tab = s; found < MOST_COLUMNS; s = tab + 1) {
        columns[found++] = s;
        tab = memchr(s, '\t', (size_t)(end - s));
        if (!tab)
            break;
        *tab = '\0';
    }
    return found;
}

static int read_row(terms_reader *t, lines *in)
{
    const char *column[MOST_COLUMNS] = {"", "", "", "", "", ""};
    size_t bad;
    if (memchr(in->text, '\0', in->n))
        return err_set("a NUL byte");
    if (!utf8_check((const unsigned char *)in->text, in->n, &bad))
        return err_set("byte %zu is not UTF-8", bad + 1);
    if (split(in->text, in->n, column) < 2)
        return err_set("expected a term, a tab and a code");
    terms_row row = {.term = column[0],
                     .label = labels_index(t->labels, column[1], strlen(column[1])),
                     .source = column[5]};
    if (row.label < 0) {
        t->unknown++;
        return t->skip_unknown ? 0 : err_set("column 2: unknown code: the model does not have it");
    }
    if (!*row.term)
        return err_set("a term without a letter");
    if (read_weight(&row, column[2]) || read_count(&row.both, column[3], "encounters with term and code") ||
        read_count(&row.encounters, column[4], "encounters with the term"))
        return -1;
    return t->on_row(t->context, &row);
}

static int read_line(terms_reader *t, lines *in, bool *begun)
{
    if (in->n > 0 && in->text[in->n - 1] == '\r')
        in->text[--in->n] = '\0';
    if (in->n == 0)
        return 0;
    if (in->text[0] != '#') {
        *begun = true;
        return read_row(t, in);
    }
    const size_t n = strcspn(in->text, "\t");
    const bool form = n == 5 && memcmp(in->text, form_key, n) == 0,
               mark = n == 5 && memcmp(in->text, mark_key, n) == 0;
    if (*begun && (form || mark))
        return err_set("%s after the first term", form ? form_key : mark_key);
    return form ? read_form(&t->form, in->text) : mark ? read_mark(&t->marks, in->text) : 0;
}

/* Closes in. */
static int read_from(terms_reader *t, lines in)
{
    bool begun = false;
    int got = 0;
    while ((got = lines_next_named(&in)) > 0)
        if (read_line(t, &in, &begun)) {
            got = lines_error(&in);
            break;
        }
    lines_close(&in);
    return got;
}

int terms_file_read(terms_reader *t, const char *path)
{
    lines in;
    return lines_open(&in, path, MOST_LINE) ? -1 : read_from(t, in);
}

int terms_file_read_fd(terms_reader *t, int fd, const char *path)
{
    lines in;
    return lines_open_fd(&in, fd, path, MOST_LINE) ? -1 : read_from(t, in);
}

void terms_file_head(FILE *f, term_form form, const mark_effects *marks)
{
    fprintf(f, "%s\tendings=%s\tstop-words=%s\n", form_key, form.keep_endings ? "keep" : "cut",
            form.keep_stop_words ? "keep" : "drop");
    for (int k = 0; marks->any && k < SCOPE_KINDS; k++)
        fprintf(f, "%s\t%s\t%.4g\n", mark_key, scope_names[k], (double)marks->of[k]);
    fputs("#term\tcode\tweight\tencounters with term and code\tencounters with term\tsource\n", f);
}

void terms_file_row(FILE *f, const labels *l, const terms_row *row)
{
    fprintf(f, "%s\t%s\t%.4g\t%" PRId32 "\t%" PRId32 "\t%s\n", row->term, labels_code(l, row->label),
            (double)row->weight, row->both, row->encounters, row->source);
}
