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

/* Strings added together: new ones, then some of which the third is there already. */
static void together(void)
{
    enum { N = 1000 };
    static char text[N][8];
    static map_string all[N];
    map *m = map_new();
    for (int i = 0; i < N; i++)
        all[i] = (map_string){text[i], (size_t)snprintf(text[i], sizeof text[i], "w%d", i)};
    ok(map_add_new(m, all, 0) == 0 && map_add_new(m, all, N) == N && map_size(m) == N,
       "strings added together");
    bool right = true;
    for (int i = 0; i < N; i++)
        right &= map_find(m, text[i], all[i].n) == i && strcmp(map_key(m, i, NULL), text[i]) == 0;
    ok(right, "each is found, in order");
    const map_string some[] = {{"new", 3}, {"", 0}, {"w77", 3}, {"newer", 5}};
    ok(map_add_new(m, some, 4) == 2 && map_size(m) == N + 2 && map_find(m, "newer", 5) == -1,
       "up to the one that is there");
    const map_string twice[] = {{"x", 1}, {"x", 1}};
    ok(map_add_new(m, twice, 2) == 1, "or that came before it");
    map_free(m);
}

/* A table of many slots that holds few strings, which may stand one behind another. */
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
       "numbers from 0; no string twice");
    ok(map_find(m, "", 0) == -1 && map_add(m, "", 0) == 2 && map_find(m, NULL, 0) == 2,
       "the empty string is one");
    ok(map_add(m, "a\0b", 3) == 3 && map_find(m, "a", 1) == 0 && map_find(m, "a\0c", 3) == -1, "NULs count");
    many(m);
    size_t n;
    ok(memcmp(map_key(m, 3, &n), "a\0b", 4) == 0 && n == 3, "a key with a NUL, and one behind it");
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
