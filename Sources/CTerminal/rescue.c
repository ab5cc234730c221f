/* A program that ends by a signal, its own faults included, must not leave the shell without echo, cursor and screen. All that a handler
   may do is write bytes made beforehand and set the modes that were remembered (POSIX lists write and tcsetattr as async-signal-safe). */
#define _GNU_SOURCE 1
#include "rescue.h"
#include "CTerminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static struct termios modes;
static bool modes_known;
static char farewell[768];
static volatile sig_atomic_t farewell_length, active;
static char extra[201];
static int pipe_ends[2] = { -1, -1 };
static atomic_int ends_told;
static const int ending[] = { SIGTERM, SIGHUP };
static const int telling[] = { SIGWINCH, SIGCONT, SIGTSTP, SIGINT };
static const int faults[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGQUIT };
static struct sigaction before[NSIG];
enum { COUNT_ENDING = sizeof ending / sizeof *ending, COUNT_TELLING = sizeof telling / sizeof *telling, COUNT_FAULTS = sizeof faults / sizeof *faults };

void ct_rescue_remember_modes(void) { modes_known = tcgetattr(STDIN_FILENO, &modes) == 0; }

static char collected[sizeof farewell];
static size_t collected_length;
static int collect(int byte) {
    if (byte != 0 && collected_length < sizeof collected - sizeof extra) collected[collected_length++] = (char)byte;
    return byte;
}

static void add(const char *capability) {
    if (capability != NULL && capability != (char *)-1) tputs(capability, 1, collect);
}

bool ct_rescue_knows_mouse(void) { return key_mouse != NULL && key_mouse != (char *)-1; }

void ct_rescue_prepare(void) {
    active = 0;
    collected_length = 0;
    /* A terminal that has no mouse was never asked for one, so these mean nothing to it only where they are never sent. */
    if (ct_rescue_knows_mouse()) for (const char *byte = "\033[?1006l\033[?1000l"; *byte != 0; byte++) collect(*byte);
    add(exit_attribute_mode);
    add(orig_pair);
    if (cursor_address != NULL) add(tparm(cursor_address, LINES - 1, 0, 0, 0, 0, 0, 0, 0, 0));
    add(clr_eol);
    add(exit_ca_mode);
    add(keypad_local);
    add(cursor_normal);
    memcpy(farewell, collected, collected_length);
    farewell_length = (sig_atomic_t)collected_length;
    active = 1;
}

void ct_rescue_set_active(bool now) { active = now; }

void ct_set_farewell(const char *bytes) { strncpy(extra, bytes, sizeof extra - 1); }

/* Async-signal-safe. */
static void give_back(void) {
    if (!active) return;
    active = 0;
    int error = errno;
    /* From the background, changing the terminal would stop us here for ever. */
    sigset_t stop, old;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &old);
    ssize_t ignored = write(STDOUT_FILENO, farewell, (size_t)farewell_length);
    ignored = write(STDOUT_FILENO, extra, strlen(extra));
    (void)ignored;
    if (modes_known) tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
}

/* Who handled the signal before us, the default included, has the last word. */
static void pass_on(int number) {
    give_back();
    sigaction(number, &before[number], NULL);
    raise(number);
}

static void on_end(int number) {
    if (atomic_fetch_add(&ends_told, 1) > 0) {
        pass_on(number);
        return;
    }
    int error = errno;
    unsigned char byte = (unsigned char)number;
    if (write(pipe_ends[1], &byte, 1) != 1) pass_on(number);
    errno = error;
}

static void on_telling(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    /* A full pipe holds news enough. */
    ssize_t ignored = write(pipe_ends[1], &byte, 1);
    (void)ignored;
    errno = error;
}

static void catch(int number, void (*handler)(int), int flags) {
    struct sigaction action = { .sa_flags = flags };
    action.sa_handler = handler;
    sigfillset(&action.sa_mask);
    sigaction(number, &action, &before[number]);
}

int ct_catch_signals(void) {
    if (pipe_ends[0] < 0) {
        if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
        atexit(give_back);
    }
    for (int index = 0; index < COUNT_ENDING; index++) catch(ending[index], on_end, SA_RESTART);
    for (int index = 0; index < COUNT_TELLING; index++) catch(telling[index], on_telling, SA_RESTART);
    for (int index = 0; index < COUNT_FAULTS; index++) catch(faults[index], pass_on, SA_ONSTACK);
    return pipe_ends[0];
}

void ct_release_signals(void) {
    for (int index = 0; index < COUNT_ENDING; index++) sigaction(ending[index], &before[ending[index]], NULL);
    for (int index = 0; index < COUNT_TELLING; index++) sigaction(telling[index], &before[telling[index]], NULL);
    for (int index = 0; index < COUNT_FAULTS; index++) sigaction(faults[index], &before[faults[index]], NULL);
}

void ct_stop(void) {
    struct sigaction ours, ignore = { .sa_handler = SIG_IGN }, stop = { .sa_handler = SIG_DFL };
    sigset_t blocked, only;
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    /* First the others of the group, or a shell that waits for one of them would not notice; then this very thread, so that it does
       not go on before the process has stopped. */
    sigaction(SIGTSTP, &ignore, &ours);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &stop, NULL);
    pthread_sigmask(SIG_UNBLOCK, &only, &blocked);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

void ct_rescue_guard_thread(void) {
    static _Thread_local char spare[32 * 1024];
    static _Thread_local bool guarded;
    if (guarded) return;
    guarded = true;
    stack_t stack = { .ss_sp = spare, .ss_size = sizeof spare }, present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) sigaltstack(&stack, NULL);
}
