/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a training run. A setting is a field of train_settings and a row of settings_table, which
 * has its name, type, range, default and help, and says where it is recorded. The command line and --help of
 * ecan-train, the presets, the training summary in config.json, the identity that --resume compares, and the
 * search spaces of pipelines/tune.sh all come from the table. A new setting is a field, a row, and its use.
 */
#ifndef ECAN_TRAIN_SETTINGS_H
#define ECAN_TRAIN_SETTINGS_H

#include "io/json.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct settings_list {
    int n;
    int64_t v[CONFIG_BLOCKS];
} settings_list;

typedef enum train_criterion {
    CRITERION_MICRO_F1,      /* micro-F1 on dev at the model's threshold */
    CRITERION_BEST_MICRO_F1, /* at the threshold where it is largest */
    CRITERION_LOSS           /* the mean binary cross entropy on dev */
} train_criterion;

typedef enum train_keep {
    KEEP_FOCAL, /* the model of the best epoch of the focal phase */
    KEEP_BEST   /* of both phases */
} train_keep;

/* focal_from: the focal phase starts when binary cross entropy has stalled, from its best weights. */
enum { FOCAL_FROM_BEST = -1 };

/* In the order of the table, whose help texts say what each one does. */
typedef struct train_settings {
    int preset; /* number of the preset that gave the defaults (preset.h) */
    int attention, attended;
    settings_list channels, kernels;
    int64_t reduction, label_size;
    bool squeeze_excitation, residual;
    int64_t max_words;
    double learning_rate, embedding_rate, warm_up;
    int decay; /* schedule_decay */
    double weight_decay, clip, weight_average;
    double dropout, word_dropout, hidden_dropout;
    double gamma;
    bool focal;
    int64_t focal_from; /* epochs of binary cross entropy before the focal loss, or FOCAL_FROM_BEST */
    int keep;           /* train_keep */
    int64_t batch_size, epochs, stop_after, patience;
    int criterion; /* train_criterion */
    bool tune_threshold;
    const char *label_sharing; /* for label_features_parse() */
    bool all_labels, scale_vectors, prior_bias;
    int64_t seed;
    double checkpoint_minutes;
} train_settings;

typedef enum setting_type {
    SETTING_FLAG,   /* bool: "on", "off" */
    SETTING_WHOLE,  /* int64_t within min .. max, or -1 for the word in choices, if there is one */
    SETTING_REAL,   /* double within min .. max */
    SETTING_CHOICE, /* int: the index in choices */
    SETTING_LIST,   /* settings_list, each within min .. max: "13,13,9,9" */
    SETTING_NAMES   /* const char *: names out of choices with commas between them */
} setting_type;

/* Whether the identity, or the summary, has a setting. */
typedef enum setting_recorded {
    RECORDED,                    /* always */
    RECORDED_WITH_DECAY,         /* only where the learning rate decays */
    RECORDED_WITH_FOCAL,         /* only in a run with a focal phase */
    RECORDED_NULL_WITHOUT_FOCAL, /* null in a run without a focal phase */
    RECORDED_ELSEWHERE, /* with the shape of the network (config_to_json()), or in a hash of what the setting
                           changes: the initial parameters, the labels, their features */
    NOT_RECORDED
} setting_recorded;

typedef struct setting {
    const char *name; /* as on the command line, without dashes; in JSON with underscores */
    const char *arg;  /* its value in --help; NULL for a flag */
    setting_type type;
    size_t offset;        /* in train_settings */
    const char *standard; /* default, as text; a preset may have another */
    double min, max;
    const char *choices; /* "multi|sum" */
    const char *help;
    const char *alias;         /* another name, or NULL */
    const char *show;          /* what --help shows as the default where the value does not say it */
    const char *key;           /* in JSON, where it is not the name */
    const char *before;        /* what runs did before there was the setting, where that is not the default */
    setting_recorded identity; /* what a resumed run must share with the one before it */
    setting_recorded summary;  /* `training` in config.json */
    bool not_searched;         /* a search space may not have it */
} setting;

/* Ended by a row without a name. */
extern const setting settings_table[];

/* The row of that name or alias, or NULL. */
const setting *settings_find(const char *name);
/* Its field. */
void *settings_field(const setting *row, train_settings *s);

/* Every setting as the preset has it. Texts are borrowed from the tables. */
void settings_preset(train_settings *s, int preset);
/* Sets one from text, which is borrowed. 0, or -1 naming the setting. */
int settings_set(train_settings *s, const setting *row, const char *text);
/* Whether the settings fit each other. 0, or -1. */
int settings_check(const train_settings *s);
/* The network's shape; the settings have been checked. */
config settings_config(const train_settings *s, int embedding_size);

/* Adds the settings to the identity of a run, or to its summary. */
void settings_to_identity(const train_settings *s, json_t *identity);
/* The value of a setting in the runs before there was it, for a key that an older identity lacks: a new
 * reference, or NULL for a key that is no setting. */
json_t *settings_before(const char *key);
void settings_to_summary(const train_settings *s, json_t *summary);

#endif
