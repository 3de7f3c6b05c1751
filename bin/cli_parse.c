/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the command line with the program's own table, as GNU's getopt_long does: options and operands may
 * be mixed. Because the table has types and choices, messages can name what was expected. */
#include "cli_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_option cli_common[CLI_COMMON] = {
    {"help", 'h', NULL, CLI_FLAG, NULL, .help = "print this help", .show = ""},
    {"version", 'V', NULL, CLI_FLAG, NULL, .help = "print the version", .show = ""},
    {"man", 0, NULL, CLI_FLAG, NULL, .help = "print the manual page, as roff", .show = ""},
    {"complete", 0, NULL, CLI_FLAG, NULL, .help = "print the table of options for completion in a shell"},
};

char cli_common_letter(const cli_program *p, int common)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        if (o->letter == cli_common[common].letter)
            return 0;
    return cli_common[common].letter;
}

const char *cli_option_name(const cli_option *o, int i, size_t *n)
{
    *n = strlen(o->name);
    return i == 0 ? o->name : cli_choice(o->alias, i - 1, n);
}

enum { NAME_LONGEST = 40 }; /* of an option, for suggestions */

/* ---- the scanner ---- */

enum { END, OPTION, OPERAND, WRONG };

typedef struct scanner {
    const cli_program *p;
    char **argv;
    int argc, at;        /* at: the next argument */
    const char *letters; /* what follows in "-abc" */
    bool ended;          /* "--" was read: operands follow */
    /* the last item */
    const cli_option *option;
    bool negated;
    const char *text; /* the option's value, or the operand */
    char why[200];    /* WRONG */
} scanner;

static int wrong(scanner *s, const char *before, const char *dashes, const char *name, size_t n,
                 const char *after)
{
    snprintf(s->why, sizeof s->why, "%soption '%s%.*s'%s", before, dashes, (int)n, name, after);
    return WRONG;
}

/* Reads the value of the option: the text after "=" or the letter, or the next argument. */
static int read_value(scanner *s, const char *attached, const char *dashes, const char *name, size_t n)
{
    s->text = attached;
    if (s->option->kind == CLI_FLAG)
        return attached == NULL ? OPTION : wrong(s, "", dashes, name, n, " takes no value");
    if (attached == NULL && s->at < s->argc)
        s->text = s->argv[s->at++];
    return s->text != NULL ? OPTION : wrong(s, "", dashes, name, n, " requires a value");
}

/* A search for a long name: finds an equal name, or a unique name that begins with it. */
typedef struct lookup {
    const char *name;
    size_t n;
    const cli_option *found;
    bool negated, exact, ambiguous;
} lookup;

static void compare(lookup *l, const cli_option *o, bool negated, const char *name, size_t n)
{
    const char *prefix = negated ? "no-" : "";
    size_t skip = strlen(prefix), head = l->n < skip ? l->n : skip;
    if (n == 0 || l->exact || l->n > skip + n || memcmp(l->name, prefix, head) != 0 ||
        memcmp(l->name + head, name, l->n - head) != 0)
        return;
    l->exact = l->n == skip + n;
    l->ambiguous =
        !l->exact && (l->ambiguous || (l->found != NULL && (l->found != o || l->negated != negated)));
    l->found = o;
    l->negated = negated;
}

static void compare_row(lookup *l, const cli_option *o)
{
    const char *name;
    size_t n;
    for (int i = 0; (name = cli_option_name(o, i, &n)) != NULL; i++) {
        compare(l, o, false, name, n);
        if (o->kind == CLI_FLAG && o->value != NULL)
            compare(l, o, true, name, n);
    }
}

static lookup find_long(const cli_program *p, const char *name, size_t n)
{
    lookup l = {.name = name, .n = n};
    for (const cli_option *o = p->options; o->name != NULL; o++)
        compare_row(&l, o);
    for (int i = 0; i < CLI_HIDDEN; i++)
        compare_row(&l, &cli_common[i]);
    for (int i = CLI_HIDDEN; i < CLI_COMMON; i++)
        if (n == strlen(cli_common[i].name))
            compare_row(&l, &cli_common[i]);
    return l;
}

/* The number of letters to insert, delete or replace to make b of a, both of which are short. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[NAME_LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = replaced < row[j] ? replaced : row[j];
        }
    }
    return row[m];
}

/* The option whose name is at most two letters from a name that no option has. Empty if there is none. */
static void find_nearest(const cli_program *p, const char *name, size_t n, char nearest[NAME_LONGEST + 1])
{
    size_t least = n > 4 ? 3 : 2;
    *nearest = '\0';
    for (const cli_option *o = p->options; n <= NAME_LONGEST && o->name != NULL; o++) {
        const char *is;
        size_t m;
        for (int i = 0; o->moved == NULL && (is = cli_option_name(o, i, &m)) != NULL; i++) {
            const size_t distance = m <= NAME_LONGEST ? edit_distance(name, n, is, m) : least;
            if (distance >= least)
                continue;
            least = distance;
            snprintf(nearest, NAME_LONGEST + 1, "%.*s", (int)m, is);
        }
    }
}

/* An unknown option, with the name that was perhaps meant. */
static int unknown(scanner *s, const char *dashes, const char *name, size_t n)
{
    char nearest[NAME_LONGEST + 1], hint[NAME_LONGEST + 30] = "";
    find_nearest(s->p, name, n, nearest);
    if (*nearest)
        snprintf(hint, sizeof hint, ": did you mean '--%s'?", nearest);
    return wrong(s, "unknown ", dashes, name, n, hint);
}

