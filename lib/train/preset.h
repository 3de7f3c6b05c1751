/* SPDX-License-Identifier: Apache-2.0 */
/* Presets: a default of every setting under one name. Those of the paper have the values of its section 4.2
 * and of its tables 2 and 11; where the paper gives no value, preset.c says whose it is. */
#ifndef ECAN_TRAIN_PRESET_H
#define ECAN_TRAIN_PRESET_H

typedef struct preset_value {
    const char *setting, *value;
} preset_value;

typedef struct preset {
    const char *name;
    const char *alias;  /* a former name, or NULL */
    int embedding_size; /* what to give ecan-w2v --size; training takes the size that the vectors have */
    const preset_value *common; /* what it shares with others, ended by a row without a setting; or NULL */
    preset_value own[8];        /* ended likewise; the rest is the default of settings_table */
} preset;

/* Ended by a row without a name. Number 0 is the default. */
extern const preset presets[];

/* Its number, or -1. */
int preset_find(const char *name);

#endif
