/* Options that filters have in common: those of the loop over records (io/filter.h), and those of programs
 * that decide which codes are predicted. */
#ifndef ECAN_BIN_FILTERING_H
#define ECAN_BIN_FILTERING_H

#include "cli.h"

#include "io/filter.h"

#include <stddef.h>

typedef struct filtering {
    const char *output;
    int64_t threads, max_record;
    bool skip_bad, unbuffered, quiet;
} filtering;

enum { FILTERING_OPTIONS = 6, DECIDING_OPTIONS = 2 };

/* Puts the FILTERING_OPTIONS rows at list, and the defaults into o. */
void filtering_list(cli_option *list, filtering *o);
/* What they say, and how bad records are reported, into f. */
void filtering_begin(filter *f, const filtering *o);

typedef struct deciding {
    const char *thresholds;
    double threshold;
    bool threshold_given;
} deciding;

/* Puts the DECIDING_OPTIONS rows at list; shown is what --help says of the defaults. */
void deciding_list(cli_option *list, deciding *o, const char *shown, const char *shown_of_labels);

#endif
