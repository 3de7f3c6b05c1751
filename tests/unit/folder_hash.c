/* SPDX-License-Identifier: Apache-2.0 */
#include "io/folder.h"
#include "tap.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
enum { MORE = 77 }; /* bytes after the last whole block */

static unsigned char data[2 * MIB + MORE];

/* Models that are on disk have these hashes. */
static void known(void)
{
    char hex[FOLDER_HASH];
    ok(folder_hash(data, 0, hex) == 0 && strcmp(hex, "4bbd1bf27da918d6b465a9eccd791cb6") == 0, "no bytes: %s",
       hex);
    ok(folder_hash(data, MIB, hex) == 0 && strcmp(hex, "6f02d53e7ac9096fc374fcbcbb3b9014") == 0,
       "one block: %s", hex);
    ok(folder_hash(data, sizeof data, hex) == 0 && strcmp(hex, "0a6eca451f8bdb43a3dc25b9e29a3bfd") == 0,
       "blocks and a rest: %s", hex);
}

static void any_byte(void)
{
    static const size_t at[] = {0,           1,       63,          64,
                                MIB / 2,     MIB - 1, MIB,         MIB + MIB / 2,
                                2 * MIB - 1, 2 * MIB, 2 * MIB + 1, sizeof data - 1};
    char hex[FOLDER_HASH], changed[FOLDER_HASH];
    bool differ = folder_hash(data, sizeof data, hex) == 0;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        data[at[i]] ^= 1;
        differ &= folder_hash(data, sizeof data, changed) == 0 && strcmp(hex, changed) != 0;
        data[at[i]] ^= 1;
    }
    ok(differ, "a byte at the begin, in the middle, at the end of a file or block changes it");
    ok(folder_hash(data, sizeof data - 1, changed) == 0 && strcmp(hex, changed) != 0, "so does the size");
}

/* The blocks may be hashed in any order. */
static void any_order(void)
{
    char hex[FOLDER_HASH], other[FOLDER_HASH];
    folder_hashing x;
    const bool done =
        folder_hash(data, sizeof data, hex) == 0 && folder_hash_begin(&x, data, sizeof data) == 0;
    for (size_t i = done ? x.n : 0; i-- > 0;)
        folder_hash_block(&x, i);
    if (done)
        folder_hash_end(&x, other);
    ok(done && strcmp(hex, other) == 0, "blocks in another order");
}

int main(void)
{
    for (uint64_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * i / 7 + i);
    known();
    any_byte();
    any_order();
    return tap_done();
}
