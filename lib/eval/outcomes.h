/* What systems predicted for the same encounters: of each encounter only what the figures of any choice of
 * encounters need (resample.h makes such choices).
 *
 *     outcomes *o = outcomes_new(&options);
 *     for each system, with metrics m that call outcomes_add(o, ...) for each encounter:
 *         outcomes_begin(o, name, m);  metrics_add(m, ...);  outcomes_end(o, L)
 *     outcomes_finish(o)
 *
 * Encounters are matched by id, in whatever order they come, and afterwards are in order of their ids, so
 * that nothing depends on the order of a file. The universe of labels is the union of the systems' labels and
 * the gold codes.
 *
 * Memory: an encounter takes 100 to 150 bytes, its id, 4 bytes a gold code, and for each system 24 bytes, 4 a
 * value of k and 4 a predicted code. It grows with the encounters and not with L. */
#ifndef ECAN_EVAL_OUTCOMES_H
#define ECAN_EVAL_OUTCOMES_H

#include "eval/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct outcomes_options {
    int n_at;
    int at[METRICS_AT]; /* k of precision and recall at k */
    bool known_only;    /* gold codes that no system has a label for are left out */
    bool common;        /* encounters that a system lacks are left out; else they are refused */
} outcomes_options;

typedef struct outcomes outcomes;

outcomes *outcomes_new(const outcomes_options *options); /* copied. NULL when memory is out */
void outcomes_free(outcomes *o);                         /* NULL is fine */

/* The encounters to come are those of another system, whose labels are m's. name is for messages; both are
 * borrowed, m until outcomes_end. 0 or -1. */
int outcomes_begin(outcomes *o, const char *name, const metrics *m);
/* The system has been read; its model has L labels. 0 or -1. */
int outcomes_end(outcomes *o, int L);

/* An on_encounter of metrics.h; context is the outcomes. -1: the first system has not got this encounter, or
 * has it with other gold codes, or memory is out. */
int outcomes_add(void *context, const metrics_encounter *e);

/* Matches the systems. 0, or -1: an encounter of the first system is not in every other one, or memory is
 * out. */
int outcomes_finish(outcomes *o);

/* ---- after outcomes_finish ---- */

int outcomes_systems(const outcomes *o);
int32_t outcomes_encounters(const outcomes *o); /* that every system has */
int32_t outcomes_left_out(const outcomes *o);   /* encounters that some system lacks */
int32_t outcomes_labels(const outcomes *o);     /* the universe */

/* Figures have numbers, 0 .. outcomes_figures()-1: those of formats/metrics.md whose key, in the object
 * `group` (NULL: at the top; "at": that of k), is `key`. */
typedef struct outcomes_name {
    const char *group, *key;
    int k; /* 0 but for "at" */
} outcomes_name;
int outcomes_figures(const outcomes *o);
outcomes_name outcomes_figure(const outcomes *o, int i);

/* Totals over a sample of the encounters. One can be used again and again. */
typedef struct sample sample;
sample *sample_new(const outcomes *o); /* NULL when memory is out. o is borrowed */
void sample_free(sample *t);           /* NULL is fine */
void sample_clear(sample *t);

/* Counts encounter i of the system, `times` times. */
void sample_add(sample *t, int system, int32_t i, uint32_t times);

/* The figures of what was counted: out[outcomes_figures()], NAN where not defined. */
void sample_figures(const sample *t, double *out);

#endif
