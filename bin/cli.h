/* SPDX-License-Identifier: Apache-2.0 */
/* What every program does alike: options from one table (parsed, checked, explained by --help and by the man
 * page), messages, exit codes. Programs are one file: table, main, loop.
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
#include "io/output.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit codes: done; ran and failed; wrong usage */

typedef enum cli_kind {
    CLI_FLAG,   /* bool: present or not; --no-NAME clears it */
    CLI_INT,    /* int64_t within min .. max */
    CLI_REAL,   /* double within min .. max, finite */
    CLI_STRING, /* const char *: borrowed from argv */
    CLI_CHOICE, /* int: the index in choices, "multi|sum" */
    CLI_INTS,   /* cli_ints: "13,13,9,9" */
    CLI_REALS,  /* cli_reals: "0.5,0.35" */
    CLI_SIZE    /* int64_t bytes: 512M, 1G, 4096 */
} cli_kind;

enum { CLI_LIST = 16 }; /* numbers that a list can have */

typedef struct cli_ints {
    int n;
    int64_t v[CLI_LIST];
} cli_ints;

typedef struct cli_reals {
    int n;
    double v[CLI_LIST];
} cli_reals;

typedef struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* short name, or 0 */
    const char *arg;  /* "FILE", "N"; NULL for a flag */
    cli_kind kind;
    void *value; /* where it goes; what stands there before parsing is the default that --help shows */
    double min,
        max; /* CLI_INT, CLI_REAL, CLI_SIZE, each of a list: both ends allowed; min == max == 0: any */
    const char *choices; /* CLI_CHOICE: "multi|sum"; "a=b=c|d": b and c are old names of a, which still work
                            and are not shown */
    const char *help;    /* one or two sentences, lower case start, no full stop needed at the end */
    bool *given;         /* may be NULL: set to true when the option was on the command line */
    const char *alias;   /* other long names, "lr|alpha", or NULL */
    const char *show;    /* default to show in --help instead of the value ("all cores"); "" shows none */
    const char *moved; /* the command that has this option now: it is not shown, and using it is an error that
                          names it */
} cli_option;

/* The letters: one has the same long name in every program (tests/lint.sh reads this list).
 *
 *   -a --attention     -c --code       -f --full       -g --gold        -h --help     -i --image
 *   -k --key           -m --model      -N --ngram      -n --top         -o --output   -q --quiet
 *   -r --records       -s --size       -T --threads    -t --threshold   -u --unbuffered
 *   -V --version       -w --window
 */

/* A letter that has another meaning elsewhere, or none now, and what to use. */
#define CLI_ROW_MOVED(character, use)                                                                        \
    {                                                                                                        \
        "", character, "VALUE", CLI_STRING, .moved = (use)                                                   \
    }

/* Rows that many programs have; what is in brackets is the variable. */
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
    const char *description; /* for --help and man page: paragraphs, filled, parted by empty lines; lines that
                                begin with a blank are kept as they are */
    const char *example;     /* a pipeline that works, one or more lines */
    const char *see_also;    /* "ecan-encode, ecan-tokenize" */
    const cli_option *options; /* ended by a row whose name is NULL */
    bool single_dash;          /* long options may begin with one dash too: -size 100 */
    const char
        *version_extra; /* further line for --version, or NULL (a function's result: set before cli_parse) */
} cli_program;

/* Parses; options and operands may be mixed, a long name may be shortened as long as it is unique, "--" ends
 * options. --help, --version and --man (the man page, as roff)
 * are answered and exit 0. A wrong command line says why, points to --help and exits 2. operands: borrowed
 * from argv. */
void cli_parse(const cli_program *p, int argc, char **argv, const char *const **operands, int *n_operands);

/* Gives the option of that name (an underscore is as good as a dash) a value, as if --NAME TEXT stood on the
 * command line; for a flag text is "true" or "false". False: there is no such option. */
bool cli_set(const cli_program *p, const char *name, const char *text);

/* "ecan-embed: " + message to standard error, standard output flushed first. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exit(CLI_FAILED). err_message() is usually the argument: cli_die("%s", err_message()). */
void cli_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* The same with a pointer to --help, then exit(CLI_USAGE). */
void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Flushes and closes standard output, checked: code, or CLI_FAILED with a message. EPIPE is quiet. */
int cli_finish(int code);

/* Text output (io/output.h): path is "-" or NULL for standard output. A file appears when it is closed. These
 * die when something fails. */
FILE *cli_output(const char *path, output_content content);
void cli_close(FILE *f); /* NULL is fine */
/* After a failure: the file does not appear. What standard output has is flushed. NULL is fine. */
void cli_discard(FILE *f);

#endif
