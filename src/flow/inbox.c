#include "flow/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/inbox_record.h"
#include "flow/kept.h"
#include "flow/site_settings.h"
#include "store/audit.h"
#include "store/event.h"
#include "store/record.h"
#include "trust/cert.h"

static const char *const kind_names[INBOX_KINDS] = { "endpoint", "vmca", "host" };
static const char *const state_names[INBOX_STATES] = { "open", "approved", "rejected", "accepted", "settled" };

const char *inbox_kind_name(enum inbox_kind k)
{
    return kind_names[k];
}

const char *inbox_state_name(enum inbox_state s)
{
    return state_names[s];
}

static void id_of(const char *key, const uint8_t sha256[DIGEST_SHA256], char out[INBOX_ID])
{
    uint8_t both[2 * DIGEST_SHA256], digest[DIGEST_SHA256];
    digest_sha256(key, strlen(key), both);
    memcpy(both + DIGEST_SHA256, sha256, DIGEST_SHA256);
    digest_sha256(both, sizeof(both), digest);
    text_hex(digest, (INBOX_ID - 1) / 2, out);
}

/* ---- records ---- */

static int word(const char *const *names, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return 0;
}

bool inbox_record_read(const struct store_record *r, struct arena *a, struct inbox_item *ret, struct err *e)
{
    json_t *j;
    const char *sha256;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct inbox_item){
        .id = arena_strdup(a, r->id), .urn = arena_strdup(a, r->owner),
        .state = (enum inbox_state)word(state_names, INBOX_STATES, r->state),
        .kind = (enum inbox_kind)word(kind_names, INBOX_KINDS, kept_text(j, "kind", a)), .key = kept_text(j, "key", a),
        .name = kept_text(j, "name", a), .scope = kept_text(j, "scope", a), .old_pem = kept_text(j, "old", a),
        .now_pem = kept_text(j, "now", a), .announced = json_is_true(json_object_get(j, "announced")),
        .same_key = json_is_true(json_object_get(j, "sameKey")), .same_issuer = json_is_true(json_object_get(j, "sameIssuer")),
        .present = json_is_true(json_object_get(j, "present")), .hosts = (size_t)kept_number(j, "hosts"),
        .hosts_of = (size_t)kept_number(j, "hostsOf"), .first_ms = kept_number(j, "first"), .last_ms = kept_number(j, "last"),
        .old_until_ms = kept_number(j, "oldUntil"), .sightings = (size_t)kept_number(j, "sightings"),
        .returns = (size_t)kept_number(j, "returns"), .decided_by = kept_text(j, "decidedBy", a), .reason = kept_text(j, "reason", a),
        .decided_ms = kept_number(j, "decided"),
    };
    sha256 = kept_text(j, "sha256", a);
    json_decref(j);
    return text_unhex(sha256, ret->sha256, sizeof(ret->sha256)) ||
           err_set(e, ERR_STORE, "the record of inbox item %s is damaged: no SHA-256", r->id);
}

bool inbox_record_put(struct store *s, const struct inbox_item *x, struct err *e)
{
    char sha256[2 * DIGEST_SHA256 + 1];
    text_hex(x->sha256, DIGEST_SHA256, sha256);
    json_t *j = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I}", "kind",
                          kind_names[x->kind], "key", x->key, "name", json_string(x->name), "scope", x->scope, "old", x->old_pem,
                          "now", x->now_pem, "sha256", sha256, "announced", x->announced, "sameKey", x->same_key, "sameIssuer",
                          x->same_issuer, "present", x->present, "hosts", (json_int_t)x->hosts, "hostsOf", (json_int_t)x->hosts_of,
                          "first", (json_int_t)x->first_ms, "last", (json_int_t)x->last_ms, "oldUntil", (json_int_t)x->old_until_ms,
                          "sightings", (json_int_t)x->sightings, "returns", (json_int_t)x->returns, "decidedBy",
                          json_string(x->decided_by), "reason", json_string(x->reason), "decided", (json_int_t)x->decided_ms);
    return kept_put(s, (struct store_record){ .kind = INBOX_KIND, .id = x->id, .owner = x->urn, .name = "",
                                              .state = state_names[x->state], .made_ms = x->first_ms }, j, e);
}

