/* SPDX-License-Identifier: Apache-2.0 */
/* files that arrive in a folder -> a result for each, in another folder
 *
 * Each file is predicted in a child process. It shares the open model, and whatever a file does to it, such
 * as using all memory, does not end the watch. The parent has no threads. */
#include "cli.h"

#include "base/err.h"
#include "base/pool.h"
#include "io/decode.h"
#include "io/folder.h"
#include "tensor/gemm.h"
#include "watch/inbox.h"
#include "watch/predict_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    const char *model, *output;
    convert_options table;
    int64_t threads;
    double threshold;
    bool threshold_given, once, quiet;
} o;

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help = "model folder, ensemble folder, or folder of ecan train or ecan ensemble"},
    {"output", 'o', "DIR", CLI_STRING, &o.output, .show = "",
     .help = "folder of the results; it is made if needed"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose score is above P", .show = "the model's"},
    {"id", 0, "COLUMN", CLI_STRING, &o.table.id, .show = "id",
     .help = "CSV: column of the id of the encounter"},
    {"text", 0, "COLUMN", CLI_STRING, &o.table.text, .show = "text",
     .help = "CSV: column of the text of the note"},
    {"type", 0, "COLUMN", CLI_STRING, &o.table.type, .show = "type",
     .help = "CSV: column of the type of the note"},
    {"date", 0, "COLUMN", CLI_STRING, &o.table.date, .show = "date",
     .help = "CSV: column of the date of the note"},
    {"language", 0, "COLUMN", CLI_STRING, &o.table.language, .show = "language",
     .help = "CSV: column of the language of the note, as nl or fr"},
    {"encoding", 0, "NAME", CLI_STRING, &o.table.encoding, .show = "UTF-8",
     .help = "CSV: encoding of the files, as WINDOWS-1252; a byte order mark has priority"},
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the results do not depend on it"},
    {"once", 0, NULL, CLI_FLAG, &o.once,
     .help = "predict the files that the folder has, and end: with 1 if a file failed"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "print only errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-watch",
    .summary = "assign codes to the encounters of files as they arrive in a folder",
    .usage = "-m DIR -o DIR [OPTION]... FOLDER",
    .description =
        "Watches FOLDER, and predicts each file in it: JSON Lines, or CSV with the columns id and text or "
        "those that --id and --text name, both also compressed with gzip. The model is loaded once. For the "
        "file NAME it writes one of these to the folder of --output, with mode 0600:\n"
        "\n"
        "  NAME.predicted.jsonl   the lines of ecan predict\n"
        "  NAME.error             why the file could not be predicted; the same message is printed\n"
        "\n"
        "Move files into FOLDER when they are complete, or write them there: a file is predicted when it is "
        "closed. Ignored are symbolic links, folders, and names that begin with a point or end with ~, .tmp, "
        ".part, .partial or .filepart.\n"
        "\n"
        "A result is complete or absent, and has the modification time of its input. At the start, files "
        "without a result are predicted, oldest first. Files with a result are not predicted again unless "
        "their modification time changed. So nothing is lost or repeated if the program or the computer "
        "stops. Results of files that were deleted stay. To try a file with an error again, delete "
        "NAME.error, or write the file again.\n"
        "\n"
        "If the prediction of a file crashes, that is an error of the file; if it is killed with SIGKILL, as "
        "by the system when memory is out, it is tried once more.\n\n"
        "The folder is also read every minute. So files are tried again whose result could not be written, "
        "because the disk was full for example, and files are found that another computer writes to a "
        "network file system. SIGTERM and SIGINT end the program after the current file. Only one process "
        "can write to a folder of results. A model that is replaced is used after the next start.",
    .example = "ecan watch -m out -o results inbox\n"
               "mv new.jsonl.gz inbox/ && sleep 1 && cat results/new.jsonl.gz.predicted.jsonl",
    .see_also = "ecan-predict, ecan-join, ecan-tokenize",
    .options = options};

enum { SCAN_EVERY = 60 /* seconds */, MOST_TEXT = 65536 };

static inbox box;
static file_model models;
static bool failed;

static void on_signal(int number)
{
    (void)number; /* it ends ppoll() */
}

/* SIGTERM and SIGINT are blocked, except while ppoll() waits, so that they are pending until this asks. */
static bool stopped(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

/* ---- the child ---- */

enum { CHILD_DONE = 0, CHILD_BAD = 1, CHILD_AGAIN = 3 };

static void tell(const char *message)
{
    cli_warn("%s", message);
}

/* What the system could not do is tried again. Everything else is an error of the file. */
static int give_up(void)
{
    cli_warn("%s", err_message());
    return err_get_class() == ERR_IO ? CHILD_AGAIN : CHILD_BAD;
}

static int write_result(output_file *out, const char *input, const struct timespec *modified, pool *threads,
                        unread *counts)
{
    FILE *f = output_stdio(out);
    if (!f ||
        predict_file(&models, input, f, o.threshold_given ? o.threshold : NAN, threads, &o.table, counts))
        return -1;
    const int fd = output_fd(out);
    if (fflush(f) || ferror(f) || futimens(fd, (const struct timespec[2]){*modified, *modified}) ||
        (fsync(fd) && errno != EINVAL && errno != ENOTSUP))
        return err_io("%s: cannot write: %s", output_name(out), strerror(errno));
    return 0;
}

static void report(const char *name, const unread *u)
{
    char text[UNREAD_ROOM];
    cli_warn("%s: %" PRIu64 " encounter%s", name, u->encounters, u->encounters == 1 ? "" : "s");
    if (unread_words(text, u, "max_words"))
        cli_warn("%s: %s", name, text);
    if (unread_notes(text, u))
        cli_warn("%s: %s", name, text);
}

static int predict_into(const char *path, const char *name, const char *input,
                        const struct timespec *modified, pool *threads)
{
    unread counts;
    output_file *out = output_open(path, OUTPUT_NOTES);
    if (!out)
        return give_up();
    if (write_result(out, input, modified, threads, &counts)) {
        const int code = give_up();
        output_discard(out);
        return code;
    }
    if (output_commit(out))
        return give_up();
    if (!o.quiet)
        report(name, &counts);
    return CHILD_DONE;
}

static int predict(const char *name, const struct timespec *modified)
{
    char *input = file_join(box.path, name), *path = inbox_result_path(&box, name, INBOX_RESULT);
    pool *threads = pool_new((int)o.threads);
    const int code =
        input && path && threads ? predict_into(path, name, input, modified, threads) : give_up();
    pool_free(threads);
    free(path);
    free(input);
    return code;
}

static _Noreturn void run_child(const char *name, const struct timespec *modified, int messages, int lock,
                                pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a watch that was killed may be started again at once */
    if (getppid() != parent)
        _exit(CHILD_AGAIN);
    close(lock); /* it is the parent's */
    dup2(messages, STDERR_FILENO);
    _exit(predict(name, modified));
}

/* ---- one file ---- */

/* All that the child prints. */
static void read_messages(int fd, char text[MOST_TEXT])
{
    size_t n = 0;
    char rest[4096];
    for (;;) {
        const bool full = n >= MOST_TEXT - 1;
        const ssize_t got = full ? read(fd, rest, sizeof rest) : read(fd, text + n, MOST_TEXT - 1 - n);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        if (got > 0 && !full)
            n += (size_t)got;
    }
    text[n] = '\0';
}

/* The status of the child, whose messages are in text. -1: it could not be started. */
static int in_child(const char *name, const struct timespec *modified, int lock, char text[MOST_TEXT])
{
    int messages[2], status;
    if (pipe2(messages, O_CLOEXEC))
        return err_io("pipe: %s", strerror(errno));
    fflush(NULL);
    const pid_t parent = getpid(), child = fork();
    if (child == 0)
        run_child(name, modified, messages[1], lock, parent);
    close(messages[1]);
    if (child > 0)
        read_messages(messages[0], text);
    close(messages[0]);
    if (child < 0)
        return err_io("fork: %s", strerror(errno));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void keep_error(const char *name, const struct timespec *modified, const char *text)
{
    failed = true;
    if (inbox_write_error(&box, name, modified, text))
        cli_warn("%s", err_message());
}

/* SIGKILL is often the system's, when memory is out, and not the fault of the file: it is tried again, once.
 */
static bool was_killed(const char *name, int status)
{
    static char killed[NAME_MAX + 1];
    if (WTERMSIG(status) != SIGKILL || strcmp(killed, name) == 0)
        return false;
    snprintf(killed, sizeof killed, "%s", name);
    return true;
}

static void handle(const char *name, int lock)
{
    static char text[MOST_TEXT];
    struct timespec modified;
    const int pending = inbox_pending(&box, name, &modified);
    if (pending == 0)
        return;
    if (strlen(name) + strlen(INBOX_RESULT) > NAME_MAX) {
        cli_warn("%s/%s: the name is too long for the name of a result: ignored", box.path, name);
        failed = true;
        return;
    }
    if (pending < 0) {
        snprintf(text, sizeof text, "%s: %s\n", program.name, err_message());
        fputs(text, stderr);
        failed = true;
        if (pending == -1)
            keep_error(name, &modified, text);
        return;
    }
    const int status = in_child(name, &modified, lock, text);
    if (status == -1) {
        cli_warn("%s", err_message());
        failed = true;
        return;
    }
    fputs(text, stderr);
    if (WIFSIGNALED(status)) {
        char line[PATH_MAX + 100];
        snprintf(line, sizeof line, "%s: %s/%s: the prediction ended by signal %d (%s)\n", program.name,
                 box.path, name, WTERMSIG(status), strsignal(WTERMSIG(status)));
        fputs(line, stderr);
        strncat(text, line, sizeof text - strlen(text) - 1);
        if (was_killed(name, status))
            failed = true;
        else
            keep_error(name, &modified, text);
    } else if (WEXITSTATUS(status) == CHILD_DONE) {
        inbox_remove_error(&box, name);
    } else if (WEXITSTATUS(status) == CHILD_BAD) {
        keep_error(name, &modified, text);
    } else {
        failed = true;
    }
}

/* Predicts all files without a result. */
static void scan(int lock)
{
    char **names;
    size_t n;
    inbox_remove_temporary(&box);
    if (inbox_list(&box, &names, &n)) {
        cli_warn("%s", err_message());
        failed = true;
    }
    for (size_t i = 0; i < n && !stopped(); i++)
        handle(names[i], lock);
    inbox_free_names(names, n);
}

/* ---- events ---- */

/* 0, or -1: the folder cannot be watched any more. */
static int handle_events(int events, int lock)
{
    static _Alignas(struct inotify_event) char bytes[65536];
    bool lost = false;
    const ssize_t n = read(events, bytes, sizeof bytes);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : err_io("inotify: %s", strerror(errno));
    for (ssize_t at = 0; at < n && !stopped();) {
        const struct inotify_event *e = (const struct inotify_event *)(bytes + at);
        at += (ssize_t)(sizeof *e + e->len);
        if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))
            return err_set("%s: the folder was moved or deleted", box.path);
        lost |= (e->mask & IN_Q_OVERFLOW) != 0;
        if (e->len && !(e->mask & IN_ISDIR) && !lost)
            handle(e->name, lock);
    }
    if (lost) /* more events than the system keeps */
        scan(lock);
    return 0;
}

static int watch(int lock)
{
    sigset_t waiting;
    const int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (events < 0 ||
        inotify_add_watch(events, box.path,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
        return err_io("%s: cannot be watched: %s", box.path, strerror(errno));
    scan(lock);
    if (!o.quiet)
        cli_warn("watching %s", box.path);
    sigemptyset(&waiting);
    while (!stopped()) {
        struct pollfd p = {.fd = events, .events = POLLIN};
        const struct timespec wait = {.tv_sec = SCAN_EVERY};
        const int ready = ppoll(&p, 1, &wait, &waiting);
        if (ready > 0 && handle_events(events, lock))
            return -1;
        if (ready < 0)
            break; /* a signal */
        if (ready == 0)
            scan(lock);
    }
    close(events);
    return 0;
}

static void catch_signals(void)
{
    sigset_t blocked;
    const struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGIO, SIG_IGN); /* a lease was broken */
    signal(SIGPIPE, SIG_IGN);
}

/* An unknown encoding would be an error of every file. */
static void check_encoding(void)
{
    decoder *d = o.table.encoding ? decoder_new(o.table.encoding) : NULL;
    if (o.table.encoding && !d)
        cli_usage("--encoding: %s", err_message());
    decoder_free(d);
}

int main(int argc, char **argv)
{
    const char *const *folders;
    int n, lock, result = 0;
    o.threads = pool_cores();
    cli_parse(&program, argc, argv, &folders, &n);
    if (!o.model || !o.output)
        cli_usage("missing option --%s DIR", o.model ? "output" : "model");
    if (n != 1)
        cli_usage("expected one folder to watch, got %d arguments", n);
    o.table.tell = tell;
    check_encoding();
    if (gemm_init() || file_model_open(&models, o.model) || inbox_open(&box, folders[0], o.output) ||
        folder_lock(o.output, &lock))
        cli_die("%s", err_message());
    catch_signals();
    if (o.once) {
        scan(lock);
        failed |= stopped();
    } else {
        result = watch(lock);
    }
    if (result)
        cli_warn("%s", err_message());
    folder_unlock(o.output, lock);
    file_model_close(&models);
    return cli_finish(result || (o.once && failed) ? CLI_FAILED : CLI_OK);
}
