/* SPDX-License-Identifier: Apache-2.0 */
/* The object "terms" of config.json: how a model was combined, for people and for counting again. */
#include "train/combination_json.h"

#include "base/err.h"

static const struct {
    const char *key;
    size_t offset;
} weights[] = {{"network_weight", offsetof(combination, network)},
               {"bias", offsetof(combination, bias)},
               {"term_weight", offsetof(combination, term)},
               {"any_term_weight", offsetof(combination, any_term)},
               {"linear_weight", offsetof(combination, linear)},
               {"linear_bias", offsetof(combination, linear_bias)},
               {"dev_micro_f1", offsetof(combination, micro_f1)},
               {"dev_micro_f1_network", offsetof(combination, network_micro_f1)},
               {"dev_micro_f1_terms", offsetof(combination, terms_micro_f1)},
               {"dev_micro_f1_linear", offsetof(combination, linear_micro_f1)}};
enum { WEIGHTS = sizeof weights / sizeof *weights };

static double *weight_of(combination *c, int i)
{
    return (double *)((char *)c + weights[i].offset);
}

void combination_to_json(json_t *object, const combination *c)
{
    combination copy = *c;
    for (int i = 0; i < WEIGHTS; i++)
        ecan_json_set(object, weights[i].key, ecan_json_float((float)*weight_of(&copy, i)));
}

int combination_from_json(combination *c, const json_t *about)
{
    const json_t *object = json_object_get(about, "terms");
    *c = (combination){0};
    if (!json_is_object(object))
        return err_set("key terms: missing: expected a model that ecan-terms wrote");
    for (int i = 0; i < WEIGHTS; i++)
        if (ecan_json_number(weight_of(c, i), object, weights[i].key, -1e30, 1e30))
            return err_prefix("key terms: ");
    c->parts = (c->term > 0 ? COMBINE_TERMS : 0) | (c->linear > 0 ? COMBINE_LINEAR : 0);
    return 0;
}