bool inbox_record_all(struct store *s, const char *urn, struct arena *a, struct inbox_item **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    struct site_settings settings;
    if (!site_settings_read(s, &settings, e) || !kept_all(s, INBOX_KIND, urn, a, &rows, &len, e))
        return false;
    struct inbox_item *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++) {
        if (!inbox_record_read(&rows[i], a, &list[i], e))
            return false;
        list[i].hold_until_ms = list[i].first_ms + settings.hold_minutes * 60 * 1000;
    }
    *ret = list;
    *ret_len = len;
    return true;
}

/* ---- seeing ---- */

/* Outside text that must fit JSON and a line of the audit trail. */
static const char *safe(struct arena *a, const char *text)
{
    char out[STORE_NAME_MAX];
    text_escape(out, sizeof(out), text, strlen(text));
    return arena_strdup(a, out);
}

static bool fresh(struct store *s, const struct inbox_sighting *n, const char *id, struct arena *a, struct inbox_item *ret,
                  struct err *e)
{
    char scope[TRUST_SCOPE_TEXT], old_issuer[TRUST_SCOPE_TEXT] = "", now_issuer[TRUST_SCOPE_TEXT] = "";
    size_t len;
    uint64_t count;
    const char *old_pem = "", *now_pem;
    if (!store_record_count(s, &(struct store_record_query){ .kind = INBOX_KIND }, &count, e))
        return false;
    if (count >= INBOX_MAX)
        return err_set(e, ERR_LIMIT, "the inbox holds %d changed identities, the most there may be", INBOX_MAX);
    const uint8_t *der = trust_cert_der(n->now, &len);
    if (!anchor_write(der, len, a, &now_pem, e))
        return false;
    trust_cert_issuer(n->now, now_issuer, sizeof(now_issuer));
    if (n->old) {
        der = trust_cert_der(n->old, &len);
        if (!anchor_write(der, len, a, &old_pem, e))
            return false;
        trust_cert_issuer(n->old, old_issuer, sizeof(old_issuer));
    }
    trust_scope_write(&n->scope, scope);
    *ret = (struct inbox_item){
        .id = arena_strdup(a, id), .kind = n->kind, .key = arena_strdup(a, n->key), .urn = arena_strdup(a, n->urn),
        .name = safe(a, n->name), .scope = arena_strdup(a, scope), .old_pem = old_pem, .now_pem = now_pem,
        .same_key = n->old && memcmp(trust_cert_key_sha256(n->old), trust_cert_key_sha256(n->now), DIGEST_SHA256) == 0,
        .same_issuer = n->old && strcmp(old_issuer, now_issuer) == 0, .old_until_ms = n->old_until_ms, .decided_by = "",
        .reason = "",
    };
    memcpy(ret->sha256, trust_cert_sha256(n->now), DIGEST_SHA256);
    return true;
}

static bool tell(struct store *s, const struct inbox_item *x, const struct store_by *by, const char *action, const char *what,
                 struct err *e)
{
    char text[STORE_TEXT_MAX], print[3 * DIGEST_SHA256], id[RANDOM_UUID];
    text_fingerprint(x->sha256, DIGEST_SHA256, print);
    (void)snprintf(text, sizeof(text), "%s: %s, SHA-256 %s; inbox item %s", x->name, what, print, x->id);
    LOG(WARN, "inbox.changed", "action=%s item=%s urn=%s name=\"%s\" kind=%s", action, x->id, x->urn, x->name, kind_names[x->kind]);
    const struct store_audit line = { .by = *by, .action = action, .entity = x->urn, .sha256 = x->sha256, .text = text, .data = "" };
    const struct store_event ev = { .at_ms = by->at_ms, .kind = action, .severity = STORE_SECURITY, .entity = x->urn, .text = text,
                                    .data = "" };
    return store_audit_append(s, &line, e) && store_event_add(s, &ev, id, e);
}

static bool known(struct store *s, const char *id, struct arena *a, struct inbox_item *ret, bool *ret_there, struct err *e)
{
    struct store_record r;
    *ret_there = store_record_get(s, INBOX_KIND, id, a, &r, e);
    return *ret_there ? inbox_record_read(&r, a, ret, e) : e->kind == ERR_NOT_FOUND;
}

