/* SPDX-License-Identifier: Apache-2.0 */
/* lib/model/config: every key within its range and refused, by name, beyond it; the trip to JSON and back;
 * what is derived. */
#include "model/sizes.h"

#include "base/err.h"

#include "tap.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Reads text over the values of c. */
static int over(config *c, const char *text)
{
    json_t *o = ecan_json_parse(text, strlen(text));
    if (!o) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    const int result = config_from_json(c, o);
    json_decref(o);
    return result;
}

static int from_text(config *c, const char *text)
{
    *c = config_default();
    return over(c, text);
}

static void test_refused(void)
{
    static const struct {
        const char *key, *text; /* the message has to name the key */
    } cases[] = {
        {"expected a JSON object", "[1]"},
        {"embedding_size", "{\"embedding_size\": 0}"},
        {"embedding_size", "{\"embedding_size\": -1}"},
        {"embedding_size", "{\"embedding_size\": 16385}"},
        {"embedding_size", "{\"embedding_size\": 4294967396}"},
        {"embedding_size", "{\"embedding_size\": 100.0}"},
        {"embedding_size", "{\"embedding_size\": \"100\"}"},
        {"embedding_size", "{\"embedding_size\": true}"},
        {"channels", "{\"channels\": []}"},
        {"channels", "{\"channels\": 100}"},
        {"channels", "{\"channels\": [0, 1]}"},
        {"channels", "{\"channels\": [1, 16385]}"},
        {"channels", "{\"channels\": [1, 4294967297]}"},
        {"channels", "{\"channels\": [1, \"1\"]}"},
        {"channels", "{\"channels\": [1, null]}"},
        {"channels", "{\"channels\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], \"kernels\": [1]}"},
        {"kernels", "{\"kernels\": [5, 0]}"},
        {"kernels", "{\"kernels\": [5, 1024]}"},
        {"kernels", "{\"kernels\": [5, 5, 3]}"},
        {"kernels", "{\"kernels\": [5, 5, 3, 3, 3]}"},
        {"kernels", "{\"kernels\": [5, 3.5]}"},
        {"kernels", "{\"kernels\": 5}"},
        {"kernels", "{\"channels\": [100, 100, 100]}"},
        {"reduction", "{\"reduction\": 0}"},
        {"reduction", "{\"reduction\": 16385}"},
        {"reduction", "{\"reduction\": -20}"},
        {"attention", "{\"attention\": \"Multi\"}"},
        {"attention", "{\"attention\": 1}"},
        {"attention", "{\"attention\": null}"},
        {"blocks_attended", "{\"blocks_attended\": \"\"}"},
        {"blocks_attended", "{\"blocks_attended\": \"middle\"}"},
        {"blocks_attended", "{\"attention\": \"sum\", \"blocks_attended\": \"last\"}"},
        {"label_size", "{\"label_size\": 16385}"},
        {"label_size", "{\"label_size\": -1}"},
        {"label_size", "{\"label_size\": [1]}"},
        {"squeeze_excitation", "{\"squeeze_excitation\": 1}"},
        {"squeeze_excitation", "{\"squeeze_excitation\": \"false\"}"},
        {"residual", "{\"residual\": 0}"},
        {"residual", "{\"residual\": {}}"},
        {"max_words", "{\"max_words\": -1}"},
        {"max_words", "{\"max_words\": 268435457}"},
        {"max_words", "{\"max_words\": 3500.5}"},
        {"threshold", "{\"threshold\": -0.001}"},
        {"threshold", "{\"threshold\": 1.001}"},
        {"threshold", "{\"threshold\": \"0.5\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config c;
        ok(from_text(&c, cases[i].text) == -1 && strstr(err_message(), cases[i].key), "refused: %s",
           cases[i].text);
    }
}

static void test_accepted(void)
{
    static const char *const cases[] = {
        "{}",
        "{\"unknown\": {\"key\": [null]}}",
        "{\"embedding_size\": 1}",
        "{\"embedding_size\": 16384}",
        "{\"channels\": [1], \"kernels\": [1]}",
        "{\"reduction\": 1}",
        "{\"reduction\": 16384}",
        "{\"attention\": \"sum\"}",
        "{\"attention\": \"sum\", \"blocks_attended\": \"all\"}",
        "{\"label_size\": 16384}",
        "{\"label_size\": null}",
        "{\"max_words\": 0}",
        "{\"max_words\": 268435456}",
        "{\"threshold\": 0}",
        "{\"threshold\": 1}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config c;
        const int failed = from_text(&c, cases[i]);
        ok(!failed, "accepted: %s %s", cases[i], failed ? err_message() : "");
    }
    config c;
    ok(from_text(&c, "{\"channels\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,16384], \"kernels\": "
                     "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,2,1023]}") == 0,
       "accepted: %d blocks", CONFIG_BLOCKS);
}

/* What the ranges of config.json are, config_check says of a struct too. */
static void test_check(void)
{
    const config good = config_default();
    config c = good;
    ok(config_check(&c) == 0, "the defaults are good");
    ok(c.label_size == c.channels[1], "the label size is that of the last block where it is not given");
    static const struct {
        const char *key;
        size_t offset;
        int low, high; /* the first ones out of range */
    } ints[] = {{"embedding_size", offsetof(config, embedding_size), 0, 16385},
                {"number of blocks", offsetof(config, blocks), 0, CONFIG_BLOCKS + 1},
                {"channels", offsetof(config, channels[0]), 0, 16385},
                {"kernels", offsetof(config, kernels[1]), 0, 1024},
                {"reduction", offsetof(config, reduction), 0, 16385},
                {"label_size", offsetof(config, label_size), -1, 16385},
                {"max_words", offsetof(config, max_words), -1, (1 << 28) + 1}};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        for (int high = 0; high < 2; high++) {
            c = good;
            memcpy((char *)&c + ints[i].offset, high ? &ints[i].high : &ints[i].low, sizeof(int));
            ok(config_check(&c) == -1 && strstr(err_message(), ints[i].key), "%s: %d is refused", ints[i].key,
               high ? ints[i].high : ints[i].low);
        }
    c = good;
    c.threshold = NAN;
    ok(config_check(&c) == -1 && strstr(err_message(), "threshold"), "threshold: NaN is refused");
}

static int same(const config *a, const config *b)
{
    int lists = a->blocks == b->blocks;
    for (int i = 0; lists && i < a->blocks; i++)
        lists = a->channels[i] == b->channels[i] && a->kernels[i] == b->kernels[i];
    return lists && a->embedding_size == b->embedding_size && a->reduction == b->reduction &&
           a->attention == b->attention && a->attended == b->attended && a->label_size == b->label_size &&
           a->squeeze_excitation == b->squeeze_excitation && a->residual == b->residual &&
           a->max_words == b->max_words && a->threshold == b->threshold;
}

static void test_round_trip(void)
{
    config c[4];
    c[0] = config_default();
    from_text(
        &c[1],
        "{\"embedding_size\": 7, \"channels\": [3, 5], \"kernels\": [2, 9], \"reduction\": 4, \"attention\": "
        "\"sum\", \"label_size\": 11, \"squeeze_excitation\": false, \"max_words\": 0, \"threshold\": 0.37}");
    from_text(&c[2], "{\"blocks_attended\": \"first\", \"residual\": false, \"threshold\": 1}");
    from_text(&c[3],
              "{\"blocks_attended\": \"last\", \"channels\": [8], \"kernels\": [1], \"threshold\": 0.1}");
    for (int i = 0; i < 4; i++) {
        config_check(&c[i]);
        json_t *o = json_object();
        ecan_json_set(o, "tokenizer", json_true());
        ecan_json_set(o, "embedding_size", json_string("replaced"));
        ok(config_to_json(&c[i], o) == 0, "configuration %d: to JSON", i);
        char *text = ecan_json_text(o);
        config back = config_default();
        json_t *read = ecan_json_parse(text, strlen(text));
        ok(config_from_json(&back, read) == 0 && same(&back, &c[i]), "configuration %d: and back: %s", i,
           text);
        ok(json_is_true(json_object_get(read, "tokenizer")), "configuration %d: other keys stay", i);
        json_decref(read);
        json_decref(o);
        free(text);
    }
    ok(c[1].blocks == 2 && c[1].channels[1] == 5 && c[1].kernels[1] == 9 && c[1].attention == ATTENTION_SUM &&
           !c[1].squeeze_excitation && c[1].residual && c[1].threshold == 0.37f && c[1].max_words == 0,
       "what was read is what was written");
    ok(c[2].attended == ATTENDED_FIRST && c[2].squeeze_excitation && !c[2].residual && c[2].label_size == 100,
       "what was not read stays");
    ok(over(&c[1], "{\"channels\": [8, 9], \"kernels\": [1, 1]}") == 0 && c[1].label_size == 9 &&
           c[1].attention == ATTENTION_SUM,
       "a label size that is not given is that of the last block");
}

/* One attention, to that block, S being its channels. */
static bool attends_to(const config *c, int block, size_t channels)
{
    const model_sizes s = model_sizes_of(c);
    return s.attentions == 1 && s.S == channels && s.attention[0].block == block &&
           s.attention[0].D == channels && s.attention[0].offset == 0 && s.D_attended == channels;
}

static void test_sizes(void)
{
    config c;
    from_text(&c, "{\"embedding_size\": 9, \"channels\": [40, 19, 20], \"kernels\": [4, 1, 9]}");
    const model_sizes s = model_sizes_of(&c);
    ok(s.attentions == 3 && s.S == 79 && s.attention[0].offset == 0 && s.attention[1].offset == 40 &&
           s.attention[2].offset == 59 && s.attention[1].block == 1 && s.attention[1].D == 19,
       "all blocks attended: S is the sum of the channels");
    ok(s.E == 9 && s.d_l == 20 && s.block[0].D_in == 9 && s.block[1].D_in == 40 && s.block[2].D_in == 19 &&
           s.D_last == 20 && s.D_max == 40 && s.D_sum == 79 && s.block[2].conv.K == 9,
       "channels in and out");
    ok(s.block[0].Q == 2 && s.block[1].Q == 1 && s.block[2].Q == 1, "squeeze: max(1, D/R)");
    c.squeeze_excitation = false;
    ok(model_sizes_of(&c).block[0].Q == 0, "no squeeze");
    c.attended = ATTENDED_FIRST;
    ok(attends_to(&c, 0, 40), "the first attended");
    c.attended = ATTENDED_LAST;
    ok(attends_to(&c, 2, 20), "the last attended");
    c.attended = ATTENDED_ALL;
    c.attention = ATTENTION_SUM;
    ok(attends_to(&c, 2, 20) && model_sizes_of(&c).sum, "sum-pooling");
    c.blocks = 1;
    c.attention = ATTENTION_MULTI;
    ok(attends_to(&c, 0, 40), "one block");
}

int main(void)
{
    test_refused();
    test_accepted();
    test_check();
    test_round_trip();
    test_sizes();
    return tap_done();
}
