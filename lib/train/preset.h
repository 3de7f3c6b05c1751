/* Settings under a name: one for each data set of the paper (Tables 2 and 11), which were made for tens of
 * thousands of encounters and learn too slowly where there are fewer, and two of our own for those:
 *
 *     small     hundreds of encounters, and any number below ten thousand where labels are hundreds; the
 * default middle    a thousand to ten thousand encounters with some tens of labels
 *
 * Where the paper gives no value (batch size; Wiki10's shape) it is said beside the row in preset.c. */
#ifndef ECAN_TRAIN_PRESET_H
#define ECAN_TRAIN_PRESET_H

#include "model/config.h"
#include "train/trainer.h"

typedef struct preset {
    const char *name;
    config
        c; /* embedding_size: what to give ecan-w2v --size; training takes the size that the vectors have */
    trainer_options train;
    const char *label_sharing; /* what labels share, as label_features_parse() reads it */
    bool prior_bias;           /* b starts at the labels' log odds in the training set, not at 0 */
} preset;

#define PRESETS "small|middle|mimic3-full|mimic3-50|dutch|french|eurlex|wiki10"

/* Number i of PRESETS, from 0. */
preset preset_number(int i);
/* Its number, or -1. */
int preset_find(const char *name);

#endif
