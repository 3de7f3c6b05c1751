/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ECAN_BIN_WARN_LEFT_OUT_H
#define ECAN_BIN_WARN_LEFT_OUT_H

#include "corpus/left_out.h"

/* A warning for each reason. */
void warn_left_out(const left_out *l);

#endif