/* name: after the dashes, with "=VALUE" if present. */
static int read_long(scanner *s, const char *dashes, const char *name)
{
    size_t n = strcspn(name, "=");
    lookup l = find_long(s->p, name, n);
    if (l.found == NULL)
        return unknown(s, dashes, name, n);
    if (l.ambiguous)
        return wrong(s, "", dashes, name, n, " is ambiguous: write its whole name");
    s->option = l.found;
    s->negated = l.negated;
    return read_value(s, name[n] == '=' ? name + n + 1 : NULL, dashes, name, n);
}

static const cli_option *find_letter(const cli_program *p, char letter)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        if (o->letter == letter)
            return o;
    for (int i = 0; i < CLI_COMMON; i++)
        if (cli_common[i].letter == letter)
            return &cli_common[i];
    return NULL;
}

/* Reads the next letter of "-abc". */
static int read_letter(scanner *s)
{
    const char *letter = s->letters++;
    s->negated = false;
    s->option = find_letter(s->p, *letter);
    if (s->option == NULL && *s->letters != '\0' && letter == s->argv[s->at - 1] + 1)
        return unknown(s, "-", letter, strcspn(letter, "="));
    if (s->option == NULL)
        return wrong(s, "unknown ", "-", letter, 1, "");
    const char *rest = *s->letters != '\0' ? s->letters : NULL;
    if (s->option->kind == CLI_FLAG)
        rest = NULL;
    else
        s->letters = "";
    return read_value(s, rest, "-", letter, 1);
}

/* Whether "-NAME" is a long option: the program has single_dash, and NAME is a long name or not a letter. */
static bool is_long(const cli_program *p, const char *name)
{
    return p->single_dash && (find_letter(p, *name) == NULL ||
                              (name[1] != '\0' && find_long(p, name, strcspn(name, "=")).found != NULL));
}

static int next(scanner *s)
{
    if (s->letters != NULL && *s->letters != '\0')
        return read_letter(s);
    if (s->at >= s->argc)
        return END;
    const char *argument = s->argv[s->at++];
    if (!s->ended && strcmp(argument, "--") == 0) {
        s->ended = true;
        return next(s);
    }
    s->text = argument;
    if (s->ended || argument[0] != '-' || argument[1] == '\0')
        return OPERAND;
    if (argument[1] == '-')
        return read_long(s, "--", argument + 2);
    if (is_long(s->p, argument + 1))
        return read_long(s, "-", argument + 1);
    s->letters = argument + 1;
    return read_letter(s);
}

/* ---- the command line ---- */

static void answer(const cli_program *p, int question)
{
    if (question == CLI_HELP)
        cli_print_help(p);
    else if (question == CLI_MAN)
        cli_print_man(p);
    else if (question == CLI_COMPLETE)
        cli_print_options(p);
    else
        printf("%s %s\n%s%s", p->name, ECAN_VERSION, p->version_extra != NULL ? p->version_extra : "",
               p->version_extra != NULL ? "\n" : "");
    exit(cli_finish(CLI_OK));
}

/* --help and similar options are handled before any value is set, so that --help shows the defaults. */
static void answer_questions(scanner s)
{
    for (int got; (got = next(&s)) != END;)
        if (got == OPTION && s.option >= cli_common && s.option < cli_common + CLI_COMMON)
            answer(s.p, (int)(s.option - cli_common));
}

/* "--types discharge summary": the operand after the value of an option, if it is no file, is perhaps the
 * rest of the value. NULL: there is none. */
static const char *rest_of_value, *split_option;

static void find_rest(const scanner *s, const cli_option *before)
{
    if (rest_of_value == NULL && before != NULL && before->kind == CLI_STRING &&
        strcmp(before->arg, "FILE") != 0 && strcmp(before->arg, "DIR") != 0 && access(s->text, F_OK) != 0 &&
        errno == ENOENT) {
        rest_of_value = s->text;
        split_option = before->name;
    }
}

void cli_parse(const cli_program *p, int argc, char **argv, const char *const **operands, int *n_operands)
{
    static const char **found; /* kept until the program ends */
    scanner s = {.p = p, .argv = argv, .argc = argc, .at = 1};
    cli_begin(p->name);
    answer_questions(s);
    free(found);
    found = calloc((size_t)argc + 1, sizeof *found);
    if (found == NULL)
        cli_die("out of memory");
    *n_operands = 0;
    const cli_option *before = NULL;
    for (int got; (got = next(&s)) != END;) {
        if (got == WRONG)
            cli_usage("%s", s.why);
        if (got == OPERAND) {
            find_rest(&s, before);
            found[(*n_operands)++] = s.text;
        } else {
            cli_set_value(s.option, s.text, s.negated);
        }
        before = got == OPTION ? s.option : NULL;
    }
    *operands = found;
}

static bool same_name(const char *a, const char *b, size_t n)
{
    for (; n > 0 && *b != '\0' && (*a == *b || (*a == '-' && *b == '_')); n--) {
        a++;
        b++;
    }
    return n == 0 && *b == '\0';
}

bool cli_set(const cli_program *p, const char *name, const char *text)
{
    const char *is;
    size_t n;
    for (const cli_option *o = p->options; o->name != NULL; o++)
        for (int i = 0; (is = cli_option_name(o, i, &n)) != NULL; i++)
            if (same_name(is, name, n)) {
                cli_set_value(o, text, o->kind == CLI_FLAG && strcmp(text, "false") == 0);
                return true;
            }
    return false;
}

void cli_parse_files(const cli_program *p, int argc, char **argv, const char *const **files, int *n_files)
{
    static const char *const standard_input[] = {"-"};
    cli_parse(p, argc, argv, files, n_files);
    if (rest_of_value != NULL)
        cli_die("%s: No such file or directory; if it belongs to --%s, write the whole value in quotes",
                rest_of_value, split_option);
    if (*n_files == 0) {
        *files = standard_input;
        *n_files = 1;
    }
}
