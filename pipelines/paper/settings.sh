# SPDX-License-Identifier: Apache-2.0
# The settings of the data sets of the paper other than the preset of ecan-train: words, word vectors, counts. Sourced by paper.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the others

# A line for each data set: name, name in the tables, preset, size of the word vectors, counts of train, dev and test and labels, words an
# encounter and labels an encounter (Table 1, appendix A; – where the paper does not say), words a second of training with
# multi-layer attention and, where a table needs it, with sum-pooling.
#
# Words per second were measured once, with 16 invented documents of 1,500 words on two cores. Only their ratios are used (list.sh).
data_sets() {
    cat <<'END'
mimic3-full	MIMIC-III-full	mimic3-full	100	47724	1632	3372	8922	1485	15.9	667	1979
mimic3-50	MIMIC-III-50	mimic3-50	100	8067	1574	1730	50	1530	5.7	18357	18357
dutch	Dutch	dutch	200	2511	313	313	144	4958	5	10273	–
french	French	french	200	22540	2836	2827	940	1660	11	4641	–
eurlex	EUR-Lex	eurlex	100	13904	1545	3865	3956	–	–	1766	–
wiki10	Wiki10-31K	wiki10	100	12731	1415	6616	30938	–	–	145	–
END
}

# setting SET COLUMN
setting() {
    data_sets | awk -F '\t' -v name="$1" -v column="$2" '$1 == name { print $column }'
}

# The words of all data sets: those of CAML, and the numbers one to ten. Words of at least three training encounters; the rest of
# word2vec is ecan-w2v's default, CBOW of 5 epochs, trained on the training set. The same vectors for every seed.
paper_tokenize='--compat caml --numbers ten'
paper_w2v='--min-count 1 --min-docs 3 --seed 1'
