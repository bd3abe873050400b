#include "lab/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/exchange.h"
#include "http/router.h"
#include "http/server.h"
#include "lab/rfb.h"
#include "lab/ticket.h"
#include "lab/vm.h"
#include "net/conn.h"
#include "net/drive.h"
#include "wire/http1.h"
#include "wire/ws.h"

enum { ENDED_CODE = 1001, PROTOCOL_CODE = 1002 };

struct console {
    struct lab_endpoint *host;
    unsigned vm;
    char ticket[LAB_TICKET];
    char vm_line[LAB_NAME], host_line[LAB_NAME], ticket_line[LAB_NAME], size_line[64];
    /* What it was told; under lab_lock. */
    char typed[LAB_TYPED_MAX], clipboard[LAB_TYPED_MAX], protocol[16];
    unsigned keys, buttons;
    int64_t began_ms, ended_ms;
    bool over;              /* shall end */
    bool kicked;            /* kick is on its way to the loop */
    /* The loop's, while it lives. */
    struct conn *conn;      /* owned; NULL: it has ended */
    struct drive drive;
    struct loop_task kick, burial;
    wslay_event_context_ptr ws;
    struct lab_rfb rfb;
    struct lab_screen screen;
    struct buf out;
    uint8_t *leftover;      /* owned: what came behind the request */
    size_t leftover_len, leftover_at;
    enum io io;             /* what the connection said last */
    struct err why;
    bool failed, closing;
    struct console *next;   /* newer */
};

struct lab_consoles {
    struct console *oldest; /* owned, as those behind it */
    struct console *newest;
    size_t ended;           /* of all */
    unsigned *looking;      /* owned: how many look at each machine, by its number */
    unsigned looking_len;
};

/* ---- frames ---- */

