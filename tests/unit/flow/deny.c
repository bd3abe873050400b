#include "flow/deny.h"

#include "base/arena.h"
#include "base/clock.h"
#include "fixture/mint.h"
#include "flow/change.h"
#include "flow/look.h"
#include "flow/site_settings.h"
#include "net/address.h"
#include "net/hosts.h"
#include "net/resolve.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444"

struct entry {
    const char *text;
    bool remove;
};

static bool turn(void *self, struct store *s, struct err *e)
{
    const struct entry *n = self;
    return n->remove ? deny_remove(s, n->text, &kept_by, e) : deny_add(s, n->text, &kept_by, e);
}

static bool add(struct world *w, const char *text, struct err *e)
{
    return change_run(&w->site, turn, &(struct entry){ text, false }, e);
}

static void entries_are_canonical_and_single(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const char *const *list;
    size_t len;
    static const char *const bad[] = { "", "10.0.0.1/8", "http://x", "a b", "*.example", "10.0.0.0/40", "127.1", "x\ny" };
    CHECK_OK(add(w, "10.0.0.0/8", &e), &e);
    CHECK_OK(add(w, "Corp.Example.", &e), &e);
    CHECK_OK(add(w, "2001:DB8::1", &e), &e);
    CHECK_FAILS(add(w, "corp.example", &e), &e, ERR_CONFLICT);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(add(w, bad[i], &e), &e, ERR_INPUT);
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(deny_list(l.store, &a, &list, &len, &e), &e);
    CHECK_EQ(len, 3);
    CHECK_STR(list[0], "10.0.0.0/8");
    CHECK_STR(list[1], "corp.example");
    CHECK_STR(list[2], "2001:db8::1");
    CHECK_OK(change_run(&w->site, turn, &(struct entry){ "CORP.example", true }, &e), &e);
    CHECK_FAILS(change_run(&w->site, turn, &(struct entry){ "corp.example", true }, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(change_run(&w->site, turn, &(struct entry){ "10.0.0.0/8", true }, &e), &e);
    CHECK_OK(change_run(&w->site, turn, &(struct entry){ "2001:db8::1", true }, &e), &e);
    CHECK_OK(deny_list(l.store, &a, &list, &len, &e), &e);
    CHECK_EQ(len, 0);
}

static void the_list_has_an_end(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(loan_end) struct loan l = { 0 };
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e);
    for (unsigned i = 0; i < DENY_ENTRIES_MAX; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "10.1.%u.%u", i / 250, i % 250);
        CHECK_OK(deny_add(l.store, text, &kept_by, &e), &e);
    }
    CHECK_FAILS(deny_add(l.store, "10.2.0.1", &kept_by, &e), &e, ERR_LIMIT);
}

static bool keep_vcenter(void *self, struct store *s, struct err *e)
{
    const struct mint_made *leaf = self;
    const char *names[] = { "vc1.example" }, *of_host[] = { "esx1.example", "203.0.113.9" };
    const struct store_chain_cert chain = { leaf->der, leaf->len };
    struct store_endpoint ep = { .key = VC, .urn = VC, .host = "vc1.example", .kind = TRUST_FOR_VCENTER, .port = 443,
                                 .names = names, .names_len = 1, .rule = "ok", .seen_ms = KEPT_NOW, .chain = &chain,
                                 .chain_len = 1 };
    if (!store_endpoint_put(s, &ep, e))
        return false;
    ep.key = VC "/host-1";
    ep.host = "esx1.example";
    ep.kind = TRUST_FOR_ESXI;
    ep.names = of_host;
    ep.names_len = 2;
    return store_endpoint_put(s, &ep, e);
}

