#include "train/preset.h"

#include <string.h>

/* What differs from row to row. The reduction is 20 and gamma 1 in all of them. */
static const struct {
    const char *name;
    int embedding_size, blocks, channels[4], kernels[4], max_words, batch_size;
    double dropout, learning_rate;
    double weight_average;     /* 0 in those of the paper */
    const char *label_sharing; /* what labels share, as label_features_parse() reads it */
} rows[] = {
    {"small", 100, 2, {100, 100}, {5, 3}, 3500, 8, 0.6, 1e-3, 0.99, "codes,words,vectors,texts"},
    {"middle", 100, 2, {100, 100}, {5, 3}, 3500, 8, 0.8, 5e-4, 0.998, "none"},
    /* The paper does not say how large its batches are: 16 is CAML's. */
    {"mimic3-full", 100, 4, {200, 200, 240, 240}, {13, 13, 9, 9}, 3500, 16, 0.3, 1.5e-4, 0, "none"},
    {"mimic3-50", 100, 4, {180, 180, 200, 200}, {11, 11, 9, 9}, 3500, 16, 0.3, 1.5e-4, 0, "none"},
    {"dutch", 200, 4, {180, 180, 200, 200}, {11, 11, 9, 9}, 2500, 16, 0.3, 1.5e-4, 0, "none"},
    {"french", 200, 4, {180, 180, 200, 200}, {11, 11, 9, 9}, 3500, 16, 0.3, 1.5e-4, 0, "none"},
    {"eurlex", 100, 4, {180, 180, 200, 200}, {15, 15, 7, 7}, 2000, 16, 0.1, 1.5e-4, 0, "none"},
    {"wiki10", 100, 4, {180, 180, 200, 200}, {15, 15, 7, 7}, 3000, 16, 0.3, 1.5e-4, 0, "none"}, /* shape:
                                                                                                   eurlex's */
};

enum { ROWS = sizeof rows / sizeof *rows };

/* What helps where there are fewer encounters than the paper has (pipelines/results.md). */
static void for_fewer(preset *p, double weight_average)
{
    p->prior_bias = true;
    p->train.weight_average = weight_average;
    p->train.patience = 4;
    p->train.focal = false;
    p->train.criterion = CRITERION_BEST_MICRO_F1;
    p->train.tune_threshold = true;
}

preset preset_number(int i)
{
    preset p = {.name = rows[i].name, .c = config_default()};
    p.c.embedding_size = rows[i].embedding_size;
    p.c.blocks = rows[i].blocks;
    memcpy(p.c.channels, rows[i].channels, sizeof rows[i].channels);
    memcpy(p.c.kernels, rows[i].kernels, sizeof rows[i].kernels);
    p.c.max_words = rows[i].max_words;
    p.label_sharing = rows[i].label_sharing;
    p.train = (trainer_options){.learning_rate = rows[i].learning_rate,
                                .dropout = rows[i].dropout,
                                .embedding_rate = 1,
                                .gamma = 1,
                                .batch_size = rows[i].batch_size,
                                .epochs = 100,
                                .patience = 5,
                                .focal = true,
                                .criterion = CRITERION_MICRO_F1,
                                .seed = 1,
                                .checkpoint_seconds = 600};
    if (rows[i].weight_average > 0)
        for_fewer(&p, rows[i].weight_average);
    return p;
}

int preset_find(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(name, rows[i].name) == 0)
            return i;
    return -1;
}
