#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each command of programs.tsv while one of its calls fails, one after another until none is left.

    faults.py INPUTS [--sample] [--only PATTERN] [--kinds KIND,...]

INPUTS is the folder that inputs.sh wrote. An undisturbed run counts the calls of each kind (inject.h). A disturbed run has to end in one
of two ways. Either all is as if nothing had failed. Or it exits with 1 and one line of error that names the cause, and every file in its
folder is as before; a model folder may also be a whole newer one. Inputs never change, and the command then succeeds if it is run again.
Last, each command runs at ten limits of its address space."""
import argparse
import concurrent.futures
import errno
import itertools
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
# What follows N for each kind of call. "+": all later calls fail too.
FAULTS = {"read": [":EIO", ":EINTR"], "write": [":ENOSPC", "+:ENOSPC", ":EINTR"], "open": [":EMFILE", "+:EMFILE", ":EACCES"],
          "map": [":ENOMEM", ":ENODEV"], "memory": [":ENOMEM", "+:ENOMEM"], "rename": [":EIO", "+:EIO", ":EXDEV"], "sync": [":EIO", "+:EIO"],
          "random": [":ENOSYS", ":EINTR"], "stat": [":EIO", ":EACCES"], "poll": [":ENOMEM", ":EINTR"], "thread": [":EAGAIN"]}
# What a message may say instead of the text of errno. stdio can forget errno.
MEMORY = "[Oo]ut of memory|Cannot allocate memory|cannot start thread|insufficient memory"
CAUSES = {"memory": MEMORY, "limit": MEMORY, "map": MEMORY, "write": "cannot write|disk full", "read": "Is a directory"}
# Libraries that end the process.
ENDED = re.compile("^(libblis|libgomp): |error while loading shared libraries: |terminate called", re.M)
# Temporary files and folders, which stay if they cannot be deleted.
TEMPORARY = re.compile(r"(^|/)\.(ecan-|new-|next|lock|[a-z]+\.new-)|^out\.\w{6}/")
MAY_STAY = {"unlink", "rename", "open", "read", "memory", "limit", "stat", "close", "sync", "mkdir"}
TIMES = re.compile(rb'"(words_per_second|seconds)": *[-+.0-9e]+')
VARYING = re.compile(r"\[.*\]|/[^ ]*/run\d+|/[^ ]*/D|ecan-[A-Za-z0-9]{6}\b|[0-9a-f]{16}")
# Sanitizers have their own allocator, and a large address space.
SANITIZED = re.search("lib(a|t|ub)san", subprocess.run("ldd $(command -v ecan-tokenize)", shell=True, capture_output=True, text=True).stdout)
LIBRARIES = ["fault"] if SANITIZED else ["fault", "memory"]


def contents(folder):
    """Path -> bytes of every file in it, without the times of a training."""
    return {str(path.relative_to(folder)): TIMES.sub(b"", path.read_bytes()) for path in pathlib.Path(folder).rglob("*") if path.is_file()}


def marks(folder):
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in pathlib.Path(folder).rglob("*")}


class Command:
    def __init__(self, line, inputs):
        before, self.text = line.split("\t")
        name, _, source = before.partition("=")
        self.copied = (name, inputs / source) if source else None
        self.words = [str(inputs / w[2:]) if w.startswith("D/") else w.replace("=D/", f"={inputs}/") for w in self.text.split()]
        self.stdin, self.program, self.overwritten = b"", self.words[0], []
        if "<" in self.words:
            self.stdin = pathlib.Path(self.words[-1]).read_bytes()
            del self.words[-2:]

    def prepare(self, folder):
        folder.mkdir()
        if self.copied:
            shutil.copytree(self.copied[1], folder / self.copied[0])
        for name in self.overwritten:
            (folder / name).write_text("old\n")

    def start(self, folder, words, **more):
        done = subprocess.run(words, input=self.stdin, capture_output=True, cwd=folder, timeout=120, **more)
        done.stderr = done.stderr.decode(errors="replace")
        done.files = contents(folder)
        return done

    def run(self, folder, fault=None, library="fault", limit=None, again=False):
        """The result of the command in a new folder. again: also that of a second run without a fault."""
        self.prepare(folder)
        fired = folder.with_name(folder.name + ".fired")
        plain = dict(os.environ, TMPDIR=str(folder))
        environment = dict(plain)
        if fault:
            environment.update(FAULT=fault, FAULT_FIRED=str(fired), LD_PRELOAD=f"{os.environ['ECAN_BUILD']}/tests/{library}.so")
        set_limit = limit and (lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        done = self.start(folder, self.words, env=environment, preexec_fn=set_limit)
        done.fired = fired.read_text() if fired.exists() else None
        fired.unlink(missing_ok=True)
        done.again = None
        if again and done.returncode:  # a training continues, and a file whose prediction failed is tried again
            for path in folder.rglob("*.error"):
                path.unlink()
            continued = [w for w in self.words if w != "--force"] + ["--resume"] if self.program == "ecan-train" else self.words
            done.again = self.start(folder, continued, env=plain)
        shutil.rmtree(folder)
        return done

    def learn(self, folder):
        """Runs it undisturbed, twice: the second time over what it wrote."""
        self.overwritten = [name for name in self.run(folder).files if "/" not in name]
        self.prepare(folder)
        self.before = contents(folder)
        shutil.rmtree(folder)
        self.whole = self.run(folder)
        if self.whole.returncode != 0:
            sys.exit(f"{self.text}: exit {self.whole.returncode}: {self.whole.stderr}")

    def may_be(self, files, said):
        """Each file is the old or the new one, and each model folder or ensemble is whole. said: the lines of error."""
        files, is_watch = dict(files), self.program == "ecan-watch"
        for error in [f for f in files if is_watch and f.endswith(".error")]:  # what was said; there is no result, or the old one
            lines, result = files.pop(error).decode().splitlines(), error.removesuffix("error") + "predicted.jsonl"
            if not lines or not set(lines) <= set(said):
                return False
            files.setdefault(result, self.before.get(result))
        single = {f for f in {**files, **self.before} if is_watch or "/" not in f}
        if any(f not in files or files[f] not in (self.before.get(f), self.whole.files.get(f)) for f in single):
            return False
        return all(is_whole_model(files, name) for name in {f.split("/")[0] for f in files if f not in single})


def is_whole_model(files, name):
    with tempfile.TemporaryDirectory() as place:
        for f, data in files.items():
            if f.startswith(name + "/"):
                path = pathlib.Path(place, f)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        return subprocess.run(["ecan-check", f"{place}/{name}"], capture_output=True).returncode == 0


def differences(a, b):
    return ", ".join(f for f in {**a, **b} if a.get(f) != b.get(f))


def verdict(command, done, fault):
    """What is wrong with the result; None: nothing."""
    whole, again, (kind, _, rest) = command.whole, done.again, fault.partition(":")
    files = {f: data for f, data in done.files.items() if not TEMPORARY.search(f)}
    if len(files) < len(done.files) and kind not in MAY_STAY:
        return f"left {[f for f in done.files if f not in files]}"
    if again and (again.returncode, again.stdout) != (0, whole.stdout):
        return f"run again: exit {again.returncode}: {again.stderr}"
    if again and {**again.files, **whole.files} != again.files:
        return "run again: other output: " + differences(again.files, whole.files)
    if done.returncode == 0:
        return "exit 0, but other output: " + differences(files, whole.files) if (done.stdout, files) != (whole.stdout, whole.files) else None
    # A message of BLIS begins with an empty line, and ends there if the other thread ends the process.
    stderr = done.stderr.removeprefix("\n") if kind in ("memory", "limit") else done.stderr
    said = [line for line in stderr.splitlines() if line not in whole.stderr.splitlines()]
    unchanged = files == command.before or command.may_be(files, said)
    if ENDED.search(done.stderr):
        return None if unchanged else "files changed"
    if done.returncode != 1 or kind == "short":
        return f"exit {done.returncode}"
    if not said or (len(said) > 1 and "+" not in fault and kind != "limit") or not all(line.startswith(command.program + ": ") for line in said):
        return "not one line of error"
    name = rest.partition(":")[2]
    cause = "|".join(filter(None, (name and re.escape(os.strerror(getattr(errno, name))), CAUSES.get(kind))))
    if cause and not all(re.search(cause, line) for line in said):
        return "the cause is not named"
    return None if unchanged else "files changed: " + differences(files, command.before)


def numbers(n, sample, more):
    """Which calls of n fail: each, or three; "all later calls too" in growing steps."""
    if sample:
        return sorted({1, (n + 1) // 2, n})
    return range(1, n + 1) if "+" not in more else sorted({min(n, int(100 * 1.02 ** i) - 100 + i // 2) for i in range(1, 700)})


class Sweep:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(tempfile.mkdtemp())
        self.runs, self.defects = 0, 0
        self.serial, self.again = itertools.count(), itertools.count()

    def folder(self):
        return self.work / f"run{next(self.serial)}"

    def is_wanted(self, kind):
        return not self.options.kinds or kind in self.options.kinds

    def counts(self, command, library):
        counts = {}
        for line in command.run(self.folder(), "count", library).fired.splitlines():  # of the program and of its children
            kind, n = line.split()[:2]
            counts[kind] = max(int(n), counts.get(kind, 0))
        return counts

    def limits(self, command, peak):
        """Ten limits between what the program needs to start and what the command needs, in KiB."""
        least = self.counts(Command(f"-\t{command.program} --version", self.options.inputs), "memory")["VmPeak:"]
        return [f"limit:{least + (peak - least) * i // 10}" for i in range(10)]

    def faults(self, command):
        faults = ["short"] if self.is_wanted("short") else []
        for library in LIBRARIES:
            counts = self.counts(command, library)
            peak = counts.pop("VmPeak:")
            for kind, n in counts.items():
                if kind != "kill" and self.is_wanted(kind):
                    for more in FAULTS.get(kind, [""])[:1 if self.options.sample else None]:
                        faults += [f"{kind}:{i}{more}" for i in numbers(n, self.options.sample, more)]
            if library == "memory" and self.is_wanted("limit"):
                faults += self.limits(command, peak)
        return faults

    def try_one(self, command, fault):
        kind, _, rest = fault.partition(":")
        again = next(self.again) % (50 if self.options.sample else 10) == 0
        if kind == "limit":
            done = command.run(self.folder(), limit=int(rest) << 10, again=again)
        else:
            with_number = re.sub(r":([A-Z]+)$", lambda m: f":{getattr(errno, m[1])}", fault)
            done = command.run(self.folder(), with_number, "memory" if kind == "memory" else "fault", again=again)
        return fault, verdict(command, done, fault), done.stderr.strip()

    def sweep(self, command):
        before, runs, defects = marks(self.options.inputs), 0, {}
        command.learn(self.folder())
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for fault, wrong, said in pool.map(lambda fault: self.try_one(command, fault), self.faults(command)):
                runs += 1
                if wrong:
                    defects.setdefault(VARYING.sub("...", f"{wrong}\n              {said!r}"), []).append(fault)
        if marks(self.options.inputs) != before:
            defects["inputs changed"] = []
        self.runs += runs
        self.defects += len(defects)
        print(f"{runs:6d} runs  {command.text}", flush=True)
        for wrong, faults in defects.items():
            print(f"       DEFECT {' '.join(faults[:8])}{' ...' if len(faults) > 8 else ''}: {wrong}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", type=lambda p: pathlib.Path(p).absolute())
    parser.add_argument("--sample", action="store_true", help="three calls of each kind, with the first of its faults")
    parser.add_argument("--only", default="", help="only the lines of programs.tsv that this pattern matches")
    parser.add_argument("--kinds", type=lambda s: s.split(","), help="only these kinds of calls, or short, limit")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    sweep = Sweep(options)
    for line in (HERE / "programs.tsv").read_text().splitlines():
        if not line.startswith("#") and re.search(options.only, line):
            sweep.sweep(Command(line, options.inputs))
    shutil.rmtree(sweep.work)
    print(f"{sweep.runs} runs, {sweep.defects} defects")
    sys.exit(bool(sweep.defects) or sweep.runs == 0)


if __name__ == "__main__":
    main()