static void a_tenant_reaches_neither_the_infrastructure_nor_the_cell(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    static const char hosts_text[] = "203.0.113.5 vc1.example\n";
    AUTO(hosts_destroyp) struct hosts *hosts = hosts_parse(hosts_text, sizeof(hosts_text) - 1, &e);
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(hosts, RESOLVE_AUTO, NULL);
    const struct deny *d;
    static const struct {
        const char *what;
        bool denied;
    } cases[] = {
        { "8.8.8.8", false }, { "2600::1", false }, { "www.example.org", false }, { "notcorp.example", false },
        { "127.0.0.1", true }, { "127.8.8.8", true }, { "::1", true }, { "::ffff:127.0.0.1", true }, { "0.0.0.0", true },
        { "169.254.169.254", true }, { "fe80::1", true }, { "224.0.0.1", true }, { "64:ff9b::127.0.0.1", true },
        { "2002:7f00:1::1", true }, { "255.255.255.255", true },
        { "vc1.example", true }, { "VC1.example.", true }, { "203.0.113.5", true }, /* its address, looked up */
        { "esx1.example", true }, { "203.0.113.9", true }, { "::ffff:203.0.113.9", true },
        { "cell.example", true }, { "192.0.2.1", true },                            /* the cell itself */
        { "corp.example", true }, { "a.b.corp.example", true }, { "11.1.2.3", true },  /* the provider's list */
    };
    w->site.resolver = r;
    CHECK_OK(change_keep(&w->site, keep_vcenter, (void *)(uintptr_t)mint_leaf(m, NULL, "/CN=x", MINT_P256, NULL), &e), &e);
    CHECK_OK(add(w, "corp.example", &e), &e);
    CHECK_OK(add(w, "11.0.0.0/8", &e), &e);
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(deny_load(&w->site, l.store, &a, &d, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address at;
        bool denied = deny_name(d, cases[i].what);
        if (denied != cases[i].denied)
            fail_msg("case %zu: %s", i, cases[i].what);
        if (address_parse(cases[i].what, 443, &at, &e))
            CHECK_EQ(deny_address(d, &at), cases[i].denied);
    }
    w->site.resolver = w->resolver;
}

/* Refused, it looks as a host behind a filter does, and takes as long; a name that only resolves to a denied address too. */
static void what_is_denied_is_silent(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    static const char hosts_text[] = "127.0.0.1 rebound.example\n";
    AUTO(hosts_destroyp) struct hosts *hosts = hosts_parse(hosts_text, sizeof(hosts_text) - 1, &e);
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(hosts, RESOLVE_AUTO, NULL);
    const struct deny *d;
    static const char *const hosts_denied[] = { "127.0.0.1", "rebound.example", "corp.example" };
    w->site.resolver = r;
    CHECK_OK(add(w, "corp.example", &e), &e);
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(deny_load(&w->site, l.store, &a, &d, &e), &e);
    for (size_t i = 0; i < 2 * ARRAY_LEN(hosts_denied); i++) {
        struct look look;
        const struct look_request rq = { .host = hosts_denied[i / 2], .port = 1, .deny = d, .timeout_ms = 30, .plain = i % 2 };
        int64_t began = clock_mono_ms();
        CHECK_OK(look_at(&w->site, &rq, &look, &e), &e);
        CHECK(clock_mono_ms() - began >= 30);
        CHECK(!look.connected && !look.seen && !look.chain);
        CHECK_EQ(look.err.kind, ERR_TIMEOUT);
        CHECK_STR(look.err.msg, "connecting: no answer within 0.0 s");
        CHECK_EQ(look.stage, PROBE_CONNECT);
        CHECK_EQ(look.address.family, ADDRESS_NONE);
        look_done(&look);
    }
    w->site.resolver = w->resolver;
}

static void a_request_that_makes_no_sense_is_refused(void **state)
{
    struct world *w = *state;
    struct err e;
    struct look look;
    static const struct look_request bad[] = {
        { .host = "", .port = 443 }, { .host = "vc1 example", .port = 443 }, { .host = "vc1.example", .port = 0 },
        { .host = "vc1.example", .port = 443, .timeout_ms = -1 }, { .host = "user@vc1.example", .port = 443 },
        { .host = "vc1.example", .port = 443, .timeout_ms = LOOK_TIMEOUT_MAX_MS + 1 }, { .host = "127.1", .port = 443 },
        { .host = "vc1.example", .port = 443, .names_len = TRUST_NAMES_MAX + 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(look_at(&w->site, &bad[i], &look, &e), &e, ERR_INPUT);
}

struct switching {
    struct site_settings to;
};

static bool write_settings(void *self, struct store *s, struct err *e)
{
    struct switching *t = self;
    return site_settings_write(s, &t->to, &kept_by, e);
}

static void settings_keep_what_differs(void **state)
{
    struct world *w = *state;
    struct err e;
    struct switching t;
    struct site_settings back;
    AUTO(loan_end) struct loan l = { 0 };
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(site_settings_read(l.store, &t.to, &e), &e);
    CHECK(t.to.verify_vc && t.to.verify_nsx);
    uint64_t before = publisher_generation(w->publisher);
    CHECK_OK(change_run(&w->site, write_settings, &t, &e), &e);
    CHECK_EQ(publisher_generation(w->publisher), before); /* nothing differs, nothing is written */
    t.to.verify_vc = false;
    CHECK_OK(site_settings_set(&t.to, site_settings_find("SessionTimeoutMinutes"), 45, &e), &e);
    CHECK_OK(change_run(&w->site, write_settings, &t, &e), &e);
    CHECK_OK(site_settings_read(l.store, &back, &e), &e);
    CHECK(!back.verify_vc && back.verify_nsx);
    CHECK_EQ(back.session_idle_minutes, 45);
    for (size_t i = 0; i < site_settings_fields_len; i++) {
        const struct site_settings_field *f = &site_settings_fields[i];
        CHECK(site_settings_find(f->json) == f && (!f->xml || site_settings_find(f->xml) == f));
        CHECK_OK(site_settings_set(&back, f, f->min, &e), &e);
        CHECK_EQ(site_settings_value(&back, f), f->min);
        CHECK_OK(site_settings_set(&back, f, f->max, &e), &e);
        CHECK_FAILS(site_settings_set(&back, f, f->min - 1, &e), &e, ERR_INPUT);
        CHECK_FAILS(site_settings_set(&back, f, f->max + 1, &e), &e, ERR_INPUT);
        CHECK_EQ(site_settings_value(&back, f), f->max);
    }
    CHECK(!site_settings_find("nothing"));
}

GROUP(flow_deny, WITH_WORLD(entries_are_canonical_and_single), WITH_WORLD(the_list_has_an_end),
      WITH_WORLD(a_tenant_reaches_neither_the_infrastructure_nor_the_cell), WITH_WORLD(what_is_denied_is_silent),
      WITH_WORLD(a_request_that_makes_no_sense_is_refused), WITH_WORLD(settings_keep_what_differs))
