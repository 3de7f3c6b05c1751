# ecan: everything is built out of tree, into $(BUILD).
#
#   make            the programs, into build/bin          make check      every fast test
#   make demo       a model trained and used, end to end  make install    PREFIX=/usr/local DESTDIR=
#   make deps       installs what is missing (Debian)     make help       the rest
#
#   make DEV=1               warnings are errors            make CC=clang
#   make SAN=address,undefined check    a build of its own, under build/san-address-undefined

.DEFAULT_GOAL := all
PREFIX ?= /usr/local
CC = gcc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g

comma := ,
ifdef SAN
BUILD ?= build/san-$(subst $(comma),-,$(SAN))
SAN_FLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
BUILD ?= build

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2
ifdef DEV
WARN += -Werror
endif

# msgpack-c calls itself msgpack in Debian 12 and msgpack-c later.
MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
PACKAGES := $(MSGPACK) libutf8proc jansson zlib
DEP_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
DEP_LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null || echo -lmsgpackc -lutf8proc -ljansson -lz)

ALL_CPPFLAGS = -Ilib -Ibin -D_GNU_SOURCE $(DEP_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARN) $(CFLAGS) $(SAN_FLAGS) -pthread
ALL_LDFLAGS = $(LDFLAGS) $(SAN_FLAGS) -pthread
LIBS = $(DEP_LIBS) -lblis -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
PROGRAMS := $(patsubst bin/%.c,%,$(sort $(wildcard bin/ecan-*.c)))
BINS := $(PROGRAMS:%=$(BUILD)/bin/%)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*.c)))
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
MAN := $(PROGRAMS:%=$(BUILD)/man/%.1)

all: $(BINS) $(EXAMPLES)

