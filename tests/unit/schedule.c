/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/schedule: the learning rate over a phase, against its equation; that no step of a phase has 0. */
#include "train/schedule.h"

#include "tap.h"

#include <math.h>

/* Steps of a phase, with the least and the largest factor, and how often it falls after the top and rises
 * before. */
typedef struct course {
    double first, last, least, most;
    int wrong;
} course;

static course walk(const schedule *s, int steps)
{
    course c = {.least = INFINITY};
    double before = 0;
    for (int i = 0; i < s->epochs * steps; i++) {
        const double f = schedule_factor(s, i / (double)steps, (i + 1) / (double)steps);
        c.first = i == 0 ? f : c.first;
        c.wrong += (i + 1) / (double)steps <= s->warm_up ? f <= before : i > 0 && f > before;
        c.least = fmin(c.least, f);
        c.most = fmax(c.most, f);
        c.last = before = f;
    }
    return c;
}

int main(void)
{
    const schedule none = {.epochs = 10}, warm = {.warm_up = 2, .epochs = 10},
                   linear = {.decay = DECAY_LINEAR, .epochs = 10},
                   cosine = {.warm_up = 2, .decay = DECAY_COSINE, .epochs = 10},
                   longer = {.warm_up = 20, .decay = DECAY_COSINE, .epochs = 10};
    ok(!schedule_is_on(&none) && schedule_is_on(&warm) && schedule_is_on(&linear), "what is a schedule");
    course c = walk(&none, 7);
    ok(c.least == 1 && c.most == 1, "none: always 1");
    c = walk(&warm, 7);
    ok(fabs(c.first - 1.0 / 14) < 1e-12 && c.last == 1 && c.wrong == 0 && c.most == 1,
       "warm-up: from 1/14, then 1");
    c = walk(&linear, 7);
    ok(c.first == 1 && fabs(c.last - 1.0 / 70) < 1e-12 && c.wrong == 0, "linear: from 1 to 1/70");
    c = walk(&cosine, 7);
    ok(fabs(c.first - 1.0 / 14) < 1e-12 && c.most == 1 && c.wrong == 0 && c.least > 0 && c.last < 1e-3,
       "warm-up and cosine: from 1/14 to 1 to almost 0");
    const schedule between = {.warm_up = 1.5, .decay = DECAY_LINEAR, .epochs = 10};
    c = walk(&between, 7);
    ok(c.most == 1, "a warm-up that ends within a step: at most 1");
    ok(fabs(schedule_factor(&linear, 4, 4.1) - 0.6) < 1e-12, "linear: 0.6 after 4 epochs of 10");
    ok(fabs(schedule_factor(&cosine, 6, 6.1) - 0.5) < 1e-12,
       "cosine: half in the middle of what follows the warm-up");
    ok(fabs(schedule_factor(&cosine, 4, 4.1) - (1 + sqrt(0.5)) / 2) < 1e-12, "cosine: high before");
    c = walk(&longer, 7);
    ok(fabs(c.last - 0.5) < 1e-12 && c.wrong == 0, "a warm-up longer than the phase goes half-way");
    ok(schedule_factor(&linear, 10, 10.1) == 0, "nothing beyond the last epoch");
    return tap_done();
}
