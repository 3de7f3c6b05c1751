/* SPDX-License-Identifier: Apache-2.0 */
/* How the learning rate goes through a phase: it grows evenly from 0 to what was asked for, over the first
 * epochs (warm-up), and then stays, or falls to 0 at the end of the phase's last epoch: evenly, or as half a
 * cosine (Loshchilov and Hutter, 2017).
 *
 *     x = (done - warm_up) / (epochs - warm_up)        linear: 1 - x        cosine: (1 + cos(pi x)) / 2
 *
 * Time is counted in epochs, so that the size of a batch plays no part. */
#ifndef ECAN_TRAIN_SCHEDULE_H
#define ECAN_TRAIN_SCHEDULE_H

#include <stdbool.h>

typedef enum schedule_decay { DECAY_NONE, DECAY_LINEAR, DECAY_COSINE } schedule_decay;

typedef struct schedule {
    double warm_up; /* epochs; 0: none */
    schedule_decay decay;
    int epochs; /* of a phase */
} schedule;

/* Whether it does anything. */
bool schedule_is_on(const schedule *s);

/* The factor of the learning rate for a step that goes from `before` to `after`, in epochs of the phase:
 * warm-up takes it where the step ends and decay where it begins, so that no step has 0. */
double schedule_factor(const schedule *s, double before, double after);

#endif
