/* The inbox as people read and answer it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/inbox.h"
#include "flow/inbox_record.h"
#include "flow/site.h"
#include "flow/vmca.h"
#include "flow/watch.h"
#include "store/audit.h"
#include "trust/cert.h"

static bool waits(const struct inbox_item *x)
{
    return x->state == INBOX_OPEN && x->present;
}

static int by_need(const void *p, const void *q)
{
    const struct inbox_item *x = p, *y = q;
    if (waits(x) != waits(y))
        return waits(x) ? -1 : 1;
    return x->first_ms != y->first_ms ? (x->first_ms < y->first_ms) - (x->first_ms > y->first_ms) : strcmp(x->id, y->id);
}

bool inbox_of(struct store *s, const char *urn, struct arena *a, struct inbox_item **ret, size_t *ret_len, struct err *e)
{
    return inbox_record_all(s, urn, a, ret, ret_len, e);
}

bool inbox_list(struct store *s, struct arena *a, struct inbox_item **ret, size_t *ret_len, struct err *e)
{
    if (!inbox_record_all(s, NULL, a, ret, ret_len, e))
        return false;
    if (*ret_len)
        qsort(*ret, *ret_len, sizeof(**ret), by_need);
    return true;
}

bool inbox_get(struct store *s, const char *id, struct arena *a, struct inbox_item *ret, struct err *e)
{
    struct inbox_item *list;
    size_t len, found = 0, width = strlen(id);
    if (!inbox_record_all(s, NULL, a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (width && text_caseeq_n(list[i].id, width < strlen(list[i].id) ? width : strlen(list[i].id), id, width)) {
            *ret = list[i];
            found++;
        }
    if (found > 1)
        return err_set(e, ERR_INPUT, "several items of the inbox begin with %.40s: write more of it", id);
    return found == 1 || err_set(e, ERR_NOT_FOUND, "the inbox has no item %.40s", id);
}

bool inbox_waiting(struct store *s, struct arena *a, size_t *ret, const char **ret_first, struct err *e)
{
    struct inbox_item *list;
    size_t len;
    if (!inbox_list(s, a, &list, &len, e))
        return false;
    *ret = 0;
    *ret_first = len ? list[0].name : "";
    while (*ret < len && waits(&list[*ret]))
        ++*ret;
    return true;
}

/* ---- answering ---- */

struct deciding {
    const struct inbox_answer *answer;
    const struct store_by *by;
    const char *urn; /* of the item; in the arena */
    struct arena arena;
};

static bool take(struct deciding *d, struct store *s, struct inbox_item *ret, struct err *e)
{
    if (!inbox_get(s, d->answer->id, &d->arena, ret, e))
        return false;
    d->urn = ret->urn;
    if (memcmp(ret->sha256, d->answer->sha256, DIGEST_SHA256) == 0)
        return true;
    return err_set(e, ERR_CONFLICT, "item %.8s is about another certificate than the one named; nothing was changed", ret->id);
}

static bool decide(struct deciding *d, struct store *s, struct inbox_item *x, enum inbox_state state, struct err *e)
{
    char reason[2 * INBOX_REASON_MAX] = "", text[STORE_TEXT_MAX];
    if (d->answer->reason)
        text_escape(reason, sizeof(reason), d->answer->reason, strnlen(d->answer->reason, INBOX_REASON_MAX));
    x->state = state;
    x->decided_by = d->by->who;
    x->decided_ms = d->by->at_ms;
    x->reason = arena_strdup(&d->arena, reason);
    (void)snprintf(text, sizeof(text), "%s: the changed identity was %s%s%s; inbox item %s", x->name, inbox_state_name(state),
                   *reason ? ": " : "", reason, x->id);
    const struct store_audit line = { .by = *d->by, .action = state == INBOX_APPROVED ? "inbox.approve" : "inbox.reject",
                                      .entity = x->urn, .sha256 = x->sha256, .text = text, .data = "" };
    return inbox_record_put(s, x, e) && store_audit_append(s, &line, e);
}

static bool grant(struct deciding *d, struct store *s, const struct inbox_item *x, struct err *e)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct trust_scope scope;
    struct err why = { 0 };
    char id[STORE_ID_MAX + 1], time[TEXT_TIME];
    if (!anchor_read(x->now_pem, strlen(x->now_pem), &cert, e) || !trust_scope_parse(x->scope, &scope, e))
        return false;
    int64_t now = d->by->at_ms / 1000;
    if (trust_cert_not_before(cert) > now || trust_cert_not_after(cert) < now)
        return err_set(e, ERR_INPUT, "the certificate is not valid now, so it can't be approved");
    text_time(now, time);
    const struct anchor_new n = { STORE_SYSTEM, arena_printf(&d->arena, "%.160s approved %s %.8s", x->name, time, x->id), &scope, cert };
    if (!anchor_add_in(s, &n, d->by, id, &why) && why.kind != ERR_CONFLICT) /* granted already is as good */
        return err_set(e, why.kind, "%s", why.msg);
    /* A VMCA has no row of its own that says that it is believed. */
    return x->kind != INBOX_VMCA || believed_put(s, x->key, x->urn, cert, d->by->at_ms, e);
}

static bool approve(void *self, struct store *s, struct err *e)
{
    struct deciding *d = self;
    struct inbox_item x = { 0 };
    char until[TEXT_TIME];
    if (!take(d, s, &x, e))
        return false;
    if (x.state != INBOX_OPEN && x.state != INBOX_REJECTED)
        return err_set(e, ERR_CONFLICT, "item %.8s was %s already", x.id, inbox_state_name(x.state));
    text_time(x.hold_until_ms / 1000, until);
    if (!d->answer->now && x.hold_until_ms > d->by->at_ms)
        return err_set(e, ERR_INPUT, "the hold-down of item %.8s ends at %s: approve it then, or now with \"now\" (--now)", x.id, until);
    return grant(d, s, &x, e) && decide(d, s, &x, INBOX_APPROVED, e);
}

static bool reject(void *self, struct store *s, struct err *e)
{
    struct deciding *d = self;
    struct inbox_item x = { 0 };
    if (!take(d, s, &x, e))
        return false;
    if (x.state == INBOX_REJECTED)
        return true;
    if (x.state != INBOX_OPEN)
        return err_set(e, ERR_CONFLICT, "item %.8s was %s already", x.id, inbox_state_name(x.state));
    return decide(d, s, &x, INBOX_REJECTED, e);
}

bool inbox_approve(const struct site *site, const struct inbox_answer *n, const struct store_by *by, struct err *e)
{
    struct deciding d = { .answer = n, .by = by };
    struct err why;
    bool ok = change_run(site, approve, &d, e);
    if (ok && !vmca_refresh(site, NULL, &why))
        LOG(WARN, "vmca.refresh", "error=\"%s\"", why.msg);
    if (ok)
        watch_poke(site->watch, d.urn);
    arena_done(&d.arena);
    return ok;
}

bool inbox_reject(const struct site *site, const struct inbox_answer *n, const struct store_by *by, struct err *e)
{
    struct deciding d = { .answer = n, .by = by };
    bool ok = change_keep(site, reject, &d, e);
    arena_done(&d.arena);
    return ok;
}
