/* SPDX-License-Identifier: Apache-2.0 */
/* Runs another program as a filter. */
#ifndef ECAN_IO_COMMAND_H
#define ECAN_IO_COMMAND_H

#include "base/mem.h"

/* Runs the command, a program and its arguments with blanks between them; single or double quotes keep an
 * argument together. No shell is used. The program gets in[0 .. n) on standard input; what it writes is
 * appended to out. 0, or -1: it cannot be run, or does not end with 0. */
int command_run(const char *command, const unsigned char *in, size_t n, buf *out);

#endif
