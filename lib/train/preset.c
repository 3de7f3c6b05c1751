#include "train/preset.h"

#include <string.h>

/* What differs from row to row. The reduction is 20 and gamma 1 in all of them. */
static const struct {
    const char *name;
    int vectors_size, channels[4], kernels[4], max_words;
    double dropout, learning_rate;
} rows[] = {
    {"small", 100, {100, 100, 100, 100}, {5, 5, 3, 3}, 3500, 0.3, 1e-3},
    {"mimic3-full", 100, {200, 200, 240, 240}, {13, 13, 9, 9}, 3500, 0.3, 1.5e-4},
    {"mimic3-50", 100, {180, 180, 200, 200}, {11, 11, 9, 9}, 3500, 0.3, 1.5e-4},
    {"dutch", 200, {180, 180, 200, 200}, {11, 11, 9, 9}, 2500, 0.3, 1.5e-4},
    {"french", 200, {180, 180, 200, 200}, {11, 11, 9, 9}, 3500, 0.3, 1.5e-4},
    {"eurlex", 100, {180, 180, 200, 200}, {15, 15, 7, 7}, 2000, 0.1, 1.5e-4},
    {"wiki10", 100, {180, 180, 200, 200}, {15, 15, 7, 7}, 3000, 0.3, 1.5e-4}, /* shape: that of eurlex */
};

enum { ROWS = sizeof rows / sizeof *rows };

preset preset_number(int i)
{
    preset p = {.name = rows[i].name, .c = config_default(), .vectors_size = rows[i].vectors_size};
    p.c.embedding_size = rows[i].vectors_size;
    memcpy(p.c.channels, rows[i].channels, sizeof rows[i].channels);
    memcpy(p.c.kernels, rows[i].kernels, sizeof rows[i].kernels);
    p.c.max_words = rows[i].max_words;
    p.prior_bias = i == 0;
    p.train = (trainer_options){.learning_rate = rows[i].learning_rate,
                                .dropout = rows[i].dropout,
                                .gamma = 1,
                                .batch_size = 16, /* the paper does not say; CAML's */
                                .epochs = 100,
                                .patience = 5,
                                .focal = true,
                                .criterion = CRITERION_MICRO_F1,
                                .seed = 1,
                                .checkpoint_seconds = 600};
    return p;
}

int preset_find(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(name, rows[i].name) == 0)
            return i;
    return -1;
}
