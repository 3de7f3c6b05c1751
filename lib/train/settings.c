/* SPDX-License-Identifier: Apache-2.0 */
#include "train/settings.h"

#include "base/err.h"
#include "tensor/multiply.h"
#include "train/label_features.h"
#include "train/preset.h"
#include "train/schedule.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *settings_field(const setting *row, train_settings *s)
{
    return (char *)s + row->offset;
}

static const void *value_at(const setting *row, const train_settings *s)
{
    return (const char *)s + row->offset;
}

const setting *settings_find(const char *name)
{
    for (const setting *row = settings_table; row->name; row++)
        if (strcmp(row->name, name) == 0 || (row->alias && strcmp(row->alias, name) == 0))
            return row;
    return NULL;
}

/* ---- values as text ---- */

/* Choice i of a string like "multi|sum", and its length; NULL after the last. */
static const char *choice(const char *choices, int i, size_t *n)
{
    for (; choices && i > 0; i--) {
        choices = strchr(choices, '|');
        choices += choices != NULL;
    }
    if (choices)
        *n = strcspn(choices, "|");
    return choices;
}

static bool within(const setting *row, double v)
{
    return isfinite(v) && v >= row->min && v <= row->max;
}

/* The integer at the beginning of text. *end is the position after it. */
static bool parse_whole(const setting *row, int64_t *v, const char *text, char **end)
{
    errno = 0;
    *v = strtoll(text, end, 10);
    return *end > text && errno == 0 && within(row, (double)*v);
}

static bool parse_list(const setting *row, settings_list *list, const char *text)
{
    char *end = NULL;
    list->n = 0;
    do {
        if (list->n == CONFIG_BLOCKS || !parse_whole(row, &list->v[list->n++], text, &end))
            return false;
        text = end + 1;
    } while (*end == ',');
    return *end == '\0';
}

static bool parse_choice(const setting *row, int *v, const char *text)
{
    size_t n;
    const char *name;
    for (int i = 0; (name = choice(row->choices, i, &n)) != NULL; i++)
        if (strlen(text) == n && strncmp(text, name, n) == 0) {
            *v = i;
            return true;
        }
    return false;
}

static bool parse(const setting *row, void *v, const char *text)
{
    char *end;
    switch (row->type) {
    case SETTING_FLAG:
        *(bool *)v = strcmp(text, "on") == 0;
        return *(bool *)v || strcmp(text, "off") == 0;
    case SETTING_WHOLE:
        if (row->choices && strcmp(text, row->choices) == 0) {
            *(int64_t *)v = -1;
            return true;
        }
        return parse_whole(row, v, text, &end) && *end == '\0';
    case SETTING_REAL:
        *(double *)v = strtod(text, &end);
        return end > text && *end == '\0' && within(row, *(double *)v);
    case SETTING_CHOICE:
        return parse_choice(row, v, text);
    case SETTING_LIST:
        return parse_list(row, v, text);
    case SETTING_NAMES:
        *(const char **)v = text;
        return true;
    }
    return false;
}

int settings_set(train_settings *s, const setting *row, const char *text)
{
    return parse(row, settings_field(row, s), text) ? 0
                                                    : err_set("--%s: invalid value '%s'", row->name, text);
}

/* The values of the tables are valid: tests/unit/settings.c sets all of them. */
static void set_values(train_settings *s, const preset_value *values)
{
    for (; values && values->setting; values++)
        (void)settings_set(s, settings_find(values->setting), values->value);
}

void settings_preset(train_settings *s, int number)
{
    *s = (train_settings){.preset = number};
    for (const setting *row = settings_table; row->name; row++)
        (void)settings_set(s, row, row->standard);
    set_values(s, presets[number].common);
    set_values(s, presets[number].own);
}

/* ---- the network ---- */

config settings_config(const train_settings *s, int embedding_size)
{
    config c = config_default();
    c.embedding_size = embedding_size;
    c.blocks = s->channels.n;
    for (int i = 0; i < c.blocks; i++) {
        c.channels[i] = (int)s->channels.v[i];
        c.kernels[i] = (int)s->kernels.v[i];
    }
    c.reduction = (int)s->reduction;
    c.attention = (config_attention)s->attention;
    c.attended = (config_attended)s->attended;
    c.label_size = s->label_size ? (int)s->label_size : c.channels[c.blocks - 1];
    c.squeeze_excitation = s->squeeze_excitation;
    c.residual = s->residual;
    c.max_words = (int)s->max_words;
    c.precision = (precision)s->precision;
    return c;
}

