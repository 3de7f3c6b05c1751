/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

config config_default(void)
{
    return (config){.embedding_size = 100,
                    .blocks = 2,
                    .channels = {100, 100},
                    .kernels = {5, 3},
                    .reduction = 20,
                    .attention = ATTENTION_MULTI,
                    .attended = ATTENDED_ALL,
                    .squeeze_excitation = true,
                    .residual = true,
                    .max_words = 3500,
                    .threshold = 0.5f};
}

/* Far above the sizes of real models. The product of two fits an int. */
enum { MAX_SIZE = 16384, MAX_KERNEL = 1023 };

static int check_range(const char *key, int value, int low, int high)
{
    if (value < low || value > high)
        return err_set("%s: %d is out of range: expected %d to %d", key, value, low, high);
    return 0;
}

int config_check(config *c)
{
    if (check_range("channels: the number of blocks", c->blocks, 1, CONFIG_BLOCKS) ||
        check_range("embedding_size", c->embedding_size, 1, MAX_SIZE))
        return -1;
    for (int i = 0; i < c->blocks; i++)
        if (check_range("channels", c->channels[i], 1, MAX_SIZE) ||
            check_range("kernels", c->kernels[i], 1, MAX_KERNEL))
            return -1;
    if (c->label_size == 0)
        c->label_size = c->channels[c->blocks - 1];
    if (check_range("reduction", c->reduction, 1, MAX_SIZE) ||
        check_range("label_size", c->label_size, 1, MAX_SIZE) ||
        check_range("max_words", c->max_words, 0, 1 << 28))
        return -1;
    if (c->attention == ATTENTION_SUM && c->attended != ATTENDED_ALL)
        return err_set(
            "blocks_attended: attention \"sum\" reads all blocks: choose \"all\", or attention \"multi\"");
    if (!(c->threshold >= 0 && c->threshold <= 1))
        return err_set("threshold: expected a number from 0 to 1");
    return 0;
}

enum { MAX_INT = 1 << 28 };

static int get_int(int *value, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (!v || json_is_null(v))
        return 0;
    if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > MAX_INT)
        return err_set("%s: expected an integer from 0 to %d", key, MAX_INT);
    *value = (int)json_integer_value(v);
    return 0;
}

static int get_bool(bool *value, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (!v)
        return 0;
    if (!json_is_boolean(v))
        return err_set("%s: expected true or false", key);
    *value = json_is_true(v);
    return 0;
}

static int get_name(int *value, const json_t *o, const char *key, const char *const *names)
{
    const json_t *v = json_object_get(o, key);
    if (!v)
        return 0;
    for (int i = 0; names[i]; i++)
        if (json_is_string(v) && strcmp(json_string_value(v), names[i]) == 0) {
            *value = i;
            return 0;
        }
    char list[64] = "";
    for (int i = 0; names[i]; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", i ? ", " : "", names[i]);
    return err_set("%s: expected one of %s", key, list);
}

/* Reads an array of integers into list, and its length into *n. */
static int get_list(int *list, int *n, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (!v)
        return 0;
    if (!json_is_array(v) || json_array_size(v) < 1 || json_array_size(v) > CONFIG_BLOCKS)
        return err_set("%s: expected an array of 1 to %d integers", key, CONFIG_BLOCKS);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *x = json_array_get(v, i);
        if (!json_is_integer(x) || json_integer_value(x) < 1 || json_integer_value(x) > MAX_SIZE)
            return err_set("%s: expected integers from 1 to %d", key, MAX_SIZE);
        list[i] = (int)json_integer_value(x);
    }
    *n = (int)json_array_size(v);
    return 0;
}

static const char *const attention_names[] = {"multi", "sum", NULL};
static const char *const attended_names[] = {"all", "first", "last", NULL};

int config_from_json(config *c, const json_t *o)
{
    if (!json_is_object(o))
        return err_set("expected a JSON object");
    int attention = c->attention, attended = c->attended, kernels = c->blocks, label_size = 0;
    c->label_size = 0;
    if (get_int(&c->embedding_size, o, "embedding_size") ||
        get_list(c->channels, &c->blocks, o, "channels") || get_list(c->kernels, &kernels, o, "kernels") ||
        get_int(&c->reduction, o, "reduction") || get_name(&attention, o, "attention", attention_names) ||
        get_name(&attended, o, "blocks_attended", attended_names) || get_int(&label_size, o, "label_size") ||
        get_bool(&c->squeeze_excitation, o, "squeeze_excitation") || get_bool(&c->residual, o, "residual") ||
        get_int(&c->max_words, o, "max_words"))
        return -1;
    const json_t *threshold = json_object_get(o, "threshold");
    if (threshold && !json_is_number(threshold))
        return err_set("threshold: expected a number from 0 to 1");
    if (threshold)
        c->threshold = (float)json_number_value(threshold);
    if (kernels != c->blocks)
        return err_set("kernels has %d numbers, but channels has %d: a block needs one of each", kernels,
                       c->blocks);
    c->attention = (config_attention)attention;
    c->attended = (config_attended)attended;
    c->label_size = label_size;
    return config_check(c);
}

static json_t *list_to_json(const int *list, int n)
{
    json_t *a = json_array();
    for (int i = 0; i < n; i++)
        ecan_json_append(a, json_integer(list[i]));
    return a;
}

int config_to_json(const config *c, json_t *o)
{
    const struct {
        const char *key;
        json_t *value;
    } keys[] = {{"embedding_size", json_integer(c->embedding_size)},
                {"channels", list_to_json(c->channels, c->blocks)},
                {"kernels", list_to_json(c->kernels, c->blocks)},
                {"reduction", json_integer(c->reduction)},
                {"attention", json_string(attention_names[c->attention])},
                {"blocks_attended", json_string(attended_names[c->attended])},
                {"label_size", json_integer(c->label_size)},
                {"squeeze_excitation", json_boolean(c->squeeze_excitation)},
                {"residual", json_boolean(c->residual)},
                {"max_words", json_integer(c->max_words)},
                {"threshold", ecan_json_float(c->threshold)}};
    int failed = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        failed |= ecan_json_set(o, keys[i].key, keys[i].value);
    return failed;
}
