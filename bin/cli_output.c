/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and text output of a program. */
#include "cli_private.h"

#include "base/err.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program_name; /* NULL: cli_begin() was not called yet */

static const char *name(void)
{
    return program_name ? program_name : program_invocation_short_name;
}

/* If one of the descriptors 0 to 2 is closed, the first file that is opened would get its number, and
 * messages would be written into that file. The descriptor that is opened here instead fails when it is used.
 */
static void reserve_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            exit(CLI_FAILED);
}

void cli_begin(const char *name)
{
    static bool begun;
    program_name = name;
    if (begun)
        return;
    begun = true;
    reserve_descriptors();
    signal(SIGXFSZ,
           SIG_IGN); /* a write beyond the limit of the size of a file then fails, as on a full disk */
    input_record(true);
    atexit(output_discard_all);
}

/* ---- messages ---- */

/* Writes one line to standard error in one call. Flushes standard output before, and replaces a progress
 * line. Control characters, which a file name or an id can contain, are replaced (base/printable.h). */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list ap)
{
    char *text;
    fflush(stdout);
    if (vasprintf(&text, format, ap) < 0) {
        fprintf(stderr, "%s: out of memory\n", name());
        return;
    }
    printable_clean(text, "\n\t");
    fprintf(stderr, "%s%s: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", name(), text);
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

static void print_message(const char *message)
{
    cli_warn("%s", message);
}

static void (*print_usage)(const char *message) = print_message;

void cli_usage_printed_by(void (*print)(const char *message))
{
    print_usage = print;
}

/* One line, because one mistake is one message. */
void cli_usage(const char *format, ...)
{
    char *what, *message;
    va_list ap;
    va_start(ap, format);
    if (vasprintf(&what, format, ap) < 0 || asprintf(&message, "%s (see %s --help)", what, name()) < 0)
        cli_die("out of memory");
    va_end(ap);
    print_usage(message);
    free(message);
    free(what);
    exit(CLI_USAGE);
}

/* ---- errors of BLIS ---- */

/* If memory for its buffers is out, BLIS prints a message and calls this function of its own, which calls
 * abort(). The dynamic linker prefers the one here, with which the program ends as after other errors. It is
 * weak for a static libblis, which then keeps its own. It may run in any thread, so exit() is not called. */
__attribute__((weak, visibility("default"))) void bli_abort(void);

void bli_abort(void)
{
    cli_warn("out of memory for matrix products: use fewer --threads, or give the program more memory");
    output_discard_all();
    _exit(CLI_FAILED);
}

/* ---- output ---- */

static void report_write(const char *name, int error)
{
    if (error == EPIPE)
        return; /* the reader has ended */
    cli_warn("%s: cannot write%s%s", name, error != 0 ? ": " : "", error != 0 ? err_reason(error) : "");
}

/* errno of an earlier failed write is lost: asks the pipe. */
static bool reader_has_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) > 0 && (p.revents & POLLERR);
}

int cli_finish(int code)
{
    bool pending = __fpending(stdout) > 0, failed = ferror(stdout) != 0;
    int error = failed && reader_has_gone() ? EPIPE : 0;
    if (fclose(stdout) != 0) {
        error = errno;
        failed |=
            pending || error != EBADF; /* EBADF: started without standard output, and nothing was written */
    }
    if (failed)
        report_write("standard output", error);
    return failed ? CLI_FAILED : code;
}

/* Open outputs: the stdio stream and its file. */
enum { MOST_OUTPUTS = 8 };
static struct {
    FILE *f;
    output_file *out;
} opened[MOST_OUTPUTS];

/* Removes f from the list. */
static output_file *forget(FILE *f)
{
    for (int i = 0; f != NULL && i < MOST_OUTPUTS; i++)
        if (opened[i].f == f) {
            opened[i].f = NULL;
            return opened[i].out;
        }
    return NULL;
}

FILE *cli_output(const char *path, output_content content)
{
    int i = 0;
    while (i < MOST_OUTPUTS - 1 && opened[i].f != NULL)
        i++;
    output_file *out = output_open(path, content);
    FILE *f = out == NULL ? NULL : path == NULL || strcmp(path, "-") == 0 ? stdout : output_stdio(out);
    if (f == NULL)
        cli_die("%s", err_message());
    opened[i].f = f;
    opened[i].out = out;
    return f;
}

/* Reports a failed write and exits. */
static _Noreturn void fail(output_file *out, FILE *f, int error)
{
    report_write(output_name(out), error);
    if (f == stdout)
        __fpurge(f);
    output_discard(out);
    exit(CLI_FAILED);
}

/* Standard output itself is closed by cli_finish. */
void cli_write_json(FILE *f, json_t *object)
{
    if (object == NULL || ecan_json_write_line(f, object) < 0)
        cli_die("%s", err_message());
    json_decref(object);
}

void cli_close(FILE *f)
{
    if (f == NULL)
        return;
    output_file *out = forget(f);
    errno = 0;
    if (fflush(f) != 0 || ferror(f) != 0)
        fail(out, f, errno);
    if (f == stdout) {
        output_discard(out);
        return;
    }
    if (output_commit(out) < 0)
        cli_die("%s", err_message());
}

void cli_discard(FILE *f)
{
    if (f == stdout)
        cli_close(f);
    else
        output_discard(forget(f));
}
