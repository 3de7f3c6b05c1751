/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of bin/cli_*.c share; programs include cli.h. */
#ifndef ECAN_BIN_CLI_PRIVATE_H
#define ECAN_BIN_CLI_PRIVATE_H

#include "cli.h"

#include <stddef.h>

/* ---- cli_parse.c ---- */

/* The rows that every program has. They have no value. Those from CLI_HIDDEN on are not shown. */
enum { CLI_HELP, CLI_VERSION, CLI_MAN, CLI_HIDDEN, CLI_COMPLETE = CLI_HIDDEN, CLI_COMMON };
extern const cli_option cli_common[CLI_COMMON];

/* The letter of a common row, 0 where a row of the program has it. */
char cli_common_letter(const cli_program *p, int common);

/* Name i of an option and its length: its own, then its aliases. NULL past the last. */
const char *cli_option_name(const cli_option *o, int i, size_t *n);

/* ---- cli_values.c ---- */

/* Sets the option's value; a wrong one exits with CLI_USAGE. negated: --no-NAME. */
void cli_set_value(const cli_option *o, const char *text, bool negated);

/* The default as it would be typed; nothing where none is to be shown. */
void cli_put_default(FILE *f, const cli_option *o);

/* Choice i and its length without its old names, "head" in "head|proportional=share"; NULL past the last. */
const char *cli_choice(const char *choices, int i, size_t *n);
/* The choices without old names, `between` between them and `last` before the last one. */
void cli_put_choices(FILE *f, const char *choices, const char *between, const char *last);

/* What put writes, as a string that the caller frees. */
char *cli_text_of(void (*put)(FILE *, const cli_option *), const cli_option *o);

/* ---- cli_help.c ---- */

void cli_print_help(const cli_program *p);
void cli_print_man(const cli_program *p);

/* ---- cli_complete.c ---- */

void cli_print_options(const cli_program *p);

/* ---- cli_output.c ---- */

/* The start of a program: its name in messages, descriptors 0 to 2, outputs that no failure leaves behind. */
void cli_begin(const char *name);

#endif
