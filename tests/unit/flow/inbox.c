/* The inbox: what is seen, gone, back, approved, rejected and remembered; and what was believed before. */
#include "flow/inbox.h"

#include <string.h>

#include "base/clock.h"
#include "fixture/mint.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/site_settings.h"
#include "store/endpoint.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:66666666-4444-4444-8444-444444444444"

struct scene {
    struct world *world;
    struct mint *mint;
    struct trust_cert *old, *now, *renewed;
    struct arena arena;
    struct loan loan;
    struct store_by by;
};

static struct trust_cert *leaf(struct mint *m, int key, int64_t from)
{
    struct trust_cert *c;
    struct err e;
    const struct mint_cert want = { .subject = "/CN=vc1.example", .key = key, .not_before = from,
                                    .not_after = from + 20000 * MINT_DAY };
    const struct mint_made *made = mint_cert(m, &want);
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    return c;
}

static void begin(struct scene *s, void **state)
{
    struct err e;
    *s = (struct scene){ .world = *state, .mint = mint_create(), .by = { "somebody", "here", "test", clock_wall_ms() } };
    s->old = leaf(s->mint, MINT_P256, MINT_NOW);
    s->now = leaf(s->mint, MINT_P256 + 1, MINT_NOW);
    s->renewed = leaf(s->mint, MINT_P256, MINT_NOW + MINT_DAY);
    CHECK_OK(loan_begin(s->world->shelf, &s->loan, &e), &e);
}

static void end(struct scene *s)
{
    (void)trust_cert_unref(s->old);
    (void)trust_cert_unref(s->now);
    (void)trust_cert_unref(s->renewed);
    (void)mint_destroy(s->mint);
    arena_done(&s->arena);
    loan_end(&s->loan);
}

static struct inbox_sighting sighting(const struct scene *s)
{
    return (struct inbox_sighting){ .kind = INBOX_ENDPOINT, .key = VC, .urn = VC, .name = "vc1\x1b", .old = s->old, .now = s->now,
                                    .scope = { .kind = TRUST_SCOPE_VCENTER_ENDPOINT, .name = VC }, .hosts = 1, .hosts_of = 2,
                                    .at_ms = s->by.at_ms };
}

static enum inbox_state put(struct scene *s, struct inbox_sighting n)
{
    enum inbox_state state = INBOX_STATES;
    struct err e;
    CHECK_OK(store_begin(s->loan.store, STORE_WRITE, &e), &e);
    CHECK_OK(inbox_put(s->loan.store, &n, &s->by, &state, &e), &e);
    CHECK_OK(store_commit(s->loan.store, &e), &e);
    return state;
}

static void seen(struct scene *s, const struct trust_cert *now, bool believed)
{
    struct err e;
    CHECK_OK(store_begin(s->loan.store, STORE_WRITE, &e), &e);
    CHECK_OK(inbox_seen(s->loan.store, VC, now, believed, s->by.at_ms, &e), &e);
    CHECK_OK(store_commit(s->loan.store, &e), &e);
}

static struct inbox_item only(struct scene *s)
{
    struct inbox_item *list;
    size_t len;
    struct err e;
    CHECK_OK(inbox_list(s->loan.store, &s->arena, &list, &len, &e), &e);
    CHECK_EQ(len, 1);
    return list[0];
}

static size_t waiting(struct scene *s)
{
    size_t n;
    const char *first;
    struct err e;
    CHECK_OK(inbox_waiting(s->loan.store, &s->arena, &n, &first, &e), &e);
    return n;
}

