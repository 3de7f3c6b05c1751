/* SPDX-License-Identifier: Apache-2.0 */
/* The C locale, in which numbers have a decimal point: the host program of the library may have another one.
 */
#ifndef ECAN_BASE_C_LOCALE_H
#define ECAN_BASE_C_LOCALE_H

#include <locale.h>

/* Made at the first call and kept. (locale_t)0 where memory is out, by which uselocale() changes nothing. */
locale_t c_locale(void);

#endif
