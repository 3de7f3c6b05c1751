/* SPDX-License-Identifier: Apache-2.0 */
/* The C locale, in which numbers have a decimal point. A program that uses the library can have another
 * locale.
 */
#ifndef ECAN_BASE_C_LOCALE_H
#define ECAN_BASE_C_LOCALE_H

#include <locale.h>

/* Made at the first call and kept until the program ends. (locale_t)0 when memory is out: uselocale() then
 * changes nothing. */
locale_t c_locale(void);

#endif
