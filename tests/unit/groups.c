/* SPDX-License-Identifier: Apache-2.0 */
/* Which group a code is in. */
#include "eval/groups.h"

#include "base/err.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void in(groups *g, const char *code, const char *name)
{
    const int32_t i = groups_of(g, code);
    ok(i >= 0 && strcmp(groups_name(g, i), name) == 0, "%s: %s is in %s", groups_by(g), code,
       i < 0 ? "?" : groups_name(g, i));
}

static void prefixes(void)
{
    groups *g = groups_prefix(3);
    in(g, "E11.9", "E11");
    in(g, "E1.19", "E11");
    in(g, "e11", "e11");
    in(g, "I1", "I1");
    in(g, "...", "");
    in(g, "\xc3\xa9t\xc3\xa9s", "\xc3\xa9t\xc3\xa9"); /* characters, not bytes */
    int32_t order[5];
    ok(groups_count(g) == 5, "five groups: %d", (int)groups_count(g));
    groups_order(g, order);
    ok(order[0] == 3 && order[1] == 0 && order[4] == 4, "in order of their names");
    groups_free(g);
}

static void chapters(void)
{
    static const char *const ten[][2] = {
        {"A00", "01 infectious and parasitic"},
        {"b99.9", "01 infectious and parasitic"},
        {"D49.9", "02 neoplasms"},
        {"D48", "02 neoplasms"},
        {"C7A.00", "02 neoplasms"},
        {"D50", "03 blood and immune"},
        {"H59.89", "07 eye"},
        {"H60", "08 ear"},
        {"M1A.0", "13 musculoskeletal"},
        {"O9A.1", "15 pregnancy and childbirth"},
        {"T88.9XXA", "19 injury and poisoning"},
        {"V00.01XA", "20 external causes"},
        {"U07.1", "22 special purposes"},
        {"02HV33Z", "procedures"},
        {"B2111ZZ", "procedures"},
        {"GZB4ZZZ", "procedures"},
        {"XW033E5", "procedures"},
        {"H40.1121", "07 eye"},
        {"H401121", "07 eye"},
        {"C44.1021", "02 neoplasms"},
        {"C441021", "02 neoplasms"},
        {"E11", "04 endocrine and metabolic"},
        {"E1", ""},
        {"I.10", ""},
        {"", ""},
        {"BWBR0005537", ""},
    };
    static const char *const nine[][2] = {
        {"001.1", "01 infectious and parasitic"},
        {"389.9", "06 nervous system and sense organs"},
        {"38.93", "procedures"},
        {"99.15", "procedures"},
        {"401.9", "07 circulatory"},
        {"999", "17 injury and poisoning"},
        {"E934.2", "18 external causes"},
        {"V45.81", "19 health status and contact"},
        {"E11.9", ""},
    };
    groups *g = groups_chapters("icd10");
    for (size_t i = 0; i < sizeof ten / sizeof *ten; i++)
        in(g, ten[i][0], ten[i][1]);
    groups_free(g);
    g = groups_chapters("icd9");
    for (size_t i = 0; i < sizeof nine / sizeof *nine; i++)
        in(g, nine[i][0], nine[i][1]);
    groups_free(g);
    ok(!groups_chapters("icd11"), "no chapters: %s", err_message());
}

static groups *table(const char *text)
{
    char path[] = "/tmp/ecan-groups-XXXXXX";
    const int fd = mkstemp(path);
    ok(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "table written");
    close(fd);
    groups *g = groups_read(path);
    unlink(path);
    return g;
}

static void tables(void)
{
    groups *g = table("E11*\tdiabetes\r\nE10-E14\tother diabetes\n\nE11.9\tthis one\nE-F\todd\nx[\tbroken\n");
    in(g, "E11.9", "this one"); /* a code before patterns */
    in(g, "e11.2", "diabetes"); /* patterns in order of the table */
    in(g, "E12", "other diabetes");
    in(g, "E10-E14", "other diabetes"); /* what looks like a range may be a code */
    in(g, "F12", "odd");
    in(g, "x[", "broken");
    in(g, "Z", "");
    int32_t order[8];
    groups_order(g, order);
    ok(strcmp(groups_name(g, order[0]), "diabetes") == 0 && strcmp(groups_name(g, order[2]), "this one") == 0,
       "in order of the table");
    groups_free(g);
    static const char *const bad[] = {"A\n", "A\t\n", "\tx\n", "A\tx\nA\ty\n", "A\tx\ty\n", "A\t\xff\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        g = table(bad[i]);
        ok(!g && strstr(err_message(), "line "), "refused: %s", err_message());
        groups_free(g);
    }
    ok(!groups_read("/nowhere"), "no file: %s", err_message());
}

int main(void)
{
    prefixes();
    chapters();
    tables();
    return tap_done();
}