static void a_changed_identity_waits_and_its_hold_down_begins_anew_when_it_comes_back_E4(void **state)
{
    struct scene s;
    begin(&s, state);
    CHECK_EQ(put(&s, sighting(&s)), INBOX_OPEN);
    struct inbox_item x = only(&s);
    CHECK(x.present && !x.same_key && x.sightings == 1 && x.returns == 0 && x.hosts == 1 && x.hosts_of == 2);
    CHECK_STR(x.name, "vc1\\x1b"); /* outside text can't drive a terminal */
    CHECK_EQ(x.hold_until_ms - x.first_ms, 60 * 60 * 1000);
    CHECK(!memcmp(x.sha256, trust_cert_sha256(s.now), 32) && strstr(x.old_pem, "BEGIN CERTIFICATE"));
    s.by.at_ms += 1000;
    CHECK_EQ(put(&s, sighting(&s)), INBOX_OPEN);
    x = only(&s);
    CHECK(x.sightings == 2 && x.last_ms - x.first_ms == 1000);
    CHECK_EQ(waiting(&s), 1);
    seen(&s, s.old, true); /* back to what it was */
    CHECK_EQ(waiting(&s), 0);
    CHECK(!only(&s).present);
    s.by.at_ms += 1000;
    CHECK_EQ(put(&s, sighting(&s)), INBOX_OPEN);
    x = only(&s);
    CHECK(x.present && x.returns == 1 && x.first_ms == s.by.at_ms);
    seen(&s, s.now, true); /* somebody granted it elsewhere */
    CHECK_EQ(only(&s).state, INBOX_SETTLED);
    CHECK_EQ(put(&s, sighting(&s)), INBOX_OPEN); /* and took it away again */
    end(&s);
}

static void a_rejection_is_remembered_E4(void **state)
{
    struct scene s;
    struct err e;
    bool rejected;
    begin(&s, state);
    (void)put(&s, sighting(&s));
    const struct inbox_item x = only(&s);
    struct inbox_answer n = { .id = x.id, .sha256 = trust_cert_sha256(s.old), .reason = "no\nthanks" };
    CHECK_FAILS(inbox_reject(&s.world->site, &n, &s.by, &e), &e, ERR_CONFLICT);
    n.sha256 = trust_cert_sha256(s.now);
    CHECK_OK(inbox_reject(&s.world->site, &n, &s.by, &e), &e);
    CHECK_OK(inbox_reject(&s.world->site, &n, &s.by, &e), &e);
    CHECK_STR(only(&s).reason, "no\\x0athanks");
    CHECK_EQ(put(&s, sighting(&s)), INBOX_REJECTED);
    seen(&s, NULL, false);
    CHECK_EQ(put(&s, sighting(&s)), INBOX_REJECTED);
    CHECK_EQ(only(&s).returns, 1);
    CHECK_EQ(waiting(&s), 0);
    CHECK_OK(inbox_is_rejected(s.loan.store, VC, s.now, &rejected, &e), &e);
    CHECK(rejected);
    CHECK_OK(inbox_is_rejected(s.loan.store, VC, s.old, &rejected, &e), &e);
    CHECK(!rejected);
    CHECK_OK(inbox_is_rejected(s.loan.store, VC "/vmca", s.now, &rejected, &e), &e);
    CHECK(!rejected); /* another key */
    end(&s);
}

