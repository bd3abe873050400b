/* vim/vm_ticket.h - a ticket for the screen of a virtual machine (AcquireTicket "webmks"), and where that machine runs. Called by
 * flow when somebody opens a console. A ticket is a capability of seconds: it is asked for as late as possible, used once, never kept. */
#pragma once
#include "vim/session.h"

struct arena;

enum { VIM_TICKET_PRINTS = 8, VIM_TICKET_MS = 15 * 1000 /* deadline where the caller has none of its own */ };

/* Strings live in the call's arena; NULL when the vCenter doesn't say. */
struct vim_vm_ticket {
    const char *ticket;
    const char *url;     /* "wss://esx1:443/ticket/..": to be preferred when it is there */
    const char *host;    /* a name or an address; NULL: the endpoint that was asked */
    uint16_t port;       /* 443 when not said */
    const char *prints[VIM_TICKET_PRINTS]; /* "AA:BB:..", SHA-1 or SHA-256 of the host's certificate */
    size_t prints_len;
};

/* ERR_CONFLICT: not in this state (powered off); ERR_NOT_FOUND: no such machine. */
MUST_USE bool vim_webmks_ticket(struct vim_session *s, const struct vim_object *vm, int64_t deadline_ms, struct arena *a,
                                struct vim_vm_ticket *ret, struct err *e);

/* Where it runs at this moment, and whether it is powered on. ERR_NOT_FOUND. */
MUST_USE bool vim_vm_place(struct vim_session *s, const struct vim_object *vm, int64_t deadline_ms, struct arena *a,
                           struct vim_object *ret_host, bool *ret_on, struct err *e);
