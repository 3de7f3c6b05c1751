/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a run (train/settings.h) as options of the command line. */
#ifndef ECAN_BIN_TRAIN_OPTIONS_H
#define ECAN_BIN_TRAIN_OPTIONS_H

#include "cli.h"
#include "train/settings.h"

/* Gives *s the defaults of the preset that the command line names, and returns the program's own options
 * (ended by a row without a name) followed by one for each setting. What they point to lasts as long as the
 * program. */
const cli_option *train_options(train_settings *s, const cli_option *own, int argc, char **argv);

/* After cli_parse(): completes *s and checks it. A combination that does not work ends the program. */
void train_options_end(train_settings *s);

/* The table of settings as lines of columns with tabs between them (formats/space.md). */
void train_options_print(void);

#endif
