/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a network: the keys of config.json that determine its shape (formats/model.md). */
#ifndef ECAN_MODEL_CONFIG_H
#define ECAN_MODEL_CONFIG_H

#include "io/json.h"
#include "tensor/multiply.h"

#include <stdbool.h>

#define CONFIG_BLOCKS 16 /* maximum number of Res-SE blocks */

typedef enum config_attention {
    ATTENTION_MULTI, /* multi-layer attention: every label attends to every block (section 3.3) */
    ATTENTION_SUM    /* sum-pooling attention: every label attends to the sum of the blocks */
} config_attention;

/* The blocks that multi-layer attention reads (Table 9). */
typedef enum config_attended { ATTENDED_ALL, ATTENDED_FIRST, ATTENDED_LAST } config_attended;

typedef struct config {
    int embedding_size;                                  /* E */
    int blocks;                                          /* M */
    int channels[CONFIG_BLOCKS], kernels[CONFIG_BLOCKS]; /* D_i, K_i */
    int reduction; /* R: the hidden size of the excitation is max(1, D/R) */
    config_attention attention;
    config_attended attended;
    int label_size;                    /* d_l; config_check() replaces 0 by D_last */
    bool squeeze_excitation, residual; /* false: the ablations of Tables 9 and 10 */
    int max_words;                     /* maximum number of words of an encounter; 0: no maximum */
    float threshold;                   /* a label is predicted if p > threshold */
    precision precision; /* of the matrix products in this process; config.json does not have it */
} config;

/* The defaults, which are those of the preset few-encounters (train/preset.h). */
config config_default(void);

/* Checks the ranges and that the parts fit each other, and fills label_size. 0, or -1 with the key in the
 * message. */
int config_check(config *c);

/* Reads the keys of a JSON object into c and checks them. An absent key keeps the value of c, except
 * label_size, which becomes D_last. Unknown keys are ignored. 0, or -1 with the key in the message; then c is
 * not valid. */
int config_from_json(config *c, const json_t *object);
/* Sets the keys in object. 0, or -1: out of memory. */
int config_to_json(const config *c, json_t *object);

#endif
