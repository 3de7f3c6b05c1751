/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/left_out.h"

#include <string.h>

void left_out_add(left_out *l, const char *noun, const char *why, uint64_t n)
{
    int i = 0;
    while (i < l->n && (strcmp(l->counts[i].noun, noun) != 0 || strcmp(l->counts[i].why, why) != 0))
        i++;
    if (i == LEFT_OUT_REASONS || n == 0)
        return;
    if (i == l->n)
        l->counts[l->n++] = (left_out_count){noun, why, 0};
    l->counts[i].n += n;
}
