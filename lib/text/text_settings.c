/* SPDX-License-Identifier: Apache-2.0 */
#include "text/text_settings.h"

#include "base/err.h"

#include <string.h>

void text_settings_pack(pack *p, const tokenizer *t, const notes_rules *rules)
{
    pack fields = {0};
    unsigned char head[5];
    tokenizer_settings(t, &fields);
    notes_rules_settings(rules, &fields);
    p->failed |= pack_failed(&fields);
    pack_raw(p, head, pack_map_head(&fields, head));
    pack_raw(p, fields.body.data, fields.body.len);
    pack_free(&fields);
}

int text_settings_equal(const json_t *wanted, const tokenizer *t, const notes_rules *rules,
                        char differs[TEXT_SETTINGS_KEY])
{
    pack p = {0};
    text_settings_pack(&p, t, rules);
    json_t *is = NULL;
    if (pack_failed(&p))
        err_memory("out of memory (settings)");
    else
        is = ecan_json_from_msgpack(p.body.data, p.body.len);
    const char *key = is ? ecan_json_difference(wanted, is) : NULL;
    if (key)
        snprintf(differs, TEXT_SETTINGS_KEY, "%s", key);
    const int result = is ? key == NULL : -1;
    json_decref(is);
    pack_free(&p);
    return result;
}

/* ---- reading ---- */

static const char *string_at(const json_t *settings, const char *key)
{
    return json_string_value(json_object_get(settings, key));
}

static size_t number_at(const json_t *settings, const char *key)
{
    const json_int_t n = json_integer_value(json_object_get(settings, key));
    return n > 0 ? n : 0;
}

/* The strings are borrowed. Settings that are not known here are found by text_settings_equal() below. */
static notes_rules *read_rules(const json_t *settings)
{
    static const char *const cuts[] = {
        [CUT_HEAD] = "head", [CUT_HEAD_TAIL] = "head-tail", [CUT_PROPORTIONAL] = "share"};
    const char *cut = string_at(settings, "cut");
    notes_options o = {.order = string_at(settings, "order"),
                       .types = string_at(settings, "types"),
                       .not_types = string_at(settings, "not_types"),
                       .drop_duplicates = string_at(settings, "duplicates") != NULL,
                       .mark_types = json_is_true(json_object_get(settings, "mark_types")),
                       .copied = number_at(settings, "copied"),
                       .max_words = number_at(settings, "max_words")};
    for (size_t i = 0; cut && i < sizeof cuts / sizeof *cuts; i++)
        if (strcmp(cut, cuts[i]) == 0)
            o.cut = (cut_rule)i;
    return notes_rules_new(&o);
}

int text_settings_read(const json_t *settings, tokenizer **t, notes_rules **rules)
{
    char key[TEXT_SETTINGS_KEY];
    *rules = NULL;
    *t = tokenizer_from_settings(settings);
    if (*t && !(*rules = read_rules(settings)))
        err_prefix("tokenizer: ");
    const int equal = *rules ? text_settings_equal(settings, *t, *rules, key) : -1;
    if (equal > 0)
        return 0;
    if (equal == 0)
        err_set("tokenizer: %s: this version does not know the setting, or its value", key);
    notes_rules_free(*rules);
    tokenizer_free(*t);
    *rules = NULL;
    *t = NULL;
    return -1;
}
