/* SPDX-License-Identifier: Apache-2.0 */
/* Options that filters have in common: those of the loop over records (io/filter.h), and those of programs
 * that decide which codes are predicted. */
#ifndef ECAN_BIN_FILTER_OPTIONS_H
#define ECAN_BIN_FILTER_OPTIONS_H

#include "cli.h"

#include "io/filter.h"

#include <stddef.h>

typedef struct filter_options {
    const char *output;
    int64_t threads, max_record;
    bool skip_bad, unbuffered, quiet;
} filter_options;

enum { N_FILTER_OPTIONS = 6, N_THRESHOLD_OPTIONS = 2 };

/* Puts the N_FILTER_OPTIONS rows at list, and the defaults into o. */
void filter_options_list(cli_option *list, filter_options *o);
/* What they say, and how bad records are reported, into f. */
void filter_options_begin(filter *f, const filter_options *o);

typedef struct threshold_options {
    const char *thresholds;
    double threshold;
    bool threshold_given;
} threshold_options;

/* Puts the N_THRESHOLD_OPTIONS rows at list; shown is what --help says of the defaults. */
void threshold_options_list(cli_option *list, threshold_options *o, const char *shown,
                            const char *shown_of_labels);

#endif
