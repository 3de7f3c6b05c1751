/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the configuration of a network: what is accepted can be written, and is the same when read again.
 * The sizes and the table of parameters that it gives are computed. */
#include "fuzz.h"

#include "io/json.h"
#include "model/config.h"
#include "model/sizes.h"

#include <string.h>

static void check_config(const config *c)
{
    config again = config_default();
    json_t *o = json_object();
    CHECK(c->blocks >= 1 && c->blocks <= CONFIG_BLOCKS && c->label_size >= 1);
    CHECK(c->threshold >= 0 && c->threshold <= 1);
    for (int i = 0; i < c->blocks; i++)
        CHECK(c->channels[i] >= 1 && c->kernels[i] >= 1);
    CHECK(config_to_json(c, o) == 0 && config_from_json(&again, o) == 0);
    CHECK(memcmp(c->channels, again.channels, (size_t)c->blocks * sizeof(int)) == 0);
    CHECK(memcmp(c->kernels, again.kernels, (size_t)c->blocks * sizeof(int)) == 0);
    CHECK(c->embedding_size == again.embedding_size && c->blocks == again.blocks &&
          c->reduction == again.reduction && c->attention == again.attention &&
          c->attended == again.attended && c->label_size == again.label_size &&
          c->squeeze_excitation == again.squeeze_excitation && c->residual == again.residual &&
          c->max_words == again.max_words && c->threshold == again.threshold);
    json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    config c = config_default();
    fuzz_begin();
    json_t *o = ecan_json_parse((const char *)data, n);
    if (o && config_from_json(&c, o) == 0)
        check_config(&c);
    else
        CHECK_MESSAGE();
    json_decref(o);
    return 0;
}