static ssize_t receive(wslay_event_context_ptr ws, uint8_t *p, size_t cap, int flags UNUSED, void *self)
{
    struct console *c = self;
    size_t len = c->leftover_len - c->leftover_at;
    if (len) {
        len = len < cap ? len : cap;
        memcpy(p, c->leftover + c->leftover_at, len);
        c->leftover_at += len;
        return (ssize_t)len;
    }
    c->io = conn_read(c->conn, p, cap, &len, &c->why);
    if (c->io == IO_DONE && len)
        return (ssize_t)len;
    wslay_event_set_error(ws, c->io == IO_DONE || c->io == IO_FAILED ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t transmit(wslay_event_context_ptr ws, const uint8_t *p, size_t len, int flags UNUSED, void *self)
{
    struct console *c = self;
    size_t sent;
    c->io = conn_write(c->conn, p, len, &sent, &c->why);
    if (c->io == IO_DONE)
        return (ssize_t)sent;
    wslay_event_set_error(ws, c->io == IO_FAILED ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static void say(struct console *c)
{
    const struct wslay_event_msg message = { .opcode = WSLAY_BINARY_FRAME, .msg = c->out.data, .msg_length = c->out.len };
    if (c->out.len && (wslay_event_get_queued_msg_length(c->ws) > LAB_CONSOLE_OUT_MAX || wslay_event_queue_msg(c->ws, &message) != 0))
        c->failed = true; /* it asks for pictures and takes none */
    buf_clear(&c->out);
}

static void refuse(struct console *c, unsigned code, const char *reason)
{
    c->closing = true;
    if (wslay_event_queue_close(c->ws, (uint16_t)code, (const uint8_t *)reason, strlen(reason)) != 0)
        c->failed = true;
}

static void message(wslay_event_context_ptr ws UNUSED, const struct wslay_event_on_msg_recv_arg *m, void *self)
{
    struct console *c = self;
    struct err e;
    if (m->opcode != WSLAY_BINARY_FRAME || c->closing)
        return;
    if (!lab_rfb_feed(&c->rfb, m->msg, m->msg_length, &c->out, &e))
        refuse(c, PROTOCOL_CODE, e.msg);
    else
        say(c);
}

/* ---- keys and pointer ---- */

/* Only who asks for a picture has one: thousands of consoles that nobody looks at cost no megabyte each. */
static void draw(void *self)
{
    struct console *c = self;
    (void)snprintf(c->size_line, sizeof(c->size_line), "Size:    %ux%u", c->screen.width, c->screen.height);
    lab_screen_draw(&c->screen);
}

static void remember(char *list, const char *text)
{
    size_t have = strlen(list), more = strlen(text);
    if (have + more + 1 > LAB_TYPED_MAX) {
        size_t cut = have + more + 1 - LAB_TYPED_MAX;
        memmove(list, list + cut, have - cut + 1);
        have -= cut;
    }
    memcpy(list + have, text, more + 1);
}

static void on_key(void *self, bool down, uint32_t keysym)
{
    struct console *c = self;
    char text[16];
    if (!down)
        return;
    if (keysym == 0xff0d)
        (void)text_copy(text, sizeof(text), "\n");
    else if (keysym >= ' ' && keysym <= '~')
        (void)snprintf(text, sizeof(text), "%c", (char)keysym);
    else
        (void)snprintf(text, sizeof(text), "<%04x>", keysym & 0xffffff);
    lab_lock(c->host->estate);
    remember(c->typed, text);
    c->keys++;
    lab_unlock(c->host->estate);
    c->rfb.dirty = true;
}

static void on_pointer(void *self, unsigned buttons, unsigned x, unsigned y)
{
    struct console *c = self;
    lab_lock(c->host->estate);
    c->buttons = buttons;
    c->screen.pointer_x = (int)x;
    c->screen.pointer_y = (int)y;
    lab_unlock(c->host->estate);
    c->rfb.dirty = true;
}

static void on_cut(void *self, const uint8_t *text, size_t len)
{
    struct console *c = self;
    LAB_LOCKED(c->host->estate);
    text_escape(c->clipboard, sizeof(c->clipboard), (const char *)text, len);
}

/* ---- its life on the loop ---- */

static enum io step(void *self, struct err *e)
{
    struct console *c = self;
    lab_lock(c->host->estate);
    bool over = c->over;
    lab_unlock(c->host->estate);
    if (over && !c->closing)
        refuse(c, ENDED_CODE, "the machine stopped, moved or is gone");
    int received = wslay_event_want_read(c->ws) ? wslay_event_recv(c->ws) : 0;
    enum io waits = c->io;
    int sent = 0;
    c->io = IO_DONE;
    while (!sent && wslay_event_want_write(c->ws) && c->io == IO_DONE)
        sent = wslay_event_send(c->ws); /* stops after each piece that the connection took */
    if (received != 0 || sent != 0 || c->failed) {
        if (waits == IO_FAILED || c->io == IO_FAILED)
            *e = c->why;
        else
            (void)err_set(e, ERR_PEER, "the console's connection broke off");
        return IO_FAILED;
    }
    if (wslay_event_want_write(c->ws) && c->io == IO_WANT_WRITE)
        return IO_WANT_WRITE;
    if ((c->closing && !wslay_event_want_write(c->ws)) || (!wslay_event_want_read(c->ws) && !wslay_event_want_write(c->ws)))
        return IO_DONE;
    return IO_WANT_READ;
}

static int step_fd(const void *self)
{
    const struct console *c = self;
    return conn_fd(c->conn);
}

static const struct io_op stepping = { step, step_fd };

/* Under lab_lock. */
static void mark_ended(struct console *c)
{
    struct lab_consoles *all = c->host->vcenter->consoles;
    c->ended_ms = clock_wall_ms();
    all->ended++;
    all->looking[c->vm]--;
}

/* What stays is the record of it. */
static void bury(struct loop_task *t)
{
    struct console *c = CONTAINER_OF(t, struct console, burial);
    struct lab_endpoint *host = c->host;
    LAB_LOCKED(host->estate);
    c->conn = conn_destroy(c->conn);
    mark_ended(c);
    wslay_event_context_free(c->ws);
    c->ws = NULL;
    lab_rfb_done(&c->rfb);
    buf_done(&c->out);
    lab_screen_forget(&c->screen);
    free(c->leftover);
    c->leftover = NULL;
    http_server_release(host->server);
    struct lab_vm *vm = lab_vm_take(host->vcenter, c->vm);
    if (vm)
        lab_vm_touch(vm);
}

static void ended(struct drive *d, enum drive_end how UNUSED, const struct err *e UNUSED)
{
    struct console *c = CONTAINER_OF(d, struct console, drive);
    c->burial.run = bury;
    loop_bury(c->host->estate->loop, &c->burial);
}

static void kicked(struct loop_task *t)
{
    struct console *c = CONTAINER_OF(t, struct console, kick);
    lab_lock(c->host->estate);
    c->kicked = false;
    lab_unlock(c->host->estate);
    drive_wake(&c->drive);
}

void lab_console_end(const struct lab_vm *vm)
{
    for (struct console *c = vm->vc->consoles ? vm->vc->consoles->oldest : NULL; c; c = c->next) {
        if (c->vm != vm->n || c->ended_ms || c->over)
            continue;
        c->over = true; /* one whose 101 is on its way sees it in its first step */
        if (!c->conn)
            continue;
        c->kicked = true;
        c->kick.run = kicked;
        loop_post(vm->vc->at.estate->loop, &c->kick);
    }
}

void lab_consoles_close(struct lab_vcenter *vc)
{
    for (struct console *c = vc->consoles ? vc->consoles->oldest : NULL; c; c = c->next)
        if (c->conn)
            drive_cancel(&c->drive);
}

struct lab_consoles *lab_consoles_destroy(struct lab_consoles *all)
{
    while (all && all->oldest) {
        struct console *gone = all->oldest;
        all->oldest = gone->next;
        free(gone);
    }
    if (all)
        free(all->looking);
    free(all);
    return NULL;
}

unsigned lab_console_count(const struct lab_vcenter *vc, unsigned vm)
{
    return vc->consoles && vm < vc->consoles->looking_len ? vc->consoles->looking[vm] : 0;
}

json_t *lab_console_report(const struct lab_vcenter *vc, unsigned vm)
{
    json_t *list = json_array();
    for (const struct console *c = vc->consoles ? vc->consoles->oldest : NULL; c; c = c->next)
        if (c->vm == vm)
            (void)json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:i, s:s, s:[i, i], s:i, s:[i, i], s:s}", "host",
                c->host->name, "ticket", c->ticket, "connected", (int)!c->ended_ms, "typed", c->typed, "keys", (int)c->keys,
                "clipboard", c->clipboard, "pointer", c->screen.pointer_x, c->screen.pointer_y, "buttons", (int)c->buttons,
                "size", (int)c->screen.width, (int)c->screen.height, "protocol", c->protocol));
    return list;
}

/* ---- the upgrade ---- */

static void forget_old(struct lab_consoles *all)
{
    struct console *before = NULL, *next;
    for (struct console *c = all->oldest; c && all->ended > LAB_CONSOLES_ENDED; c = next) {
        next = c->next;
        if (!c->ended_ms || c->kicked) {
            before = c;
            continue;
        }
        *(before ? &before->next : &all->oldest) = next;
        if (!next)
            all->newest = before;
        free(c);
        all->ended--;
    }
}

static void append(struct lab_consoles *all, struct console *c)
{
    *(all->newest ? &all->newest->next : &all->oldest) = c;
    all->newest = c;
    if (c->vm >= all->looking_len) {
        all->looking = xreallocarray(all->looking, c->vm + 1U, sizeof(*all->looking));
        memset(all->looking + all->looking_len, 0, (c->vm + 1U - all->looking_len) * sizeof(*all->looking));
        all->looking_len = c->vm + 1;
    }
    all->looking[c->vm]++;
}

static struct console *open_console(struct lab_endpoint *host, const struct lab_vm *vm, const char *ticket)
{
    struct lab_vcenter *vc = host->vcenter;
    if (!vc->consoles)
        vc->consoles = xcalloc(1, sizeof(*vc->consoles));
    forget_old(vc->consoles);
    struct console *c = xcalloc(1, sizeof(*c));
    c->host = host;
    c->vm = vm->n;
    append(vc->consoles, c);
    c->began_ms = clock_wall_ms();
    (void)text_copy(c->ticket, sizeof(c->ticket), ticket);
    (void)snprintf(c->vm_line, sizeof(c->vm_line), "Machine: %s", vm->name);
    (void)snprintf(c->host_line, sizeof(c->host_line), "Host:    %s", host->name);
    (void)snprintf(c->ticket_line, sizeof(c->ticket_line), "Ticket:  %s", ticket);
    c->screen = (struct lab_screen){ .pointer_x = -1, .pointer_y = -1, .typed = c->typed, .lines_len = 5,
        .lines = { "vsphere-lab console", c->host_line, c->vm_line, c->ticket_line, c->size_line } };
    c->rfb = (struct lab_rfb){ .screen = &c->screen, .name = c->vm_line + 9, .key = on_key, .pointer = on_pointer, .cut = on_cut,
                               .draw = draw, .self = c };
    return c;
}

/* Answers and returns false, or the machine. */
static bool admitted(struct http_exchange *x, struct lab_endpoint *host, const char *ticket, unsigned *ret_vm)
{
    struct err e;
    LAB_LOCKED(host->estate);
    int status = 403;
    bool ok = lab_ticket_take(host, ticket, clock_mono_ms(), ret_vm, &e);
    if (ok && lab_console_count(host->vcenter, *ret_vm) >= LAB_CONSOLES_OF_VM) {
        status = 503;
        ok = err_set(&e, ERR_LIMIT, "%d consoles of this machine are open", LAB_CONSOLES_OF_VM);
    }
    if (!ok)
        http_answer(x, status, NULL, 0, arena_strdup(http_arena(x), e.msg), strlen(e.msg));
    return ok;
}

static void begin(struct http_exchange *x)
{
    static const struct http1_field version = { "Sec-WebSocket-Version", "13" };
    const struct http1_head *head = http_head(x);
    struct lab_endpoint *host = http_app(x);
    const char *key, *ticket = http_match(x)->params[0].value;
    int status;
    struct err e;
    unsigned vm;
    bool binary = http1_list_has(head, "Sec-WebSocket-Protocol", "binary");
    if (!ws_check_request(head, &key, &status, &e)) {
        http_answer(x, status, &version, 1, NULL, 0);
        return;
    }
    /* Newer hosts drop who does not offer it (vsphere-api.md 3.1). */
    if (!binary && host->vcenter->plan->version != LAB_67) {
        (void)err_set(&e, ERR_PEER, "the subprotocol binary was not offered");
        http_abort(x, &e);
        return;
    }
    if (!admitted(x, host, ticket, &vm))
        return;
    char *accept = arena_alloc(http_arena(x), WS_ACCEPT);
    ws_accept(key, accept);
    const struct http1_field fields[] = { { "Upgrade", "websocket" }, { "Connection", "Upgrade" }, { "Sec-WebSocket-Accept", accept },
                                          { "Sec-WebSocket-Protocol", "binary" } };
    lab_lock(host->estate);
    const struct lab_vm *machine = lab_vm_take(host->vcenter, vm);
    struct console *c = machine ? open_console(host, machine, ticket) : NULL;
    if (c)
        (void)text_copy(c->protocol, sizeof(c->protocol), binary ? "binary" : "");
    lab_unlock(host->estate);
    http_state_set(x, c);
    (void)err_set(&e, ERR_NOT_FOUND, "the machine has gone");
    if (c)
        http_upgrade(x, fields, binary ? 4 : 3);
    else
        http_abort(x, &e);
}

static void upgraded(struct http_exchange *x, struct http_takeover *t)
{
    static const struct wslay_event_callbacks callbacks = { receive, transmit, NULL, NULL, NULL, NULL, message };
    struct console *c = http_state(x);
    http_state_set(x, NULL);
    lab_lock(c->host->estate);
    c->conn = t->take_conn;
    lab_unlock(c->host->estate);
    c->leftover = t->leftover_len ? xmemdup(t->leftover, t->leftover_len) : NULL;
    c->leftover_len = t->leftover_len;
    buf_init(&c->out, LAB_CONSOLE_OUT_MAX);
    if (wslay_event_context_server_init(&c->ws, &callbacks, c) != 0)
        abort();
    wslay_event_config_set_max_recv_msg_length(c->ws, LAB_CONSOLE_MESSAGE_MAX);
    lab_screen_size(&c->screen, LAB_SCREEN_WIDTH, LAB_SCREEN_HEIGHT);
    c->rfb.dirty = true;
    if (!lab_rfb_start(&c->rfb, &c->out, NULL))
        c->failed = true;
    say(c);
    drive_start(&c->drive, c->host->estate->loop, &stepping, c, 0, ended);
    lab_lock(c->host->estate);
    struct lab_vm *vm = lab_vm_take(c->host->vcenter, c->vm);
    if (vm)
        lab_vm_touch(vm);
    lab_unlock(c->host->estate);
}

static void exchange_ended(struct http_exchange *x, enum http_end how UNUSED, const struct err *e UNUSED)
{
    struct console *c = http_state(x);
    if (!c)
        return;
    LAB_LOCKED(c->host->estate);
    mark_ended(c); /* the client went before its 101 */
}

const struct http_stream lab_console_stream = { .begin = begin, .upgraded = upgraded, .ended = exchange_ended };
