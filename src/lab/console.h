/* lab/console.h - what a host serves behind wss://host/ticket/T: one machine's screen and keys over RFB in WebSocket frames.
 * Called by the hosts' listener (an upgrade), by machines that stop or move (from any thread, under lab_lock), and by the
 * control socket, which shows what was typed. Live ones belong to the loop. */
#pragma once
#include <jansson.h>
#include <stddef.h>

#include "lab/estate.h"

struct http_stream;
struct lab_consoles;
struct lab_vm;

enum {
    LAB_CONSOLES_OF_VM = 40,   /* at a time (vsphere-api.md 6); the next one gets 503 */
    LAB_CONSOLES_ENDED = 100,  /* of one vCenter, remembered with what they were told */
    LAB_CONSOLE_MESSAGE_MAX = 128 * 1024, /* bytes of a WebSocket message from the client */
    LAB_CONSOLE_OUT_MAX = 32 * 1024 * 1024, /* what waits for a slow client: more than one picture of the largest size */
};

/* GET /ticket/{ticket} at a host. */
extern const struct http_stream lab_console_stream;

/* Ends those of that machine: it stopped, moved or went. */
void lab_console_end(const struct lab_vm *vm);
/* How many look at it. */
unsigned lab_console_count(const struct lab_vcenter *vc, unsigned vm);
/* What they showed and were told: an array, the oldest first. */
json_t *lab_console_report(const struct lab_vcenter *vc, unsigned vm);
/* On the loop, before it ends: closes all. */
void lab_consoles_close(struct lab_vcenter *vc);
struct lab_consoles *lab_consoles_destroy(struct lab_consoles *all);
