/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECAN_BASE_MINMAX_H
#define ECAN_BASE_MINMAX_H

#include <stddef.h>

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
