/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a tokenizer as names, in the header of a stream and in a model's config.json. */
#include "base/err.h"
#include "text/tokenize_private.h"

#include <stdio.h>
#include <string.h>

/* Packs name i of "any|fr|nl". */
static void pack_choice(pack *p, const char *key, const char *names, int i)
{
    for (; i > 0; i--)
        names = strchr(names, '|') + 1;
    pack_key(p, key);
    pack_str_n(p, names, strcspn(names, "|"));
}

/* Packs "nl,fr". */
static void pack_languages(pack *p, const language_list *l)
{
    char names[8 * LANGUAGE_KINDS];
    size_t n = 0;
    for (int i = 0; i < l->n; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? "," : "", language_name(l->of[i]));
    pack_key(p, "language");
    pack_str_n(p, names, n);
}

void tokenizer_settings(const tokenizer *t, pack *p)
{
    const tokenize_options *o = &t->options;
    pack_choice(p, "normalize", "nfc|none", o->caml);
    pack_choice(p, "case", TOKENIZE_CASES "|lower", o->caml ? 2 : o->keep_case);
    pack_choice(p, "numbers", TOKENIZE_NUMBERS, (int)o->numbers);
    pack_key(p, "compat");
    if (o->caml)
        pack_str(p, "caml");
    else
        pack_nil(p);
    if (o->strip_accents)
        pack_choice(p, "accents", TOKENIZE_ACCENTS, 1);
    if (o->keep_signs)
        pack_choice(p, "signs", TOKENIZE_SIGNS, 1);
    if (o->languages.n > 0)
        pack_languages(p, &o->languages);
    else if (o->language != LANGUAGE_ANY)
        pack_choice(p, "language", LANGUAGES, (int)o->language);
}

/* The index in "a|b|c" of the string under key. 0: no such key. -1: the string is not one of them. */
static int number_of(const json_t *settings, const char *key, const char *choices)
{
    const char *value = json_string_value(json_object_get(settings, key));
    int i = 0;
    for (const char *c = choices; value && *c; i++) {
        const size_t n = strcspn(c, "|");
        if (strlen(value) == n && memcmp(value, c, n) == 0)
            return i;
        c += n + (c[n] == '|');
    }
    return value ? -1 : 0;
}

tokenizer *tokenizer_from_settings(const json_t *settings)
{
    const struct {
        const char *key, *choices;
    } keys[] = {{"compat", "none|caml"},
                {"numbers", TOKENIZE_NUMBERS},
                {"signs", TOKENIZE_SIGNS},
                {"case", TOKENIZE_CASES "|lower"}, /* lower: that of CAML */
                {"accents", TOKENIZE_ACCENTS}};
    language_list languages = {0};
    const char *names = json_string_value(json_object_get(settings, "language"));
    int v[5];
    for (int i = 0; i < 5; i++)
        if ((v[i] = number_of(settings, keys[i].key, keys[i].choices)) < 0) {
            err_set("tokenizer: %s: unknown value; a newer ecan may know it", keys[i].key);
            return NULL;
        }
    if (names && language_list_parse(&languages, names)) {
        err_set("tokenizer: language: unknown value; a newer ecan may know it");
        return NULL;
    }
    return tokenizer_new(&(tokenize_options){.caml = v[0] == 1,
                                             .numbers = (tokenize_numbers)v[1],
                                             .languages = languages,
                                             .keep_signs = v[2] == 1,
                                             .keep_case = v[3] == 1,
                                             .strip_accents = v[4] == 1});
}
