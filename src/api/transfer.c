/* Files on their way to an ESXi host: PUT /transfer/ID/NAME (vcd-api.md 4.2, 4.3). Who may and where the bytes go is decided on the head;
 * the body is then the gate's, on the loop. */
#include <string.h>

#include "api/error.h"
#include "api/op.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/buf.h"
#include "flow/site.h"
#include "flow/transfer.h"
#include "gate/piece.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "wire/http1.h"

static const char *minor_of(int status)
{
    return status == 400   ? "BAD_REQUEST"
           : status == 409 ? "CONFLICT"
           : status == 413 ? "REQUEST_TOO_LARGE"
           : status == 416 ? "REQUESTED_RANGE_NOT_SATISFIABLE"
           : status == 502 ? "PEER_UNREACHABLE"
                           : "SERVICE_UNAVAILABLE";
}

/* An error of the legacy face into a response of its own; where the client could go on, when it asked for another place. */
static void write_refusal(struct http_response *rs, enum api_format format, int status, const char *text, uint64_t mark)
{
    struct err failed;
    rs->status = status;
    http_response_field(rs, "Content-Type",
                        format == API_JSON ? "application/*+json;version=37.0" : "application/vnd.vmware.vcloud.error+xml;version=37.0");
    if (status == 416)
        http_response_field(rs, "Content-Range", arena_printf(rs->arena, "bytes */%llu", (unsigned long long)mark));
    if (!api_error_write_as((struct api_error){ status, minor_of(status) }, text, API_LEGACY, format, &rs->body, &failed))
        rs->bad = true;
}

/* On the loop: what became of the piece. */
static void reply(struct http_exchange *x, const struct gate_fed *f)
{
    struct http_response rs;
    if (f->ok) {
        http_answer(x, f->status, NULL, 0, NULL, 0);
        return;
    }
    http_response_init(&rs, http_arena(x));
    const char *text = f->event[0] ? arena_printf(rs.arena, "%s (event %s)", f->e->msg, f->event) : f->e->msg;
    write_refusal(&rs, API_XML, f->status, text, f->bytes);
    http_answer(x, rs.status, rs.fields, rs.fields_len, arena_memdup(rs.arena, buf_str(&rs.body), rs.body.len), rs.body.len);
    http_response_done(&rs);
}

/* The same of an archive, which ends for more reasons than a piece. */
static void reply_archive(struct http_exchange *x, const struct gate_fed *f)
{
    struct gate_fed said = *f;
    if (!f->status)
        said.status = f->e->kind == ERR_PEER ? 502 : f->e->kind == ERR_CONFLICT ? 409 : api_error_of(f->e->kind, API_LEGACY).status;
    reply(x, &said);
}

static bool relay(struct api_call *c, struct gate_upload *upload, const struct range_claim *claim, struct err *e)
{
    enum range_verdict verdict;
    struct http_onward on;
    if (gate_piece(upload, claim, reply, &on, &verdict, e)) {
        c->rs->onward = on;
        return true;
    }
    int status = verdict != RANGE_GO         ? 416
                 : e->kind == ERR_CONFLICT   ? 409
                                             : 503; /* too many, the cell ends, or the upload has ended */
    write_refusal(c->rs, c->accept.format, status, e->msg, gate_upload_bytes(upload));
    return true;
}

/* The head alone. */
static bool admit(struct api_call *c, struct err *e)
{
    char from[STORE_NAME_MAX];
    struct range_claim claim;
    struct transfer_way way = { 0 };
    if (!range_claim_read(c->rq->head, &claim, e))
        return false;
    http_request_client(c->rq, from, sizeof(from));
    const struct transfer_request rq = { .name = api_param(c, "name"), .length = claim.len == RANGE_UNKNOWN ? -1 : (int64_t)claim.len,
                                         .part = claim.part, .from = from, .reply = reply_archive };
    if (!transfer_admit(c->site, &c->caller, api_param(c, "id"), &rq, &way, e))
        return false;
    AUTO(gate_upload_unrefp) struct gate_upload *upload = way.upload;
    switch (way.how) {
    case TRANSFER_GATHER:
        c->rs->gather = way.max;
        return true;
    case TRANSFER_RELAY:
        return relay(c, upload, &claim, e);
    case TRANSFER_STREAM:
        if (way.onward.stream)
            c->rs->onward = way.onward;
        else
            write_refusal(c->rs, c->accept.format, 416, "an archive comes in one piece: send it without Content-Range", 0);
        return true;
    }
    return err_set(e, ERR_INTERNAL, "a way of a transfer that there is not");
}

static bool put(struct api_call *c, struct err *e)
{
    if (c->rq->early)
        return admit(c, e);
    return transfer_gathered(c->site, &c->caller, api_param(c, "id"), api_param(c, "name"), c->rq->body, c->rq->body_len, e);
}

const struct api_op api_transfer_ops[] = {
    { "PUT", "/transfer/{id}/{name}", API_LEGACY, RIGHT_NONE, API_NO_VERSION, put, HTTP_EARLY },
    { 0 },
};
