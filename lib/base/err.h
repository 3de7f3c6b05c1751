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

/* The message of the last failure in this thread; "" where there was none. Borrowed. */
const char *err_message(void);

#endif
