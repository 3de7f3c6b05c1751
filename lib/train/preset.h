/* SPDX-License-Identifier: Apache-2.0 */
/* Presets: a value of every setting under one name. The presets of the paper have the values of its
 * section 4.2 and of Tables 2 and 11. For values that the paper does not give, preset.c names the source. */
#ifndef ECAN_TRAIN_PRESET_H
#define ECAN_TRAIN_PRESET_H

typedef struct preset_value {
    const char *setting, *value;
} preset_value;

typedef struct preset {
    const char *name;
    const char *alias;          /* a former name, or NULL */
    int embedding_size;         /* for ecan-w2v --size; training uses the size of the vectors */
    const preset_value *common; /* values that presets share, or NULL; a row without a setting ends them */
    preset_value own[8];        /* further values; other settings have the default of settings_table */
} preset;

/* A row without a name ends the table. Preset 0 is the default. */
extern const preset presets[];

/* The number of the preset with this name or alias, or -1. */
int preset_find(const char *name);

#endif
