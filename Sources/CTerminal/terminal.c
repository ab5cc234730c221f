#define _XOPEN_SOURCE_EXTENDED 1
#define _GNU_SOURCE 1
#include "CTerminal.h"
#include "rescue.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>
/* term.h means a capability by it. */
#undef columns

static SCREEN *screen;

static bool has_mouse_reports;

static void report_mouse(bool on) {
    const char *modes = on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l";
    if (has_mouse_reports) ct_send(modes, strlen(modes));
}

bool ct_locale_is_utf8(void) {
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int ct_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

ct_opening ct_open(bool mouse) {
    int status = 0;
    setlocale(LC_CTYPE, "");
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK) return status == 0 || status == -1 ? CT_UNKNOWN_TERM : CT_FAILED;
    if (cursor_address == NULL) return CT_NO_CURSOR_MOTION;
    ct_rescue_remember_modes();
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) return CT_FAILED;
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    set_escdelay(25);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    keyok(KEY_MOUSE, FALSE);
    has_mouse_reports = mouse && ct_rescue_knows_mouse();
    report_mouse(true);
    ct_rescue_prepare();
    return CT_OPENED;
}

void ct_leave(void) {
    if (screen == NULL) return;
    report_mouse(false);
    endwin();
    ct_rescue_set_active(false);
}

void ct_resume(void) {
    if (screen == NULL) return;
    ct_rescue_set_active(true);
    reset_prog_mode();
    report_mouse(true);
    clearok(curscr, TRUE);
    refresh();
}

void ct_close(void) {
    if (screen == NULL) return;
    ct_leave();
    delscreen(screen);
    screen = NULL;
}

void ct_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 && (size.ws_row != LINES || size.ws_col != COLS)) {
        resize_term(size.ws_row, size.ws_col);
        ct_rescue_prepare();
    }
    *rows = LINES;
    *columns = COLS;
}

int ct_colors(void) { return has_colors() ? COLORS : 0; }

/* One scalar of valid UTF-8; 0 at the end. */
static uint32_t next_scalar(const unsigned char **bytes, const unsigned char *end) {
    const unsigned char *at = *bytes;
    if (at >= end) return 0;
    int more = *at < 0x80 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
    uint32_t scalar = more == 0 ? *at : *at & (0x3F >> more);
    at++;
    for (; more > 0 && at < end; more--) scalar = scalar << 6 | (*at++ & 0x3F);
    *bytes = at;
    return scalar;
}

void ct_put(int row, int column, const char *text, size_t length, int foreground, int background, unsigned emphasis) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    int pair = 0;
    if (has_colors() && (foreground >= 0 || background >= 0)) {
        pair = alloc_pair(foreground, background);
        if (pair < 0) pair = 0;
    }
    attr_t attributes = A_NORMAL;
    if (emphasis & CT_BOLD) attributes |= A_BOLD;
    if (emphasis & CT_REVERSE) attributes |= A_REVERSE;
    if (emphasis & CT_UNDERLINE) attributes |= A_UNDERLINE;
    if (emphasis & CT_FAINT) attributes |= A_DIM;

    uint32_t scalar = next_scalar(&at, end);
    while (scalar != 0) {
        wchar_t characters[CCHARW_MAX + 1];
        int count = 0, width = wcwidth((wchar_t)scalar);
        characters[count++] = width > 0 ? (wchar_t)scalar : L'?';
        if (width <= 0) width = 1;
        while ((scalar = next_scalar(&at, end)) != 0 && wcwidth((wchar_t)scalar) == 0) {
            if (count < CCHARW_MAX) characters[count++] = (wchar_t)scalar;
        }
        characters[count] = L'\0';
        cchar_t cell;
        if (setcchar(&cell, characters, attributes, (short)(pair > 32767 ? 0 : pair), &pair) == OK) mvwadd_wchnstr(stdscr, row, column, &cell, 1);
        column += width;
    }
}

void ct_refresh(void) {
    ct_rescue_guard_thread();
    refresh();
}

void ct_forget(void) { clearok(curscr, TRUE); }

bool ct_send(const char *bytes, size_t length) {
    fflush(stdout);
    while (length > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, length);
        if (sent >= 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
            if (poll(&ready, 1, 1000) <= 0) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static const struct { wint_t code; ct_named name; } names[] = {
    { KEY_ENTER, CT_ENTER }, { KEY_BACKSPACE, CT_BACKSPACE }, { KEY_BTAB, CT_BACKTAB }, { KEY_DC, CT_DELETE }, { KEY_IC, CT_INSERT },
    { KEY_HOME, CT_HOME }, { KEY_FIND, CT_HOME }, { KEY_A1, CT_HOME }, { KEY_END, CT_END }, { KEY_SELECT, CT_END }, { KEY_C1, CT_END }, { KEY_LL, CT_END },
    { KEY_PPAGE, CT_PAGE_UP }, { KEY_A3, CT_PAGE_UP }, { KEY_NPAGE, CT_PAGE_DOWN }, { KEY_C3, CT_PAGE_DOWN },
    { KEY_UP, CT_UP }, { KEY_DOWN, CT_DOWN }, { KEY_LEFT, CT_LEFT }, { KEY_RIGHT, CT_RIGHT },
};

ct_input ct_next(void) {
    ct_rescue_guard_thread();
    ct_input input = { .kind = CT_IGNORED };
    wint_t code = 0;
    int status = wget_wch(stdscr, &code);
    if (status == OK) {
        input.kind = CT_CHARACTER;
        input.value = (uint32_t)code;
    } else if (status != KEY_CODE_YES) {
        input.kind = CT_NONE;
    } else if (code >= KEY_F(1) && code <= KEY_F(24)) {
        input.kind = CT_FUNCTION;
        input.value = code - KEY_F0;
    } else {
        for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
            if (names[index].code != code) continue;
            input.kind = CT_KEY;
            input.value = names[index].name;
        }
    }
    return input;
}

bool ct_lost(void) {
    struct pollfd end = { .fd = STDIN_FILENO, .events = POLLIN };
    if (poll(&end, 1, 0) <= 0) return false;
    if (end.revents & (POLLHUP | POLLERR | POLLNVAL)) return true;
    int waiting = 0;
    return (end.revents & POLLIN) && (ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0);
}
