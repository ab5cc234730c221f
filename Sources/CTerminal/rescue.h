/* Giving the terminal back from a signal handler. */
#ifndef RESCUE_H
#define RESCUE_H

#include <stdbool.h>

/* Before curses changes anything. */
void ct_rescue_remember_modes(void);
/* After curses is up, and after each resize: makes the bytes that a handler sends. */
void ct_rescue_prepare(void);
/* Whether the terminal's entry in the database has a mouse. */
bool ct_rescue_knows_mouse(void);
/* Whether there is anything to give back. */
void ct_rescue_set_active(bool active);
/* Gives the calling thread a second stack for the handlers: one that has run over cannot hold its own.
   To be called now and then, since the main queue may move from thread to thread. */
void ct_rescue_guard_thread(void);

#endif
