/* SPDX-License-Identifier: Apache-2.0 */
/* The version of ecan: of its programs, and in the history of the streams that they write. Its date is in the
 * manual pages: no clock goes into what is built. */
#ifndef ECAN_BASE_VERSION_H
#define ECAN_BASE_VERSION_H

#define ECAN_VERSION "0.2.0"
#define ECAN_DATE    "2026-11-29"

#endif
