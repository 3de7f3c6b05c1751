/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, and the text output of a program. */
#include "cli_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program_name = "ecan";

void cli_name(const char *name)
{
    program_name = name;
}

/* ---- messages ---- */

/* One line to standard error, in one write: after what standard output has, over a progress line. Control
 * characters, which a file's name can have, are replaced. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list ap)
{
    char *text;
    fflush(stdout);
    if (vasprintf(&text, format, ap) < 0) {
        fprintf(stderr, "%s: out of memory\n", program_name);
        return;
    }
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t')
            *c = '?';
    fprintf(stderr, "%s%s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", program_name, text);
    free(text);
}

void cli_warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
}

void cli_die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
    exit(CLI_FAILED);
}

static _Noreturn void point_to_help(void)
{
    fprintf(stderr, "Try '%s --help'.\n", program_name);
    exit(CLI_USAGE);
}

void cli_usage(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    say(format, ap);
    va_end(ap);
    point_to_help();
}

/* ---- output ---- */

static void report_write(const char *name, int error)
{
    if (error == EPIPE)
        return; /* the reader needs no more */
    cli_warn("%s: cannot write%s%s", name, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

int cli_finish(int code)
{
    bool pending = __fpending(stdout) > 0, failed = ferror(stdout) != 0;
    int error = 0;
    if (fclose(stdout) != 0) {
        error = errno;
        failed |= pending ||
                  error != EBADF; /* a program that was started without standard output and needed none */
    }
    if (failed)
        report_write("standard output", error);
    return failed ? CLI_FAILED : code;
}

FILE *cli_output(const char *path)
{
    if (path == NULL || strcmp(path, "-") == 0)
        return stdout;
    FILE *f = fopen(path, "we");
    if (f == NULL)
        cli_die("%s: cannot write: %s", path, strerror(errno));
    return f;
}

/* Standard output itself is closed by cli_finish. */
void cli_close(FILE *f, const char *path)
{
    bool failed = ferror(f) != 0;
    int error = 0;
    if ((f == stdout ? fflush(f) : fclose(f)) != 0) {
        error = errno;
        failed = true;
    }
    if (!failed)
        return;
    report_write(f == stdout ? "standard output" : path, error);
    if (f == stdout)
        __fpurge(f);
    exit(CLI_FAILED);
}
