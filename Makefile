# SPDX-License-Identifier: Apache-2.0
# Builds ecan. Everything that is built goes into $(BUILD), which is build/. `make help` lists the targets.

.DEFAULT_GOAL := all
unexport CDPATH
CC = gcc
OBJCOPY ?= objcopy
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
ALL_CFLAGS = -std=c11 $(WARN) $(CFLAGS) $(OWN_CFLAGS) $(SAN_FLAGS) -pthread
ALL_LDFLAGS = $(LDFLAGS) $(SAN_FLAGS) -pthread
LIBS = $(DEP_LIBS) -lblis -lm

VERSION := $(shell sed -n 's/.*ECAN_VERSION  *"\(.*\)"/\1/p' lib/base/version.h)
DATE := $(shell sed -n 's/.*ECAN_DATE  *"\(.*\)"/\1/p' lib/base/version.h)

# ecan-train-mpi replaces ranks_one.o of the library by ranks_mpi.o.
RANKS_MPI := lib/train/ranks_mpi.c
LIB_SRC := $(filter-out $(RANKS_MPI),$(sort $(wildcard lib/*/*.c lib/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
# MPI= builds without it.
ifeq ($(origin MPI),undefined)
MPI := $(firstword $(foreach package,ompi-c mpich,$(shell $(PKG_CONFIG) --exists $(package) 2>/dev/null && echo $(package))))
endif
MPI_CFLAGS = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(MPI) 2>/dev/null))
MPI_LIBS = $(shell $(PKG_CONFIG) --libs $(MPI) 2>/dev/null)
PROGRAMS := $(sort $(patsubst bin/%.c,%,$(wildcard bin/ecan-*.c)) $(if $(MPI),ecan-train-mpi))
FRONT := $(BUILD)/bin/ecan
BINS := $(FRONT) $(PROGRAMS:%=$(BUILD)/bin/%)
# Pipelines. Other scripts are sourced.
SCRIPTS := $(sort $(shell find pipelines -name '*.sh' -perm -u+x))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*.c)))
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
COMPLETION := $(BUILD)/completion/ecan
MAN := $(addprefix $(BUILD)/man/,$(PROGRAMS:%=%.1) ecan.1 ecan.7 ecan-stream.5 ecan-model.5)
SONAME := libecan.so.0
SHARED := libecan.so.$(VERSION)
PUBLIC := $(BUILD)/lib/$(SHARED) $(BUILD)/lib/libecan.a

all: $(BINS) $(EXAMPLES) $(COMPLETION) $(PUBLIC)

# Loops over floats: the compiler may vectorise them and fuse a*b+c. NaN and infinity are handled as in IEEE 754. These flags follow
# CFLAGS, and `override` keeps them when CFLAGS is set on the command line: prediction takes 29% longer without them.
KERNELS := tensor/ops tensor/conv train/adam train/w2v_products train/w2v_learn eval/score_average eval/score_members
override KERNEL_CFLAGS := -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math
$(KERNELS:%=$(BUILD)/obj/lib/%.o): private override OWN_CFLAGS := $(KERNEL_CFLAGS)
# a*b+c is rounded twice, on all processors.
$(BUILD)/obj/lib/tensor/byte_rows.o $(BUILD)/obj/lib/tensor/logistic.o: private override OWN_CFLAGS := $(KERNEL_CFLAGS) -ffp-contract=off

# The programs and the shared library use the same objects. Names are hidden in them, so that position-independent calls are as
# fast as others.
LIB_CFLAGS := -fPIC -fvisibility=hidden
$(BUILD)/obj/lib/%.o: private ALL_CFLAGS += $(LIB_CFLAGS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The page of ecan-explain --html, assembled, and as the bytes of a C array.
$(BUILD)/gen/page.html: $(wildcard lib/eval/page/*)
	@mkdir -p $(@D)
	lib/eval/page/assemble.sh > $@.part && mv $@.part $@
$(BUILD)/gen/page.inc: $(BUILD)/gen/page.html
	od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' > $@
$(BUILD)/obj/lib/eval/page.o: $(BUILD)/gen/page.inc
$(BUILD)/obj/lib/eval/page.o: private ALL_CPPFLAGS += -I$(BUILD)/gen

# The table of phrases that mark words as negated, as the bytes of a C array.
$(BUILD)/gen/scopes.inc: lib/text/scopes.tsv
	@mkdir -p $(@D)
	od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' > $@
$(BUILD)/obj/lib/text/scopes.o: $(BUILD)/gen/scopes.inc
$(BUILD)/obj/lib/text/scopes.o: private ALL_CPPFLAGS += -I$(BUILD)/gen

$(BUILD)/lib.a: $(LIB_OBJ) $(BUILD)/sources
	@rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

# ---- the public library: lib/ecan.h ----

# The objects of lib/ecan*.c with those of lib.a that they use. Only names that ecan.h marks ECAN_API are exported.
PUBLIC_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard lib/*.c))
$(BUILD)/lib/$(SHARED): $(PUBLIC_OBJ) $(BUILD)/lib.a lib/ecan.map
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=lib/ecan.map -Wl,--as-needed -o $@ \
	    $(filter %.o %.a,$^) $(LIBS)
	ln -sf $(SHARED) $(@D)/$(SONAME)
	ln -sf $(SONAME) $(@D)/libecan.so

# The same as one object, in which all other names are local: they cannot clash with those of another program.
$(BUILD)/lib/libecan.a: $(PUBLIC_OBJ) $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(LD) -r -o $(@D)/libecan.o $^
	$(OBJCOPY) --localize-hidden --wildcard --keep-global-symbol='ecan_*' $(@D)/libecan.o
	@rm -f $@
	$(AR) rcs $@ $(@D)/libecan.o
	@rm $(@D)/libecan.o

$(BUILD)/man/ecan.3: lib/ecan.3 lib/base/version.h
	@mkdir -p $(@D)
	sed 's|@VERSION@|$(VERSION)|; s|@DATE@|$(DATE)|' $< > $@

# What programs share: every source in bin/ that is not a program.
CLI_SRC := $(sort $(filter-out bin/ecan-%,$(wildcard bin/*.c)))
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)
$(BUILD)/libcli.a: $(CLI_OBJ) $(BUILD)/sources
	@rm -f $@
	$(AR) rcs $@ $(CLI_OBJ)

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libcli.a $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

# ecan VERB runs the pipelines of this source; `make install` puts in the folder of the installed ones.
$(FRONT): bin/ecan.sh lib/base/version.h $(BUILD)/flags
	@mkdir -p $(@D)
	sed 's|@PIPELINES@|"$(CURDIR)/pipelines"|; s|@VERSION@|$(VERSION)|; s|@DATE@|$(DATE)|' $< > $@.part
	chmod +x $@.part && mv $@.part $@

# Pictures: the only program that needs libpng.
$(BUILD)/bin/ecan-show: private LIBS += -lpng

$(BUILD)/bin/ecan-train $(BUILD)/bin/ecan-train-mpi $(BUILD)/bin/ecan-agree: $(BUILD)/obj/bin/train_options.o $(BUILD)/obj/bin/train_display.o

# Training over MPI: the same program, with another file of the library.
$(BUILD)/bin/ecan-train-mpi: $(BUILD)/obj/bin/ecan-train.o $(RANKS_MPI:%.c=$(BUILD)/obj/%.o) $(BUILD)/libcli.a $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(MPI_LIBS)
$(RANKS_MPI:%.c=$(BUILD)/obj/%.o): private ALL_CPPFLAGS += $(MPI_CFLAGS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# shapes also measures oneDNN (libdnnl-dev), if its header is found.
$(BUILD)/bench/shapes: $(BUILD)/obj/tests/bench/onednn.o
$(BUILD)/bench/shapes: private LIBS += $(if $(wildcard /usr/include/dnnl.h /usr/local/include/dnnl.h),-ldnnl)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Libraries that make a program's calls fail. They are loaded before the sanitizers, and therefore built without them.
FAULT_LIBS := $(patsubst tests/fault/%.c,$(BUILD)/tests/%.so,$(wildcard tests/fault/*.c))

$(BUILD)/tests/%.so: tests/fault/%.c tests/fault/inject.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $< -ldl

# Each fuzz target is also a program that replays files, so that every build and test run uses it.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
REPLAY := $(FUZZ:%=$(BUILD)/fuzz/replay-%)
FUZZERS := $(FUZZ:%=$(BUILD)/fuzz/%)
FUZZ_SHARED := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/fuzz/common/,files.c model.c convert.c))
FUZZ_MUTATE := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/common/mutate*.c))

$(BUILD)/fuzz/replay-%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_SHARED) $(BUILD)/obj/tests/fuzz/common/replay.o $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_SHARED) $(FUZZ_MUTATE) $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(LIBS)

# Prints rows of CSV, for tests/fuzz/python.py.
$(BUILD)/fuzz/rows: $(BUILD)/obj/tests/fuzz/common/rows.o $(BUILD)/lib.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)

fuzzers: $(FUZZERS)
replays: $(REPLAY) $(BUILD)/fuzz/rows

$(BUILD)/man/ecan.1: $(BINS) $(SCRIPTS)
$(BUILD)/man/%.1: $(BUILD)/bin/%
	@mkdir -p $(@D)
	$< --man > $@

PAGE = formats/man.sh $(basename $(@F)) $(subst .,,$(suffix $@)) $(VERSION) $(DATE) $< > $@
$(BUILD)/man/ecan-%.5: formats/%.md formats/man.sh lib/base/version.h
	@mkdir -p $(@D)
	$(PAGE)
$(BUILD)/man/ecan.7: formats/ecan.md formats/man.sh lib/base/version.h
	@mkdir -p $(@D)
	$(PAGE)

# Completion of all programs in bash, from their option tables.
$(COMPLETION): bin/completion.bash $(BINS) $(SCRIPTS)
	@mkdir -p $(@D)
	@{ cat bin/completion.bash && echo "_ecan_options='" && for p in $(BINS); do $$p --complete || exit 1; done && \
	    echo "'" && echo "complete -F _ecan ecan $(PROGRAMS)"; } > $@.part && mv $@.part $@

# With another compiler or other flags everything is compiled again.
FLAGS = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(KERNEL_CFLAGS) $(LIB_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

# If a source is added or removed, the libraries are made again.
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_SRC) $(CLI_SRC)' | cmp -s - $@ || echo '$(LIB_SRC) $(CLI_SRC)' > $@

# What `make install` copies, as MODE:FILE:PLACE, and its symbolic links, as TARGET:PLACE. `make uninstall` removes the same
# places.
INSTALL = install
PREFIX ?= /usr/local
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
libexecdir = $(exec_prefix)/libexec
includedir = $(prefix)/include
datarootdir = $(prefix)/share
datadir = $(datarootdir)
mandir = $(datarootdir)/man
docdir = $(datadir)/doc/ecan
pkgconfigdir = $(libdir)/pkgconfig
completionsdir = $(datadir)/bash-completion/completions

files = $(foreach path,$(wildcard $(1)),$(if $(wildcard $(path)/.),,$(path)))
INSTALLED = $(foreach path,$(BINS),755:$(path):$(bindir)/$(notdir $(path))) \
    $(foreach path,$(EXAMPLES),755:$(path):$(libexecdir)/ecan/$(notdir $(path))) \
    $(foreach path,$(SCRIPTS),755:$(path):$(libexecdir)/ecan/$(path:pipelines/%=%)) \
    $(foreach path,$(filter-out $(SCRIPTS),$(call files,pipelines/*.sh pipelines/*.jq pipelines/*/*)),644:$(path):$(libexecdir)/ecan/$(path:pipelines/%=%)) \
    $(foreach path,$(MAN),644:$(path):$(mandir)/man$(subst .,,$(suffix $(path)))/$(notdir $(path))) \
    644:$(COMPLETION):$(completionsdir)/ecan \
    $(foreach path,README.md CHANGELOG.md $(call files,formats/*.md examples/*),644:$(path):$(docdir)/$(path)) \
    $(foreach path,pipelines/results.md pipelines/paper.md pipelines/clusters.md,644:$(path):$(docdir)/$(notdir $(path)))
LINKS = $(PROGRAMS:%=ecan:$(completionsdir)/%)

# The same for libecan. Its ecan.pc and the folder of the programs in common.sh are completed at their places.
LIB_INSTALLED = 644:lib/ecan.h:$(includedir)/ecan.h 644:lib/ecan.pc.in:$(pkgconfigdir)/ecan.pc \
    $(foreach path,$(PUBLIC),644:$(path):$(libdir)/$(notdir $(path))) 644:$(BUILD)/man/ecan.3:$(mandir)/man3/ecan.3
LIB_LINKS = $(SHARED):$(libdir)/$(SONAME) $(SONAME):$(libdir)/libecan.so

define copy_and_link # FILES LINKS
	@for entry in $(1); do \
	    mode=$${entry%%:*} place="$(DESTDIR)$${entry##*:}" file=$${entry#*:} && \
	    $(INSTALL) -D -m $$mode $${file%:*} "$$place" || exit 1; \
	done
	@for entry in $(2); do ln -sf $${entry%%:*} "$(DESTDIR)$${entry#*:}" || exit 1; done
endef

# ---- commands ----

##@ Build
help: ## list the commands
	@awk -F ' *## *' '/^##@/ { print "\n" substr($$0, 5) } /^[a-z0-9-]+:.*## / { sub(/:.*/, "", $$1); printf "  make %-13s %s\n", $$1, $$2 } \
	    /^#= / { print "  " substr($$0, 4) }' Makefile

