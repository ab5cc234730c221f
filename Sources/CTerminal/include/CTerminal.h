/* The few things that Swift cannot ask of curses itself: macros, cchar_t, mutable globals, signal handlers.
   One terminal a process. Nothing here runs twice at once but the handlers. */
#ifndef CTERMINAL_H
#define CTERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of `emphasis`. */
enum { CT_BOLD = 1, CT_REVERSE = 2, CT_UNDERLINE = 4, CT_FAINT = 8 };

typedef enum { CT_OPENED, CT_UNKNOWN_TERM, CT_NO_CURSOR_MOTION, CT_FAILED } ct_opening;

/* Takes the terminal on file descriptors 0 and 1, in the environment's locale and TERM. With `mouse` it reports presses and the wheel
   (XTerm modes 1000 and 1006) where its entry knows a mouse; they come as the characters they are, since curses merges what comes at once. */
ct_opening ct_open(bool mouse);
/* Gives the terminal back; may be taken again with ct_resume. */
void ct_leave(void);
void ct_resume(void);
/* Gives the terminal back for good. */
void ct_close(void);

/* The window's size in cells as the kernel knows it; curses is told when it changed. */
void ct_size(int *rows, int *columns);
/* 0 when there are none. */
int ct_colors(void);
/* Whether the locale of the environment is UTF-8; sets the process's LC_CTYPE from it. */
bool ct_locale_is_utf8(void);
/* Columns as curses counts them in this locale; -1 for what it cannot show. */
int ct_width(uint32_t scalar);

/* Writes UTF-8 text from (row, column) on: each spacing scalar takes its cell or two, others join the one before.
   Colours are indices, -1 the terminal's own. */
void ct_put(int row, int column, const char *text, size_t length, int foreground, int background, unsigned emphasis);
/* Sends what changed since the last time. */
void ct_refresh(void);
/* Forgets what the terminal shows, so that the next refresh sends all of it. */
void ct_forget(void);
/* Sends bytes as they are, between two refreshes; false when the terminal is gone. */
bool ct_send(const char *bytes, size_t length);

typedef enum { CT_NONE, CT_CHARACTER, CT_KEY, CT_FUNCTION, CT_IGNORED } ct_kind;
typedef enum {
    CT_ENTER, CT_BACKSPACE, CT_BACKTAB, CT_DELETE, CT_INSERT, CT_HOME, CT_END, CT_PAGE_UP, CT_PAGE_DOWN, CT_UP, CT_DOWN, CT_LEFT, CT_RIGHT,
} ct_named;
typedef struct {
    ct_kind kind;
    uint32_t value;         /* the scalar (control characters as they are), the ct_named, or the function key's number */
} ct_input;
/* The next input, CT_NONE when none is waiting. A lone escape is known after 25 ms. */
ct_input ct_next(void);
/* Whether the other side of the terminal is gone. */
bool ct_lost(void);

/* Signals that a program with a screen must not leave to their defaults are written, a byte each, to a pipe that is returned (-1: errno):
   SIGWINCH SIGCONT SIGTSTP SIGINT SIGTERM SIGHUP. A second SIGTERM or SIGHUP ends the process, in whatever it hangs.
   That and the faults (SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV SIGQUIT) give the terminal back before. */
int ct_catch_signals(void);
/* Leaves them to whoever had them before. */
void ct_release_signals(void);
/* Bytes that are sent after the terminal's own ones when it is given back on such an end; at most 200. */
void ct_set_farewell(const char *bytes);
/* Stops the process group, as the terminal does on Ctrl-z; returns when it goes on. */
void ct_stop(void);

#endif
