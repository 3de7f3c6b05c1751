/* SPDX-License-Identifier: Apache-2.0 */
/* Functions whose loops are compiled for several instruction sets. The loader selects one at start.
 *
 * The levels name instruction sets, because a processor name (arch=haswell) is selected only on processors
 * of that vendor. Sanitizers run code before the loader selects, and clang has no such levels: there only
 * the default is compiled. */
#ifndef ECAN_BASE_VECTORISED_H
#define ECAN_BASE_VECTORISED_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&                       \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__) && defined(__GNUC__) && __GNUC__ >= 12
#define VECTORISED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VECTORISED
#endif

/* Functions that a VECTORISED function calls must be inlined into it. */
#define INLINE static inline __attribute__((always_inline))

#endif
