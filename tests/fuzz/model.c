/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing a model folder. Parts: config.json, model.safetensors, vocab.txt, labels.tsv, terms.tsv. A model
 * that is accepted has tensors, words and labels that fit each other, and is the same after it is written and
 * opened again. */
#include "fuzz.h"

#include "common/model.h"
#include "predict/model_stage.h"
#include "text/text_settings.h"

#include <string.h>

static void check_round_trip(const model *m)
{
    model again;
    json_t *about = json_deep_copy(m->config);
    fuzz_folder(); /* the mapping of m stays */
    params p;
    CHECK(params_init(&p, &m->p.c, m->p.words, m->p.labels) == 0 && params_load(&p, &m->file) == 0);
    const model_parts parts = {.p = &p, .words = m->words, .labels = m->labels, .about = about};
    CHECK(model_write(fuzz_folder_kept(), &parts) == 0);
    json_decref(about);
    CHECK(model_open(&again, fuzz_folder_kept(), true, NULL) == 0);
    CHECK(again.p.size == m->p.size && vocab_size(again.words) == vocab_size(m->words) &&
          labels_count(again.labels) == labels_count(m->labels));
    for (int i = 0; i < m->p.n; i++) {
        const safetensor *a = safetensors_find(&m->file, m->p.table[i].name),
                         *b = safetensors_find(&again.file, m->p.table[i].name);
        CHECK(a && b && a->count == b->count && memcmp(a->data, b->data, a->count * sizeof(float)) == 0);
    }
    params_free(&p);
    CHECK(model_write_thresholds(&again, fuzz_folder_kept(), 0.25f, m->thresholds) == 0);
    model_close(&again);
    CHECK(model_open(&again, fuzz_folder_kept(), true, NULL) == 0 && again.p.c.threshold == 0.25f);
    CHECK(!again.thresholds == !m->thresholds && model_exists(fuzz_folder_kept()));
    model_close(&again);
}

static void check_model(const model *m)
{
    tokenizer *t = NULL;
    notes_rules *rules = NULL;
    matcher *terms = NULL;
    CHECK(m->p.labels == (size_t)labels_count(m->labels) && m->p.words == (size_t)vocab_size(m->words));
    CHECK(strlen(m->fingerprint) == FOLDER_HASH - 1);
    for (size_t i = 0; m->thresholds && i < m->p.labels; i++)
        CHECK(m->thresholds[i] >= 0 && m->thresholds[i] <= 1);
    if (text_settings_read(model_tokenizer(m), &t, &rules) == 0) {
        char differs[TEXT_SETTINGS_KEY];
        if (model_tokenizer(m))
            (void)text_settings_equal(model_tokenizer(m), t, rules, differs);
        tokenizer_free(t);
        notes_rules_free(rules);
    }
    if (model_stage_read_terms(m, fuzz_folder_kept(), NULL, &terms) == 0)
        matcher_free(terms);
    else
        CHECK_MESSAGE();
    check_round_trip(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[5];
    model m;
    fuzz_begin();
    fuzz_parts(data, n, part, 5);
    const char *folder = fuzz_folder();
    for (int i = 0; i < 5; i++)
        if (i < 4 || part[i].n > 0)
            fuzz_folder_add(i < 4 ? model_files[i] : MODEL_TERMS, part[i]);
    (void)model_exists(folder);
    (void)model_check(folder);
    if (model_open(&m, folder, true, NULL) == 0) {
        check_model(&m);
        model_close(&m);
    } else {
        CHECK_MESSAGE();
    }
    return 0;
}
