/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/processor.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>

bool processor_has_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

bool processor_has_bf16(void)
{
    return processor_has_avx512() && __builtin_cpu_supports("avx512bf16");
}

static void read_name(char name[49])
{
    unsigned r[4];
    for (unsigned part = 0; part < 3; part++) {
        if (!__get_cpuid(0x80000002 + part, &r[0], &r[1], &r[2], &r[3]))
            return;
        memcpy(name + part * sizeof r, r, sizeof r);
    }
}

processor processor_here(void)
{
    unsigned a, b, c, d;
    processor p = {0};
    if (!__get_cpuid(0, &a, &b, &c, &d))
        return p;
    p.vendor = b == signature_INTEL_ebx ? PROCESSOR_INTEL
               : b == signature_AMD_ebx ? PROCESSOR_AMD
                                        : PROCESSOR_OTHER;
    __get_cpuid(1, &a, &b, &c, &d);
    p.family = ((a >> 8) & 15) + ((a >> 20) & 255);
    p.model = ((a >> 4) & 15) + ((a >> 12) & 0xf0);
    read_name(p.name);
    __builtin_cpu_init();
    p.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    p.avx512 = processor_has_avx512();
    p.bf16 = processor_has_bf16();
    return p;
}
#else
bool processor_has_avx512(void)
{
    return false;
}

bool processor_has_bf16(void)
{
    return false;
}

processor processor_here(void)
{
    return (processor){0};
}
#endif

/* Skylake, Cascade Lake and Cooper Lake, some of which multiply vectors of 512 bits in one unit, not in two.
 * For them AVX2 is better, because the clock is slower with AVX-512. BLIS knows their numbers, which follow
 * these words. */
static bool may_have_one_unit(const processor *p)
{
    return p->family == 6 && p->model == 0x55 &&
           (strstr(p->name, "Silver") || strstr(p->name, "Bronze") || strstr(p->name, "Gold") ||
            strstr(p->name, " D-") || strstr(p->name, " W-"));
}

/* BLIS chooses its kernels by family and, for the processors of Intel with AVX-512, by the name. For a family
 * that is newer than the library (Zen 4 and Zen 5 for BLIS 0.9), or of another vendor, it uses portable C
 * code, which is five times slower. For a name that it does not know, of a newer processor ("Xeon(R) Platinum
 * 8480+") or of a virtual machine ("Xeon(R) Processor"), it uses AVX2, which has half the speed. */
kernels processor_kernels(const processor *p)
{
    if (p->vendor == PROCESSOR_INTEL)
        return p->avx512 && !may_have_one_unit(p) ? KERNELS_AVX512 : KERNELS_OF_BLIS;
    if (p->avx512)
        return KERNELS_AVX512;
    if (p->avx2 &&
        !(p->vendor == PROCESSOR_AMD && p->family <= 0x19)) /* BLIS knows AMD's families up to Zen 3 */
        return KERNELS_AVX2;
    return KERNELS_OF_BLIS;
}

/* The instruction for bfloat16 multiplies 32 pairs of numbers, that for floats 16. Zen 4 and Zen 5 execute
 * both at the same rate. Intel's processors execute a quarter as many of the first: in bfloat16 they have
 * half the speed of floats (measured on Emerald Rapids: 85 and 173 GFLOP/s). */
bool processor_prefers_bf16(const processor *p)
{
    return p->bf16 && p->vendor != PROCESSOR_INTEL;
}
