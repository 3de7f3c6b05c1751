/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "tap.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 50000 };

static size_t word(char text[32], int i)
{
    return (size_t)snprintf(text, 32, "word-%d", i);
}

static void many(map *m)
{
    char text[32];
    int first = map_size(m), right = 1;
    for (int i = 0; i < MANY; i++) {
        size_t n = word(text, i);
        right &= map_find(m, text, n) == -1 && map_add(m, text, n) == first + i;
    }
    ok(right && map_size(m) == first + MANY, "%d strings get numbers in order of arrival", MANY);
    right = 1;
    for (int i = 0; i < MANY; i++) {
        size_t n = word(text, i), length;
        const char *key = map_key(m, first + i, &length);
        right &= map_find(m, text, n) == first + i && map_add(m, text, n) == first + i;
        right &= length == n && strcmp(key, text) == 0;
    }
    ok(right && map_size(m) == first + MANY, "they are found again, and read back");
}

/* Lines of many lengths added together, in one piece after another. */
static void together(void)
{
    enum { N = 1000 };
    static char text[N * 40];
    size_t at[N + 1], n = 0, end;
    map *m = map_new();
    for (int i = 0; i < N; i++) {
        at[i] = n;
        n += (size_t)sprintf(text + n, "%.*s%d\n", i % 23, "abcdefghijklmnopqrstuvw", i);
    }
    at[N] = n;
    ok(map_add_lines(m, text, 0, &end) == 0 && end == 0 && map_size(m) == 0, "a text without a line");
    ok(map_add_lines(m, text, at[7], &end) == 0 && end == at[7] && map_size(m) == 7 &&
           map_add_lines(m, text + at[7], n - at[7] - 1, &end) == 0 && end == n - at[7] && map_size(m) == N,
       "lines added together, the last without its line feed");
    bool right = true;
    for (int i = 0; i < N; i++) {
        size_t length, is = at[i + 1] - at[i] - 1;
        const char *key = map_key(m, i, &length);
        right &= map_find(m, text + at[i], is) == i && length == is && memcmp(key, text + at[i], is) == 0 &&
                 !key[is];
    }
    ok(right, "each is found and read back, in order");
    ok(map_add_lines(m, "new\n\nw77\n", 9, &end) == 0 && end == 4 && map_size(m) == N + 1,
       "up to an empty one");
    ok(map_add_lines(m, "newer\n0\nnewest\n", 15, &end) == 0 && end == 6 && map_size(m) == N + 2 &&
           map_find(m, "newest", 6) == -1,
       "up to one that is there");
    ok(map_add_lines(m, "x\nx", 3, &end) == 0 && end == 2 && map_size(m) == N + 3, "or that came before it");
    ok(map_add(m, "last", 4) == N + 3 && strcmp(map_key(m, N + 3, NULL), "last") == 0 &&
           strcmp(map_key(m, N + 2, NULL), "x") == 0,
       "and others after them");
    map_free(m);
}

/* A table of many slots with few strings, which can be in consecutive slots. */
static void few_of_many(map *m)
{
    enum { FEW = 300 };
    char text[32];
    bool right = true;
    for (int round = 0; round < 3; round++) {
        map_clear(m);
        for (int i = 0; i < FEW; i++)
            right &= map_find(m, text, word(text, i)) == -1;
        for (int i = 0; i < FEW; i++)
            right &= map_add(m, text, word(text, i)) == i;
    }
    ok(right && map_size(m) == FEW, "few strings in a table that held many are cleared and added anew");
}

/* Strings with the same 32 bits of hash in the table. */
static void same_tags(void)
{
    map *m = map_new();
    ok(map_hash("a", 1) >> 32 == map_hash("azphvtadb", 9) >> 32 &&
           map_hash("word-110169", 11) >> 32 == map_hash("word-146350", 11) >> 32,
       "strings that the table's hash does not tell apart");
    ok(map_add(m, "azphvtadb", 9) == 0 && map_find(m, "a", 1) == -1 && map_add(m, "a", 1) == 1 &&
           map_find(m, "azphvtadb", 9) == 0 && map_find(m, "a", 1) == 1,
       "one that begins with the other");
    ok(map_add(m, "word-110169", 11) == 2 && map_find(m, "word-146350", 11) == -1 &&
           map_add(m, "word-146350", 11) == 3 && map_find(m, "word-110169", 11) == 2,
       "two of one length");
    map_free(m);
}

int main(void)
{
    together();
    same_tags();
    map *m = map_new();
    ok(m != NULL && map_size(m) == 0 && map_find(m, "a", 1) == -1, "an empty table");
    ok(map_add(m, "a", 1) == 0 && map_add(m, "b", 1) == 1 && map_add(m, "a", 1) == 0,
       "numbers from 0; no duplicate strings");
    ok(map_find(m, "", 0) == -1 && map_add(m, "", 0) == 2 && map_find(m, NULL, 0) == 2,
       "the empty string is one");
    ok(map_add(m, "a\0b", 3) == 3 && map_find(m, "a", 1) == 0 && map_find(m, "a\0c", 3) == -1, "NULs count");
    many(m);
    size_t n;
    ok(memcmp(map_key(m, 3, &n), "a\0b", 4) == 0 && n == 3, "a key with a NUL, and one after it");
    ok(strcmp(map_key(m, 0, NULL), "a") == 0, "the length need not be asked for");
    ok(map_hash("hello", 5) == 0xcbd8a7b341bd9b02, "the hash is the same in every run");
    map_clear(m);
    ok(map_size(m) == 0 && map_find(m, "a", 1) == -1 && map_find(m, "word7", 5) == -1, "cleared");
    many(m);
    map_clear(m);
    ok(map_add(m, "b", 1) == 0 && map_find(m, "b", 1) == 0 && map_find(m, "a", 1) == -1, "used again");
    few_of_many(m);
    map_free(m);
    map_free(NULL);
    return tap_done();
}