#= make               the programs, in build/bin
#= make DEV=1         warnings are errors
#= make CC=clang BUILD=build/clang       another compiler, in a separate folder
#= make SAN=address,undefined check      with sanitizers, in build/san-address-undefined

BUILD_DEPS := gcc libc6-dev pkg-config libblis-dev 'libmsgpack-dev|libmsgpack-c-dev' libutf8proc-dev libjansson-dev zlib1g-dev libpng-dev
CHECK_DEPS := bats gnuplot-nox jq parallel python3-numpy python3-msgpack python3-msgpack-numpy shellcheck clang-format man-db groff-base procps valgrind libopenmpi-dev openmpi-bin

deps: ## install the Debian packages that the programs need
	@sh tests/deps.sh $(BUILD_DEPS)

check-deps: ## install the Debian packages that the tests need
	@sh tests/deps.sh $(BUILD_DEPS) $(CHECK_DEPS)

man: $(MAN) ## the manual pages, in build/man

clean: ## remove the build
	rm -rf $(BUILD)

##@ Use
# deps and check-deps run first, in a separate make: the next make asks pkg-config again.
DEMO ?= $(BUILD)/demo
demo: ## train a model on invented encounters and try it, in build/demo
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory -s all
	@ECAN_BIN=$(abspath $(BUILD))/bin pipelines/demo.sh $(DEMO)

