/* SPDX-License-Identifier: Apache-2.0 */
/* Says how many words of a file of word vectors were left out, as they are not UTF-8. */
#ifndef ECAN_BIN_WARN_VECTORS_H
#define ECAN_BIN_WARN_VECTORS_H

#include "io/vectors.h"

void warn_vectors(const vectors *v, const char *path);

#endif
