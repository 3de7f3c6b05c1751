/* SPDX-License-Identifier: Apache-2.0 */
/* This is the only file of the library that writes to standard error. */
#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL 0.1 /* seconds between two updates */

double progress_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(progress *p, const char *program, const char *unit, uint64_t total, bool quiet)
{
    *p = (progress){.program = program, .unit = unit, .total = total};
    p->on = !quiet && isatty(STDERR_FILENO);
    p->start = p->last = progress_now();
}

/* A line wider than the terminal could not be rewritten in place. */
static int columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

void progress_time_left(char *text, size_t room, double seconds)
{
    uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 1000000000;
    if (s >= 3600)
        snprintf(text, room, ", %llu:%02u:%02u left", (unsigned long long)(s / 3600), (unsigned)(s / 60 % 60),
                 (unsigned)(s % 60));
    else
        snprintf(text, room, ", %u:%02u left", (unsigned)(s / 60), (unsigned)(s % 60));
}

void progress_update(progress *p, uint64_t done, const char *progress_note)
{
    double now = p->on ? progress_now() : 0;
    if (!p->on || now - p->last < INTERVAL)
        return;
    p->last = now;
    double rate = (double)done / (now - p->start);
    char left[40] = "", line[512];
    if (p->total > 0 && done > 0 && done <= p->total)
        progress_time_left(left, sizeof left, (double)(p->total - done) / rate);
    snprintf(line, sizeof line, "%s: %llu %s, %.*f %s/s%s%s%s", p->program, (unsigned long long)done, p->unit,
             rate < 10 ? 1 : 0, rate, p->unit, left, *progress_note ? " " : "", progress_note);
    fprintf(stderr, "\r%.*s\033[K", columns(), line);
    fflush(stderr);
}

void progress_end(progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
    p->on = false;
}
