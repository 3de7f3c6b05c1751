/* SPDX-License-Identifier: Apache-2.0 */
/* The main function of the six programs that apply a model to a stream of records. They have the same
 * options and the same loop (io/filter.h), and differ in the stage (predict/model_stage.h). */
#ifndef ECAN_BIN_STAGE_MAIN_H
#define ECAN_BIN_STAGE_MAIN_H

#include "cli.h"
#include "io/filter.h"

#include <stdbool.h>

typedef struct stage_program {
    const char *name, *summary, *description, *example, *see_also;
    const char *in_kind, *out_kind;
    const char *consumed; /* the large key that is dropped unless --keep names it; NULL: none */
    filter_fn *apply;
    bool encodes;     /* it computes the blocks */
    bool attends;     /* it computes attention: it has --precision */
    bool weights;     /* it has --weights */
    bool vectors;     /* it has --vectors; the model is then optional */
    bool terms;       /* it uses the terms of the model */
    bool needs_terms; /* it only matches terms, and has --terms */
    bool ensembles;   /* the model may be an ensemble */
    bool scores;      /* it has --threshold, and its header has labels */
} stage_program;

/* Parses the command line, opens the model, runs, and returns the exit code. */
int stage_main(const stage_program *p, int argc, char **argv);

#endif
