/* SPDX-License-Identifier: Apache-2.0 */
/* The key "shard" of a header; for shard*.c. */
#ifndef ECAN_IO_SHARD_KEY_H
#define ECAN_IO_SHARD_KEY_H

#include "io/shard.h"

#define SHARD_KEY "shard"

void shard_key_pack(pack *p, const shard_key *k);
/* 1: k is filled. 0: the header has no such key. -1: it is not valid, with the record in the message. */
int shard_key_read(shard_key *k, const record *header);

/* The number of entries of a header's history. -1: it has no array of that name. */
int64_t shard_history(const record *header);
/* The entries of a header's history from entry `first` on; *n is their number of bytes. Borrowed. NULL: there
 * are fewer. */
const unsigned char *shard_history_from(const record *header, int64_t first, size_t *n);

#endif
