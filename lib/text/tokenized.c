/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokenized.h"

#include "base/err.h"

int tokenized_with(json_t **settings, const record *header)
{
    const field *f = record_find(header, "tokenizer");
    *settings = f ? ecan_json_from_msgpack(f->value, f->size) : NULL;
    if (f && !*settings)
        return -1;
    if (!json_is_object(*settings)) {
        json_decref(*settings);
        *settings = NULL;
    }
    return 0;
}

int tokenized_check(const json_t *wanted, const record *header, const char *whose)
{
    const field *f = record_find(header, "tokenizer");
    if (!wanted || !f)
        return 0;
    json_t *is = ecan_json_from_msgpack(f->value, f->size);
    const char *key = is ? ecan_json_difference(wanted, is) : NULL;
    const int result = is && !key ? 0 : -1;
    if (key)
        err_set("the text was not tokenized as %s: \"%s\" differs", whose, key);
    json_decref(is);
    return result;
}