install: all man install-lib ## install below PREFIX (/usr/local); DESTDIR and the directory variables of GNU work
	$(call copy_and_link,$(INSTALLED),$(LINKS))
	@sed -i 's|^programs=.*|programs=$${ECAN_BIN:-$(bindir)}|' "$(DESTDIR)$(libexecdir)/ecan/common.sh"
	@sed -i 's|^pipelines=.*|pipelines="$(libexecdir)/ecan"|' "$(DESTDIR)$(bindir)/ecan"

install-lib: $(PUBLIC) $(BUILD)/man/ecan.3 ## install only libecan, in the same way
	$(call copy_and_link,$(LIB_INSTALLED),$(LIB_LINKS))
	@sed -i -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|; s|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBS@|$(filter-out -lmsgpack%,$(filter -l%,$(LIBS)))|' "$(DESTDIR)$(pkgconfigdir)/ecan.pc"

uninstall: ## remove the files of `make install`; give it the same variables
	@for entry in $(INSTALLED) $(LINKS) $(LIB_INSTALLED) $(LIB_LINKS); do rm -f "$(DESTDIR)$${entry##*:}"; done
	@for folder in $(libexecdir)/ecan $(docdir); do \
	    [ ! -d "$(DESTDIR)$$folder" ] || find "$(DESTDIR)$$folder" -depth -type d -empty -delete; \
	done

