/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a tokenizer as names, in the header of a stream and in a model's config.json. */
#include "base/err.h"
#include "text/tokenize_private.h"

#include <string.h>

/* Packs name i of "any|fr|nl". */
static void pack_choice(pack *p, const char *key, const char *names, int i)
{
    for (; i > 0; i--)
        names = strchr(names, '|') + 1;
    pack_key(p, key);
    pack_str_n(p, names, strcspn(names, "|"));
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
    if (o->language != LANGUAGE_ANY)
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
                {"language", LANGUAGES},
                {"case", TOKENIZE_CASES "|lower"}, /* lower: that of CAML */
                {"accents", TOKENIZE_ACCENTS}};
    int v[5];
    for (int i = 0; i < 5; i++)
        if ((v[i] = number_of(settings, keys[i].key, keys[i].choices)) < 0) {
            err_set("tokenizer: %s: unknown value; a newer ecan may know it", keys[i].key);
            return NULL;
        }
    return tokenizer_new(&(tokenize_options){.caml = v[0] == 1,
                                             .numbers = (tokenize_numbers)v[1],
                                             .language = (language)v[2],
                                             .keep_case = v[3] == 1,
                                             .strip_accents = v[4] == 1});
}
