/* SPDX-License-Identifier: Apache-2.0 */
/* What shapes a network: the keys of config.json that the maths needs (formats/model.md), read, checked once,
 * written. */
#ifndef ECAN_MODEL_CONFIG_H
#define ECAN_MODEL_CONFIG_H

#include "io/json.h"

#include <stdbool.h>

#define CONFIG_BLOCKS 16 /* Res-SE blocks at most */

typedef enum config_attention {
    ATTENTION_MULTI, /* every label attends to every block (section 3.3, multi-layer) */
    ATTENTION_SUM    /* ... to the sum of the blocks (sum-pooling) */
} config_attention;

typedef enum config_attended {
    ATTENDED_ALL,
    ATTENDED_FIRST, /* Table 9: to the first block alone */
    ATTENDED_LAST   /*          to the last */
} config_attended;

typedef struct config {
    int embedding_size;                                  /* E */
    int blocks;                                          /* M */
    int channels[CONFIG_BLOCKS], kernels[CONFIG_BLOCKS]; /* D_i, K_i */
    int reduction;                                       /* R: the squeeze is max(1, D/R) wide */
    config_attention attention;
    config_attended attended;
    int label_size;                    /* d_l; 0: D_last, made so by config_check */
    bool squeeze_excitation, residual; /* false: Table 10 */
    int max_words;                     /* words kept of an encounter; 0: all */
    float threshold;                   /* predicted: p > threshold */
} config;

/* The defaults: those of the preset few-encounters (train/preset.h). */
config config_default(void);

/* Checks that the parts fit, and fills label_size in. 0, or -1 naming the key. */
int config_check(config *c);

/* From a JSON object; keys that are absent keep what c holds, but label_size becomes D_last; unknown keys are
 * left alone. Checks. 0, or -1 naming the key: then c is not to be used. */
int config_from_json(config *c, const json_t *object);
/* Sets the keys in object. 0 or -1. */
int config_to_json(const config *c, json_t *object);

#endif
