/* The audit over a store: who is known, what may go, that it goes only as it was shown, and what a change would break. The clock is
 * a parameter; nobody is asked. */
#include "flow/audit.h"

#include <jansson.h>

#include "fixture/mint.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/live.h"
#include "flow/vcenter.h"
#include "flow/whatif.h"
#include "store/endpoint.h"
#include "store/evidence.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444"
#define NOW (MINT_NOW * 1000)
#define DAY (MINT_DAY * 1000)
#define HOSTS "vcenter:" VC "/hosts"
#define ENDPOINT "vcenter:" VC "/endpoint"

/* vc1 by an enterprise CA, two hosts by its VMCA, one CA too many. */
struct estate {
    struct world *w;
    struct store *s;
    struct mint *m;
    struct trust_cert *ca, *vmca, *other;
    const struct mint_made *vc, *esx[3], *made_ca, *made_vmca;
    char ca_id[STORE_ID_MAX + 1], vmca_id[STORE_ID_MAX + 1], other_id[STORE_ID_MAX + 1];
    struct arena arena;
};

static struct trust_cert *cert_of(const struct mint_made *made)
{
    struct trust_cert *c;
    struct err e;
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    return c;
}

static void grant(struct estate *x, const struct trust_cert *c, const char *scope, const char *alias, char ret_id[STORE_ID_MAX + 1])
{
    struct trust_scope parsed;
    struct err e;
    const struct store_by by = site_by(&x->w->admin, "test");
    CHECK_OK(trust_scope_parse(scope, &parsed, &e), &e);
    const struct anchor_new n = { STORE_SYSTEM, alias, &parsed, c };
    CHECK_OK(anchor_add(&x->w->site, &n, &by, ret_id, &e), &e);
}

static void present(struct estate *x, const char *key, enum trust_behalf_kind kind, const char *host, const struct mint_made *leaf,
                    int64_t seen_ms)
{
    struct err e;
    const struct store_chain_cert chain = { leaf->der, leaf->len };
    const struct store_endpoint ep = {
        .key = key, .urn = kind == TRUST_FOR_ADDRESS ? NULL : VC, .host = host, .kind = kind, .port = 443, .names = &host, .names_len = 1,
        .rule = "ok", .seen_ms = seen_ms, .chain = &chain, .chain_len = 1,
    };
    CHANGE_OK(x->w->kept, store_endpoint_put(x->s, &ep, &e), &e);
}

static void listed(struct estate *x, int64_t at_ms, const char *unseen)
{
    struct err e;
    char json[1024];
    (void)snprintf(json, sizeof(json), "{\"state\":\"trusted\",\"at\":%lld,\"hosts\":2,\"unseen\":[%s]}", (long long)at_ms, unseen);
    CHANGE_OK(x->w->kept, vcenter_trust_put(x->s, VC, json, &e), &e);
}

static struct estate estate_start(void **state)
{
    struct err e;
    struct estate x = { .w = *state, .s = ((struct world *)*state)->kept->s, .m = mint_create() };
    const struct vcenter v = { .urn = VC, .name = "vc1", .url = "https://vc1.example", .host = "vc1.example", .port = 443, .enabled = true,
                               .username = "a", .names = VCENTER_NAMES_ON };
    x.made_ca = mint_root(x.m, "/CN=Enterprise", 1);
    x.made_vmca = mint_root(x.m, "/CN=CA/O=vc1", 2);
    x.ca = cert_of(x.made_ca);
    x.vmca = cert_of(x.made_vmca);
    x.other = cert_of(mint_root(x.m, "/CN=Other", 3));
    x.vc = mint_leaf(x.m, x.made_ca, "/CN=vc1", 4, "DNS:vc1.example");
    x.esx[1] = mint_leaf(x.m, x.made_vmca, "/CN=esx1", 5, "DNS:esx1.example");
    x.esx[2] = mint_leaf(x.m, x.made_vmca, "/CN=esx2", 6, "DNS:esx2.example");
    CHANGE_OK(x.w->kept, vcenter_put(x.s, &v, &e), &e);
    listed(&x, NOW, "");
    present(&x, VC, TRUST_FOR_VCENTER, "vc1.example", x.vc, NOW);
    present(&x, VC "/host-1", TRUST_FOR_ESXI, "esx1.example", x.esx[1], NOW);
    present(&x, VC "/host-2", TRUST_FOR_ESXI, "esx2.example", x.esx[2], NOW);
    grant(&x, x.ca, ENDPOINT, "enterprise", x.ca_id);
    grant(&x, x.vmca, HOSTS, "vmca", x.vmca_id);
    grant(&x, x.other, "any", "other", x.other_id);
    return x;
}

