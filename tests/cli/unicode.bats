#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Compares words and spans with those of Python, with tests/words.py, on difficult texts.

bats_require_minimum_version 1.5.0
load ../helper

setup() {
    need msgpack
    words=$BATS_TEST_DIRNAME/../words.py
    cd "$BATS_TEST_TMPDIR" || return 1
    ECAN_BIN=$ECAN_BUILD/bin
    export ECAN_BIN
}

# 256 characters a line, each on its own, twice, and between, before and after letters and digits; a tenth of what is beyond
# U+3100, and all its numerals. Those that Unicode 3.2 had in the category that they have now: the same in every version of
# Python and of utf8proc.
characters() {
    "$python" - << 'END'
import json, unicodedata
known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")
         and unicodedata.ucd_3_2_0.category(chr(c)) == unicodedata.category(chr(c))
         and (c < 0x3100 or c % 10 == 0 or chr(c).isnumeric())]
for i in range(0, len(known), 256):
    print(json.dumps({"id": str(i), "text": " ".join(f"{c} {c}{c} a{c}b 1{c} {c}2 A{c}Σ{c}" for c in known[i:i + 256])},
                     ensure_ascii=i % 512 == 0))
END
}

@test "every character, on its own and next to others: the words of CAML, and spans in every setting" {
    characters > all.jsonl
    run -0 "$python" "$words" all.jsonl
    echo "$output"
    [ "${#lines[@]}" -eq 6 ]
    [ "$(sed -n 's/ words, caml.*//; s/[ ,]//gp' <<< "${lines[0]}")" -gt 50000 ]
}

@test "hand-made texts: marks, ligatures, numerals, emoji, right to left, NUL, byte order marks, long words" {
    "$python" - > hard.jsonl << 'END'
import json, random
hard = ["E\u0301te\u0301 q\u0323\u0307 q\u0307\u0323 a\u0301\u0345 \u0301a =\u0338", "ﬁèvre œdème ĳs Ǆ ŉ ﬅ", "x² ½ Ⅳ ٣ ₂ ㊿ 一 一二 一a 〇 丁 Ⅻx", "😀a👨‍👩‍👧b🏳️‍🌈 ❤️ 🇧🇪x",
        "שָׁלוֹם וּבְרָכָה حُمَّى ١٢٣ \u202eabc\u202c", "a\0b \0 \0c", "\ufeffa b\ufeff c\ufeffd", "ΟΔΟΣ ΣΑΣ ᾼ ΐ Ͻ İIıi ẞß", "हिन्दी ภาษาไทย 가각ᄀ\u1161ᆨ か\u3099",
        "\ud7ff\ue000\U0010ffff\ufffe a\uffffb", "pa\u00ad\u200dtiënt 1\u00ad2 a\u00ad \u00ada", "l’hôpital 's avonds a-t-il 37,5°C 10\u00a0000 i.v. COVID‑19", "_ __ _1 1_ ª º",
        "a" * 1000000, "É" * 100000 + " x", "一" * 100000, "1" * 100000 + "a", "a\u0301" * 100000, "1,5" * 100000, "a'" * 100000, "", " "]
letters = "aE1_ \u0301\u0308\u00ad\u200dΣéßİﬁⅣ😀א一²'’-.,/:%°lLdq\u00a0œ"
rng = random.Random(1)
hard += ["".join(rng.choice(letters) for _ in range(rng.randrange(200))) for _ in range(1000)]
for i, text in enumerate(hard):
    print(json.dumps({"id": str(i), "documents": [{"text": text}, {"text": hard[-i]}] if i % 2 else [{"text": text}]}, ensure_ascii=i % 3 == 0))
END
    run -0 "$python" "$words" hard.jsonl
    echo "$output"
    [ "${#lines[@]}" -eq 6 ]
}

@test "differences are found: another word, a missing word" {
    printf '{"id":"a","text":"x 12 L\\u2019\\u00e9t\\u00e9"}\n' > in.jsonl
    "$python" "$words" in.jsonl
    mkdir bin
    for change in 's/t\xc3\xa9/t\xc3\xa8/g' 's/\xa1x/\xa1y/g'; do
        printf '#!/bin/sh\n"%s/ecan-tokenize" "$@" | LC_ALL=C sed "%s"\n' "$ECAN_BUILD/bin" "$change" > bin/ecan-tokenize
        chmod +x bin/ecan-tokenize
        ECAN_BIN=bin run -1 "$python" "$words" in.jsonl
        [[ $output == *"in.jsonl: line 1: note 0: "* && $output != *"x 12"* ]]
    done
}

@test "half a surrogate pair in an escape is an error, a pair is a character" {
    for escape in '\ud800' '\udc00' '\ud800x' '\udc00\ud800' '\ud83d\u0041'; do
        printf '{"id":"a","text":"een %s twee"}\n' "$escape" > in.jsonl
        run -1 bash -c 'ecan-tokenize in.jsonl > out.mp'
        [[ $output == *"line 1"*surrogate* && $output != *twee* ]] || { echo "$escape: $output"; false; }
    done
    printf '{"id":"a","text":"\\ud835\\udd18x"}\n' > in.jsonl
    "$python" "$words" in.jsonl
}

@test "settings are in the header if they are not the defaults; --compat caml has none" {
    printf '{"id":"a","text":"L\\u2019\\u0152D\\u00c8ME 250mg"}\n' > in.jsonl
    while IFS='|' read -r options settings tokens; do
        # shellcheck disable=SC2086
        ecan-tokenize $options in.jsonl > out.mp
        ecan-show --full out.mp > out.txt
        grep -qF "\"tokenizer\": $settings" out.txt && grep -qF "\"tokens\": $tokens" out.txt || { echo "$options"; cat out.txt; false; }
    done << 'END'
--language any --case fold --accents keep|{"normalize": "nfc", "case": "fold", "numbers": "ten", "compat": null}|["l", "œdème", "250mg"]
--language fr|{"normalize": "nfc", "case": "fold", "numbers": "ten", "compat": null, "language": "fr"}|["l'", "oedème", "mg"]
--language nl --accents strip --numbers keep|{"normalize": "nfc", "case": "fold", "numbers": "keep", "compat": null, "accents": "strip", "language": "nl"}|["l'", "oedeme", "250", "mg"]
--case keep|{"normalize": "nfc", "case": "keep", "numbers": "ten", "compat": null}|["L", "ŒDÈME", "250mg"]
END
    for option in "--language fr" "--case keep" "--accents strip"; do
        # shellcheck disable=SC2086
        run -2 ecan-tokenize --compat caml $option in.jsonl
        [[ $output == *caml* ]]
    done
    run -2 ecan-tokenize --language de in.jsonl
}
