/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in the byte order of the formats, which is little-endian. On a little-endian machine these are
 * plain loads and copies. */
#ifndef ECAN_BASE_LITTLE_ENDIAN_H
#define ECAN_BASE_LITTLE_ENDIAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t load_le64(const void *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

static inline uint32_t load_le32(const void *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return le32toh(x);
}

/* Copies n numbers of 4 bytes from the order of the machine to little-endian, or back. They do not overlap.
 */
static inline void copy_le32(void *to, const void *from, size_t n)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        if (n > 0)
            memcpy(to, from, 4 * n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t x = load_le32((const unsigned char *)from + 4 * i);
        memcpy((unsigned char *)to + 4 * i, &x, 4);
    }
}

/* Whether p may be used as the address of numbers of 4 bytes that are little-endian. */
static inline bool is_le32_array(const void *p)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && (uintptr_t)p % 4 == 0;
}

#endif
