/* SPDX-License-Identifier: Apache-2.0 */
/* Changes the structure of an input for libFuzzer: of one of its parts, as what it looks like. Values of JSON
 * and msgpack are replaced, deleted, repeated and moved; tensors get other numbers and shapes that fit their
 * data; lines and fields of text are repeated, deleted and moved. Half of the time libFuzzer changes bytes.
 */
#include "mutate.h"

#include "../fuzz.h"

#include <stdbool.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

static uint64_t state;

uint32_t mutate_random(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % (below ? below : 1));
}

size_t mutate_bytes(uint8_t *data, size_t n, size_t max)
{
    return LLVMFuzzerMutate(data, n, max);
}

/* ---- text ---- */

/* A random piece of s[0 .. n) between two of the separators, with the separator after it. */
static fuzz_part piece_of(const uint8_t *s, size_t n, const char *separators)
{
    size_t begin = mutate_random(n + 1), end = begin;
    while (begin > 0 && !strchr(separators, s[begin - 1]))
        begin--;
    while (end < n && !strchr(separators, s[end]))
        end++;
    return (fuzz_part){s + begin, end - begin + (end < n)};
}

static void mutate_text(buf *out, const uint8_t *s, size_t n)
{
    const char *separators = mutate_random(2) ? "\n" : "\n\t,;|";
    const fuzz_part piece = piece_of(s, n, separators);
    size_t to = mutate_random(n + 1);
    while (to > 0 && !strchr(separators, s[to - 1]))
        to--;
    if (mutate_random(4) == 0) { /* delete it */
        buf_add(out, s, (size_t)(piece.data - s));
        buf_add(out, piece.data + piece.n, n - (size_t)(piece.data - s) - piece.n);
        return;
    }
    buf_add(out, s, to);
    buf_add(out, piece.data, piece.n);
    buf_add(out, s + to, n - to);
}

/* ---- safetensors: a length, JSON, numbers ---- */

static bool is_safetensors(const uint8_t *s, size_t n)
{
    uint64_t header = 0;
    for (int i = 7; i >= 0 && n > 8; i--)
        header = header << 8 | s[i];
    return n > 8 && header <= n - 8 && s[8] == '{';
}

static void mutate_safetensors(buf *out, const uint8_t *s, size_t n)
{
    const size_t header = s[0] | (size_t)s[1] << 8 | (size_t)s[2] << 16;
    const uint8_t *numbers = s + 8 + header;
    const size_t size = n - 8 - header;
    uint8_t prefix[8] = {0};
    buf json = {0};
    if (mutate_random(3) && size >= 4) {
        buf_add(out, s, n);
        mutate_number(out->data + (numbers - s) + 4 * mutate_random(size / 4));
        return;
    }
    mutate_json(&json, s + 8, header);
    for (int i = 0; i < 4; i++)
        prefix[i] = (uint8_t)(json.len >> 8 * i);
    buf_add(out, prefix, 8);
    buf_add(out, json.data, json.len);
    buf_add(out, numbers, size);
    buf_free(&json);
}

/* ---- all ---- */

static bool is_json(const uint8_t *s, size_t n)
{
    size_t i = 0;
    while (i < n && strchr(" \n\r\t", s[i]) && s[i])
        i++;
    return i < n && (s[i] == '{' || s[i] == '[');
}

static bool is_msgpack(const uint8_t *s, size_t n)
{
    return n > 0 && ((s[0] & 0xf0) == 0x80 || s[0] == 0xde || s[0] == 0xdf);
}

static void mutate_part(buf *out, const uint8_t *s, size_t n)
{
    if (is_safetensors(s, n))
        mutate_safetensors(out, s, n);
    else if (is_json(s, n))
        mutate_json(out, s, n);
    else if (is_msgpack(s, n))
        mutate_msgpack(out, s, n);
    else
        mutate_text(out, s, n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
    fuzz_part part[8];
    buf out = {0};
    state = seed * 0x9e3779b97f4a7c15u + 1;
    (void)mutate_random(1);
    if (mutate_random(2))
        return LLVMFuzzerMutate(data, n, max);
    const size_t parts = fuzz_parts(data, n, part, 8), chosen = mutate_random(parts);
    const fuzz_part *p = &part[chosen];
    buf_add(&out, data, (size_t)(p->data - data));
    mutate_part(&out, p->data, p->n);
    buf_add(&out, p->data + p->n, n - (size_t)(p->data - data) - p->n);
    n = out.len < max ? out.len : max;
    if (n > 0)
        memcpy(data, out.data, n);
    buf_free(&out);
    return n;
}
