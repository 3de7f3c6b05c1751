/* SPDX-License-Identifier: Apache-2.0 */
/* A small model with terms, made once: 3 labels, E = 3, D = 2 and 1, the sizes of the files of
 * formats/accept. */
#ifndef ECAN_TESTS_FUZZ_MODEL_H
#define ECAN_TESTS_FUZZ_MODEL_H

#include "model/model.h"
#include "text/scopes.h"

/* Writes it into fuzz_folder(), which is emptied before. */
void fuzz_model_write(config c);
config fuzz_model_config(void);
/* Opened; stays valid. */
const model *fuzz_model(void);
/* The built-in table, read once. */
const scopes *fuzz_scopes(void);

#endif
