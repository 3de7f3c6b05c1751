/* getopt_long does the scanning; one table says what there is to scan, to check and to explain. */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAN_DATE "2026-11-22" /* of ECAN_VERSION: no clock goes into what is built */
#define WIDTH    79           /* columns of --help */
#define MARGIN   24           /* column where an option's explanation begins */

static const char *program_name = "ecan";

/* ---- messages ---- */

/* One line to standard error, in one write: after what standard output has, over a progress line that may
 * stand there. Control characters, which a file's names can bring in, stay out of the terminal. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list ap)
{
    char *text;
    fflush(stdout);
    if (vasprintf(&text, format, ap) < 0) {
        fprintf(stderr, "%s: out of memory\n", program_name);
        return;
    }
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t')
            *c = '?';
    fprintf(stderr, "%s%s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", program_name, text);
    free(text);
}

void cli_warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
}

void cli_die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
    exit(CLI_FAILED);
}

static _Noreturn void point_to_help(void)
{
    fprintf(stderr, "Try '%s --help'.\n", program_name);
    exit(CLI_USAGE);
}

void cli_usage(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
    point_to_help();
}

/* ---- output ---- */

static void report_write(const char *name, int error)
{
    if (error == EPIPE)
        return; /* the reader has what it wanted */
    cli_warn("%s: cannot write%s%s", name, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

int cli_finish(int code)
{
    bool pending = __fpending(stdout) > 0, failed = ferror(stdout) != 0;
    int error = 0;
    if (fclose(stdout) != 0) {
        error = errno;
        failed |= pending ||
                  error != EBADF; /* a program that was started without standard output and needed none */
    }
    if (failed)
        report_write("standard output", error);
    return failed ? CLI_FAILED : code;
}

FILE *cli_output(const char *path)
{
    if (path == NULL || strcmp(path, "-") == 0)
        return stdout;
    FILE *f = fopen(path, "we");
    if (f == NULL)
        cli_die("%s: cannot write: %s", path, strerror(errno));
    return f;
}

/* Standard output itself is closed by cli_finish. */
void cli_close(FILE *f, const char *path)
{
    bool failed = ferror(f) != 0;
    int error = 0;
    if ((f == stdout ? fflush(f) : fclose(f)) != 0) {
        error = errno;
        failed = true;
    }
    if (!failed)
        return;
    report_write(f == stdout ? "standard output" : path, error);
    if (f == stdout)
        __fpurge(f);
    exit(CLI_FAILED);
}

/* ---- values ---- */

static void reject(const cli_option *o, const char *text, const char *expected)
{
    cli_usage("--%s: '%s' is not %s", o->name, text, expected);
}

static void check_range(const cli_option *o, double v, const char *text)
{
    if ((o->min != 0 || o->max != 0) && (v < o->min || v > o->max))
        cli_usage("--%s: %s is not within %.15g .. %.15g", o->name, text, o->min, o->max);
}

/* n characters, all of them a decimal integer. */
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

/* n characters, all of them a decimal number: no hexadecimal, no nan, no inf, no blanks. The locale is C:
 * nothing here sets another. */
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

static void set_ints(const cli_option *o, const char *text)
{
    cli_ints list = {0};
    const char *at = text;
    for (bool more = true; more;) {
        size_t n = strcspn(at, ",");
        int64_t v;
        if (list.n == (int)(sizeof list.v / sizeof *list.v))
            cli_usage("--%s: more than %d numbers", o->name, list.n);
        if (!parse_int(at, n, &v))
            reject(o, text, "a list of whole numbers (3,5,9)");
        check_range(o, (double)v, text);
        list.v[list.n++] = v;
        more = at[n] == ',';
        at += n + 1;
    }
    *(cli_ints *)o->value = list;
}

static void set_reals(const cli_option *o, const char *text)
{
    cli_reals list = {0};
    const char *at = text;
    for (bool more = true; more;) {
        size_t n = strcspn(at, ",");
        double v;
        if (list.n == (int)(sizeof list.v / sizeof *list.v))
            cli_usage("--%s: more than %d numbers", o->name, list.n);
        if (!parse_real(at, n, &v))
            reject(o, text, "a list of numbers (0.5,0.35)");
        check_range(o, v, text);
        list.v[list.n++] = v;
        more = at[n] == ',';
        at += n + 1;
    }
    *(cli_reals *)o->value = list;
}

/* Word i of "head|proportional=share", which goes on to the next bar, and its length without the old names
 * behind
 * "="; NULL past the last. */
static const char *choice(const char *choices, int i, size_t *n)
{
    for (; i > 0 && choices != NULL; i--) {
        choices = strchr(choices, '|');
        choices += choices != NULL;
    }
    if (choices != NULL)
        *n = strcspn(choices, "|=");
    return choices;
}

/* Whether text is one of the names that begin at `at`, with `between` between them and `end` after the last.
 */
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

/* The choices as --help shows them: without old names. */
static void put_choices(FILE *f, const char *choices, const char *between, const char *last)
{
    const char *word;
    size_t n, next;
    for (int i = 0; (word = choice(choices, i, &n)) != NULL; i++)
        fprintf(f, "%s%.*s", i == 0 ? "" : choice(choices, i + 1, &next) ? between : last, (int)n, word);
}

static void put_or_choices(FILE *f, const cli_option *o)
{
    put_choices(f, o->choices, ", ", " or ");
}

/* What a writer leaves in a string of its own, which the caller frees. */
static char *text_of(void (*put)(FILE *, const cli_option *), const cli_option *o)
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
    for (int i = 0; (word = choice(o->choices, i, &n)) != NULL; i++)
        if (is_one_of(text, word, '=', '|')) {
            *(int *)o->value = i;
            return;
        }
    char *choices = text_of(put_or_choices, o);
    cli_usage("--%s: invalid value '%s': choose %s", o->name, text, choices);
}

static void set(const cli_option *o, const char *text, bool negated)
{
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
        set_ints(o, text);
        break;
    case CLI_REALS:
        set_reals(o, text);
        break;
    case CLI_SIZE:
        set_size(o, text);
        break;
    }
    if (o->given != NULL)
        *o->given = true;
}

