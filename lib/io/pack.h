/* SPDX-License-Identifier: Apache-2.0 */
/* msgpack, written into a buffer. The only door to msgpack-c (pack.c includes msgpack.h).
 *
 * A pack collects fields of ONE map, whose head is written when it is closed, or free
 * msgpack objects when the field calls are not used. Out of memory sticks: the calls return
 * nothing, and pack_failed() tells, so that building a record is not a ladder of ifs. */
#ifndef ECAN_IO_PACK_H
#define ECAN_IO_PACK_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pack {
    buf body;        /* the objects, or the keys and values of the map */
    uint32_t fields; /* pack_key() calls so far */
    bool failed;
} pack;

void pack_clear(pack *p);             /* empty again, memory kept */
void pack_reserve(pack *p, size_t n); /* room for n bytes more, so that large ones are not moved */
void pack_free(pack *p);
bool pack_failed(const pack *p);

void pack_key(pack *p, const char *key); /* begins a field of the map */
void pack_key_n(pack *p, const char *key, size_t n);
void pack_nil(pack *p);
void pack_bool(pack *p, bool b);
void pack_int(pack *p, int64_t i);
void pack_uint(pack *p, uint64_t u);
void pack_float(pack *p, float f);
void pack_double(pack *p, double f);
void pack_str(pack *p, const char *s); /* NUL-ended */
void pack_str_n(pack *p, const char *s, size_t n);
void pack_bin(pack *p, const void *data, size_t n);
void pack_array(pack *p, size_t n); /* n objects follow */
void pack_map(pack *p, size_t n);   /* n pairs follow */
/* An array or map whose size is not known yet: pack_open(), its objects, pack_close_...() with what that
 * returned and the number of elements or pairs. */
size_t pack_open(pack *p);
void pack_close_array(pack *p, size_t opened, size_t n);
void pack_close_map(pack *p, size_t opened, size_t n);
/* An array of n strings: string i is bytes[ends[i-1] .. ends[i]), the first begins at 0. */
void pack_strs(pack *p, const unsigned char *bytes, const size_t *ends, size_t n);
void pack_raw(pack *p, const void *data, size_t n); /* bytes of whole objects, as they are */

/* A tensor as msgpack-numpy writes it: {b"nd": true, b"type": "<f4", b"kind": b"", b"shape": [..],
 * b"data": ..}, keys in that order, little-endian, C order. */
void pack_f4(pack *p, const float *data, int ndim, const size_t *shape);
void pack_i4(pack *p, const int32_t *data, int ndim, const size_t *shape);
/* The same as pack_f4, whose numbers are still to come: where to, bytes that may be unaligned, borrowed until
 * the next call; to be filled whole. NULL when memory is out. */
void *pack_f4_room(pack *p, int ndim, const size_t *shape);

/* Bytes of the map's head for the fields packed: writes into head (5 bytes at most), returns how many. */
size_t pack_map_head(const pack *p, unsigned char head[5]);

#endif
