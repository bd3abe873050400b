#include "flow/download_file.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/evidence.h"
#include "flow/host_target.h"
#include "flow/look.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "flow/task.h"
#include "gate/fetch.h"
#include "trust/rule.h"
#include "vim/lease.h"
#include "wire/http1.h"

static const char feature[] = "The download";

enum { RENEWALS = 5 /* of a lease within its time */ };

/* ---- while it comes ---- */

struct reading {
    const struct download_file *what;
    const struct gate_target *target;
    int64_t renewed_ms;
};

static bool keep_alive(struct reading *r, struct err *e)
{
    const struct download_file *d = r->what;
    int64_t now = clock_mono_ms();
    if (!d->lease || now - r->renewed_ms < d->lease_s * 1000 / RENEWALS)
        return true;
    r->renewed_ms = now;
    return vim_lease_progress(d->session, d->lease, d->percent, vim_deadline(VIM_LEASE_CALL_MS), e) || err_in(e, "keeping the export's lease");
}

static void believed(void *self, const struct chain *c, int64_t since_ms)
{
    const struct reading *r = self;
    spool_vouch(r->what->entry, r->target, c, since_ms);
}

static bool take(void *self, const uint8_t *p, size_t len, struct err *e)
{
    struct reading *r = self;
    return spool_write(r->what->entry, p, len, e) && keep_alive(r, e);
}

static bool is_cancelled(void *self)
{
    const struct reading *r = self;
    return flow_cancelled(r->what->flow);
}

static bool read_bytes(const struct download_file *d, const struct host_file *f, struct gate_fetched *ret, struct err *e)
{
    const struct http1_field cookie = { "Cookie", f->cookie };
    struct reading r = { d, f->target, clock_mono_ms() };
    const struct gate_fetch ask = { .method = "GET", .fields = &cookie, .fields_len = f->cookie[0] ? 1 : 0, .take = take,
                                    .believed = believed, .cancelled = is_cancelled, .self = &r };
    const struct site *site = task_of(d->flow)->site;
    struct gate_target *t = f->target;
    t->user_name = xstrdup(task_of(d->flow)->who);
    t->org = xstrdup(d->org);
    t->vm_name = xstrdup(d->shown);
    bool ok = gate_fetch(site->gate, t, &ask, ret, e);
    gate_target_settle(t);
    if (ret->result == LEG_OK && ret->seen && ret->verdict.ok)
        evidence_note(site->evidence, ret->verdict.anchor, t->endpoint, EVIDENCE_DOWN);
    return ok;
}

/* ---- when it fails ---- */

/* The vCenter's word against the certificate: a verdict that says what was expected and seen. */
static enum gate_what what_of(const struct gate_fetched *got)
{
    return got->withdrawn                    ? GATE_WITHDRAWN
           : got->result == LEG_UNTRUSTED  ? GATE_REFUSED
           : got->result == LEG_THUMBPRINT ? GATE_THUMBPRINT
                                           : GATE_FAILED;
}

/* An event is kept; e says it in words that a task can carry (contracts, "Errors"). */
static bool failed(const struct download_file *d, const struct host_file *f, const struct gate_fetched *got, struct err *e)
{
    const struct site *site = task_of(d->flow)->site;
    enum gate_what what = what_of(got);
    char event[RANDOM_UUID], text[ERR_MSG_MAX];
    if (e->kind == ERR_CANCELLED || e->kind == ERR_LIMIT || e->kind == ERR_STORE)
        return false; /* not the host's doing */
    bool judged = what != GATE_FAILED;
    const struct gate_news n = { what, f->target, judged ? &got->verdict : NULL, judged ? trust_rule_code(got->verdict.rule) : "host-failed", e->msg };
    host_target_event(site, &n, feature, event);
    if (judged && !got->verdict.ok)
        look_verdict_text(&got->verdict, text, sizeof(text));
    else
        (void)text_copy(text, sizeof(text), e->msg);
    LOG(INFO, "download.refused", "name=\"%s\" host=\"%s\" event=%s why=\"%s\"", d->shown, f->target->host_name, event, text);
    return err_set(e, judged ? ERR_UNTRUSTED : e->kind, "%s %s: the ESXi host %s: %s", feature, got->withdrawn ? "ended" : "is not to be had",
                   f->target->host_name, text);
}

/* ---- a file ---- */

/* How the host is asked, and asked again. */
struct source {
    const struct host_file_at *at;  /* of a datastore, or */
    const char *vcenter;
    const struct vim_object *host;
    const struct vim_lease_url *url;
};

static bool find(const struct download_file *d, const struct source *from, struct host_file *ret, struct err *e)
{
    const struct site *site = task_of(d->flow)->site;
    return from->at ? host_file_datastore(site, from->at, VIM_TICKET_GET, ret, e)
                    : host_file_lease(site, from->vcenter, d->session, from->host, from->url, ret, e);
}

static bool read_file(const struct download_file *d, const struct source *from, uint64_t *ret_size, struct err *e)
{
    struct gate_fetched got = { .result = LEG_UNDECIDED };
    if (!spool_add(d->entry, d->name, e))
        return false;
    for (int attempt = 0;; attempt++) {
        AUTO(host_file_done) struct host_file f = { 0 };
        if (!find(d, from, &f, e))
            return false;
        if (read_bytes(d, &f, &got, e))
            break;
        if (got.result != LEG_THUMBPRINT || attempt)
            return failed(d, &f, &got, e);
    }
    *ret_size = got.bytes;
    return spool_whole(d->entry, e);
}

bool download_medium(const struct download_file *what, const struct host_file_at *at, uint64_t *ret_size, struct err *e)
{
    return read_file(what, &(struct source){ .at = at }, ret_size, e);
}

bool download_disk(const struct download_file *what, const char *vcenter, const struct vim_object *host, const struct vim_lease_url *url,
                   uint64_t *ret_size, struct err *e)
{
    return read_file(what, &(struct source){ .vcenter = vcenter, .host = host, .url = url }, ret_size, e);
}
