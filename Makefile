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
PACKAGES := $(MSGPACK) libutf8proc jansson
DEP_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
DEP_LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null || echo -lmsgpackc -lutf8proc -ljansson)

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
$(BUILD)/obj/lib/tensor/ops.o $(BUILD)/obj/lib/train/adam.o $(BUILD)/obj/lib/train/cbow.o: private CFLAGS += -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The page of ecan-explain --html, as the bytes of a C array.
$(BUILD)/gen/page.inc: lib/eval/page.html
	@mkdir -p $(@D)
	od -An -v -tu1 $< | sed 's/[0-9][0-9]*/&,/g' > $@
$(BUILD)/obj/lib/eval/page.o: $(BUILD)/gen/page.inc
$(BUILD)/obj/lib/eval/page.o: private ALL_CPPFLAGS += -I$(BUILD)/gen

$(BUILD)/libecan.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/obj/bin/cli.o $(BUILD)/obj/bin/stage.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libecan.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/man/%.1: $(BUILD)/bin/%
	@mkdir -p $(@D)
	$< --man > $@

# Another compiler or other flags: everything is compiled again.
FLAGS = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

.PHONY: all FORCE
.SECONDARY:
-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)