##@ Test
# An installation for tests/library.
$(BUILD)/tests/prefix/installed: $(PUBLIC) $(BUILD)/man/ecan.3 lib/ecan.h lib/ecan.pc.in
	@$(MAKE) --no-print-directory -s install-lib DESTDIR= prefix=$(abspath $(BUILD))/tests/prefix
	@touch $@

tests: $(UNIT) replays $(FAULT_LIBS) $(BUILD)/tests/prefix/installed man ## build the tests; `BUILD=build tests/run NAME...` runs some of them

check: ## every test and the lint: 4 minutes; TESTS='rng ecan-train' runs only these
	@$(MAKE) --no-print-directory check-deps
	@$(MAKE) --no-print-directory -s all tests lint
	@BUILD=$(BUILD) tests/run $(TESTS)

check-quick: ## only the tests of the library and of the command lines: 1 minute
	@$(MAKE) --no-print-directory check-deps
	@$(MAKE) --no-print-directory -s all tests
	@BUILD=$(BUILD) tests/run unit/ cli/

# `make check` runs them too, where node, chromium and playwright-core are installed.
check-page: ## the page of ecan-explain in Chromium; installs Chromium
	@tests/page/install.sh
	@$(MAKE) --no-print-directory -s all
	@BUILD=$(BUILD) tests/run page/

