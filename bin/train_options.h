/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a run (train/settings.h) as options of the command line. */
#ifndef ECAN_BIN_TRAIN_OPTIONS_H
#define ECAN_BIN_TRAIN_OPTIONS_H

#include "cli.h"
#include "train/settings.h"

/* Sets *s to the defaults of the preset on the command line. Returns the options `own` (ended by a row
 * without a name) followed by one for each setting. They are valid until the program ends. */
const cli_option *train_options(train_settings *s, const cli_option *own, int argc, char **argv);

/* The same with only the settings that the initial model depends on. */
const cli_option *train_options_of_start(train_settings *s, const cli_option *own, int argc, char **argv);

/* Completes and checks *s after cli_parse(). Exits if a combination of settings is invalid. */
void train_options_end(train_settings *s);

/* The name of an option of the shape of the network that is on the command line, or NULL. */
const char *train_options_shape(void);

/* Prints the table of settings, with columns separated by tabs (formats/space.md). */
void train_options_print(void);

#endif