static void see(struct inbox_item *x, const struct inbox_sighting *n)
{
    x->present = true;
    x->last_ms = n->at_ms;
    x->sightings++;
    x->announced = n->announced;
    x->hosts = n->hosts;
    x->hosts_of = n->hosts_of;
}

/* A full inbox is said once an item does not fit, and stops nobody. */
static bool overflow(const struct inbox_sighting *n, const struct err *e)
{
    if (e->kind != ERR_LIMIT)
        return false;
    LOG(ERROR, "inbox.full", "urn=%s key=%s error=\"%s\"", n->urn, n->key, e->msg);
    return true;
}

/* The item of a sighting: the one that is kept, or one begun now. */
static bool item_of(struct store *s, const struct inbox_sighting *n, struct arena *a, struct inbox_item *x, bool *ret_there, struct err *e)
{
    char id[INBOX_ID];
    id_of(n->key, trust_cert_sha256(n->now), id);
    return known(s, id, a, x, ret_there, e) && (*ret_there || fresh(s, n, id, a, x, e));
}

bool inbox_put(struct store *s, const struct inbox_sighting *n, const struct store_by *by, enum inbox_state *ret_state, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct inbox_item x = { 0 };
    bool there;
    if (!item_of(s, n, &a, &x, &there, e))
        return overflow(n, e);
    bool rejected = there && x.state == INBOX_REJECTED, back = there && !x.present;
    bool opens = !rejected && (!there || x.state != INBOX_OPEN);
    x.returns += back;
    if (opens || back)
        x.first_ms = n->at_ms;
    if (opens) {
        x.state = INBOX_OPEN;
        x.decided_by = x.reason = "";
        x.decided_ms = 0;
    }
    see(&x, n);
    if (ret_state)
        *ret_state = x.state;
    if (!inbox_record_put(s, &x, e))
        return false;
    if (opens || (back && !rejected))
        return tell(s, &x, by, back ? "inbox.returned" : "inbox.open", "presents a changed identity, which waits for approval", e);
    return !back || tell(s, &x, by, "inbox.rejected-again", "presents an identity again that was rejected", e);
}

bool inbox_accepted(struct store *s, const struct inbox_sighting *n, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct inbox_item x = { 0 };
    bool there;
    if (!item_of(s, n, &a, &x, &there, e))
        return overflow(n, e);
    if (!there)
        x.first_ms = n->at_ms;
    see(&x, n);
    x.state = INBOX_ACCEPTED;
    x.decided_by = by->who;
    x.reason = "a renewal with the same key: accepted by policy";
    x.decided_ms = n->at_ms;
    return inbox_record_put(s, &x, e) && tell(s, &x, by, "inbox.accepted", "renewed its certificate with the same key, accepted by policy", e);
}

bool inbox_seen(struct store *s, const char *key, const struct trust_cert *now, bool believed, int64_t at_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct inbox_item *list;
    size_t len;
    const char *slash = strchr(key, '/');
    const char *urn = slash ? arena_strndup(&a, key, (size_t)(slash - key)) : key;
    if (!inbox_record_all(s, urn, &a, &list, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        struct inbox_item *x = &list[i];
        if (strcmp(x->key, key) != 0 || !x->present)
            continue;
        bool same = now && memcmp(x->sha256, trust_cert_sha256(now), DIGEST_SHA256) == 0;
        bool settles = same && believed && x->state == INBOX_OPEN;
        if (same && !settles)
            continue;
        x->present = same;
        if (settles) {
            x->state = INBOX_SETTLED;
            x->reason = "a grant made elsewhere vouches for it";
            x->decided_ms = at_ms;
        }
        if (!inbox_record_put(s, x, e))
            return false;
    }
    return true;
}

bool inbox_is_rejected(struct store *s, const char *key, const struct trust_cert *now, bool *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct inbox_item x = { 0 };
    char id[INBOX_ID];
    bool there;
    id_of(key, trust_cert_sha256(now), id);
    if (!known(s, id, &a, &x, &there, e))
        return false;
    *ret = there && x.state == INBOX_REJECTED;
    return true;
}

bool inbox_drop(struct store *s, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, INBOX_KIND, urn, &a, &rows, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!store_record_remove(s, INBOX_KIND, rows[i].id, e))
            return false;
    return true;
}
