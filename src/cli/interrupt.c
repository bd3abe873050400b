#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/exit.h"
#include "net/loop.h"

/* The signal flag (house style 3.9), and the loop that waits while it is raised. */
static volatile sig_atomic_t seen, caught;
static struct loop *volatile waiting;

static void on_interrupt(int number)
{
    (void)number;
    if (!caught || seen)
        _exit(CLI_INTERRUPTED);
    seen = 1;
    if (waiting)
        loop_stop(waiting);
}

void interrupt_init(void)
{
    /* No SA_RESTART: a read that waits for a person ends with EINTR. */
    struct sigaction interrupt = { .sa_handler = on_interrupt }, ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGINT, &interrupt, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

void interrupt_catch(struct loop *l)
{
    waiting = l;
    caught = 1;
}

void interrupt_release(void)
{
    caught = 0;
    waiting = NULL;
}

bool interrupt_seen(void)
{
    return seen != 0;
}
