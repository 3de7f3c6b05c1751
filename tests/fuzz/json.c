/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the pull reader against jansson: both read a text, as the same value, or both refuse it. */
#include "fuzz.h"

#include "../unit/pulled.h"

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    CHECK(pulled_as_jansson((const char *)data, n));
    json_t *v = pulled((const char *)data, n);
    CHECK(v || err_message()[0] != '\0');
    json_decref(v);
    return 0;
}
