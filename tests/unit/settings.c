/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/settings and preset: every row is complete and every default within its range; how values are
 * set; where they are recorded. The values of the presets are in tests/cli/ecan-train.bats. */
#include "train/settings.h"

#include "base/err.h"
#include "train/preset.h"

#include "tap.h"

#include <string.h>

/* The defaults of the tables are set without a check of the result: here each one is checked. */
static void test_table(void)
{
    train_settings s;
    for (const setting *row = settings_table; row->name; row++) {
        ok(settings_find(row->name) == row && (!row->alias || settings_find(row->alias) == row),
           "%s: found by its name and its alias", row->name);
        ok(row->offset < sizeof s && row->help && (row->type == SETTING_FLAG) == !row->arg,
           "%s: help, and an argument unless it is a flag", row->name);
        ok(!settings_set(&s, row, row->standard), "%s: its default is valid", row->name);
        for (const setting *other = settings_table; other < row; other++)
            if (other->offset == row->offset || (row->alias && settings_find(row->alias) != row))
                ok(false, "%s and %s share a field or a name", row->name, other->name);
    }
}

static void test_presets(void)
{
    train_settings s;
    for (int i = 0; presets[i].name; i++) {
        const preset_value *const values[] = {presets[i].common, presets[i].own};
        int wrong = 0;
        for (int k = 0; k < 2; k++)
            for (const preset_value *v = values[k]; v && v->setting; v++)
                wrong += !settings_find(v->setting) || settings_set(&s, settings_find(v->setting), v->value);
        settings_preset(&s, i);
        ok(!wrong && s.preset == i && !settings_check(&s), "preset %s: its values are valid, and fit",
           presets[i].name);
        ok(preset_find(presets[i].name) == i && (!presets[i].alias || preset_find(presets[i].alias) == i),
           "preset %s: found by its name and its former name", presets[i].name);
    }
    ok(preset_find("none") == -1, "a preset that does not exist");
}

static void rejected(const char *name, const char *text)
{
    train_settings s;
    settings_preset(&s, 0);
    ok(settings_set(&s, settings_find(name), text) == -1 && strstr(err_message(), name), "--%s %s: %s", name,
       text, err_message());
}

static void test_values(void)
{
    train_settings s;
    settings_preset(&s, 0);
    ok(!settings_set(&s, settings_find("channels"), "7,8,9") && s.channels.n == 3 && s.channels.v[2] == 9,
       "a list");
    ok(settings_check(&s) == -1, "three channels for two kernels: %s", err_message());
    ok(!settings_set(&s, settings_find("kernels"), "1,2,3") && !settings_check(&s), "and for three");
    const config c = settings_config(&s, 50);
    ok(c.blocks == 3 && c.channels[1] == 8 && c.kernels[2] == 3 && c.label_size == 9 &&
           c.embedding_size == 50,
       "the shape of the network");
    ok(!settings_set(&s, settings_find("lr"), "2e-3") && s.learning_rate == 2e-3, "a real number, by alias");
    ok(!settings_set(&s, settings_find("decay"), "cosine") && s.decay == 2, "a choice");
    ok(!settings_set(&s, settings_find("label-sharing"), "codes,all") && settings_check(&s) == -1,
       "names that do not exist: %s", err_message());
    ok(!settings_set(&s, settings_find("focal-from"), "4") && s.focal_from == 4, "a number or a word");
    ok(!settings_set(&s, settings_find("focal-from"), "best") && s.focal_from == FOCAL_FROM_BEST, "the word");
    rejected("focal-from", "-1");
    rejected("focal-from", "last");
    rejected("channels", "7,");
    rejected("channels", "");
    rejected("channels", "0,1");
    rejected("channels", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1");
    rejected("dropout", "1");
    rejected("dropout", "nan");
    rejected("dropout", "0.5x");
    rejected("batch-size", "8.5");
    rejected("batch-size", "0");
    rejected("batch-size", "99999999999999999999");
    rejected("decay", "line");
    rejected("focal", "yes");
}

/* Whether changing the setting changes what the function records. */
static bool records(void (*to)(const train_settings *, json_t *), const char *name, const char *value)
{
    json_t *before = json_object(), *after = json_object();
    train_settings s;
    settings_preset(&s, 0);
    to(&s, before);
    (void)settings_set(&s, settings_find(name), value);
    to(&s, after);
    const bool changed = !json_equal(before, after);
    json_decref(before);
    json_decref(after);
    return changed;
}

static void test_recorded(void)
{
    static const struct {
        const char *name, *value;
        bool identity, summary;
    } rows[] = {{"learning-rate", "0.5", true, true}, {"seed", "7", true, true},
                {"warm-up", "2", true, true},         {"decay", "linear", true, true},
                {"batch-size", "3", true, true},      {"patience", "9", true, true},
                {"criterion", "loss", true, false},   {"tune-threshold", "off", true, false},
                {"focal", "on", true, true},          {"keep", "best", false, false},
                {"focal-from", "3", false, false},    {"epochs", "7", false, true},
                {"stop-after", "7", false, false},    {"checkpoint-every", "7", false, false},
                {"channels", "7,7", false, false},    {"label-sharing", "codes", false, true},
                {"prior-bias", "off", false, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(records(settings_to_identity, rows[i].name, rows[i].value) == rows[i].identity &&
               records(settings_to_summary, rows[i].name, rows[i].value) == rows[i].summary,
           "--%s: identity %d, summary %d", rows[i].name, rows[i].identity, rows[i].summary);

    json_t *id = json_object();
    train_settings s;
    settings_preset(&s, 0);
    (void)settings_set(&s, settings_find("decay"), "cosine");
    settings_to_identity(&s, id);
    ok(json_integer_value(json_object_get(id, "decay")) == 2 && json_object_get(id, "epochs") &&
           json_object_get(id, "weight_decay"),
       "identity: a choice by its number, epochs with decay, underscores");
    json_decref(id);
    json_t *before = settings_before("focal_from"), *keep = settings_before("keep");
    ok(json_is_string(before) && json_integer_value(keep) == KEEP_BEST && !settings_before("words"),
       "what runs did before there were these settings");
    json_decref(before);
    json_decref(keep);
}

int main(void)
{
    test_table();
    test_presets();
    test_values();
    test_recorded();
    return tap_done();
}
