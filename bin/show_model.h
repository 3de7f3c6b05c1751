/* SPDX-License-Identifier: Apache-2.0 */
/* The model folders of ecan-show, and how it writes lines. Functions end the program if a line cannot be
 * written or memory is out. */
#ifndef ECAN_BIN_SHOW_MODEL_H
#define ECAN_BIN_SHOW_MODEL_H

#include "images.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is printed, and where. All pointers are borrowed. */
typedef struct show_options {
    FILE *out;
    const char *name; /* of out, for messages */
    bool unbuffered;  /* write every line immediately */
    bool full;        /* print the numbers of tensors */
    const char *keys; /* names separated by commas, the only ones that are printed; NULL: all */
    images *pictures; /* also draw the tensors; NULL: none */
} show_options;

/* Whether name[n] is printed. */
bool show_wanted(const show_options *o, const char *name, size_t n);

/* Writes text and a line feed, and empties text. */
void show_line(const show_options *o, buf *text);

/* Ends the program with the message if result is negative. */
void show_must(int result);

/* Prints config.json, each tensor, the number of parameters, and the numbers of words and labels. Each part
 * is printed separately, so that one error does not hide the other parts. Returns 0, or 1 after an error,
 * which was printed. */
int show_model(const show_options *o, const char *folder);

#endif
