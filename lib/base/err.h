/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the library. A function that can fail returns -1 (or NULL) and sets a message for its caller
 * to print. Nothing in lib/ prints or exits.
 *
 * The message belongs to the calling thread and is valid until the next failure in that thread. It
 * contains names, numbers and offsets. It never contains the text of a record (a patient's words). */
#ifndef ECAN_BASE_ERR_H
#define ECAN_BASE_ERR_H

#include <errno.h>

/* The kind of failure, for callers that act on it. */
typedef enum err_class {
    ERR_INPUT, /* invalid input or request */
    ERR_IO,    /* the system could not open, read or write, or start a thread */
    ERR_MEMORY,
    ERR_MODEL /* the files of a model are invalid, or do not belong together */
} err_class;

/* Sets the message and returns -1: `return err_set(...)`. The class of err_set is ERR_INPUT. The others are
 * named after their class. err_io is of class ERR_MEMORY if errno is ENOMEM. */
int err_set_class(err_class c, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define err_set(...)    err_minus_one(err_set_class(ERR_INPUT, __VA_ARGS__))
#define err_io(...)     err_minus_one(err_set_class(errno == ENOMEM ? ERR_MEMORY : ERR_IO, __VA_ARGS__))
#define err_memory(...) err_minus_one(err_set_class(ERR_MEMORY, __VA_ARGS__))
#define err_model(...)  err_minus_one(err_set_class(ERR_MODEL, __VA_ARGS__))

/* Adds context before the message: "model/config.json: " + "not an object". The class does not change. Always
 * returns -1. */
int err_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What errno says about a file that cannot be read, and for a folder what to do. */
const char *err_reading(int error);

/* These wrappers show the compiler that both functions return -1, so that it does not warn about outputs
 * that are unset after a failure. */
static inline int err_minus_one(int ignored)
{
    (void)ignored;
    return -1;
}
#define err_prefix(...) err_minus_one((err_prefix)(__VA_ARGS__))

/* The reason of a failed system call, as strerror() gives it. It names the limit of the size of a file, which
 * is not a limit of the disk. */
const char *err_reason(int error);

/* The message of the last failure in this thread, or "" if there was none. Borrowed. */
const char *err_message(void);
err_class err_get_class(void);

/* A copy of the message, for another thread or a later report; never NULL. If memory is out, the message
 * becomes "out of memory", of class ERR_MEMORY, and so does the copy. Owned by the caller, who frees it with
 * err_copy_free(), which also takes NULL. */
char *err_copy(void);
void err_copy_free(char *copy);

/* Changes the class of the last failure in this thread from ERR_INPUT to `to`; other classes do not change.
 * For a caller that knows what the input was. */
void err_refine(err_class to);

#endif
