#include "flow/challenge.h"

#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/busy.h"
#include "flow/caller.h"
#include "flow/change.h"
#include "flow/endpoint.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/vcenter.h"
#include "net/chain.h"
#include "net/resolve.h"
#include "store/record.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "wire/json.h"

#define KIND "challenge"
#define URN "urn:vouchsafe:challenge:"
#define FLOW "confirm"

void challenge_shown_done(struct challenge_shown *s)
{
    look_done(&s->look);
    *s = (struct challenge_shown){ 0 };
}

/* ---- looking, the same both times ---- */

struct finding {
    const char *host;
    uint16_t port;
    struct arena *arena;
    struct trust_behalf behalf;
    bool names; /* the name in its certificate is checked: as it will be when it is used (product rule 2.5) */
};

/* Whether names are checked is the registered vCenter's own business, else the site's. What is not registered yet is taken for a
 * vCenter Server to be. */
static bool find_names(struct finding *f, struct store *s, struct err *e)
{
    struct site_settings all;
    struct vcenter v = { .names = VCENTER_NAMES_INHERIT };
    if (!site_settings_read(s, &all, e) ||
        (f->behalf.kind == TRUST_FOR_VCENTER && !vcenter_get(s, f->behalf.urn, f->arena, &v, e)))
        return false;
    bool inherited = f->behalf.kind == TRUST_FOR_NSX ? all.verify_nsx : all.verify_vc;
    f->names = v.names == VCENTER_NAMES_INHERIT ? inherited : v.names == VCENTER_NAMES_ON;
    return true;
}

static bool find(void *self, struct store *s, struct err *e)
{
    struct finding *f = self;
    return endpoint_find(s, f->host, f->port, f->arena, &f->behalf, e) && find_names(f, s, e);
}

static bool look_now(const struct site *site, struct finding *f, int64_t timeout_ms, struct look *ret, struct look_request *rq,
                     struct err *e)
{
    if (!change_read(site, find, f, e))
        return false;
    *rq = (struct look_request){ .host = f->host, .port = f->port,
                                 .names_mode = f->names ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF, .behalf = f->behalf,
                                 .timeout_ms = timeout_ms };
    return look_at(site, rq, ret, e);
}

/* ---- what is remembered ---- */

static void set_digest(json_t *o, const char *key, const uint8_t *digest)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(digest, DIGEST_SHA256, text);
    json_object_set_new(o, key, json_string(text));
}

static bool is_digest(const json_t *o, const char *key, const uint8_t *digest)
{
    uint8_t kept[DIGEST_SHA256];
    const char *text = json_string_value(json_object_get(o, key));
    return text && text_unhex(text, kept, sizeof(kept)) && memcmp(kept, digest, sizeof(kept)) == 0;
}

