/* SPDX-License-Identifier: Apache-2.0 */
/* Functions whose loops are compiled for several instruction sets, of which the loader takes one at start.
 *
 * The levels are asked for by the instructions they have: a processor's name (arch=haswell) would be taken on
 * that maker's processors alone. Sanitizers come before the loader's choice is made; clang has no such
 * levels. */
#ifndef ECAN_BASE_VECTORISED_H
#define ECAN_BASE_VECTORISED_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&                       \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__) && defined(__GNUC__) && __GNUC__ >= 12
#define VECTORISED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VECTORISED
#endif

/* What such a function calls must become part of it. */
#define INLINE static inline __attribute__((always_inline))

#endif
