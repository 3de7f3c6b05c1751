/* SPDX-License-Identifier: Apache-2.0 */
/* Each thread has one message in a static buffer, so that running out of memory can be reported too. */
#include "base/err.h"
#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 1024 /* bytes; a longer message is cut */

static _Thread_local char message[ROOM];
static _Thread_local err_class class;

/* An id or a file name may contain line feeds or terminal escape codes. They must not reach logs. */
static void set_printable(const char *text)
{
    memcpy(message, text, strlen(text) + 1);
    printable_clean(message, "");
}

/* The arguments may point into the old message. It is replaced only after the new one is complete. */
int err_set_class(err_class c, const char *format, ...)
{
    char text[ROOM] = "";
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    set_printable(text);
    class = c;
    return -1;
}

int(err_prefix)(const char *format, ...)
{
    char text[ROOM] = "";
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    size_t n = strlen(text);
    memcpy(text + n, message, strnlen(message, ROOM - 1 - n));
    set_printable(text);
    return -1;
}

const char *err_reason(int error)
{
    return error == EFBIG
               ? "file too large: the limit is that of this process (ulimit -f) or of the file system"
               : strerror(error);
}

const char *err_reading(int error)
{
    return error == EISDIR ? "Is a directory: expected a file" : err_reason(error);
}

const char *err_message(void)
{
    return message;
}

err_class err_get_class(void)
{
    return class;
}

static char out_of_memory[] = "out of memory"; /* a copy for which there is no memory */

char *err_copy(void)
{
    char *copy = strdup(message);
    if (copy)
        return copy;
    err_memory("%s", out_of_memory);
    return out_of_memory;
}

void err_copy_free(char *copy)
{
    if (copy != out_of_memory)
        free(copy);
}

void err_refine(err_class to)
{
    if (class == ERR_INPUT)
        class = to;
}
