/* SPDX-License-Identifier: Apache-2.0 */
/* Writes msgpack into a buffer. This is the only interface to msgpack-c (pack.c includes msgpack.h).
 *
 * A pack collects the fields of one map, whose head is written at the end, or free msgpack objects if the
 * field calls are not used. Failures are remembered: the calls return nothing, and pack_failed() reports
 * them. So code that builds a record needs only one check. */
#ifndef ECAN_IO_PACK_H
#define ECAN_IO_PACK_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pack {
    buf body;        /* the objects, or the keys and values of the map, from body.data + lead on */
    size_t lead;     /* bytes, below 4: aligns a large tensor to 4 bytes */
    uint32_t fields; /* number of pack_key() calls */
    bool failed;
} pack;

void pack_clear(pack *p);             /* empties it and keeps the memory */
void pack_reserve(pack *p, size_t n); /* makes room for n more bytes, so that large values are not moved */
void pack_free(pack *p);
bool pack_failed(const pack *p);
const unsigned char *pack_bytes(const pack *p, size_t *n); /* what was packed: n bytes, borrowed */

void pack_key(pack *p, const char *key); /* begins a field of the map */
void pack_key_n(pack *p, const char *key, size_t n);
void pack_nil(pack *p);
void pack_bool(pack *p, bool b);
void pack_int(pack *p, int64_t i);
void pack_uint(pack *p, uint64_t u);
void pack_float(pack *p, float f);
void pack_double(pack *p, double f);
void pack_str(pack *p, const char *s); /* NUL-terminated */
void pack_str_n(pack *p, const char *s, size_t n);
void pack_bin(pack *p, const void *data, size_t n);
void pack_array(pack *p, size_t n); /* n objects follow */
void pack_map(pack *p, size_t n);   /* n pairs follow */
/* An array or map of unknown size: call pack_open(), write the elements, then call pack_close_...() with
 * the value that pack_open() returned and the number of elements or pairs. */
size_t pack_open(pack *p);
void pack_close_array(pack *p, size_t opened, size_t n);
void pack_close_map(pack *p, size_t opened, size_t n);
/* An array of n strings: string i is bytes[ends[i-1] .. ends[i]), the first begins at 0. */
void pack_strs(pack *p, const unsigned char *bytes, const size_t *ends, size_t n);
void pack_raw(pack *p, const void *data, size_t n); /* whole msgpack objects, copied unchanged */
void pack_objects(pack *p, const pack *objects);    /* those of another pack, and their number of fields */

/* A tensor as msgpack-numpy writes it: {b"nd": true, b"type": "<f4", b"kind": b"", b"shape": [..],
 * b"data": ..}, keys in that order, little-endian, C order. shape[ndim]. */
void pack_f4(pack *p, const float *data, int ndim, const size_t *shape);
void pack_i4(pack *p, const int32_t *data, int ndim, const size_t *shape);
/* Like pack_f4, but the caller fills in the numbers, little-endian (little_endian.h): returns where to write
 * all of them. The address may be unaligned. It is valid until the pack grows beyond what pack_reserve() made
 * room for. NULL if memory is out. */
void *pack_f4_room(pack *p, int ndim, const size_t *shape);
/* Moves what was packed so that pack_f4_room(), if it is the next call, returns an aligned address. Call it
 * after pack_reserve(), and once: it would move numbers that have a place already. */
void pack_align(pack *p, int ndim, const size_t *shape);

/* Writes the head of the map for the fields packed into head. Returns its number of bytes, at most 5. */
size_t pack_map_head(const pack *p, unsigned char head[5]);

#endif