# The loops over floats: the compiler may vectorise them and fuse a*b+c. NaN and infinity keep their meaning.
$(BUILD)/obj/lib/tensor/ops.o $(BUILD)/obj/lib/tensor/conv.o $(BUILD)/obj/lib/train/adam.o $(BUILD)/obj/lib/train/w2v_block.o $(BUILD)/obj/lib/eval/score_average.o: private CFLAGS += -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The page of ecan-explain --html, put together, and as the bytes of a C array.
$(BUILD)/gen/page.html: $(wildcard lib/eval/page/*)
	@mkdir -p $(@D)
	lib/eval/page/assemble.sh > $@.part && mv $@.part $@
$(BUILD)/gen/page.inc: $(BUILD)/gen/page.html
	od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' > $@
$(BUILD)/obj/lib/eval/page.o: $(BUILD)/gen/page.inc
$(BUILD)/obj/lib/eval/page.o: private ALL_CPPFLAGS += -I$(BUILD)/gen

$(BUILD)/libecan.a: $(LIB_OBJ) $(BUILD)/sources
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

# What programs share: every source in bin/ that is not a program.
CLI_SRC := $(sort $(filter-out bin/ecan-%,$(wildcard bin/*.c)))
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)
$(BUILD)/libcli.a: $(CLI_OBJ) $(BUILD)/sources
	@rm -f $@
	$(AR) rcs $@ $(CLI_OBJ)

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libcli.a $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

# Pictures: the one program that needs libpng.
$(BUILD)/bin/ecan-show: private LIBS += -lpng

$(BUILD)/bin/ecan-train: $(BUILD)/obj/bin/train_options.o $(BUILD)/obj/bin/train_display.o

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Libraries that make a program's calls fail. They are loaded before the sanitizers, and therefore built without them.
FAULTS := $(patsubst tests/fault/%.c,$(BUILD)/tests/%.so,$(wildcard tests/fault/*.c))

$(BUILD)/tests/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $< -ldl

# Each fuzz target is also a program that replays files: it cannot rot.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
REPLAY := $(FUZZ:%=$(BUILD)/fuzz/replay-%)

$(BUILD)/fuzz/replay-%: tests/fuzz/%.c $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -DREPLAY -MMD -MP -MF $(BUILD)/obj/tests/fuzz-$*.d $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# libFuzzer: FUZZ_SECONDS for each target, with formats/ to begin from.
FUZZ_SECONDS ?= 60
fuzz:
	@mkdir -p build/fuzz
	@for name in $(FUZZ); do \
	    clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined $(ALL_CPPFLAGS) -o build/fuzz/$$name tests/fuzz/$$name.c \
	        lib/base/*.c lib/io/*.c lib/text/*.c $(DEP_LIBS) -lpng -lm -pthread && mkdir -p build/fuzz/corpus-$$name && \
	    build/fuzz/$$name -max_len=65536 -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/fuzz/ \
	        build/fuzz/corpus-$$name formats/accept formats/reject || exit 1; \
	done

$(BUILD)/man/%.1: $(BUILD)/bin/%
	@mkdir -p $(@D)
	$< --man > $@

# Another compiler or other flags: everything is compiled again.
FLAGS = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

# A file that came or went: the libraries are put together again.
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_SRC) $(CLI_SRC)' | cmp -s - $@ || echo '$(LIB_SRC) $(CLI_SRC)' > $@

# ---- what is typed ----

BUILD_DEPS := gcc libc6-dev pkg-config libblis-dev 'libmsgpack-dev|libmsgpack-c-dev' libutf8proc-dev libjansson-dev zlib1g-dev libpng-dev
CHECK_DEPS := bats gnuplot-nox jq parallel miller python3-numpy python3-msgpack python3-msgpack-numpy shellcheck clang-format man-db groff-base

deps:
	@sh tests/deps.sh $(BUILD_DEPS)

# deps first, in a make of its own: what pkg-config says is read when that is there.
demo:
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory -s all
	@ECAN_BIN=$(abspath $(BUILD))/bin pipelines/demo.sh

check:
	@sh tests/deps.sh $(BUILD_DEPS) $(CHECK_DEPS)
	@$(MAKE) --no-print-directory -s all tests lint
	@BUILD=$(BUILD) tests/run $(TESTS)

# The page of ecan-explain in Chromium. `make check` runs these too where node, chromium and playwright-core are.
PAGE_TESTS := $(basename $(notdir $(wildcard tests/page/page-*.mjs)))
check-page:
	@tests/page/install.sh
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) tests/run $(PAGE_TESTS)

# The README's picture of it, of the demo's encounters.
DEMO ?= build/demo
picture:
	@sh tests/deps.sh jq
	@tests/page/install.sh
	@[ -e $(DEMO)/model ] || $(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory -s all
	@mkdir -p docs
	head -n 12 $(DEMO)/made-up/test.jsonl | jq -c 'del(.labels)' | $(BUILD)/bin/ecan-tokenize | \
	    $(BUILD)/bin/ecan-predict -q -m $(DEMO)/model | \
	    $(BUILD)/bin/ecan-explain -q -m $(DEMO)/model --top 3 --above 0.05 --html build/page/demo.html > build/page/demo.jsonl
	node tests/page/picture.mjs build/page/demo.html examples/page.png

tests: $(UNIT) $(REPLAY) $(FAULTS)

# Rules that nobody checks drift: each library enters through one file, and includes point downward.
lint:
	@tests/lint.sh

# Against PyTorch and ONNX Runtime, where they are (tests/bench/README.md): make bench BENCH=--quick
bench: all $(BUILD)/bench/speed $(BUILD)/bench/shapes
	@tests/bench/bench.py --build $(BUILD) $(BENCH)

# ecan-tokenize against Python, on any encounters: make words DATA=folder (tests/words.py)
words: all
	@ECAN_BIN=$(BUILD)/bin tests/words.py $(DATA)

# ecan-tokenize: MB of JSON a second and core, and what the time goes into: make bench-text BENCH=encounters.jsonl
bench-text: all $(BUILD)/bench/text
	@tests/bench/text.py --build $(BUILD) $(BENCH)

# ecan-w2v beside gensim (python3-gensim, python3-msgpack): make bench-w2v BENCH='--text tokens.mp'
bench-w2v: all
	@tests/bench/w2v.py --build $(BUILD) $(BENCH)

man: $(MAN)

install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1

uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/share/man/man1/%.1)

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile
	@echo "  make check TESTS='rng ecan-train'   some of the tests    make bench   against PyTorch and ONNX Runtime"
	@echo "  make bench-text                     ecan-tokenize alone"
	@echo "  make words DATA=folder              ecan-tokenize's words against Python's, on texts of yours"
	@echo "  make check-page                     ecan-explain's page in Chromium, which it installs"
	@echo "  make picture                        examples/page.png"
	@echo "  make fuzz   hostile bytes, for as long as you like       make lint, man, clean, uninstall"

.PHONY: all deps demo check check-page picture tests lint bench bench-text bench-w2v words fuzz man install uninstall clean help FORCE
.SECONDARY:
-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)
