/* SPDX-License-Identifier: Apache-2.0 */
/* Common code of all programs: options, messages, exit codes and text output. One table of options determines
 * parsing, checks, --help and the man page. A program is one file with this table, main() and a loop.
 *
 *   static struct { ... } o = { defaults };
 *   static const cli_option options[] = {
 *       {"threads", 0, "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .help = "threads (default: all
 * cores)"}, {0}}; static const cli_program program = { .name = "ecan-embed", .summary = ..., .options =
 * options, ... }; int main(int argc, char **argv) { cli_parse(&program, argc, argv, &files, &n); ... return
 * cli_finish(CLI_OK); } */
#ifndef ECAN_BIN_CLI_H
#define ECAN_BIN_CLI_H

#include "base/version.h"
#include "io/json.h"
#include "io/output.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit codes: success, failure, wrong usage */

typedef enum cli_kind {
    CLI_FLAG,   /* bool: present or not; --no-NAME clears it */
    CLI_INT,    /* int64_t within min .. max */
    CLI_REAL,   /* double within min .. max, finite */
    CLI_STRING, /* const char *: borrowed from argv */
    CLI_CHOICE, /* int: the index in choices, "multi|sum" */
    CLI_INTS,   /* cli_ints: "13,13,9,9" */
    CLI_REALS,  /* cli_reals: "0.5,0.35" */
    CLI_SIZE,   /* int64_t bytes: 512M, 1G, 4096 */
    CLI_STRINGS /* cli_strings: an option that can be given several times */
} cli_kind;

enum { CLI_LIST = 16 }; /* maximum length of a list */

typedef struct cli_ints {
    int n;
    int64_t v[CLI_LIST];
} cli_ints;

typedef struct cli_reals {
    int n;
    double v[CLI_LIST];
} cli_reals;

typedef struct cli_strings {
    int n;
    const char *v[CLI_LIST]; /* borrowed from argv */
} cli_strings;

typedef struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* short name, or 0 */
    const char *arg;  /* "FILE", "N"; NULL for a flag */
    cli_kind kind;
    void *value;     /* the variable; its value before parsing is the default that --help shows */
    double min, max; /* range of numbers, also of those in lists, both ends included; min == max == 0: any */
    const char *choices; /* CLI_CHOICE: "multi|sum"; in "a=b=c|d", b and c are old names of a, which still
                            work and are not shown */
    const char *help;    /* begins with a noun or a verb, in lower case, without a full stop at the end */
    bool *given;         /* set to true if the option is on the command line; may be NULL */
    const char *alias;   /* other long names, "lr|alpha", or NULL */
    const char *show;    /* default in --help if it is not the value ("all cores"); "": none */
    const char *moved;   /* an option that no longer exists, and what to use instead: not shown, and an error
                            that names   the replacement */
} cli_option;

/* A letter has the same long name in every program (tests/lint.sh reads this list).
 *
 *   -a --attention     -c --code       -f --full       -g --gold        -h --help     -i --image
 *   -k --key           -m --model      -N --ngram      -n --top         -o --output   -q --quiet
 *   -r --records       -s --size       -T --threads    -t --threshold   -u --unbuffered
 *   -V --version       -w --window
 */

/* A letter that an earlier version had, and what to use instead. */
#define CLI_ROW_MOVED(character, use)                                                                        \
    {                                                                                                        \
        "", character, "VALUE", CLI_STRING, .moved = (use)                                                   \
    }

/* Options that many programs have. The argument is the variable. */
#define CLI_ROW_OUTPUT(string)                                                                               \
    {                                                                                                        \
        "output", 'o', "FILE", CLI_STRING, &(string), .help = "write to FILE", .show = "standard output"     \
    }
#define CLI_ROW_SKIP_BAD(flag)                                                                               \
    {                                                                                                        \
        "skip-bad", 0, NULL, CLI_FLAG, &(flag),                                                              \
            .help = "report and skip bad records; exit with 1 at the end"                                    \
    }
#define CLI_ROW_MAX_RECORD(size, least)                                                                      \
    {                                                                                                        \
        "max-record", 0, "SIZE", CLI_SIZE, &(size), .min = (least), .max = 1e15,                             \
                                                    .help = "maximum size of a record in bytes"              \
    }
#define CLI_ROW_QUIET(flag)                                                                                  \
    {                                                                                                        \
        "quiet", 'q', NULL, CLI_FLAG, &(flag), .help = "no progress line"                                    \
    }

typedef struct cli_program {
    const char *name, *summary; /* "ecan-embed", "look up the word vector of every token" */
    const char *usage;          /* "[OPTION]... [FILE]..." */
    const char *description;    /* for --help and the man page: paragraphs, which are filled, with empty lines
                                   between    them; lines that begin with a space are printed unchanged */
    const char *example;        /* a pipeline that works, one or more lines */
    const char *see_also;       /* "ecan-encode, ecan-tokenize" */
    const cli_option *options;  /* ends with a row whose name is NULL */
    bool single_dash;           /* long options may also begin with one dash: -size 100 */
    const char *version_extra;  /* another line for --version, or NULL */
} cli_program;

/* Parses the command line. Options and operands may be mixed. A long name may be shortened to a unique
 * prefix. "--" ends the options. --help, --version, --man (the man page as roff) and --complete print and
 * exit with 0. A wrong command line prints an error and exits with 2. operands: borrowed from argv. */
void cli_parse(const cli_program *p, int argc, char **argv, const char *const **operands, int *n_operands);

/* The same for a program that reads standard input, "-", if the command line names no file. */
void cli_parse_files(const cli_program *p, int argc, char **argv, const char *const **files, int *n_files);

/* Sets an option as if --NAME TEXT were on the command line. The name may have underscores instead of dashes;
 * the text of a flag is "true" or "false". Returns false if there is no such option. */
bool cli_set(const cli_program *p, const char *name, const char *text);

/* Prints "ecan-embed: " and the message to standard error. Flushes standard output before. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exit(CLI_FAILED). Often used as cli_die("%s", err_message()). */
void cli_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* The same with a reference to --help, then exit(CLI_USAGE). */
void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* cli_usage() calls this with its message instead of printing it: in a program of several processes, one of
 * them prints. */
void cli_usage_printed_by(void (*print)(const char *message));

/* Flushes and closes standard output. Returns code, or CLI_FAILED after a write error, which is reported
 * unless it is EPIPE. */
int cli_finish(int code);

/* Text output (io/output.h). path is "-" or NULL for standard output. A file appears when it is closed. These
 * functions exit after an error. */
FILE *cli_output(const char *path, output_content content);
void cli_close(FILE *f); /* NULL is fine */
/* Writes object, which is released, on one line. NULL: the message is set, as by ecan_json_complete(). */
void cli_write_json(FILE *f, json_t *object);
/* Discards the file after an error. Standard output is flushed. NULL is fine. */
void cli_discard(FILE *f);

#endif
