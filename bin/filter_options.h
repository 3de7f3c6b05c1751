/* SPDX-License-Identifier: Apache-2.0 */
/* Common options of filters: those of the loop over records (io/filter.h), and the thresholds of programs
 * that predict codes. */
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

/* Writes the N_FILTER_OPTIONS rows to list and the defaults to o. */
void filter_options_list(cli_option *list, filter_options *o);
/* Copies the values of the options into f, and sets how bad records are reported. */
void filter_options_begin(filter *f, const filter_options *o);

typedef struct threshold_options {
    const char *thresholds;
    double threshold;
    bool threshold_given;
} threshold_options;

/* Writes the N_THRESHOLD_OPTIONS rows to list; shown, shown_of_labels: the defaults in --help. */
void threshold_options_list(cli_option *list, threshold_options *o, const char *shown,
                            const char *shown_of_labels);

#endif
