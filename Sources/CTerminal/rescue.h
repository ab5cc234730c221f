/* Giving the terminal back from a signal handler. */
#ifndef RESCUE_H
#define RESCUE_H

#include <stdbool.h>

/* Before curses changes anything. */
void ct_rescue_remember_modes(void);
/* After curses is up, and after each resize: makes the bytes that a handler sends. */
void ct_rescue_prepare(void);
/* Whether there is anything to give back. */
void ct_rescue_set_active(bool active);

#endif
