/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "tap.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int was_empty;

static bool memory_is_out;

/* That of the C library cannot be made to fail. */
char *strdup(const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = memory_is_out ? NULL : malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}

static void *in_another_thread(void *argument)
{
    was_empty = err_message()[0] == '\0';
    err_set("of the other thread");
    return argument;
}

int main(void)
{
    ok(strcmp(err_message(), "") == 0, "no message at first");
    ok(err_set("%d bytes", 7) == -1 && strcmp(err_message(), "7 bytes") == 0,
       "err_set formats and returns -1");
    ok(err_prefix("record %d: ", 3) == -1 && strcmp(err_message(), "record 3: 7 bytes") == 0, "err_prefix");
    err_set("a: %s", err_message());
    ok(strcmp(err_message(), "a: record 3: 7 bytes") == 0, "the old message may be an argument of the new");

    char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    err_set("%s", longer);
    size_t n = strlen(err_message());
    ok(n >= 500 && n < sizeof longer, "a long message is cut");
    err_prefix("path: ");
    ok(strncmp(err_message(), "path: xxx", 9) == 0 && strlen(err_message()) == n,
       "the prefix of a full message stays");

    err_set("id %s", "a\nb\033[2J\177");
    ok(strcmp(err_message(), "id a?b?[2J?") == 0, "control characters do not reach a log");

    ok(err_set("x") == -1 && err_get_class() == ERR_INPUT, "bad input is the default class");
    errno = ENOENT;
    ok(err_io("x") == -1 && err_get_class() == ERR_IO, "class: input or output");
    errno = ENOMEM;
    ok(err_io("x") == -1 && err_get_class() == ERR_MEMORY, "the system has no memory");
    err_refine(ERR_MODEL);
    err_prefix("path: ");
    ok(err_get_class() == ERR_MEMORY, "a class that is known stays");
    err_set("x");
    err_refine(ERR_MODEL);
    ok(err_get_class() == ERR_MODEL, "bad input becomes a bad model");

    pthread_t thread;
    err_set("of this thread");
    if (ok(pthread_create(&thread, NULL, in_another_thread, NULL) == 0, "thread starts"))
        pthread_join(thread, NULL);
    ok(was_empty && strcmp(err_message(), "of this thread") == 0, "each thread has its own message");

    char *copy = err_copy();
    err_set("another");
    ok(strcmp(copy, "of this thread") == 0, "a copy stays");
    err_copy_free(copy);
    memory_is_out = true;
    copy = err_copy();
    ok(copy && strcmp(copy, "out of memory") == 0 && strcmp(err_message(), copy) == 0 &&
           err_get_class() == ERR_MEMORY,
       "without memory, the copy and the message say so");
    err_copy_free(copy);
    err_copy_free(NULL);
    return tap_done();
}
