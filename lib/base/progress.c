/* SPDX-License-Identifier: Apache-2.0 */
/* This is the only file of the library that writes to standard error. */
#include "base/progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL 0.1 /* seconds between two updates */
#define PATIENCE 1.0 /* seconds that a program without a total leaves the line to others */

double progress_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(progress *p, const char *program, const char *unit, uint64_t total, bool quiet)
{
    const char *stage = getenv("ECAN_STAGE"), *records = getenv("ECAN_RECORDS"),
               *fd = getenv("ECAN_PROGRESS"), *part = getenv("ECAN_PART");
    *p = (progress){.program = stage && *stage ? stage : program,
                    .unit = unit,
                    .total = total,
                    .to = 1,
                    .fd = fd ? (int)strtol(fd, NULL, 10) : STDERR_FILENO,
                    .terminal = -1};
    if (total == 0 && records && strcmp(unit, "records") == 0)
        p->total = strtoull(records, NULL, 10);
    if (part && sscanf(part, "%lf %lf", &p->from, &p->to) != 2) {
        p->from = 0;
        p->to = 1;
    }
    p->on = !quiet && isatty(p->fd);
    p->start = p->last = progress_now();
}

void progress_fraction(progress *p, uint64_t done, double fraction)
{
    const double done_here = fraction * (p->to - p->from);
    if (fraction > 0 && p->to - p->from < 1 && p->on)
        p->left = (progress_now() - p->start) * (1 - p->from - done_here) / done_here;
    else if (fraction > 0)
        p->total = (uint64_t)((double)done / fraction);
}

/* A line wider than the terminal could not be rewritten in place. */
static int columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

/* Whether this program has the line. All programs of a pipe have the same open file as standard error, so
 * each opens the terminal again for its lock. If that fails, each has a line. */
static bool take_line(progress *p, bool known, double now)
{
    if (p->has_line || (!known && now - p->start < PATIENCE))
        return p->has_line;
    char name[64];
    if (p->terminal < 0 && ttyname_r(p->fd, name, sizeof name) == 0)
        p->terminal = open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return p->has_line = p->terminal < 0 || flock(p->terminal, LOCK_EX | LOCK_NB) == 0;
}

/* Writes ", 1 h 20 min left", ", 1 min 20 s left" or ", 20 s left". */
static void write_left(char *text, size_t room, double seconds, const char *bound)
{
    const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 1000000000;
    char time[40];
    if (s >= 3600)
        snprintf(time, sizeof time, "%llu h %u min", (unsigned long long)(s / 3600), (unsigned)(s / 60 % 60));
    else if (s >= 60)
        snprintf(time, sizeof time, "%u min %u s", (unsigned)(s / 60), (unsigned)(s % 60));
    else
        snprintf(time, sizeof time, "%u s", (unsigned)s);
    snprintf(text, room, ", %s left%s%s", time, bound ? " " : "", bound ? bound : "");
}

void progress_update(progress *p, uint64_t done, const char *progress_note)
{
    const double now = p->on ? progress_now() : 0;
    if (!p->on || now - p->last < INTERVAL)
        return;
    p->last = now;
    const double rate = (double)done / (now - p->start);
    double left = p->left;
    if (left <= 0 && p->total > 0 && done > 0 && done <= p->total)
        left = (double)(p->total - done) / rate;
    if (!take_line(p, left > 0, now))
        return;
    char time[80] = "", line[512];
    if (left > 0)
        write_left(time, sizeof time, left, p->bound);
    snprintf(line, sizeof line, "%s%s: %llu %s, %.*f %s/s%s%s", p->program, time, (unsigned long long)done,
             p->unit, rate < 10 ? 1 : 0, rate, p->unit, *progress_note ? ", " : "", progress_note);
    dprintf(p->fd, "\r%.*s\033[K", columns(p->fd), line);
}

void progress_step(progress *p, const char *text)
{
    if (p->on && take_line(p, true, 0))
        dprintf(p->fd, "\r%s: %.*s\033[K", p->program, columns(p->fd) / 2, text);
}

void progress_end(progress *p)
{
    if (p->on && p->has_line)
        dprintf(p->fd, "\r\033[K");
    if (p->on && p->terminal >= 0)
        close(p->terminal);
    p->on = false;
}