static void estate_stop(struct estate *x)
{
    trust_cert_unref(x->ca);
    trust_cert_unref(x->vmca);
    trust_cert_unref(x->other);
    (void)mint_destroy(x->m);
    arena_done(&x->arena);
}

static void make(struct estate *x, int64_t looked_since_ms, int64_t now_ms, struct audit_made *ret)
{
    struct err e;
    CHECK_OK(store_begin(x->s, STORE_READ, &e), &e);
    CHECK_OK(audit_make(&x->w->site, x->s, &(struct replay_ask){ .now_ms = now_ms, .looked_since_ms = looked_since_ms }, ret, &e), &e);
    store_abort(x->s);
}

/* "needed needed unneeded", in the order enterprise, vmca, other. */
static const char *states(struct estate *x, int64_t looked_since_ms, int64_t now_ms)
{
    const char *const ids[] = { x->ca_id, x->vmca_id, x->other_id };
    const char *text = "";
    AUTO(audit_made_done) struct audit_made m = { 0 };
    make(x, looked_since_ms, now_ms, &m);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < m.grants_len; i++)
            if (strcmp(m.grants[i].id, ids[k]) == 0)
                text = arena_printf(&x->arena, "%s%s%s", text, *text ? " " : "", trust_audit_state_name(m.found.grants[m.at[i]].state));
    return text;
}

static void who_is_known_decides_S12(void **state)
{
    struct estate x = estate_start(state);
    CHECK_STR(states(&x, NOW, NOW), "needed needed unneeded");
    CHECK_STR(states(&x, 0, NOW), "needed needed unproven");               /* nobody was looked at */
    CHECK_STR(states(&x, NOW + 1, NOW + DAY), "unproven unproven unproven"); /* nobody answered */
    CHECK_STR(states(&x, 0, NOW + 8 * DAY), "unproven unproven unproven");  /* all was long ago */
    present(&x, VC "/host-1", TRUST_FOR_ESXI, "esx1.example", x.esx[1], NOW + 10);
    present(&x, VC, TRUST_FOR_VCENTER, "vc1.example", x.vc, NOW + 10);
    listed(&x, NOW + 10, "");
    CHECK_STR(states(&x, NOW + 10, NOW + 10), "needed needed unproven"); /* host-2 did not answer */
    present(&x, VC "/host-2", TRUST_FOR_ESXI, "esx2.example", x.esx[2], NOW + 10);
    CHECK_STR(states(&x, NOW + 10, NOW + 10), "needed needed unneeded");
    /* A host that the vCenter lists and nobody ever saw; then a vCenter that can't be asked for its hosts. */
    listed(&x, NOW + 10, "{\"key\":\"" VC "/host-3\",\"name\":\"esx3\",\"why\":\"it is off\",\"tried\":true}");
    CHECK_STR(states(&x, NOW + 10, NOW + 10), "needed needed unproven");
    CHECK_STR(states(&x, 0, NOW + 10), "needed needed unproven");
    listed(&x, NOW, "");
    CHECK_STR(states(&x, NOW + 10, NOW + 10), "needed needed unproven");
    estate_stop(&x);
}