# The daemons are those of Debian, with their own configuration, key and sockets in a temporary folder.
check-slurm: ## ENGINE=slurm on a cluster of two nodes that it starts (slurm-wlm, munge; root): 3 minutes
	@sh tests/deps.sh slurm-wlm munge jq
	@$(MAKE) --no-print-directory -s all
	@tests/slurm/check.sh $(BUILD)

check-mpi: all ## ecan-train-mpi: 1 to 8 ranks, KILLS=50 kills of ranks, network namespaces (root): 10 minutes
	@BUILD=$(abspath $(BUILD)) tests/mpi/long.sh
	@BUILD=$(abspath $(BUILD)) tests/mpi/kills.sh $(or $(KILLS),50)
	@[ "$$(id -u)" -ne 0 ] || BUILD=$(abspath $(BUILD)) tests/mpi/namespaces.sh

FAULT_RUN = ECAN_BUILD=$(abspath $(BUILD)) tests/fault/run.sh
faults: all tests ## every call of every program fails once: 20 minutes; FAULTS='--only ecan-train --kinds write'
	@$(FAULT_RUN) faults.py $(FAULTS)

power: all tests ## power loss at each point of a save: 5 minutes
	@$(FAULT_RUN) power.py

torture: all ## ecan-train killed at KILLS=1000 random moments and resumed each time: 15 minutes
	@$(FAULT_RUN) torture.py --kills $(or $(KILLS),1000)

tsan: ## races: training and all programs with threads, with 2, 3 and 8: 1 minute, and the build
	@$(MAKE) --no-print-directory -s SAN=thread CFLAGS='-O1 -g' all
	@$(FAULT_RUN) threads.sh
tsan: private override BUILD := build/san-thread

valgrind: all ## every program under valgrind: 1 minute
	@$(FAULT_RUN) valgrind.py

lint: ## the rules of the source tree: layers, headers, formatting, scripts
	@tests/lint.sh

kills: all ## SIGKILL at random moments of each command, repeated: the result of an undisturbed run; KILLS=100 for each, ARGS='--seed 7 train'
	@ECAN_BIN=$(BUILD)/bin python3 tests/fault/kills.py --kills $(or $(KILLS),100) $(ARGS)

scale: all ## 10 million encounters, 100,000 labels, a stream of 200 GB, in bounded memory: 20 minutes; SCALE='stream --gb 20'
	@PATH=$(abspath $(BUILD))/bin:$$PATH tests/scale/scale.py $(SCALE)

qemu-check: ## formats and tokenizer on a big-endian machine (qemu-user) and one of 32 bits: 10 minutes (cross compilers)
	@tests/qemu.sh $(BUILD)/qemu $(TESTS)
foreign: $(BINS) $(UNIT) ## the programs and unit tests only, for tests/qemu.sh

