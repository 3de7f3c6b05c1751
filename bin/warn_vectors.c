/* SPDX-License-Identifier: Apache-2.0 */
#include "warn_vectors.h"

#include "cli.h"

#include <inttypes.h>

void warn_vectors(const vectors *v, const char *path)
{
    if (v->not_utf8)
        cli_warn("%s: %" PRId32 " word%s left out: not UTF-8", path, v->not_utf8,
                 v->not_utf8 == 1 ? "" : "s");
}
