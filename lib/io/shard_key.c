/* SPDX-License-Identifier: Apache-2.0 */
#include "io/shard_key.h"

#include "base/err.h"

#include <string.h>

void shard_key_pack(pack *p, const shard_key *k)
{
    pack_key(p, SHARD_KEY);
    pack_map(p, 5);
    pack_str(p, "stream");
    pack_str(p, k->stream);
    pack_str(p, "number");
    pack_int(p, k->number);
    pack_str(p, "of");
    pack_int(p, k->of);
    pack_str(p, "segment");
    pack_int(p, k->segment);
    pack_str(p, "history");
    pack_int(p, k->history);
}

static int read_stream(shard_key *k, walk *w)
{
    const char *s;
    size_t n;
    if (walk_str(w, &s, &n))
        return -1;
    if (n != sizeof k->stream - 1)
        return err_set("stream: expected %d digits", SHARD_ID - 1);
    memcpy(k->stream, s, n);
    return 0;
}

static int read_member(shard_key *k, walk *w)
{
    const struct {
        const char *name;
        int64_t *value;
    } numbers[] = {
        {"number", &k->number}, {"of", &k->of}, {"segment", &k->segment}, {"history", &k->history}};
    const char *name;
    size_t n;
    if (walk_str(w, &name, &n))
        return -1;
    if (n == strlen("stream") && memcmp(name, "stream", n) == 0)
        return read_stream(k, w);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (n == strlen(numbers[i].name) && memcmp(name, numbers[i].name, n) == 0)
            return walk_int(w, numbers[i].value);
    return walk_skip(w) == 1 ? 0 : -1;
}

int shard_key_read(shard_key *k, const record *header)
{
    const field *f = record_find(header, SHARD_KEY);
    uint32_t n = 0;
    *k = (shard_key){.number = -1, .of = -1, .segment = -1, .history = -1};
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    int result = walk_map(&w, &n);
    for (uint32_t i = 0; !result && i < n; i++)
        result = read_member(k, &w);
    if (!result && (!k->stream[0] || k->of < 1 || k->of > SHARD_MOST || k->number < 1 || k->number > k->of ||
                    k->segment < 1 || k->history < 0))
        result = err_set("expected the members stream, number, of, segment and history");
    return result ? record_error(header, SHARD_KEY) : 1;
}

static bool open_history(walk *w, uint32_t *n, const record *header)
{
    const field *f = record_find(header, "history");
    *n = 0;
    *w = (walk){NULL, NULL};
    if (f)
        *w = (walk){f->value, f->value + f->size};
    return f && walk_array(w, n) == 0;
}

int64_t shard_history(const record *header)
{
    walk w;
    uint32_t n;
    return open_history(&w, &n, header) ? (int64_t)n : -1;
}

const unsigned char *shard_history_from(const record *header, int64_t first, size_t *n)
{
    walk w;
    uint32_t entries;
    if (!open_history(&w, &entries, header) || first > entries)
        return NULL;
    for (int64_t i = 0; i < first; i++)
        if (walk_skip(&w) != 1)
            return NULL;
    *n = w.end - w.p;
    return w.p;
}
