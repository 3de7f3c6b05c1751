/* SPDX-License-Identifier: Apache-2.0 */
#include "text/similar_codes.h"
#include "tap.h"

#include <string.h>

int main(void)
{
    static const char *const codes[] = {"I10", "E11.9", "48.6", "\xc2\xa0Z00", "Sepsis, unspecified", "É1"};
    labels *l = labels_new();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        ok(labels_add(l, codes[i], strlen(codes[i]), NULL) == (int32_t)i, "%s", codes[i]);
    similar_codes *s = similar_codes_new(l);
    const struct {
        const char *code;
        int32_t like;
    } cases[] = {{"E119", 1},
                 {"e11.9", 1},
                 {" E 11.9\t", 1},
                 {"E11.9", -1},
                 {"E11.90", -1},
                 {"486", 2},
                 {"z0.0", 3},
                 {"i10.", 0},
                 {"I100", -1},
                 {"", -1},
                 {"é1", -1},
                 {"\xe2\x80\xaf"
                  "É1",
                  5}};
    int32_t found;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(!similar_codes_find(&found, s, cases[i].code) && found == cases[i].like, "'%s' is like label %d",
           cases[i].code, (int)cases[i].like);

    ok(code_has_blanks(" I10") && code_has_blanks("I10 ") && code_has_blanks("I10\t") &&
           code_has_blanks("I10\xc2\xa0") && code_has_blanks("\xe2\x80\xafI10"),
       "blanks at the ends");
    ok(!code_has_blanks("I10") && !code_has_blanks("I 10") && !code_has_blanks("") && !code_has_blanks("é"),
       "no blanks there");
    ok(code_has_letter("I10") && code_has_letter("é") && !code_has_letter("48.6"), "letters");
    ok(code_is_list("I10,J18.9", l) && code_is_list("I10; J18.9", l) && code_is_list("X1|Y2|Z3", l),
       "lists of codes");
    ok(code_is_list("I10,unknown", l) == false && !code_is_list("I10", l) && !code_is_list("I10,", l) &&
           !code_is_list(",", l) && !code_is_list("Sepsis, unspecified", l) &&
           !code_is_list("in 2 parts, 3 of them", l),
       "no lists of codes");
    similar_codes_free(s);
    labels_free(l);
    return tap_done();
}
