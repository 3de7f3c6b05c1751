/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels are chosen for a processor: those of lists of processors, and of this one. */
#include "tensor/processor.h"
#include "tensor/gemm.h"
#include "tensor/gemm_bf16.h"
#include "tensor/multiply.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    processor p;
    kernels expected;
    bool bf16;
} known[] = {
    {"Haswell",
     {PROCESSOR_INTEL, 6, 0x3f, "Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz", true, false, false},
     KERNELS_OF_BLIS,
     false},
    {"Skylake with two units",
     {PROCESSOR_INTEL, 6, 0x55, "Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", true, true, false},
     KERNELS_AVX512,
     false},
    {"Skylake with one unit",
     {PROCESSOR_INTEL, 6, 0x55, "Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz", true, true, false},
     KERNELS_OF_BLIS,
     false},
    {"Skylake, maybe one unit",
     {PROCESSOR_INTEL, 6, 0x55, "Intel(R) Xeon(R) Gold 5118 CPU @ 2.30GHz", true, true, false},
     KERNELS_OF_BLIS,
     false},
    {"Skylake for small servers",
     {PROCESSOR_INTEL, 6, 0x55, "Intel(R) Xeon(R) D-2123IT CPU @ 2.20GHz", true, true, false},
     KERNELS_OF_BLIS,
     false},
    {"virtual machine on Skylake",
     {PROCESSOR_INTEL, 6, 0x55, "Intel(R) Xeon(R) CPU @ 2.00GHz", true, true, false},
     KERNELS_AVX512,
     false},
    {"Ice Lake",
     {PROCESSOR_INTEL, 6, 0x6a, "Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz", true, true, false},
     KERNELS_AVX512,
     false},
    {"Sapphire Rapids",
     {PROCESSOR_INTEL, 6, 0x8f, "Intel(R) Xeon(R) Platinum 8480+", true, true, true},
     KERNELS_AVX512,
     false},
    {"virtual machine on Emerald Rapids",
     {PROCESSOR_INTEL, 6, 0xcf, "Intel(R) Xeon(R) Processor", true, true, true},
     KERNELS_AVX512,
     false},
    {"Alder Lake",
     {PROCESSOR_INTEL, 6, 0x97, "12th Gen Intel(R) Core(TM) i7-12700", true, false, false},
     KERNELS_OF_BLIS,
     false},
    {"Zen 1", {PROCESSOR_AMD, 0x17, 1, "AMD EPYC 7571", true, false, false}, KERNELS_OF_BLIS, false},
    {"Zen 3",
     {PROCESSOR_AMD, 0x19, 1, "AMD EPYC 7763 64-Core Processor", true, false, false},
     KERNELS_OF_BLIS,
     false},
    {"Zen 4",
     {PROCESSOR_AMD, 0x19, 0x11, "AMD EPYC 9654 96-Core Processor", true, true, true},
     KERNELS_AVX512,
     true},
    {"Zen 5",
     {PROCESSOR_AMD, 0x1a, 2, "AMD EPYC 9655 96-Core Processor", true, true, true},
     KERNELS_AVX512,
     true},
    {"a newer AMD without AVX-512", {PROCESSOR_AMD, 0x1b, 0, "AMD", true, false, false}, KERNELS_AVX2, false},
    {"another vendor", {PROCESSOR_OTHER, 6, 0x5b, "ZHAOXIN", true, false, false}, KERNELS_AVX2, false},
    {"another vendor, without AVX2",
     {PROCESSOR_OTHER, 6, 0x0f, "VIA", false, false, false},
     KERNELS_OF_BLIS,
     false},
};

int main(void)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const processor *p = &known[i].p;
        ok(processor_kernels(p) == known[i].expected && processor_prefers_bf16(p) == known[i].bf16,
           "%s: %s, kernels %d", known[i].what, p->name, (int)processor_kernels(p));
    }
    const processor here = processor_here();
    printf("# family %u, model %u: %s\n", here.family, here.model, here.name);
    ok(!here.bf16 || here.avx512, "bfloat16 has vectors of AVX-512");
    ok(processor_kernels(&here) != KERNELS_AVX512 || getenv("BLIS_ARCH_TYPE") ||
           !strcmp(gemm_kernels(), "skx"),
       "the kernels that were chosen are used: %s", gemm_kernels());
    ok((precision_fastest() == PRECISION_BF16) ==
           (processor_prefers_bf16(&here) && gemm_bf16_has_instructions()),
       "bfloat16 is chosen if it is fast, and only if this program has the kernel");
    return tap_done();
}
