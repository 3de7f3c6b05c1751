/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the library: a function that can fail returns -1 (or NULL) and leaves a
 * message for its caller to print. Nothing in lib/ prints or exits.
 *
 * The message belongs to the calling thread and stays until the next failure in it.
 * It never holds text of a record (a patient's words): names, numbers and offsets only. */
#ifndef ECAN_BASE_ERR_H
#define ECAN_BASE_ERR_H

/* Sets the message; always returns -1, so that `return err_set(...)` reads well. */
int err_set(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts context before the message there is: "model/config.json: " + "not an object".
 * Always returns -1. */
int err_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The compiler is to see that both return -1, and that what a failed function leaves unset is not used. */
static inline int err_minus_one(int ignored)
{
    (void)ignored;
    return -1;
}
#define err_set(...)    err_minus_one((err_set)(__VA_ARGS__))
#define err_prefix(...) err_minus_one((err_prefix)(__VA_ARGS__))

/* The message of the last failure in this thread; "" where there was none. Borrowed. */
const char *err_message(void);

#endif
