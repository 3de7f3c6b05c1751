/* SPDX-License-Identifier: Apache-2.0 */
/* Prints --help and the manual page from the table of options. */
#include "cli_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  79 /* columns of --help */
#define MARGIN 24 /* first column of the text of an option */

/* ---- common parts ---- */

/* Prints the help text, the choices, the aliases and the default. */
static void put_explanation(FILE *f, const cli_option *o)
{
    char *standard = cli_text_of(cli_put_default, o);
    fputs(o->help, f);
    if (o->kind == CLI_CHOICE) {
        fputs(". Choices: ", f);
        cli_put_choices(f, o->choices, ", ", ", ");
    }
    if (o->alias != NULL) {
        fputs(" [also --", f);
        cli_put_choices(f, o->alias, ", --", ", --");
        putc(']', f);
    }
    if (*standard != '\0')
        fprintf(f, " (default: %s)", standard);
    free(standard);
}

typedef void option_visitor(const cli_option *o, char letter);

static void each_option(const cli_program *p, option_visitor *visit)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        if (o->moved == NULL)
            visit(o, o->letter);
    for (int i = 0; i < CLI_HIDDEN; i++)
        visit(&cli_common[i], cli_common_letter(p, i));
}

static const char exit_status[] =
    "0: success. 1: failure (bad data, truncated input, read or write error). 2: wrong usage.";

/* Length of the first block of text. A line that begins with a space is a block, which is printed unchanged.
 * Other lines are a block until the end of the paragraph, which is filled. */
static size_t block_length(const char *text)
{
    size_t n = strcspn(text, "\n");
    if (*text == ' ' || n == 0)
        return n;
    while (text[n] == '\n' && text[n + 1] != '\0' && text[n + 1] != '\n' && text[n + 1] != ' ')
        n += 1 + strcspn(text + n + 1, "\n");
    return n;
}

/* ---- --help ---- */

/* Prints the words in n bytes of text from column `at`, with more lines indented. */
static void fill(const char *text, size_t n, int at, int indent)
{
    const char *end = text + n;
    bool first = true;
    for (; text < end; text++) {
        int word = (int)strcspn(text, " \n");
        if (word > end - text)
            word = (int)(end - text);
        if (word == 0)
            continue;
        if (!first && at + 1 + word > WIDTH) {
            printf("\n%*s", indent, "");
            at = indent, first = true;
        }
        at += printf("%s%.*s", first ? "" : " ", word, text);
        first = false;
        text += word;
    }
    putchar('\n');
}

static void help_prose(const char *text)
{
    while (*text != '\0') {
        size_t n = block_length(text);
        if (*text == ' ' || n == 0)
            printf("%.*s\n", (int)n, text);
        else
            fill(text, n, 0, 0);
        text += n;
        text += *text == '\n';
    }
}

static void help_option(const cli_option *o, char letter)
{
    char *text = cli_text_of(put_explanation, o);
    int at = letter != 0 ? printf("  -%c, --%s", letter, o->name) : printf("      --%s", o->name);
    if (o->arg != NULL)
        at += printf(" %s", o->arg);
    if (at + 2 > MARGIN) {
        putchar('\n');
        at = 0;
    }
    printf("%*s", MARGIN - at, "");
    fill(text, strlen(text), MARGIN, MARGIN);
    free(text);
}

static void indented(const char *lines)
{
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");
        printf("%s%.*s\n", n > 0 ? "  " : "", (int)n, lines);
        lines += n;
        lines += *lines == '\n';
    }
}

void cli_print_help(const cli_program *p)
{
    printf("Usage: %s %s\n%s: ", p->name, p->usage, p->name);
    fill(p->summary, strlen(p->summary), (int)strlen(p->name) + 2, 0);
    if (p->description != NULL) {
        putchar('\n');
        help_prose(p->description);
    }
    printf("\nOptions:\n");
    each_option(p, help_option);
    if (p->example != NULL) {
        printf("\nExample:\n");
        indented(p->example);
    }
    printf("\nExit status:\n  ");
    fill(exit_status, strlen(exit_status), 2, 2);
    if (p->see_also != NULL)
        printf("\nSee also: %s\n", p->see_also);
}

/* ---- --man ---- */

/* Prints n bytes so that roff prints them unchanged (man(7) has the names of the characters) and reads no
 * line as a request. */
static void roff(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' && (i == 0 || text[i - 1] == '\n'))
            fputs("\\&", stdout);
        switch (text[i]) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '\'':
            fputs("\\(aq", stdout);
            break;
        case '`':
            fputs("\\(ga", stdout);
            break;
        case '^':
            fputs("\\(ha", stdout);
            break;
        case '~':
            fputs("\\(ti", stdout);
            break;
        default:
            putchar(text[i]);
        }
    }
}

static void roff_line(const char *text)
{
    roff(text, strlen(text));
    putchar('\n');
}

static void literal(const char *text, size_t n)
{
    printf(".nf\n");
    roff(text, n);
    printf("\n.fi\n");
}

static void man_prose(const char *text)
{
    bool apart = false; /* an empty line requires .PP before the next block */
    while (*text != '\0') {
        size_t n = block_length(text);
        if (n > 0 && apart)
            printf(".PP\n");
        apart = n == 0;
        if (*text == ' ') {
            while (text[n] == '\n' && text[n + 1] == ' ')
                n += 1 + strcspn(text + n + 1, "\n");
            literal(text, n);
        } else if (n > 0) {
            roff(text, n);
            putchar('\n');
        }
        text += n;
        text += *text == '\n';
    }
}

static void man_option(const cli_option *o, char letter)
{
    char *text = cli_text_of(put_explanation, o);
    printf(".TP\n");
    if (letter != 0)
        printf("\\fB\\-%c\\fR, ", letter);
    printf("\\fB\\-\\-");
    roff(o->name, strlen(o->name));
    printf("\\fR");
    if (o->arg != NULL) {
        printf(" \\fI");
        roff(o->arg, strlen(o->arg));
        printf("\\fR");
    }
    putchar('\n');
    roff_line(text);
    free(text);
}

/* "ecan-a, ecan-b" as references to manual pages. */
static void man_see_also(const char *names)
{
    while (*names != '\0') {
        size_t n = strcspn(names, ", ");
        if (n > 0) {
            bool last = names[n + strspn(names + n, ", ")] == '\0';
            printf(".BR ");
            roff(names, n);
            printf(" (1)%s\n", last ? "" : ",");
        }
        names += n;
        names += strspn(names, ", ");
    }
}

void cli_print_man(const cli_program *p)
{
    printf(".TH ");
    for (const char *c = p->name; *c != '\0'; c++)
        if (*c == '-')
            fputs("\\-", stdout);
        else
            putchar(toupper((unsigned char)*c));
    printf(" 1 \"" ECAN_DATE "\" \"ecan " ECAN_VERSION "\" \"ecan\"\n.SH NAME\n");
    roff(p->name, strlen(p->name));
    printf(" \\- ");
    roff_line(p->summary);
    printf(".SH SYNOPSIS\n.B ");
    roff_line(p->name);
    roff_line(p->usage);
    if (p->description != NULL) {
        printf(".SH DESCRIPTION\n");
        man_prose(p->description);
    }
    printf(".SH OPTIONS\n");
    each_option(p, man_option);
    if (p->example != NULL) {
        printf(".SH EXAMPLES\n");
        literal(p->example, strlen(p->example));
    }
    printf(".SH \"EXIT STATUS\"\n");
    roff_line(exit_status);
    if (p->see_also != NULL) {
        printf(".SH \"SEE ALSO\"\n");
        man_see_also(p->see_also);
    }
}
