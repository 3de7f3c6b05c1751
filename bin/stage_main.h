/* SPDX-License-Identifier: Apache-2.0 */
/* The main of the six programs that take a model and a stream of records: the same options, the same loop
 * (io/filter.h), another stage (predict/model_stage.h). */
#ifndef ECAN_BIN_STAGE_MAIN_H
#define ECAN_BIN_STAGE_MAIN_H

#include "cli.h"
#include "io/filter.h"

#include <stdbool.h>

typedef struct stage_program {
    const char *name, *summary, *description, *example, *see_also;
    const char *in_kind, *out_kind;
    const char *consumed; /* the bulky key that is dropped unless --keep names it; NULL: none */
    filter_fn *apply;
    bool weights;     /* it has --weights */
    bool vectors;     /* it has --vectors, and can do without a model then */
    bool terms;       /* it looks for the model's terms */
    bool needs_terms; /* ... and does nothing else: it has --terms */
    bool scores;      /* it has --threshold, and its header has labels */
} stage_program;

/* Parses, opens the model, runs, and gives the exit code. */
int stage_main(const stage_program *p, int argc, char **argv);

#endif
