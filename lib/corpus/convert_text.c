/* SPDX-License-Identifier: Apache-2.0 */
/* Text files. A file is one encounter. In a folder, each file is one encounter, and so is each folder: its
 * notes are the files in it, at any depth. */
#include "base/err.h"
#include "corpus/convert_files.h"
#include "io/decode.h"

static int read_note(convert *v, const convert_file *f)
{
    buf text = {0};
    int32_t e;
    int result = decode_file(&text, f->path, v->o.encoding);
    if (!result) {
        const int added = convert_add_note(
            v, f->encounter, &(convert_note){.id = f->note, .text = {(char *)text.data, text.len}}, &e);
        if (added == 0)
            err_set("the encounter has another note with this id");
        result = added > 0 ? 0 : err_prefix("%s: ", f->path);
    }
    buf_free(&text);
    return result;
}

int convert_text(convert *v, const char *path)
{
    return convert_each_file(v, path, NULL, "the name does not end in .txt", read_note);
}