static bool same_name(const char *a, const char *b, size_t n)
{
    for (; n > 0 && *b != '\0' && (*a == *b || (*a == '-' && *b == '_')); n--) {
        a++;
        b++;
    }
    return n == 0 && *b == '\0';
}

/* Name i of an option: its own, then its aliases. NULL past the last. */
static const char *option_name(const cli_option *o, int i, size_t *n)
{
    *n = strlen(o->name);
    return i == 0 ? o->name : choice(o->alias, i - 1, n);
}

bool cli_set(const cli_program *p, const char *name, const char *text)
{
    const char *is;
    size_t n;
    for (const cli_option *o = p->options; o->name != NULL; o++)
        for (int i = 0; (is = option_name(o, i, &n)) != NULL; i++)
            if (same_name(is, name, n)) {
                set(o, text, o->kind == CLI_FLAG && strcmp(text, "false") == 0);
                return true;
            }
    return false;
}

/* ---- explanation: text that --help and the man page share ---- */

static void put_size(FILE *f, int64_t v)
{
    int i = 0;
    for (; i < 4 && v != 0 && v % 1024 == 0; i++)
        v /= 1024;
    fprintf(f, "%lld%.*s", (long long)v, i > 0, &"\0KMGT"[i]);
}

/* The default as it would be typed; nothing where there is none to tell. */
static void put_default(FILE *f, const cli_option *o)
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
        if ((word = choice(o->choices, *(const int *)o->value, &n)) != NULL)
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
    }
}

/* The help text, then what the table knows: choices, the alias, the default. */
static void put_explanation(FILE *f, const cli_option *o)
{
    char *standard = text_of(put_default, o);
    fputs(o->help, f);
    if (o->kind == CLI_CHOICE) {
        fputs(": ", f);
        put_choices(f, o->choices, "|", "|");
    }
    if (o->alias != NULL) {
        fputs(" [also --", f);
        put_choices(f, o->alias, ", --", ", --");
        putc(']', f);
    }
    if (*standard != '\0')
        fprintf(f, " (default: %s)", standard);
    free(standard);
}

/* The rows that every program has. They have no value: answer() acts on them. */
enum { HELP, VERSION, MAN, N_COMMON };
static const cli_option common[N_COMMON] = {
    {"help", 'h', NULL, CLI_FLAG, NULL, .help = "print this help", .show = ""},
    {"version", 'V', NULL, CLI_FLAG, NULL, .help = "print the version", .show = ""},
    {"man", 0, NULL, CLI_FLAG, NULL, .help = "print the manual page, as roff", .show = ""},
};

static bool letter_is_free(const cli_program *p, char letter)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        if (o->letter == letter)
            return false;
    return true;
}

typedef void option_visitor(const cli_option *o, char letter);

static void each_option(const cli_program *p, option_visitor *visit)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        visit(o, o->letter);
    for (int i = 0; i < N_COMMON; i++)
        visit(&common[i], letter_is_free(p, common[i].letter) ? common[i].letter : 0);
}

static const char exit_status[] = "0: all done. 1: it ran, and something failed (bad data, truncated input, "
                                  "reading or writing). 2: wrong usage.";

/* Where the line ends that text begins, or the paragraph when it does not begin with a blank: lines of a
 * paragraph are filled up, a line that begins with a blank is kept as it is. */
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

/* The words in n bytes of text from column `at` on, further lines indented. */
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
    char *text = text_of(put_explanation, o);
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

static void print_help(const cli_program *p)
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

/* n bytes so that roff prints them as they are (man(7) gives these names), and no line is taken for a
 * request. */
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
    bool apart = false; /* a .PP is due: asked for by an empty line, but of no use before a heading */
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
    char *text = text_of(put_explanation, o);
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

