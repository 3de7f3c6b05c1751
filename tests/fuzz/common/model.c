/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "../fuzz.h"

#include <string.h>

config fuzz_model_config(void)
{
    config c = config_default();
    c.embedding_size = 3;
    c.blocks = 2;
    c.channels[0] = 2;
    c.channels[1] = 1;
    c.kernels[0] = 3;
    c.kernels[1] = 2;
    c.label_size = 0;
    c.max_words = 16;
    CHECK(config_check(&c) == 0);
    return c;
}

void fuzz_model_write(config c)
{
    static const char *const words[] = {"fièvre", "toux", "fever"};
    static const char *const codes[][2] = {{"I10", "hypertension"}, {"E11.9", ""}, {"J45", "asthma"}};
    params p;
    vocab *v = vocab_new();
    labels *l = labels_new();
    CHECK(v && l);
    for (int i = 0; i < 3; i++)
        CHECK(vocab_add(v, words[i], strlen(words[i])) == i + 2 &&
              labels_add(l, codes[i][0], strlen(codes[i][0]), codes[i][1]) == i);
    CHECK(params_init(&p, &c, (size_t)vocab_size(v), (size_t)labels_count(l)) == 0);
    params_start(&p, 1);
    for (size_t i = 2; i < p.words * p.sizes.E; i++)
        p.embed[i] = (float)i / 8 - 0.5f;
    json_t *about = json_pack("{s:{s:s, s:s, s:s, s:n}}", "tokenizer", "normalize", "nfc", "case", "fold",
                              "numbers", "keep", "compat");
    CHECK(model_write(fuzz_folder(), &(model_parts){.p = &p, .words = v, .labels = l, .about = about}) == 0);
    json_decref(about);
    params_free(&p);
    labels_free(l);
    vocab_free(v);
}

const model *fuzz_model(void)
{
    static model m;
    if (!m.words) {
        fuzz_model_write(fuzz_model_config());
        const char *folder = fuzz_folder_kept();
        CHECK(model_open(&m, folder, true, NULL) == 0);
    }
    return &m;
}

const scopes *fuzz_scopes(void)
{
    static scopes *s;
    if (!s)
        CHECK((s = scopes_new()));
    return s;
}
