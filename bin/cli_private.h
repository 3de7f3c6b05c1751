/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of bin/cli_*.c. Programs include cli.h. */
#ifndef ECAN_BIN_CLI_PRIVATE_H
#define ECAN_BIN_CLI_PRIVATE_H

#include "cli.h"

#include <stddef.h>

/* ---- cli_parse.c ---- */

/* Options that every program has. They have no value. Those from CLI_HIDDEN on are not in --help. */
enum { CLI_HELP, CLI_VERSION, CLI_MAN, CLI_HIDDEN, CLI_COMPLETE = CLI_HIDDEN, CLI_COMMON };
extern const cli_option cli_common[CLI_COMMON];

/* The letter of a common option, or 0 if an option of the program has this letter. */
char cli_common_letter(const cli_program *p, int common);

/* Name i of an option and its length: first the name, then the aliases. NULL after the last. */
const char *cli_option_name(const cli_option *o, int i, size_t *n);

/* ---- cli_values.c ---- */

/* Sets the value of the option. Exits with CLI_USAGE if it is invalid. negated: --no-NAME. */
void cli_set_value(const cli_option *o, const char *text, bool negated);

/* Prints the default in the form of the command line, or nothing if --help shows none. */
void cli_put_default(FILE *f, const cli_option *o);

/* Choice i and its length without its old names: "head" in "head|proportional=share". NULL after the last. */
const char *cli_choice(const char *choices, int i, size_t *n);
/* Prints the choices without old names, separated by `between`, with `last` before the last one. */
void cli_put_choices(FILE *f, const char *choices, const char *between, const char *last);

/* Returns what put prints as a string, owned by the caller. */
char *cli_text_of(void (*put)(FILE *, const cli_option *), const cli_option *o);

/* ---- cli_help.c ---- */

void cli_print_help(const cli_program *p);
void cli_print_man(const cli_program *p);

/* ---- cli_complete.c ---- */

void cli_print_options(const cli_program *p);

/* ---- cli_output.c ---- */

/* Starts a program: sets its name in messages, reserves descriptors 0 to 2, and discards incomplete outputs
 * at exit. */
void cli_begin(const char *name);

#endif