# Two builds: with libFuzzer and sanitizers, and with clang's coverage.
HOURS ?= 1
FUZZ_SAN ?= ,address,undefined
FUZZ_CC ?= $(firstword $(shell command -v clang-14 clang))
fuzz: ## libFuzzer on everything that reads files, and the coverage of lib/ (clang, llvm); HOURS=1 in all, TARGETS='json csv'
	@$(MAKE) --no-print-directory -s BUILD=build/fuzzing CC='$(FUZZ_CC)' CFLAGS='-O1 -g' \
	    SAN_FLAGS='-fsanitize=fuzzer-no-link$(FUZZ_SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer' fuzzers
	@$(MAKE) --no-print-directory -s BUILD=build/coverage CC='$(FUZZ_CC)' CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
	    LDFLAGS=-fprofile-instr-generate replays
	@$(MAKE) --no-print-directory -s all $(BUILD)/fuzz/rows
	@tests/fuzz/run.sh $(HOURS) $(or $(TARGETS),$(FUZZ) decisions space python)

##@ Measure
bench: all $(BUILD)/bench/speed $(BUILD)/bench/shapes ## speed and memory, compared with PyTorch and ONNX Runtime; BENCH=--quick
	@tests/bench/bench.py --build $(BUILD) $(BENCH)

bench-pipe: all $(BUILD)/bench/speed ## CPU time of the pipe, compared with ecan-predict; BENCH='--configs mimic50,eurlex'
	@tests/bench/pipe.py --build $(BUILD) $(BENCH)

bench-text: all $(BUILD)/bench/text ## speed of ecan-tokenize; BENCH=encounters.jsonl
	@tests/bench/text.py --build $(BUILD) $(BENCH)

bench-w2v: all ## speed of ecan-w2v, compared with gensim; BENCH='--text tokens.mp'
	@tests/bench/w2v.py --build $(BUILD) $(BENCH)

words: all ## the words of ecan-tokenize, compared with Python, on your texts: DATA=folder
	@ECAN_BIN=$(BUILD)/bin tests/words.py $(DATA)

bench-page: all ## how long each action on the page takes, with 100 notes, and with 10,000 encounters: at most 100 ms
	@tests/page/install.sh
	LIMIT=100 ECAN_BUILD=$(abspath $(BUILD)) node tests/page/page-speed.mjs

picture: ## make examples/page.png again, from the demo
	@sh tests/deps.sh jq
	@tests/page/install.sh
	@[ -e $(DEMO)/model ] || $(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory -s all
	head -n 12 $(DEMO)/made-up/test.jsonl | jq -c 'del(.labels)' | $(BUILD)/bin/ecan-tokenize | \
	    $(BUILD)/bin/ecan-predict -q -m $(DEMO)/model | \
	    $(BUILD)/bin/ecan-explain -q -m $(DEMO)/model --top 3 --above 0.05 --html build/page/demo.html > build/page/demo.jsonl
	node tests/page/picture.mjs build/page/demo.html examples/page.png

##@ Release
DIST := ecan-$(VERSION)
dist: ## the source of the last commit, as build/ecan-VERSION.tar.gz: the same commit gives the same file
	@mkdir -p $(BUILD)
	git archive --prefix=$(DIST)/ HEAD | gzip -9 -n > $(BUILD)/$(DIST).tar.gz.part
	mv $(BUILD)/$(DIST).tar.gz.part $(BUILD)/$(DIST).tar.gz

distcheck: dist ## build, test, install and uninstall from that file, without writing to the source
	@.packaging/distcheck.sh $(BUILD)/$(DIST).tar.gz $(BUILD)/distcheck

deb: check-deps dist ## Debian packages ecan, ecan-mpi, libecan0 and libecan-dev, in build/deb; lintian checks them
	@.packaging/deb.sh $(BUILD)/$(DIST).tar.gz $(BUILD)/deb

deb-check: ## install, use and purge these packages in a new Debian 12 (root); the mirror is that of apt
	@.packaging/deb-check.sh $(BUILD)/deb

flow-check: dist ## install in a new Debian 12 without the source, and go from CSV to FHIR (root): 15 minutes
	@.packaging/flow-check.sh $(BUILD)/$(DIST).tar.gz $(BUILD)/flow

.PHONY: all help deps check-deps man clean demo install install-lib uninstall tests check check-quick check-page check-mpi check-slurm faults power torture tsan valgrind lint kills scale qemu-check foreign fuzz bench bench-pipe \
    bench-text bench-w2v bench-page words picture dist distcheck deb deb-check flow-check FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d $(BUILD)/obj/*/*/*/*.d)