/* The replay names the reason. */
static const char *unknown_of(struct estate *x, const char *key, int64_t looked_since_ms)
{
    struct err e;
    AUTO(replay_done) struct replay r = { 0 };
    CHECK_OK(replay_load(&x->w->site, &(struct replay_ask){ .now_ms = NOW, .looked_since_ms = looked_since_ms }, &r, &e), &e);
    for (size_t i = 0; i < r.len; i++) {
        CHECK_EQ(r.cases[i].known, !r.endpoints[i].unknown);
        if (strcmp(r.endpoints[i].key, key) == 0)
            return r.endpoints[i].unknown ? arena_strdup(&x->arena, r.endpoints[i].unknown) : "known";
    }
    return "not there";
}

static void everybody_registered_is_there(void **state)
{
    struct estate x = estate_start(state);
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHECK_STR(unknown_of(&x, VC, NOW), "known");
    CHECK_STR(unknown_of(&x, VC "/", 0), "not there");
    /* An address that a grant names; one that is registered is no address any more. */
    grant(&x, x.vmca, "host:ldap.example:636", "ldap", id);
    CHECK_STR(unknown_of(&x, "ldap.example:636", 0), "it was never seen");
    grant(&x, x.ca, "host:vc1.example:443", "named", id);
    CHECK_STR(unknown_of(&x, "vc1.example:443", 0), "not there");
    present(&x, "ldap.example:636", TRUST_FOR_ADDRESS, "ldap.example", x.vc, NOW);
    CHECK_STR(unknown_of(&x, "ldap.example:636", NOW), "known");
    /* An address without a grant is nobody, and is forgotten. */
    present(&x, "gone.example:443", TRUST_FOR_ADDRESS, "gone.example", x.vc, NOW);
    CHECK_STR(unknown_of(&x, "gone.example:443", 0), "not there");
    AUTO(audit_made_done) struct audit_made m = { 0 };
    make(&x, NOW, NOW, &m);
    CHECK_EQ(m.replay.strays_len, 1);
    CHANGE_OK(x.w->kept, audit_keep(x.s, &m, NOW, true, &e), &e);
    struct store_endpoint ep;
    CHECK_FAILS(store_endpoint_get(x.s, "gone.example:443", &x.arena, &ep, &e), &e, ERR_NOT_FOUND);
    estate_stop(&x);
}

/* ---- removal ---- */

static void kept_report(struct estate *x, int64_t started_ms, bool looked, char shown[AUDIT_DIGEST])
{
    struct err e;
    AUTO(audit_made_done) struct audit_made m = { 0 };
    make(x, looked ? started_ms : 0, NOW, &m);
    CHANGE_OK(x->w->kept, audit_keep(x->s, &m, started_ms, looked, &e), &e);
    memcpy(shown, m.shown, AUDIT_DIGEST);
}

static bool try_remove(struct estate *x, const char *shown, int64_t now_ms, size_t *ret_len, struct err *e)
{
    struct audit_removed gone = { 0 };
    bool ok = audit_remove(&x->w->site, &x->w->admin, shown, now_ms, &x->arena, &gone, e);
    *ret_len = gone.len;
    return ok;
}

