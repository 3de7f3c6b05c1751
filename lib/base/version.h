/* SPDX-License-Identifier: Apache-2.0 */
/* The version of ecan, for --version and the history of streams. The date is that of the manual pages: a
 * build does not depend on the clock. */
#ifndef ECAN_BASE_VERSION_H
#define ECAN_BASE_VERSION_H

#define ECAN_VERSION "0.2.0"
#define ECAN_DATE    "2026-11-29"

#endif