static void print_man(const cli_program *p)
{
    printf(".TH ");
    for (const char *c = p->name; *c != '\0'; c++)
        if (*c == '-')
            fputs("\\-", stdout);
        else
            putchar(toupper((unsigned char)*c));
    printf(" 1 \"" MAN_DATE "\" \"ecan " ECAN_VERSION "\" \"ecan\"\n.SH NAME\n");
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

/* ---- the command line ---- */

static void answer(const cli_program *p, int question)
{
    if (question == HELP)
        print_help(p);
    else if (question == MAN)
        print_man(p);
    else
        printf("%s %s\n%s%s", p->name, ECAN_VERSION, p->version_extra != NULL ? p->version_extra : "",
               p->version_extra != NULL ? "\n" : "");
    exit(cli_finish(CLI_OK));
}

/* What getopt_long returns for row i of the program's table, of the common one, and for --no-NAME. Above all
 * letters. */
enum { ROW = 1 << 16, COMMON = 2 << 16, NEGATED = 3 << 16, NUMBER = ROW - 1 };

typedef struct scanner {
    struct option *longs;
    char *shorts;
} scanner;

static int needs_value(const cli_option *o)
{
    return o->kind == CLI_FLAG ? no_argument : required_argument;
}

static int count(const cli_program *p)
{
    int n = 0;
    while (p->options[n].name != NULL)
        n++;
    return n;
}

/* Of all options, with their aliases and --no-NAME. */
static size_t count_names(const cli_program *p)
{
    size_t names = 0, n;
    for (const cli_option *o = p->options; o->name != NULL; o++) {
        for (int i = 0; option_name(o, i, &n) != NULL; i++)
            names++;
        names += o->kind == CLI_FLAG;
    }
    return names;
}

static char *joined(const char *prefix, const char *name, size_t n)
{
    char *text;
    if (asprintf(&text, "%s%.*s", prefix, (int)n, name) < 0)
        cli_die("out of memory");
    return text;
}

static scanner make_scanner(const cli_program *p)
{
    size_t n = (size_t)count(p) + N_COMMON;
    scanner s = {calloc(n + count_names(p) + 1, sizeof *s.longs), calloc(2 * n + 2, 1)};
    if (s.longs == NULL || s.shorts == NULL)
        cli_die("out of memory");
    struct option *l = s.longs;
    for (int i = 0; p->options[i].name != NULL; i++) {
        const cli_option *o = &p->options[i];
        const char *name;
        for (int k = 0; (name = option_name(o, k, &n)) != NULL; k++)
            *l++ = (struct option){joined("", name, n), needs_value(o), NULL, ROW + i};
        if (o->kind == CLI_FLAG)
            *l++ = (struct option){joined("no-", o->name, strlen(o->name)), no_argument, NULL, NEGATED + i};
        if (o->letter != 0)
            snprintf(s.shorts + strlen(s.shorts), 3, "%c%s", o->letter, o->kind == CLI_FLAG ? "" : ":");
    }
    for (int i = 0; i < N_COMMON; i++) {
        *l++ = (struct option){common[i].name, no_argument, NULL, COMMON + i};
        if (common[i].letter != 0 && letter_is_free(p, common[i].letter))
            s.shorts[strlen(s.shorts)] = common[i].letter;
    }
    return s;
}

static void free_scanner(scanner *s)
{
    for (struct option *l = s->longs; l->name != NULL; l++)
        if (l->val < COMMON || l->val >= NEGATED)
            free((char *)l->name);
    free(s->longs);
    free(s->shorts);
}

/* A letter as the row that it stands for. */
static int row_of(const cli_program *p, int c)
{
    if (c >= ROW)
        return c;
    for (int i = 0; p->options[i].name != NULL; i++)
        if (p->options[i].letter == c)
            return ROW + i;
    for (int i = 0; i < N_COMMON; i++)
        if (common[i].letter == c)
            return COMMON + i;
    return '?';
}

static int next_option(const cli_program *p, const scanner *s, int argc, char **argv)
{
    return (p->single_dash ? getopt_long_only : getopt_long)(argc, argv, s->shorts, s->longs, NULL);
}

/* Questions first, before any value is set: --help shows the defaults wherever it stands. */
static void scan_questions(const cli_program *p, const scanner *s, int argc, char **argv)
{
    opterr = 0;
    for (int c; (c = next_option(p, s, argc, argv)) != -1;) {
        int row = row_of(p, c);
        if (row >= COMMON && row < NEGATED)
            answer(p, row & NUMBER);
    }
}

void cli_parse(const cli_program *p, int argc, char **argv, const char *const **operands, int *n_operands)
{
    scanner s = make_scanner(p);
    program_name = p->name;
    scan_questions(p, &s, argc, argv);
    optind = 0; /* from the start again; getopt's own messages from here on */
    opterr = 1;
    if (argc > 0)
        argv[0] = (char *)p->name;
    for (int c; (c = next_option(p, &s, argc, argv)) != -1;) {
        int row = row_of(p, c);
        if (row == '?')
            point_to_help();
        set(&p->options[row & NUMBER], optarg, row >= NEGATED);
    }
    free_scanner(&s);
    *operands = (const char *const *)(argv + optind);
    *n_operands = argc - optind;
}
