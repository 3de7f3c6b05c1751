/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/err.h"
#include "tap.h"

#include <stdint.h>
#include <string.h>

static int is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return 0;
    return 1;
}

static int is_aligned(const void *p)
{
    return (uintptr_t)p % MEM_ALIGN == 0;
}

static void arrays(void)
{
    unsigned char *p = mem_array(1000, 3);
    ok(p != NULL && is_aligned(p) && is_zero(p, 3000), "mem_array is zeroed and aligned");
    mem_free(p);
    const size_t large = ((size_t)5 << 20) + 12345;
    p = mem_array(large, 1);
    ok(p != NULL && is_aligned(p) && is_zero(p, large), "a large one too");
    mem_free(p);
    p = mem_room(large, 1);
    ok(p != NULL && is_aligned(p), "mem_room is aligned");
    if (p)
        memset(p, 1, large);
    mem_free(p);
    p = mem_array(0, 8);
    ok(p != NULL, "no elements: a pointer that can be freed");
    mem_free(p);
    mem_free(NULL);
    ok(mem_array(SIZE_MAX / 2, 3) == NULL && err_message()[0] != '\0', "a product that overflows is refused");
    ok(mem_array(SIZE_MAX, 1) == NULL, "rounding up does not overflow");
    ok(mem_array(1, PTRDIFF_MAX) == NULL, "half of the address space is refused");
}

static void growing(void)
{
    int32_t *v = NULL;
    size_t have = 0, growths = 0;
    for (size_t i = 0; i < 10000; i++) {
        size_t before = have;
        if (mem_grow(&v, &have, i + 1, sizeof *v) < 0)
            break;
        growths += have != before;
        v[i] = (int32_t)i;
    }
    int same = have >= 10000;
    for (size_t i = 0; same && i < 10000; i++)
        same = v[i] == (int32_t)i;
    ok(same && is_aligned(v), "mem_grow keeps what was there, aligned");
    ok(growths < 40, "growing one by one copies seldom (%zu times)", growths);
    int32_t *old = v;
    size_t had = have;
    ok(mem_grow(&v, &have, SIZE_MAX / 2, sizeof *v) == -1 && v == old && have == had,
       "refused: nothing has changed");
    ok(mem_grow(&v, &have, 5, sizeof *v) == 0 && have == had, "never shrinks");
    mem_free(v);
}

static void buffers(void)
{
    buf b = {0};
    ok(buf_add(&b, NULL, 0) == 0 && b.len == 0, "nothing added to an empty buffer");
    for (int i = 0; i < 1000; i++)
        buf_add(&b, "abc", 3);
    ok(b.len == 3000 && memcmp(b.data + 2997, "abc", 3) == 0, "bytes in a row");
    ok(buf_reserve(&b, SIZE_MAX) == -1 && buf_reserve(&b, SIZE_MAX - 2999) == -1 && b.len == 3000,
       "a length that overflows is refused");
    ok(buf_reserve(&b, 5000) == 0 && b.cap >= 8000 && b.len == 3000, "room without filling");
    buf_free(&b);
    ok(b.data == NULL && b.len == 0 && b.cap == 0, "empty after buf_free");
}

int main(void)
{
    arrays();
    growing();
    buffers();
    char *s = mem_strndup("ab\0cd", 5);
    ok(s != NULL && memcmp(s, "ab\0cd", 6) == 0, "mem_strndup copies NULs and ends with one");
    mem_free(s);
    s = mem_strndup(NULL, 0);
    ok(s != NULL && *s == '\0', "an empty copy");
    mem_free(s);
    ok(mem_strndup("", SIZE_MAX) == NULL, "a length that overflows is refused");
    return tap_done();
}
