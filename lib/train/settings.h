/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a training run. A setting is a field of train_settings and a row of settings_table. The row
 * has its name, type, range, default and help, and says where it is recorded. The options and --help of
 * ecan-train, the presets, the training summary in config.json, the identity that --resume compares, and the
 * search spaces of pipelines/tune.sh all use the table. A new setting needs a field, a row, and the code that
 * uses it. */
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
    KEEP_FOCAL, /* keep the model of the best epoch of the focal phase */
    KEEP_BEST   /* keep the best model of both phases */
} train_keep;

/* Values of the setting precision: those of `precision`, and the faster one. */
enum { TRAIN_PRECISION_AUTO = PRECISION_BF16 + 1 };

/* A value of focal_from: the focal phase starts when the phase of binary cross entropy has stalled, from its
 * best weights. */
enum { FOCAL_FROM_BEST = -1 };

/* In the order of the table, whose help texts describe them. */
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
    int precision;      /* precision, or TRAIN_PRECISION_AUTO */
    int64_t label_sample;
    double span_weight;
    bool spans; /* whether coders marked spans, so that span_weight has an effect */
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

/* Whether a setting is recorded in the identity, or in the summary. */
typedef enum setting_recorded {
    RECORDED,                    /* always */
    RECORDED_WITH_DECAY,         /* if the learning rate decays */
    RECORDED_WITH_FOCAL,         /* if the run has a focal phase */
    RECORDED_WITH_SPANS,         /* if coders marked spans */
    RECORDED_NULL_WITHOUT_FOCAL, /* always, but null if the run has no focal phase */
    RECORDED_ELSEWHERE, /* in the shape of the network (config_to_json()), or in a hash of what the setting
                           changes: the initial parameters, the labels, their features */
    NOT_RECORDED
} setting_recorded;

typedef struct setting {
    const char *name; /* option without the leading dashes; JSON keys have underscores */
    const char *arg;  /* name of the value in --help; NULL for a flag */
    setting_type type;
    size_t offset;        /* in train_settings */
    const char *standard; /* default, as text; presets may change it */
    double min, max;
    const char *choices; /* "multi|sum" */
    const char *help;
    const char *alias;  /* another name, or NULL */
    const char *show;   /* default in --help, if different from `standard`; or NULL */
    const char *key;    /* JSON key, if different from the name; or NULL */
    const char *before; /* value in runs before the setting existed, if different from the default; or NULL */
    setting_recorded identity; /* whether a resumed run must have the same value */
    setting_recorded summary;  /* whether `training` in config.json has it */
    bool not_searched;         /* not allowed in a search space */
} setting;

/* A row without a name ends the table. */
extern const setting settings_table[];

/* The row with this name or alias, or NULL. */
const setting *settings_find(const char *name);
/* The field of s that the row describes. */
void *settings_field(const setting *row, train_settings *s);

/* Fills s with the values of a preset. Strings are borrowed from the tables. */
void settings_preset(train_settings *s, int preset);
/* Sets one setting from text, which is borrowed. 0, or -1 with the setting in the message. */
int settings_set(train_settings *s, const setting *row, const char *text);
/* Replaces automatic choices by what they mean on this processor, so that these are recorded. */
void settings_resolve(train_settings *s);
/* Checks that the settings fit each other. 0 or -1. */
int settings_check(const train_settings *s);
/* The shape of the network. The settings must be checked. */
config settings_config(const train_settings *s, int embedding_size);

/* Sets the shape of the network to that of an existing model, which training continues: the settings of the
 * start then have no effect, and are off. */
void settings_take_config(train_settings *s, const config *c);
/* Whether the row is a setting of the shape of the network. */
bool settings_is_shape(const setting *row);

/* Adds settings to the identity of a run. */
void settings_to_identity(const train_settings *s, json_t *identity);
/* The value that a setting has in runs from before it existed, for a key that an older identity does not
 * have. A new reference, or NULL if the key is not a setting. */
json_t *settings_before(const char *key);
/* Adds settings to the summary of a run. */
void settings_to_summary(const train_settings *s, json_t *summary);

#endif
