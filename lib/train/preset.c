#include "train/preset.h"

#include <stddef.h>
#include <string.h>

/* Section 4.2: Adam's learning rate. The paper does not say how large its batches are: 16 is CAML's. */
static const preset_value paper[] = {{"learning-rate", "1.5e-4"},
                                     {"batch-size", "16"},
                                     {"average", "0"},
                                     {"focal", "on"},
                                     {"patience", "5"},
                                     {"criterion", "micro-f1"},
                                     {"tune-threshold", "off"},
                                     {"label-sharing", "none"},
                                     {"prior-bias", "off"},
                                     {0}};

const preset presets[] = {
    {"few-encounters", "small", 100, NULL, {{0}}}, /* the defaults of settings_table */
    {"more-encounters",
     "middle",
     100,
     NULL,
     {{"learning-rate", "5e-4"}, {"average", "0.998"}, {"dropout", "0.8"}, {"label-sharing", "none"}}},
    {"mimic3-full",
     NULL,
     100,
     paper,
     {{"channels", "200,200,240,240"}, {"kernels", "13,13,9,9"}, {"dropout", "0.3"}}},
    {"mimic3-50",
     NULL,
     100,
     paper,
     {{"channels", "180,180,200,200"}, {"kernels", "11,11,9,9"}, {"dropout", "0.3"}}},
    {"dutch",
     NULL,
     200,
     paper,
     {{"channels", "180,180,200,200"}, {"kernels", "11,11,9,9"}, {"dropout", "0.3"}, {"max-words", "2500"}}},
    {"french",
     NULL,
     200,
     paper,
     {{"channels", "180,180,200,200"}, {"kernels", "11,11,9,9"}, {"dropout", "0.3"}}},
    {"eurlex",
     NULL,
     100,
     paper,
     {{"channels", "180,180,200,200"}, {"kernels", "15,15,7,7"}, {"dropout", "0.1"}, {"max-words", "2000"}}},
    {"wiki10",
     NULL, /* shape: eurlex's */
     100,
     paper,
     {{"channels", "180,180,200,200"}, {"kernels", "15,15,7,7"}, {"dropout", "0.3"}, {"max-words", "3000"}}},
    {0}};

int preset_find(const char *name)
{
    for (int i = 0; presets[i].name; i++)
        if (strcmp(name, presets[i].name) == 0 || (presets[i].alias && strcmp(name, presets[i].alias) == 0))
            return i;
    return -1;
}
