/* SPDX-License-Identifier: Apache-2.0 */
/* The configurations that the benchmarks measure: those of speed.py. */
#ifndef ECAN_BENCH_H
#define ECAN_BENCH_H

#include "model/config.h"

#include <string.h>

enum { BENCH_BLOCKS = 4 };

typedef struct bench_config {
    const char *name;
    int labels, embedding_size, channels[BENCH_BLOCKS], kernels[BENCH_BLOCKS];
    config_attention attention;
} bench_config;

static const bench_config bench_configs[] = {
    {"mimic50", 50, 100, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"dutch144", 144, 200, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"french940", 940, 200, {180, 180, 200, 200}, {11, 11, 9, 9}, ATTENTION_MULTI},
    {"eurlex", 3956, 100, {180, 180, 200, 200}, {15, 15, 7, 7}, ATTENTION_MULTI},
    {"mimicfull-sum", 8922, 100, {200, 200, 240, 240}, {13, 13, 9, 9}, ATTENTION_SUM},
    {"mimicfull-multi", 8922, 100, {200, 200, 240, 240}, {13, 13, 9, 9}, ATTENTION_MULTI},
    {"wiki10", 30938, 100, {160, 160, 220, 220}, {17, 17, 5, 5}, ATTENTION_MULTI},
};

/* NULL: no configuration has that name. */
static inline const bench_config *bench_find(const char *name)
{
    for (size_t i = 0; i < sizeof bench_configs / sizeof *bench_configs; i++)
        if (strcmp(name, bench_configs[i].name) == 0)
            return &bench_configs[i];
    return NULL;
}

/* 0 or -1. */
static inline int bench_make(config *c, const bench_config *b)
{
    *c = config_default();
    c->embedding_size = b->embedding_size;
    c->attention = b->attention;
    c->label_size = 0;
    c->blocks = BENCH_BLOCKS;
    memcpy(c->channels, b->channels, sizeof b->channels);
    memcpy(c->kernels, b->kernels, sizeof b->kernels);
    return config_check(c);
}

#endif