void settings_take_config(train_settings *s, const config *c)
{
    s->channels.n = s->kernels.n = c->blocks;
    for (int i = 0; i < c->blocks; i++) {
        s->channels.v[i] = c->channels[i];
        s->kernels.v[i] = c->kernels[i];
    }
    s->reduction = c->reduction;
    s->attention = (int)c->attention;
    s->attended = (int)c->attended;
    s->label_size = c->label_size;
    s->squeeze_excitation = c->squeeze_excitation;
    s->residual = c->residual;
    s->max_words = c->max_words;
    s->scale_vectors = s->prior_bias = false;
}

bool settings_is_shape(const setting *row)
{
    return row->identity == RECORDED_ELSEWHERE && row->summary == RECORDED_ELSEWHERE;
}

void settings_resolve(train_settings *s)
{
    if (s->precision == TRAIN_PRECISION_AUTO)
        s->precision = (int)precision_fastest();
}

int settings_check(const train_settings *s)
{
    label_features_kinds kinds;
    if (s->channels.n != s->kernels.n)
        return err_set("--channels has %d numbers and --kernels %d: a block needs one of each", s->channels.n,
                       s->kernels.n);
    if (label_features_parse(&kinds, s->label_sharing))
        return err_prefix("--label-sharing: ");
    if (s->focal && s->focal_from > s->epochs)
        return err_set(
            "--focal-from %lld: expected at most %lld, the maximum number of epochs of a phase (--epochs)",
            (long long)s->focal_from, (long long)s->epochs);
    config c = settings_config(s, 1);
    return config_check(&c);
}

/* ---- records ---- */

static json_t *list_to_json(const settings_list *list)
{
    json_t *a = json_array();
    for (int i = 0; i < list->n; i++)
        ecan_json_append(a, json_integer(list->v[i]));
    return a;
}

static json_t *choice_to_json(const setting *row, int v)
{
    size_t n = 0;
    const char *name = choice(row->choices, v, &n);
    return json_stringn(name, n);
}

static json_t *whole_to_json(const setting *row, int64_t v)
{
    return row->choices && v == -1 ? json_string(row->choices) : json_integer(v);
}

static json_t *to_json(const setting *row, const train_settings *s)
{
    const void *v = value_at(row, s);
    switch (row->type) {
    case SETTING_FLAG:
        return json_boolean(*(const bool *)v);
    case SETTING_WHOLE:
        return whole_to_json(row, *(const int64_t *)v);
    case SETTING_REAL:
        return ecan_json_double(*(const double *)v);
    case SETTING_CHOICE:
        return choice_to_json(row, *(const int *)v);
    case SETTING_LIST:
        return list_to_json(v);
    case SETTING_NAMES:
        return json_string(*(const char *const *)v);
    }
    return json_null();
}

static bool is_recorded(setting_recorded where, const train_settings *s)
{
    return where == RECORDED || where == RECORDED_NULL_WITHOUT_FOCAL ||
           (where == RECORDED_WITH_DECAY && s->decay != DECAY_NONE) ||
           (where == RECORDED_WITH_FOCAL && s->focal) || (where == RECORDED_WITH_SPANS && s->spans);
}

typedef char json_key[64];

static void make_key(json_key key, const setting *row)
{
    snprintf(key, sizeof(json_key), "%s", row->key ? row->key : row->name);
    for (char *dash = key; (dash = strchr(dash, '-')) != NULL;)
        *dash = '_';
}

static void add_record(json_t *object, const setting *row, json_t *value)
{
    json_key key;
    make_key(key, row);
    ecan_json_set(object, key, value);
}

/* A choice is recorded as its index, for compatibility with existing checkpoints. */
static json_t *to_identity(const setting *row, const train_settings *s)
{
    return row->type == SETTING_CHOICE ? json_integer(*(const int *)value_at(row, s)) : to_json(row, s);
}

void settings_to_identity(const train_settings *s, json_t *identity)
{
    for (const setting *row = settings_table; row->name; row++)
        if (is_recorded(row->identity, s))
            add_record(identity, row, to_identity(row, s));
}

json_t *settings_before(const char *key)
{
    json_key its_key;
    train_settings s;
    for (const setting *row = settings_table; row->name; row++) {
        make_key(its_key, row);
        if (strcmp(key, its_key) == 0 && !settings_set(&s, row, row->before ? row->before : row->standard))
            return to_identity(row, &s);
    }
    return NULL;
}

void settings_to_summary(const train_settings *s, json_t *summary)
{
    ecan_json_set(summary, "preset", json_string(presets[s->preset].name));
    for (const setting *row = settings_table; row->name; row++)
        if (is_recorded(row->summary, s))
            add_record(summary, row,
                       row->summary == RECORDED_NULL_WITHOUT_FOCAL && !s->focal ? json_null()
                                                                                : to_json(row, s));
}
