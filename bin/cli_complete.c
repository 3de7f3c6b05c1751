/* SPDX-License-Identifier: Apache-2.0 */
/* --complete: prints the options as a table for completion.bash. Each line has the program, the names
 * separated by commas, the kind of the value, and the choices separated by commas. */
#include "cli_private.h"

#include <string.h>

static const char *kind(const cli_option *o)
{
    if (o->kind == CLI_FLAG)
        return "flag";
    if (o->kind == CLI_CHOICE)
        return "choice";
    if (o->arg != NULL && (strncmp(o->arg, "FILE", 4) == 0 || strcmp(o->arg, "DIR") == 0))
        return "file";
    return "value";
}

static void put_option(const cli_program *p, const cli_option *o, char letter)
{
    printf("%s ", p->name);
    if (letter != 0)
        printf("-%c,", letter);
    if (o->alias != NULL) {
        printf("--");
        cli_put_choices(stdout, o->alias, ",--", ",--");
        putchar(',');
    }
    printf("--%s %s", o->name, kind(o));
    if (o->kind == CLI_CHOICE) {
        putchar(' ');
        cli_put_choices(stdout, o->choices, ",", ",");
    }
    putchar('\n');
    if (o->kind == CLI_FLAG && o->value != NULL && *(const bool *)o->value)
        printf("%s --no-%s flag\n", p->name, o->name);
}

void cli_print_options(const cli_program *p)
{
    for (const cli_option *o = p->options; o->name != NULL; o++)
        if (o->moved == NULL)
            put_option(p, o, o->letter);
    for (int i = 0; i < CLI_HIDDEN; i++)
        put_option(p, &cli_common[i], cli_common_letter(p, i));
}
