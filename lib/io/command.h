/* SPDX-License-Identifier: Apache-2.0 */
/* Runs another program as a filter. */
#ifndef ECAN_IO_COMMAND_H
#define ECAN_IO_COMMAND_H

#include "base/mem.h"

/* Runs the command: a program and its arguments, separated by blanks. Single or double quotes are around an
 * argument with blanks. No shell is used. The program gets in[0 .. n) on standard input, and its output is
 * appended to out. 0, or -1: it cannot be run, or its exit status is not 0. */
int command_run(const char *command, const unsigned char *in, size_t n, buf *out);

#endif
