/* The way of an upload to its host: the two proofs, the request, the host's answer. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "gate/upload_parts.h"
#include "net/conn.h"
#include "net/tcp.h"
#include "trust/rule.h"
#include "wire/http1.h"
#include "wire/url.h"

void upload_cut(struct gate_upload *u)
{
    drive_cancel(&u->drive);
    u->leg = leg_destroy(u->leg);
    u->client = http_client_destroy(u->client);
    if (u->held)
        secret_wipe(u->held, u->held_len);
    free(u->held);
    u->held = NULL;
    u->held_at = u->held_len = 0;
    loop_timer_stop(&u->timer);
    loop_recall(&u->turn);
}

static void host_failed(struct gate_upload *u, const char *rule, const struct err *e)
{
    upload_fail(u, &(struct upload_failure){ RELAY_HOST, GATE_FAILED, rule, NULL, e });
}

/* ---- the request ---- */

/* IO_DONE: the host has answered. */
static enum io send_step(void *self, struct err *e)
{
    struct gate_upload *u = self;
    enum io io = http_client_head(u->client, e);
    if (io == IO_WANT_READ || io == IO_WANT_WRITE)
        upload_settle(u);
    return io;
}

static int send_fd(const void *self)
{
    const struct gate_upload *u = self;
    return http_client_fd(u->client);
}

static const struct io_op send_op = { send_step, send_fd };

static void answered(struct gate_upload *u)
{
    const struct http1_head *h = http_client_answer(u->client);
    struct err e;
    if ((h->status == 200 || h->status == 201) && u->all_in && !u->held) {
        upload_complete(u);
        return;
    }
    (void)err_set(&e, ERR_PEER, "the host %s answered %d %s%s", u->s.target->host_name, h->status, http1_reason(h->status),
                  u->all_in ? "" : " before it had the whole file");
    host_failed(u, "host-failed", &e);
}

static void send_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct gate_upload *u = CONTAINER_OF(d, struct gate_upload, drive);
    if (how == DRIVE_CANCELLED)
        return;
    if (how == DRIVE_DONE)
        answered(u);
    else
        host_failed(u, "host-failed", e);
}

void upload_drive(struct gate_upload *u)
{
    if (!u->drive.loop)
        drive_start(&u->drive, u->s.lane->loop, &send_op, u, 0, send_ended);
    else
        drive_wake(&u->drive);
}

static bool start_request(struct gate_upload *u, struct err *e)
{
    const struct gate_errand *r = u->errand;
    struct http1_field fields[GATE_FIELDS_MAX];
    struct url_host host;
    const uint8_t *rest;
    size_t len;
    for (size_t i = 0; i < r->fields_len; i++)
        fields[i] = (struct http1_field){ r->fields[i].name, r->fields[i].value };
    const struct http_send send = { .method = r->method, .target = u->s.target->path, .host = &host, .tls = true, .fields = fields,
                                    .fields_len = r->fields_len, .source = &u->source, .source_len = u->mark.total, .close = true };
    u->client = http_client_create(leg_take(u->leg, &rest, &len), NULL);
    upload_source_init(u);
    return gate_target_host(u->s.target, &host, e) && http_client_start(u->client, &send, e);
}

/* Both proofs hold. Only now anything that opens the host, or is the client's, is sent. */
static void proved(struct gate_upload *u)
{
    struct err e;
    passage_proved(&u->s, u->leg);
    if (u->sender->proved)
        u->sender->proved(u->self, u->s.target, leg_verdict(u->leg));
    bool ok = start_request(u, &e);
    u->leg = leg_destroy(u->leg);
    u->errand = gate_errand_destroy(u->errand);
    if (ok)
        upload_opened(u);
    else
        host_failed(u, "host-failed", &e);
}

/* ---- the two proofs ---- */

static void refused(struct gate_upload *u, enum gate_what what, const struct err *e)
{
    const struct trust_verdict v = *leg_verdict(u->leg);
    upload_fail(u, &(struct upload_failure){ RELAY_HOST, what, trust_rule_code(v.rule), &v, e });
}

static void leg_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct gate_upload *u = CONTAINER_OF(d, struct gate_upload, drive);
    struct err why;
    if (how == DRIVE_CANCELLED)
        return;
    enum leg_result r = leg_result(u->leg);
    gate_saw(u->gate, r);
    switch (r) {
    case LEG_OK:
        proved(u);
        return;
    case LEG_UNTRUSTED:
        refused(u, GATE_REFUSED, e);
        return;
    case LEG_THUMBPRINT:
        if (!u->asked_again && u->sender->again && upload_ask_again(u, &why)) {
            u->asked_again = true; /* the host's certificate may just have been renewed */
            u->state = UPLOAD_ASKING;
            return;
        }
        refused(u, GATE_THUMBPRINT, e);
        return;
    case LEG_UNDECIDED:
    case LEG_UNREACHABLE:
    case LEG_REFUSED:
    case LEG_RESULTS:
        host_failed(u, "host-failed", e);
        return;
    }
}

static void wake(void *self)
{
    drive_wake(&((struct gate_upload *)self)->drive);
}

void upload_dial(struct gate_upload *u)
{
    const struct gate_config *g = &u->gate->config;
    (void)gate_target_unref(u->s.target);
    u->s.target = gate_target_ref(u->errand->target);
    const struct leg_config how = { .tls = u->s.lane->tls, .resolver = g->resolver, .desk = u->s.lane->desk, .target = u->s.target, .connect = g->connect,
                                    .share_ms = tcp_share(g->dial_ms, TCP_ADDRESSES_MAX / 4), .wake = wake, .self = u };
    (void)leg_destroy(u->leg);
    u->leg = leg_create(&how);
    u->state = UPLOAD_DIALLING;
    drive_start(&u->drive, u->s.lane->loop, &leg_op, u->leg, g->dial_ms, leg_ended);
}

void upload_asked(struct gate_upload *u, struct gate_errand *take, const struct err *e)
{
    if (u->state != UPLOAD_ASKING) {
        (void)gate_errand_destroy(take);
        return;
    }
    if (!take) {
        host_failed(u, "vcenter-failed", e);
        return;
    }
    (void)gate_errand_destroy(u->errand);
    u->errand = take;
    upload_dial(u);
}