static void only_what_was_shown_goes_S12(void **state)
{
    struct estate x = estate_start(state);
    struct err e;
    char shown[AUDIT_DIGEST], other_shown[AUDIT_DIGEST], id[STORE_ID_MAX + 1];
    size_t len;
    const struct store_grant_query all = { .owner = STORE_SYSTEM };
    CHECK_FAILS(try_remove(&x, "", NOW, &len, &e), &e, ERR_CONFLICT); /* no audit yet */
    kept_report(&x, NOW, false, shown);
    CHECK_FAILS(try_remove(&x, shown, NOW, &len, &e), &e, ERR_CONFLICT); /* it did not look */
    kept_report(&x, NOW, true, shown);
    CHECK_FAILS(try_remove(&x, "0000", NOW, &len, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(try_remove(&x, shown, NOW + AUDIT_GOOD_MS + 1, &len, &e), &e, ERR_CONFLICT); /* long ago */
    CHECK_FAILS(try_remove(&x, shown, NOW - 1, &len, &e), &e, ERR_CONFLICT); /* the clock went back */
    /* Another certificate that nothing needs came meanwhile. */
    AUTO(trust_cert_unrefp) struct trust_cert *more = cert_of(mint_root(x.m, "/CN=More", 10));
    grant(&x, more, HOSTS, "more", id);
    CHECK_FAILS(try_remove(&x, shown, NOW, &len, &e), &e, ERR_CONFLICT);
    CHECK_EQ(kept_count(x.w->kept, &all), 4);
    kept_report(&x, NOW, true, other_shown);
    CHECK(strcmp(shown, other_shown) != 0);
    CHECK_OK(try_remove(&x, other_shown, NOW, &len, &e), &e);
    CHECK_EQ(len, 2);
    CHECK_EQ(kept_count(x.w->kept, &all), 2);
    CHECK_STR(states(&x, NOW, NOW), "needed needed");
    CHECK_FAILS(try_remove(&x, other_shown, NOW, &len, &e), &e, ERR_CONFLICT); /* twice */
    kept_report(&x, NOW, true, shown);
    CHECK_OK(try_remove(&x, shown, NOW, &len, &e), &e); /* nothing to do is done */
    CHECK_EQ(len, 0);
    estate_stop(&x);
}

/* A host that presents something else since the audit keeps what it needs now. */
static void what_is_needed_since_stays_S12(void **state)
{
    struct estate x = estate_start(state);
    struct err e;
    char shown[AUDIT_DIGEST];
    size_t len;
    kept_report(&x, NOW, true, shown);
    const struct mint_made *other = mint_root(x.m, "/CN=Other", 3);
    present(&x, VC "/host-2", TRUST_FOR_ESXI, "esx2.example", mint_leaf(x.m, other, "/CN=esx2", 9, "DNS:esx2.example"), NOW);
    CHECK_FAILS(try_remove(&x, shown, NOW, &len, &e), &e, ERR_CONFLICT);
    CHECK_STR(states(&x, NOW, NOW), "needed needed needed");
    estate_stop(&x);
}

static json_t *row(struct estate *x, const char *id, struct audit_head *ret_head)
{
    struct audit_row *rows;
    struct err e;
    size_t len;
    CHECK_OK(audit_last(x->s, &x->arena, ret_head, &rows, &len, &e), &e);
    for (size_t i = 0; i < len; i++)
        if (strcmp(rows[i].id, id) == 0)
            return json_loads(rows[i].json, 0, NULL);
    return NULL;
}

static void the_report_tells_why_E2(void **state)
{
    struct estate x = estate_start(state);
    struct err e;
    struct audit_head head;
    char shown[AUDIT_DIGEST];
    size_t dropped, len;
    struct store_evidence ev = { .endpoint = VC "/host-1", .purpose = "probe", .first_ms = NOW - DAY, .last_ms = NOW, .count = 7 };
    memcpy(ev.anchor, trust_cert_sha256(x.vmca), DIGEST_SHA256);
    CHANGE_OK(x.w->kept, store_evidence_add(x.s, &ev, 1, &dropped, &e), &e);
    CHECK(!row(&x, x.vmca_id, &head));
    CHECK_EQ(head.started_ms, 0);
    kept_report(&x, NOW, true, shown);
    json_t *j = row(&x, x.vmca_id, &head);
    CHECK(j && head.looked);
    CHECK_STR(head.shown, shown);
    CHECK_EQ(head.states[TRUST_AUDIT_NEEDED], 2);
    CHECK_EQ(head.states[TRUST_AUDIT_UNNEEDED], 1);
    CHECK_STR(json_string_value(json_object_get(j, "state")), "needed");
    CHECK_EQ(json_integer_value(json_object_get(j, "needs")), 2);
    const json_t *ep = json_array_get(json_object_get(j, "endpoints"), 0), *evidence = json_object_get(j, "evidence");
    CHECK_STR(json_string_value(json_object_get(ep, "name")), "esx1.example");
    CHECK_STR(json_string_value(json_object_get(ep, "of")), "vc1");
    CHECK_EQ(json_integer_value(json_object_get(evidence, "connections")), 7);
    CHECK_STR(json_string_value(json_object_get(json_array_get(json_object_get(evidence, "uses"), 0), "name")), "esx1.example");
    CHECK_EQ(json_array_size(json_object_get(evidence, "purposes")), 1);
    CHECK_STR(json_string_value(json_object_get(json_array_get(json_object_get(evidence, "purposes"), 0), "purpose")), "probe");
    json_decref(j);
    /* A row goes with its grant at the next report. */
    CHECK_OK(try_remove(&x, shown, NOW, &len, &e), &e);
    kept_report(&x, NOW, true, shown);
    CHECK(!row(&x, x.other_id, &head));
    estate_stop(&x);
}

/* ---- what if ---- */

static void one_session(void *self, live_sink *sink, void *sink_self)
{
    const struct trust_cert *const *chain = self;
    static const char *const names[] = { "esx1.example" };
    sink(sink_self, &(struct live_session){ .kind = "console", .endpoint = VC "/host-1", .what = "console of vm1", .count = 3,
                                            .question = { .chain = chain, .chain_len = 1, .names = names, .names_len = 1,
                                                          .behalf = { TRUST_FOR_ESXI, 443, VC, "esx1.example" } } });
}

static void what_if_counts_E3(void **state)
{
    struct estate x = estate_start(state);
    AUTO(live_destroyp) struct live_list *live = live_create();
    AUTO(trust_cert_unrefp) struct trust_cert *esx1 = cert_of(x.esx[1]);
    const struct trust_cert *chain[] = { esx1 };
    struct trust_scope hosts, endpoint, any;
    struct err e;
    live_add(live, &(struct live_source){ one_session, chain });
    x.w->site.connected = live;
    CHECK_OK(trust_scope_parse(HOSTS, &hosts, &e) && trust_scope_parse(ENDPOINT, &endpoint, &e) && trust_scope_parse("any", &any, &e), &e);
    const char *const ca[] = { x.ca_id }, *const vmca[] = { x.vmca_id }, *const other[] = { x.other_id }, *const none[] = { "urn:x" };
    const int64_t last = trust_cert_not_after(x.vmca) * 1000;
    static const enum err_kind fine = ERR_NONE;
    const struct {
        struct whatif_ask ask;
        enum err_kind kind;
        size_t breaks, heals, verified, unknown, sessions;
    } table[] = {
        { { .action = WHATIF_DELETE, .ids = vmca, .ids_len = 1 }, fine, 2, 0, 1, 0, 3 },
        { { .action = WHATIF_DELETE, .ids = ca, .ids_len = 1 }, fine, 1, 0, 2, 0, 0 },
        { { .action = WHATIF_DELETE, .ids = other, .ids_len = 1 }, fine, 0, 0, 3, 0, 0 },
        { { .action = WHATIF_DELETE, .sha256 = trust_cert_sha256(x.vmca) }, fine, 2, 0, 1, 0, 3 },
        { { .action = WHATIF_REPLACE, .ids = vmca, .ids_len = 1, .cert = x.other }, fine, 2, 0, 1, 0, 3 },
        { { .action = WHATIF_REPLACE, .ids = other, .ids_len = 1, .cert = x.vmca }, fine, 0, 0, 3, 0, 0 },
        { { .action = WHATIF_NARROW, .ids = other, .ids_len = 1, .scope = &hosts }, fine, 0, 0, 3, 0, 0 },
        { { .action = WHATIF_GRANT, .cert = x.other, .scope = &any }, fine, 0, 0, 3, 0, 0 },
        /* At that moment everything of this mint has expired; a live session lives on. */
        { { .action = WHATIF_EXPIRE, .sha256 = trust_cert_sha256(x.vmca) }, fine, 3, 0, 0, 0, 0 },
        { { .action = WHATIF_EXPIRE, .sha256 = trust_cert_sha256(esx1), .at_ms = last - DAY }, fine, 0, 0, 3, 0, 0 },
        { { .action = WHATIF_DELETE, .ids = none, .ids_len = 1 }, ERR_NOT_FOUND, 0, 0, 0, 0, 0 },
        { { .action = WHATIF_DELETE }, ERR_INPUT, 0, 0, 0, 0, 0 },
        { { .action = WHATIF_DELETE, .sha256 = (const uint8_t *)"01234567890123456789012345678901" }, ERR_NOT_FOUND, 0, 0, 0, 0, 0 },
        { { .action = WHATIF_REPLACE, .ids = ca, .ids_len = 1 }, ERR_INPUT, 0, 0, 0, 0, 0 },
        { { .action = WHATIF_NARROW, .ids = ca, .ids_len = 1, .scope = &hosts }, ERR_INPUT, 0, 0, 0, 0, 0 },
        { { .action = WHATIF_GRANT, .cert = x.ca }, ERR_INPUT, 0, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        AUTO(whatif_done) struct whatif w = { 0 };
        struct whatif_ask ask = table[i].ask;
        ask.now_ms = NOW;
        bool ok = whatif_ask(&x.w->site, &ask, &w, &e);
        if (ok != (table[i].kind == ERR_NONE) || (!ok && e.kind != table[i].kind))
            fail_msg("row %zu: %s", i, ok ? "was answered" : e.msg);
        if (w.breaks != table[i].breaks || w.heals != table[i].heals || w.verified != table[i].verified ||
            w.unknown != table[i].unknown || w.sessions_ending != table[i].sessions)
            fail_msg("row %zu: breaks %zu, heals %zu, verified %zu, unknown %zu, sessions %zu", i, w.breaks, w.heals, w.verified, w.unknown,
                     w.sessions_ending);
    }
    /* A host of which nothing is known is counted where the change can matter to it, and nowhere else. */
    listed(&x, NOW, "{\"key\":\"" VC "/host-3\",\"name\":\"esx3\",\"why\":\"it is off\",\"tried\":true}");
    for (int i = 0; i < 2; i++) {
        AUTO(whatif_done) struct whatif w = { 0 };
        const struct whatif_ask ask = { .action = WHATIF_DELETE, .ids = i ? ca : vmca, .ids_len = 1, .now_ms = NOW };
        CHECK_OK(whatif_ask(&x.w->site, &ask, &w, &e), &e);
        CHECK_EQ(w.unknown, i ? 0 : 1);
    }
    /* What is not granted and would help. */
    {
        AUTO(whatif_done) struct whatif w = { 0 };
        const struct whatif_ask ask = { .action = WHATIF_GRANT, .cert = x.vmca, .scope = &hosts, .now_ms = NOW };
        const struct store_by by = site_by(&x.w->admin, "test");
        CHECK_OK(anchor_remove(&x.w->site, &x.w->admin, x.vmca_id, &by, &e), &e);
        CHECK_OK(whatif_ask(&x.w->site, &ask, &w, &e), &e);
        CHECK_EQ(w.heals, 2);
    }
    x.w->site.connected = NULL;
    estate_stop(&x);
}

GROUP(flow_audit, WITH_WORLD(who_is_known_decides_S12), WITH_WORLD(everybody_registered_is_there), WITH_WORLD(only_what_was_shown_goes_S12),
      WITH_WORLD(what_is_needed_since_stays_S12), WITH_WORLD(the_report_tells_why_E2), WITH_WORLD(what_if_counts_E3))
