/* SPDX-License-Identifier: Apache-2.0 */
#include "warn_left_out.h"

#include "cli.h"

#include <inttypes.h>

void warn_left_out(const left_out *l)
{
    for (int i = 0; i < l->n; i++) {
        const left_out_count *c = &l->counts[i];
        cli_warn("%" PRIu64 " %s%s left out: %s", c->n, c->noun, c->n == 1 ? "" : "s", c->why);
    }
}