/* The addresses that the name has now; the one that answered is among them. */
static json_t *addresses_of(const struct site *site, const char *host, uint16_t port, const struct address *answered)
{
    struct resolve_answer at = { 0 };
    struct err none;
    char text[ADDRESS_TEXT];
    json_t *list = json_array();
    address_write(answered, text);
    json_array_append_new(list, json_string(text));
    if (!resolve_now(site->resolver, host, port, &at, &none))
        at.len = 0;
    for (size_t i = 0; i < at.len; i++) {
        address_write(&at.addresses[i], text);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static bool is_address(const json_t *o, const struct address *a)
{
    char text[ADDRESS_TEXT];
    size_t i;
    json_t *one;
    address_write(a, text);
    json_array_foreach(json_object_get(o, "addresses"), i, one) {
        if (strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

struct keeping {
    const struct caller *caller;
    const struct challenge_ask *ask;
    struct challenge_shown *shown;
    const char *data;
};

static bool keep(void *self, struct store *s, struct err *e)
{
    const struct keeping *k = self;
    uint64_t open, gone;
    int64_t now = clock_wall_ms();
    const struct store_record_query q = { .kind = KIND, .owner = k->caller->session };
    if (!store_record_expire(s, KIND, now, &gone, e) || !store_record_count(s, &q, &open, e))
        return false;
    if (open >= CHALLENGE_PER_SESSION)
        return err_set(e, ERR_LIMIT, "this session has %d unanswered challenges; they end after five minutes", CHALLENGE_PER_SESSION);
    k->shown->until_ms = now + CHALLENGE_MS;
    const struct store_record r = { .kind = KIND, .id = k->shown->id, .owner = k->caller->session, .name = "", .state = "",
                                    .made_ms = now, .until_ms = k->shown->until_ms, .data = k->data };
    return store_record_put(s, &r, e);
}

static bool remember(const struct site *site, const struct caller *c, const struct challenge_ask *ask,
                     struct challenge_shown *shown, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *o = json_pack("{s:s, s:i}", "host", ask->host, "port", (int)ask->port);
    AUTO(buf_done) struct buf text;
    char uuid[RANDOM_UUID];
    buf_init(&text, STORE_RECORD_MAX);
    random_uuid(uuid);
    (void)snprintf(shown->id, sizeof(shown->id), URN "%s", uuid);
    json_object_set_new(o, "addresses", addresses_of(site, ask->host, ask->port, &shown->look.address));
    set_digest(o, "chain", chain_sha256(shown->look.chain));
    struct keeping k = { c, ask, shown, NULL };
    if (!wire_json_write(&text, o, e))
        return false;
    k.data = buf_str(&text);
    return change_keep(site, keep, &k, e);
}

/* ---- showing ---- */

/* What would be if only this certificate were granted, for only this. */
static void would_be(const struct site *site, const struct look_request *rq, struct challenge_shown *s)
{
    size_t len;
    const uint8_t *der = trust_cert_der(s->store, &len);
    const struct trust_row row = { .der = der, .len = len, .scope = s->scope, .system = true };
    const struct trust_rows rows = { .anchors = &row, .anchors_len = 1 };
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(&rows, NULL);
    struct trust_question q;
    look_question(site, rq, &q);
    q.chain = chain_certs(s->look.chain);
    q.chain_len = chain_len(s->look.chain);
    q.now = clock_wall_ms() / 1000;
    if (q.crl_mode == TRUST_CRL_REQUIRE)
        q.crl_mode = TRUST_CRL_SOFT; /* the CRLs are in the live set */
    trust_decide(set, &q, &s->would_be);
}

static bool valid_now(const struct trust_cert *c)
{
    int64_t now = clock_wall_ms() / 1000;
    return trust_cert_not_before(c) <= now && now <= trust_cert_not_after(c);
}

bool challenge_inspect(const struct site *site, const struct caller *c, const struct challenge_ask *ask,
                       struct challenge_shown *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(busy_end) struct busy_turn turn = { 0 };
    struct finding f = { .host = ask->host, .port = ask->port, .arena = &a };
    struct look_request rq;
    struct challenge_shown s = { 0 };
    if (!busy_begin(site->busy, caller_owner(c), &turn, e) || !look_now(site, &f, ask->timeout_ms, &s.look, &rq, e))
        return false;
    bool ok = endpoint_scope(&f.behalf, ask->host, ask->port, &s.scope, e);
    if (ok && s.look.seen && chain_len(s.look.chain) > 0) {
        size_t at = ask->leaf ? 0 : s.look.sorted.store;
        s.store = chain_certs(s.look.chain)[at];
        s.pins_one = at == 0;
        would_be(site, &rq, &s);
        s.has_challenge = !s.look.verdict.ok && s.would_be.ok && valid_now(s.store);
        ok = !s.has_challenge || remember(site, c, ask, &s, e);
    }
    if (!ok) {
        challenge_shown_done(&s);
        return false;
    }
    *ret = s;
    return true;
}

/* ---- confirming ---- */

struct taking {
    const struct caller *caller;
    const char *id;
    json_t *data; /* owned by who asks */
};

/* Once: whatever comes of it, it is gone. */
static bool take(void *self, struct store *s, struct err *e)
{
    struct taking *t = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    if (!store_record_get(s, KIND, t->id, &a, &r, e) || r.until_ms <= clock_wall_ms())
        return err_set(e, ERR_NOT_FOUND, "there is no such challenge: it was used, or is older than five minutes. Inspect again");
    if (strcmp(r.owner, t->caller->session) != 0)
        return err_set(e, ERR_DENIED, "this challenge was given to another session");
    return wire_json_read(r.data, strlen(r.data), NULL, &t->data, e) && store_record_remove(s, KIND, t->id, e);
}

/* Everything is as it was shown. */
static bool same(const json_t *data, const struct look *l, const char *host, struct err *e)
{
    if (!is_address(data, &l->address))
        return err_set(e, ERR_CONFLICT, "%s answers from another address than it was inspected at; nothing was saved", host);
    if (!is_digest(data, "chain", chain_sha256(l->chain)))
        return err_set(e, ERR_CONFLICT, "%s presents another certificate than the one inspected; nothing was saved", host);
    return true;
}

/* The certificate of the chain shown that has this digest, or NULL: what was also sent can't be trusted from here. */
static const struct trust_cert *shown(const struct look *l, const uint8_t sha256[DIGEST_SHA256])
{
    for (size_t i = 0; i < l->sorted.shown_len; i++)
        if (memcmp(trust_cert_sha256(look_cert(l, l->sorted.shown[i])), sha256, DIGEST_SHA256) == 0)
            return look_cert(l, l->sorted.shown[i]);
    return NULL;
}

static bool grant(const struct site *site, const struct caller *c, const struct finding *f, const struct trust_cert *store,
                  const char *alias, char ret_grant[STORE_ID_MAX + 1], struct err *e)
{
    const struct store_by by = site_by(c, FLOW);
    char time[TEXT_TIME];
    struct trust_scope scope;
    text_time(clock_wall_ms() / 1000, time);
    const struct anchor_new n = { STORE_SYSTEM, alias ? alias : arena_printf(f->arena, "%s:%u %s", f->host, f->port, time), &scope,
                                  store };
    return endpoint_scope(&f->behalf, f->host, f->port, &scope, e) && anchor_add(site, &n, &by, ret_grant, e);
}

static bool confirm(const struct site *site, const struct caller *c, const json_t *data, const uint8_t sha256[DIGEST_SHA256],
                    const char *alias, char ret_grant[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct finding f = { .host = json_string_value(json_object_get(data, "host")),
                         .port = (uint16_t)json_integer_value(json_object_get(data, "port")), .arena = &a };
    struct look l;
    struct look_request rq;
    if (!look_now(site, &f, 0, &l, &rq, e))
        return false;
    bool ok = l.seen && chain_len(l.chain) > 0 ? same(data, &l, f.host, e) : look_refused(&rq, &l, e);
    const struct trust_cert *store = ok ? shown(&l, sha256) : NULL;
    if (ok && !store)
        ok = err_set(e, ERR_INPUT, "this is not the fingerprint of a certificate that was shown; nothing was saved");
    if (ok && !valid_now(store))
        ok = err_set(e, ERR_INPUT, "the certificate is not valid now, so it can't be confirmed");
    ok = ok && grant(site, c, &f, store, alias, ret_grant, e);
    look_done(&l);
    return ok;
}

bool challenge_confirm(const struct site *site, const struct caller *c, const char *id, const uint8_t sha256[DIGEST_SHA256],
                       const char *alias, char ret_grant[STORE_ID_MAX + 1], struct err *e)
{
    struct taking t = { c, id, NULL };
    if (!change_keep(site, take, &t, e))
        return false;
    AUTO(wire_json_decrefp) json_t *data = t.data;
    return confirm(site, c, data, sha256, alias, ret_grant, e);
}