static void an_approval_is_bound_held_down_and_grants_exactly_this_E4(void **state)
{
    struct scene s;
    struct err e;
    begin(&s, state);
    (void)put(&s, sighting(&s));
    const struct inbox_item x = only(&s);
    const struct trust_behalf b = { TRUST_FOR_VCENTER, 443, VC, "vc1.example" }, hosts = { TRUST_FOR_ESXI, 443, VC, "" };
    struct inbox_answer n = { .id = "ffffffffffffffff", .sha256 = trust_cert_sha256(s.now) };
    CHECK_FAILS(inbox_approve(&s.world->site, &n, &s.by, &e), &e, ERR_NOT_FOUND);
    n.id = "";
    CHECK_FAILS(inbox_approve(&s.world->site, &n, &s.by, &e), &e, ERR_NOT_FOUND);
    n.id = x.id;
    CHECK_FAILS(inbox_approve(&s.world->site, &n, &s.by, &e), &e, ERR_INPUT); /* the hold-down */
    CHECK(strstr(e.msg, "hold-down"));
    n.now = true;
    n.sha256 = trust_cert_sha256(s.old);
    CHECK_FAILS(inbox_approve(&s.world->site, &n, &s.by, &e), &e, ERR_CONFLICT);
    AUTO(trust_set_unrefp) struct trust_set *before = trust_live_get(s.world->live);
    CHECK(!trust_set_grants(before, trust_cert_sha256(s.now), &b));
    n.sha256 = trust_cert_sha256(s.now);
    n.now = false;
    s.by.at_ms = x.hold_until_ms; /* over */
    CHECK_OK(inbox_approve(&s.world->site, &n, &s.by, &e), &e);
    AUTO(trust_set_unrefp) struct trust_set *after = trust_live_get(s.world->live);
    CHECK(trust_set_grants(after, trust_cert_sha256(s.now), &b) && !trust_set_grants(after, trust_cert_sha256(s.now), &hosts));
    CHECK_EQ(only(&s).state, INBOX_APPROVED);
    CHECK_FAILS(inbox_approve(&s.world->site, &n, &s.by, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(inbox_reject(&s.world->site, &n, &s.by, &e), &e, ERR_CONFLICT);
    end(&s);
}

static void what_is_not_valid_is_not_approved_E4(void **state)
{
    struct scene s;
    struct err e;
    begin(&s, state);
    AUTO(trust_cert_unrefp) struct trust_cert *future = leaf(s.mint, MINT_P256 + 2, MINT_NOW + 19000 * MINT_DAY);
    struct inbox_sighting n = sighting(&s);
    n.now = future;
    (void)put(&s, n);
    const struct inbox_item x = only(&s);
    const struct inbox_answer yes = { .id = x.id, .sha256 = trust_cert_sha256(future), .now = true };
    CHECK_FAILS(inbox_approve(&s.world->site, &yes, &s.by, &e), &e, ERR_INPUT);
    CHECK_EQ(only(&s).state, INBOX_OPEN);
    end(&s);
}

static void beginnings_of_ids_must_be_clear_and_what_goes_takes_its_items_E4(void **state)
{
    struct scene s;
    struct err e;
    struct inbox_item x, *list;
    size_t len;
    begin(&s, state);
    for (int i = 0; i < 40; i++) {
        struct inbox_sighting n = sighting(&s);
        n.key = arena_printf(&s.arena, VC "/host-%d", i);
        n.kind = INBOX_HOST;
        (void)put(&s, n);
    }
    CHECK_OK(inbox_list(s.loan.store, &s.arena, &list, &len, &e), &e);
    CHECK_EQ(len, 40);
    char first[2] = { list[0].id[0], '\0' };
    bool several = false;
    for (size_t i = 1; i < len; i++)
        several |= list[i].id[0] == first[0];
    if (several)
        CHECK_FAILS(inbox_get(s.loan.store, first, &s.arena, &x, &e), &e, ERR_INPUT);
    CHECK_OK(inbox_get(s.loan.store, list[0].id, &s.arena, &x, &e), &e);
    CHECK_FAILS(inbox_get(s.loan.store, arena_printf(&s.arena, "%sx", list[0].id), &s.arena, &x, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(store_begin(s.loan.store, STORE_WRITE, &e), &e);
    CHECK_OK(inbox_drop(s.loan.store, VC, &e), &e);
    CHECK_OK(store_commit(s.loan.store, &e), &e);
    CHECK_EQ(waiting(&s), 0);
    end(&s);
}

/* ---- what was believed before ---- */

static void look(struct scene *s, const struct trust_cert *c, bool ok)
{
    size_t len;
    struct err e;
    const char *name = "vc1.example";
    const uint8_t *der = trust_cert_der(c, &len);
    const struct store_chain_cert chain = { der, len };
    s->by.at_ms += 1000;
    const struct store_endpoint ep = { .key = VC, .urn = VC, .host = name, .kind = TRUST_FOR_VCENTER, .port = 443, .names = &name,
                                       .names_len = 1, .rule = ok ? "ok" : "unknown-issuer", .seen_ms = s->by.at_ms,
                                       .verified_ms = ok ? s->by.at_ms : 0, .anchor = ok ? trust_cert_sha256(c) : NULL,
                                       .chain = &chain, .chain_len = 1 };
    CHECK_OK(store_begin(s->loan.store, STORE_WRITE, &e), &e);
    if (!ok)
        CHECK_OK(believed_save(s->loan.store, VC, VC, c, &e), &e);
    CHECK_OK(store_endpoint_put(s->loan.store, &ep, &e), &e);
    CHECK_OK(store_commit(s->loan.store, &e), &e);
}

static enum believed_change beside(struct scene *s, const char *key, const struct trust_cert *c)
{
    AUTO(believed_done) struct believed b = { 0 };
    struct err e;
    CHECK_OK(believed_get(s->loan.store, key, &b, &e), &e);
    return believed_compare(&b, c);
}

static void what_was_believed_last_stays_known_E4(void **state)
{
    struct scene s;
    struct err e;
    begin(&s, state);
    CHECK_EQ(beside(&s, VC, s.now), BELIEVED_FIRST);
    look(&s, s.now, false);
    CHECK_EQ(beside(&s, VC, s.now), BELIEVED_FIRST); /* seen is not believed */
    look(&s, s.old, true);
    CHECK_EQ(beside(&s, VC, s.old), BELIEVED_SAME);
    CHECK_EQ(beside(&s, VC, s.renewed), BELIEVED_SAME_KEY);
    CHECK_EQ(beside(&s, VC, s.now), BELIEVED_CHANGED);
    look(&s, s.old, false); /* the grant was taken away: it was believed all the same */
    CHECK_EQ(beside(&s, VC, s.old), BELIEVED_SAME);
    look(&s, s.now, false);
    look(&s, s.now, false);
    CHECK_EQ(beside(&s, VC, s.old), BELIEVED_SAME);
    CHECK_EQ(beside(&s, VC, s.now), BELIEVED_CHANGED);
    look(&s, s.now, true);
    CHECK_EQ(beside(&s, VC, s.old), BELIEVED_CHANGED);
    CHECK_EQ(beside(&s, VC, s.now), BELIEVED_SAME);
    CHECK_EQ(beside(&s, VC "/vmca", s.now), BELIEVED_FIRST);
    CHECK_OK(store_begin(s.loan.store, STORE_WRITE, &e), &e);
    CHECK_OK(believed_put(s.loan.store, VC "/vmca", VC, s.old, 1, &e), &e);
    CHECK_OK(store_commit(s.loan.store, &e), &e);
    CHECK_EQ(beside(&s, VC "/vmca", s.now), BELIEVED_CHANGED);
    CHECK_OK(store_begin(s.loan.store, STORE_WRITE, &e), &e);
    CHECK_OK(believed_drop(s.loan.store, VC, &e), &e);
    CHECK_OK(store_commit(s.loan.store, &e), &e);
    CHECK_EQ(beside(&s, VC "/vmca", s.now), BELIEVED_FIRST);
    end(&s);
}

GROUP(flow_inbox, WITH_WORLD(a_changed_identity_waits_and_its_hold_down_begins_anew_when_it_comes_back_E4),
      WITH_WORLD(a_rejection_is_remembered_E4), WITH_WORLD(an_approval_is_bound_held_down_and_grants_exactly_this_E4),
      WITH_WORLD(what_is_not_valid_is_not_approved_E4),
      WITH_WORLD(beginnings_of_ids_must_be_clear_and_what_goes_takes_its_items_E4),
      WITH_WORLD(what_was_believed_last_stays_known_E4))
