#include "lab/ticket.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/pem.h"
#include "lab/sdk.h"
#include "lab/event.h"
#include "lab/vm.h"
#include "base/clock.h"

struct ticket {
    char id[LAB_TICKET];
    unsigned vm, host, runs;
    int64_t until_ms; /* monotonic */
    struct ticket *next;
};

struct lab_tickets {
    struct ticket *newest; /* owned */
    size_t len;
};

struct lab_tickets *lab_tickets_destroy(struct lab_tickets *t)
{
    while (t && t->newest) {
        struct ticket *gone = t->newest;
        t->newest = gone->next;
        free(gone);
    }
    free(t);
    return NULL;
}

static void drop(struct lab_tickets *t, struct ticket **at)
{
    struct ticket *gone = *at;
    *at = gone->next;
    t->len--;
    free(gone);
}

static void drop_oldest(struct lab_tickets *t)
{
    struct ticket **at = &t->newest;
    while (*at && (*at)->next)
        at = &(*at)->next;
    if (*at)
        drop(t, at);
}

void lab_ticket_make(const struct lab_vm *vm, int64_t now_ms, char out[LAB_TICKET])
{
    struct lab_vcenter *vc = vm->vc;
    uint8_t bytes[LAB_TICKET / 2];
    if (!vc->tickets)
        vc->tickets = xcalloc(1, sizeof(*vc->tickets));
    if (vc->tickets->len == LAB_TICKETS_MAX)
        drop_oldest(vc->tickets);
    random_bytes(bytes, sizeof(bytes));
    text_hex(bytes, sizeof(bytes), out);
    struct ticket *t = xcalloc(1, sizeof(*t));
    *t = (struct ticket){ .vm = vm->n, .host = vm->host, .runs = vm->runs, .next = vc->tickets->newest,
                          .until_ms = now_ms + (int64_t)vc->plan->ticket_s * 1000 };
    (void)text_copy(t->id, sizeof(t->id), out);
    vc->tickets->newest = t;
    vc->tickets->len++;
}

bool lab_ticket_take(struct lab_endpoint *host, const char *id, int64_t now_ms, unsigned *ret_vm, struct err *e)
{
    struct lab_tickets *all = host->vcenter->tickets;
    struct ticket **at = all ? &all->newest : NULL;
    size_t len = strlen(id);
    while (at && *at && (len != LAB_TICKET - 1 || CRYPTO_memcmp((*at)->id, id, len) != 0))
        at = &(*at)->next;
    if (!at || !*at)
        return err_set(e, ERR_DENIED, "the ticket is not known, or was used");
    struct ticket t = **at;
    /* At another host it stays what it is. */
    if (t.host != host->n)
        return err_set(e, ERR_DENIED, "the ticket is for another host");
    drop(all, at);
    const struct lab_vm *vm = lab_vm_take(host->vcenter, t.vm);
    if (now_ms >= t.until_ms)
        return err_set(e, ERR_DENIED, "the ticket has expired");
    if (!vm || vm->host != t.host || vm->power != LAB_ON || vm->runs != t.runs)
        return err_set(e, ERR_DENIED, "the machine does not run here any more");
    *ret_vm = t.vm;
    return true;
}

/* ---- AcquireTicket ---- */

static bool wrong_power(struct lab_call *c, const struct lab_vm *vm)
{
    struct lab_value *f = lab_struct(c->k.arena, NULL, NULL, "InvalidPowerState");
    (void)lab_string(c->k.arena, f, "requestedState", "poweredOn");
    (void)lab_string(c->k.arena, f, "existingState", vm->power == LAB_OFF ? "poweredOff" : "suspended");
    return lab_say_fields(c, "InvalidPowerState", "The attempted operation cannot be performed in the current state.", f);
}

static void write_digests(struct lab_call *c, struct lab_value *v, struct lab_endpoint *host, const char *sha1)
{
    struct arena *a = c->k.arena;
    char sha256[100], real[60];
    X509 *cert = lab_cert(host, true, NULL);
    if (!*sha1)
        return;
    (void)lab_string(a, v, "sslThumbprint", arena_strdup(a, sha1));
    if (c->k.api < 800 || !cert || !strcmp(v->type, "VirtualMachineMksTicket"))
        return;
    lab_thumbprint(cert, real);
    if (strcmp(real, sha1) != 0) /* what is wrong in one is wrong in both */
        return;
    lab_thumbprint_sha256(cert, sha256);
    struct lab_value *t = lab_struct(a, lab_array(a, v, "certThumbprintList", "VirtualMachineCertThumbprint"), NULL,
                                     "VirtualMachineCertThumbprint");
    (void)lab_string(a, t, "thumbprint", arena_strdup(a, sha256));
    (void)lab_string(a, t, "hashAlgorithm", "sha256");
}

bool lab_acquire_ticket(struct lab_call *c)
{
    static const char types[] = "webmks|mks|device|guestControl|webRemoteDevice";
    const char *type = lab_arg_text(c, "ticketType");
    struct arena *a = c->k.arena;
    int kind = !strcmp(c->body->name, "AcquireMksTicket") ? 1 : type ? text_choice(types, type) : -1;
    const struct lab_vm *vm = c->self.mo == MO_VM ? lab_vm_look(&c->k, c->self.n) : NULL;
    if (!vm)
        return lab_say_gone(c, c->self_moid);
    if (kind < 0)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: ticketType", "invalidProperty",
                             "ticketType");
    if (vm->power != LAB_ON)
        return wrong_power(c, vm);
    struct lab_endpoint *host = &c->k.vc->hosts[vm->host].at;
    char id[LAB_TICKET], sha1[60];
    lab_ticket_make(vm, clock_mono_ms(), id);
    lab_said_thumbprint(host, sha1);
    bool old = !strcmp(c->body->name, "AcquireMksTicket");
    struct lab_value *v = lab_struct(a, NULL, NULL, old ? "VirtualMachineMksTicket" : "VirtualMachineTicket");
    (void)lab_string(a, v, "ticket", arena_strdup(a, id));
    (void)lab_string(a, v, "cfgFile", vm->path);
    (void)lab_string(a, v, "host", host->name);
    (void)lab_int(a, v, "port", kind == 1 ? 902 : c->k.vc->at.estate->port);
    if (sha1[0])
        write_digests(c, v, host, sha1);
    if (kind == 0 && c->k.api >= 700) /* before, clients make it of host, port and ticket */
        (void)lab_string(a, v, "url", arena_printf(a, "wss://%s:%u/ticket/%s", host->name, c->k.vc->at.estate->port, id));
    lab_value_bare(c->w, "returnval", v);
    struct lab_event_plan ev = { .type = "VmAcquiredTicketEvent", .user = c->k.session->user };
    struct lab_value *said = lab_event_vm(vm, &ev, "A ticket for %s of type %s on %s has been acquired", vm->name,
                                          kind == 1 ? "mks" : type, host->name);
    (void)lab_string(ev.arena, said, "ticketType", arena_strdup(ev.arena, kind == 1 ? "mks" : type));
    return true;
}
