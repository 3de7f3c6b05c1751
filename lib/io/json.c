/* SPDX-License-Identifier: Apache-2.0 */
/* Values of JSON, which jansson holds. */
#include "io/json.h"

#include "base/c_locale.h"
#include "base/digits.h"
#include "base/err.h"
#include "io/json_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- making objects and arrays ---- */

/* A value could not be added to an object or array of this thread. */
static _Thread_local bool incomplete;

/* jansson also fails on a string that is not UTF-8; here only names of files can be such strings. */
int ecan_json_no_memory(void)
{
    return err_memory("out of memory, or a name that is not UTF-8 (JSON)");
}

int ecan_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0)
        return 0;
    incomplete = true;
    return ecan_json_no_memory();
}

int ecan_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return 0;
    incomplete = true;
    return ecan_json_no_memory();
}

int ecan_json_number(double *to, const json_t *object, const char *key, double low, double high)
{
    const json_t *v = json_object_get(object, key);
    *to = json_number_value(v);
    return json_is_number(v) && *to >= low && *to <= high
               ? 0
               : err_set("key %s: expected a number from %g to %g", key, low, high);
}

bool ecan_json_was_incomplete(void)
{
    const bool was = incomplete;
    incomplete = false;
    return was;
}

json_t *ecan_json_complete(json_t *v)
{
    if (!ecan_json_was_incomplete() && v)
        return v;
    json_decref(v);
    ecan_json_no_memory();
    return NULL;
}

/* ---- comparison ---- */

static const char *differs_from(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key, value)
    {
        if (!json_equal(value, json_object_get(b, key)))
            return key;
    }
    return NULL;
}

const char *ecan_json_difference(const json_t *a, const json_t *b)
{
    if (!json_is_object(a) || !json_is_object(b))
        return "";
    const char *key = differs_from(a, b);
    return key ? key : differs_from(b, a);
}

/* ---- numbers ---- */

json_t *ecan_json_float(float f)
{
    char text[DIGITS_ROOM];
    if (!isfinite(f))
        return json_null();
    const locale_t before = uselocale(c_locale());
    digits_float(text, f);
    const double d = strtod(text, NULL);
    uselocale(before);
    return json_real(d);
}

json_t *ecan_json_double(double d)
{
    return isfinite(d) ? json_real(d) : json_null();
}
