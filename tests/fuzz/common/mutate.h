/* SPDX-License-Identifier: Apache-2.0 */
/* What the mutators of the forms of input share. Each appends a changed form of s[0 .. n) to out. */
#ifndef ECAN_TESTS_FUZZ_MUTATE_H
#define ECAN_TESTS_FUZZ_MUTATE_H

#include "base/mem.h"

#include <stddef.h>
#include <stdint.h>

/* A random number from 0 to below - 1. */
uint32_t mutate_random(size_t below);
/* Changes bytes as libFuzzer does. Returns their new number. */
size_t mutate_bytes(uint8_t *data, size_t n, size_t max);

/* One value or JSON Lines. */
void mutate_json(buf *out, const uint8_t *s, size_t n);
/* Objects one after another. */
void mutate_msgpack(buf *out, const uint8_t *s, size_t n);
/* The four bytes of a number of a tensor. */
void mutate_number(uint8_t *s);

#endif
