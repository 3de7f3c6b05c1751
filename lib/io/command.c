/* SPDX-License-Identifier: Apache-2.0 */
#include "io/command.h"

#include "base/err.h"
#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_ARGUMENTS = 64 };

#define CHUNK (64 << 10)

/* Divides text, which is written over, into arguments, with NULL after the last. 0 or -1. */
static int split(char *text, char *argument[MAX_ARGUMENTS + 1])
{
    int n = 0;
    char *to = text;
    for (char *s = text; *(s += strspn(s, " \t")) && n < MAX_ARGUMENTS;) {
        argument[n++] = to;
        while (*s && *s != ' ' && *s != '\t') {
            if (*s != '\'' && *s != '"') {
                *to++ = *s++;
                continue;
            }
            const char *end = strchr(s + 1, *s);
            if (!end)
                return err_set("a quote of the command is not closed");
            const size_t size = end - s - 1;
            memmove(to, s + 1, size);
            to += size;
            s += size + 2;
        }
        s += *s != '\0';
        *to++ = '\0';
    }
    argument[n] = NULL;
    return n > 0 && n < MAX_ARGUMENTS ? 0 : err_set("expected a command of 1 to %d words", MAX_ARGUMENTS - 1);
}

static int start(char *const *argument, int from, int to, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return err_set("out of memory");
    int error = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    if (!error)
        error = posix_spawnp(child, argument[0], &actions, NULL, argument, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error ? err_set("%s: cannot be run: %s", argument[0], strerror(error)) : 0;
}

static int read_pipe(int fd, buf *out)
{
    for (ssize_t got = 1; got != 0;) {
        if (buf_reserve(out, CHUNK))
            return -1;
        got = read(fd, out->data + out->len, out->cap - out->len);
        if (got < 0 && errno != EINTR)
            return err_set("reading from the command failed: %s", strerror(errno));
        out->len += got > 0 ? got : 0;
    }
    return 0;
}

/* message: whether to report how it ended; false: there is a message already. */
static int wait_for(pid_t child, const char *name, bool message)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return message ? err_set("%s: %s", name, strerror(errno)) : -1;
    if (!message)
        return -1;
    if (WIFSIGNALED(status))
        return err_set("%s: ended by signal %d", name, WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ? 0 : err_set("%s: ended with status %d", name, WEXITSTATUS(status));
}

/* The input is a file, so that neither side waits for the other. */
static int run(char *const *argument, FILE *input, buf *out)
{
    int ends[2];
    pid_t child;
    if (pipe2(ends, O_CLOEXEC))
        return err_set("%s", strerror(errno));
    int result = start(argument, fileno(input), ends[1], &child);
    close(ends[1]);
    if (!result) {
        result = read_pipe(ends[0], out);
        close(ends[0]);
        return wait_for(child, argument[0], !result);
    }
    close(ends[0]);
    return result;
}

int command_run(const char *command, const unsigned char *in, size_t n, buf *out)
{
    char *argument[MAX_ARGUMENTS + 1], *text = mem_strndup(command, strlen(command));
    FILE *input = NULL;
    int result = text ? split(text, argument) : -1;
    if (!result && !(input = tempfile_open()))
        result = -1;
    if (!result && (fwrite(in, 1, n, input) != n || fflush(input) || fseek(input, 0, SEEK_SET)))
        result = err_set("%s: writing the temporary file failed: is the disk full?", tempfile_folder());
    if (!result)
        result = run(argument, input, out);
    if (input)
        fclose(input);
    mem_free(text);
    return result;
}
