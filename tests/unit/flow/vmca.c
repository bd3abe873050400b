#include "flow/vmca.h"

#include "base/clock.h"
#include "fixture/vmca.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/host_table.h"
#include "flow/look.h"
#include "flow/vcenter.h"
#include "store/endpoint.h"
#include "trust/cert.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444"

static struct trust_cert *cert_of(const struct mint_made *made)
{
    struct trust_cert *c;
    struct err e;
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    return c;
}

/* One more host; made NULL: it was not seen. */
static struct host_row *add_host(struct hosts_report *r, const char *name, const struct mint_made *made, enum trust_rule rule)
{
    if (!r->rows)
        r->rows = arena_array(&r->arena, 16, sizeof(*r->rows));
    struct host_row *h = &r->rows[r->len++];
    *h = (struct host_row){ .key = arena_printf(&r->arena, VC "/host-%zu", r->len), .name = name, .dialled = name, .port = 443,
                            .seen = made, .id = name };
    h->verdict.rule = rule;
    h->verdict.ok = made && rule == TRUST_OK;
    h->names = arena_memdup(&r->arena, &name, sizeof(name));
    h->names_len = 1;
    if (!made)
        return h;
    h->certs = arena_array(&r->arena, 1, sizeof(*h->certs));
    h->certs[h->certs_len++] = cert_of(made);
    return h;
}

static void hosts_are_sorted_by_what_they_present(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *v = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    const struct mint_made *other = mint_root(m, "/CN=Enterprise", MINT_P256);
    const struct vmca_leaf host = { .kind = VMCA_ESX_BY_NAME, .by = v, .host = "esx1" };
    const struct vmca_leaf old = { .kind = VMCA_ESX_BY_NAME, .by = v, .host = "esx5", .not_after = MINT_NOW - MINT_DAY };
    const struct vmca_leaf installer = { .kind = VMCA_ESX_INSTALLER, .host = "esx4" };
    struct hosts_report r = { 0 };
    char text[HOSTS_TEXT_MAX];
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = cert_of(v);
    hosts_text(&r, text);
    CHECK_STR(text, "the vCenter lists no hosts");
    add_host(&r, "esx1", vmca_leaf(m, &host), TRUST_OK);
    hosts_classify(&r, vmca, MINT_NOW);
    hosts_text(&r, text);
    CHECK_STR(text, "1 of 1 hosts verified now");
    add_host(&r, "esx2", mint_leaf(m, other, "/CN=esx2", MINT_P256 + 1, "DNS:esx2"), TRUST_UNKNOWN_ISSUER);
    add_host(&r, "esx3", mint_leaf(m, NULL, "/CN=esx3", MINT_P256 + 2, "DNS:esx3"), TRUST_SELF_SIGNED);
    add_host(&r, "esx4", vmca_leaf(m, &installer), TRUST_UNKNOWN_ISSUER);
    add_host(&r, "esx5", vmca_leaf(m, &old), TRUST_EXPIRED);
    add_host(&r, "esx6", vmca_leaf(m, &host), TRUST_NAME_MISMATCH);
    (void)err_set(&add_host(&r, "esx7", NULL, TRUST_OK)->err, ERR_PEER, "connection refused");
    (void)err_set(&add_host(&r, "esx8", NULL, TRUST_OK)->err, ERR_CANCELLED, "not looked at");
    add_host(&r, "esx9", vmca_leaf(m, &host), TRUST_REVOKED);
    static const enum host_class want[] = { HOST_VMCA, HOST_OTHER_CA, HOST_SELF_SIGNED, HOST_INSTALLER, HOST_EXPIRED,
                                            HOST_MISNAMED, HOST_UNREACHABLE, HOST_NO_EVIDENCE, HOST_VMCA };
    hosts_classify(&r, vmca, MINT_NOW);
    for (size_t i = 0; i < r.len; i++)
        CHECK_STR(host_class_name(r.rows[i].class), host_class_name(want[i]));
    CHECK_EQ(r.verified, 1);
    CHECK_EQ(r.classes[HOST_VMCA], 2);
    hosts_text(&r, text);
    static const char start[] = "1 of 9 hosts verified now; 8 not, because 1 is signed by another CA, to be imported by hand "
                                "(esx2) and 1 signed itself (esx3) and 1 still has";
    CHECK_EQ(strncmp(text, start, sizeof(start) - 1), 0);
    hosts_classify(&r, NULL, MINT_NOW); /* no VMCA known: then its hosts are some CA's */
    CHECK_EQ(r.classes[HOST_VMCA], 0);
    CHECK_EQ(r.classes[HOST_OTHER_CA], 3);
    r.len = 2;
    hosts_classify(&r, vmca, MINT_NOW);
    hosts_text(&r, text);
    CHECK_STR(text, "1 of 2 hosts verified now; 1 not, because 1 is signed by another CA, to be imported by hand (esx2)");
    r.len = 9;
    hosts_report_done(&r);
}

static void a_record_is_read_as_it_was_written(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const struct mint_made *v = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    struct vmca_answer a = { .state = VMCA_UNTRUSTED, .cert = cert_of(v), .pem = v->pem, .from = "ABCD", .text = "text" };
    struct vmca_summary s;
    struct err e;
    const char *json, *again;
    a.hosts.at_ms = KEPT_NOW;
    add_host(&a.hosts, "esx1", mint_leaf(m, v, "/CN=esx1", MINT_P256, "DNS:esx1"), TRUST_UNKNOWN_ISSUER);
    (void)err_set(&add_host(&a.hosts, "esx\2", NULL, TRUST_OK)->err, ERR_PEER, "no \xff answer");
    CHECK_OK(vmca_record(&a, "", false, &json, &e), &e);
    vmca_summary_read(json, &a.arena, &s);
    CHECK_EQ(s.state, VMCA_UNTRUSTED);
    CHECK(!s.reviewed && s.has_sha256);
    CHECK_EQ(memcmp(s.sha256, trust_cert_sha256(a.cert), DIGEST_SHA256), 0);
    CHECK_STR(s.pem, v->pem);
    CHECK_EQ(s.hosts, 2);
    CHECK_EQ(s.at_ms, KEPT_NOW);
    /* A review stays while the certificate does. */
    CHECK_OK(vmca_record(&a, json, true, &again, &e), &e);
    CHECK_OK(vmca_record(&a, again, false, &json, &e), &e);
    vmca_summary_read(json, &a.arena, &s);
    CHECK(s.reviewed);
    trust_cert_unref(a.cert);
    a.cert = cert_of(vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .key = 1 }));
    CHECK_OK(vmca_record(&a, json, false, &again, &e), &e);
    vmca_summary_read(again, &a.arena, &s);
    CHECK(!s.reviewed);
    static const char *const damaged[] = { "", "{", "[]", "null", "{\"state\":7,\"hosts\":-1,\"classes\":[],\"sha256\":\"x\"}" };
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        vmca_summary_read(damaged[i], &a.arena, &s);
        CHECK_EQ(s.state, VMCA_UNREVIEWED);
        CHECK(!s.reviewed && !s.has_sha256 && s.hosts == 0);
    }
    vmca_answer_done(&a);
}

/* ---- after a grant, without a packet ---- */

struct estate {
    const struct mint_made *vmca, *leaf;
};

static bool keep_estate(void *self, struct store *s, struct err *e)
{
    const struct estate *t = self;
    struct vmca_answer a = { .state = VMCA_UNTRUSTED, .cert = cert_of(t->vmca), .pem = t->vmca->pem };
    const struct vcenter v = { .urn = VC, .name = "vc1", .url = "https://vc1.example", .host = "vc1.example", .port = 443,
                               .username = "u", .enabled = true, .mode = "NONE", .made_ms = KEPT_NOW };
    struct host_row *h = add_host(&a.hosts, "esx1.example", t->leaf, TRUST_UNKNOWN_ISSUER);
    (void)err_set(&add_host(&a.hosts, "esx2.example", NULL, TRUST_OK)->err, ERR_PEER, "no answer");
    const char *json;
    const struct look_seen seen = { h->key, h->dialled, 443, { TRUST_FOR_ESXI, 443, VC, h->dialled }, h->names, 1, h->certs, 1,
                                    &h->verdict, KEPT_NOW };
    a.hosts.at_ms = KEPT_NOW;
    hosts_classify(&a.hosts, a.cert, clock_wall_ms() / 1000);
    bool ok = vmca_record(&a, "", false, &json, e) && vcenter_put(s, &v, e) && vcenter_trust_put(s, VC, json, e) &&
              look_keep(s, &seen, e);
    vmca_answer_done(&a);
    return ok;
}

static void check_summary(struct world *w, enum vmca_state want, size_t verified, const char *text)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct vmca_summary s;
    struct err e;
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(vcenter_get(l.store, VC, &a, &v, &e), &e);
    vmca_summary_read(v.trust, &a, &s);
    CHECK_STR(vmca_state_name(s.state), vmca_state_name(want));
    CHECK_EQ(s.verified, verified);
    CHECK_EQ(s.hosts, 2);
    if (!strstr(s.text, text))
        fail_msg("%s", s.text);
}

static void trusting_the_vmca_shows_at_once(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    int64_t now = clock_wall_ms() / 1000;
    const struct mint_ext *const *ca = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI);
    const struct mint_ext *const *leaf = MINT_EXTS(mint_san(m, false, "DNS:esx1.example"), MINT_AKI);
    struct estate t = { 0 };
    t.vmca = mint_cert(m, &(struct mint_cert){ .subject = "/CN=CA", .exts = ca, .not_before = now - MINT_DAY,
                                               .not_after = now + MINT_DAY });
    t.leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=esx1", .key = MINT_P256 + 1, .by = t.vmca, .exts = leaf,
                                               .not_before = now - MINT_DAY, .not_after = now + MINT_DAY });
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = cert_of(t.vmca);
    struct trust_scope scope;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(change_keep(&w->site, keep_estate, &t, &e), &e);
    CHECK_OK(vmca_refresh(&w->site, NULL, &e), &e);
    check_summary(w, VMCA_UNTRUSTED, 0, "stand still");
    CHECK_OK(trust_scope_parse("vcenter:" VC "/endpoint", &scope, &e), &e);
    const struct anchor_new n = { STORE_SYSTEM, "vmca", &scope, vmca };
    CHECK_OK(anchor_add(&w->site, &n, &kept_by, id, &e), &e); /* of the endpoint alone: hosts have nothing from it */
    CHECK_OK(vmca_refresh(&w->site, VC, &e), &e);
    check_summary(w, VMCA_UNTRUSTED, 0, "stand still");
    CHECK_OK(trust_scope_parse("vcenter:" VC "/hosts", &scope, &e), &e);
    const struct anchor_edit edit = { .scope = &scope, .widen = true };
    CHECK_OK(anchor_change(&w->site, &w->admin, id, &edit, &kept_by, &e), &e);
    CHECK_OK(vmca_refresh(&w->site, VC, &e), &e);
    check_summary(w, VMCA_TRUSTED, 1, "1 of 2 hosts verified now; 1 not, because 1 can't be reached (esx2.example)");
    CHECK_OK(anchor_remove(&w->site, &w->admin, id, &kept_by, &e), &e);
    CHECK_OK(vmca_refresh(&w->site, NULL, &e), &e);
    check_summary(w, VMCA_UNTRUSTED, 0, "0 of 2 hosts verified now");
}

/* The vCenter's list; host_list_unref. */
static const struct host_list *list_of(struct world *w, bool names_off)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct host_list *list = NULL;
    struct vcenter v;
    struct err e;
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(vcenter_get(l.store, VC, &a, &v, &e), &e);
    CHECK_OK(host_table_get(&w->site, &v, names_off, &list, &e), &e);
    return list;
}

static void check_list(struct world *w, size_t verified, const char *text)
{
    AUTO(host_list_unrefp) const struct host_list *list = list_of(w, false);
    AUTO(host_list_unrefp) const struct host_list *again = list_of(w, false);
    CHECK(list == again); /* nothing changed: nothing is made anew */
    CHECK_EQ(list->len, 2);
    CHECK_EQ(list->verified, verified);
    CHECK_EQ(list->classes[HOST_VMCA], 1);
    if (!strstr(list->text, text))
        fail_msg("%s", list->text);
    for (size_t i = 0; i < list->len; i++) {
        AUTO(hosts_report_done) struct hosts_report r = { 0 };
        const struct host_line *h = &list->lines[i];
        struct err e;
        CHECK_OK(host_line_read(&w->site, h, &r, &e), &e);
        CHECK_EQ(r.len, 1);
        CHECK_STR(r.rows[0].id, h->id);
        CHECK_EQ(r.rows[0].seen, h->seen);
        CHECK_EQ(r.rows[0].seen && r.rows[0].verdict.ok, h->verified);
        CHECK_STR(r.rows[0].seen ? "" : r.rows[0].err.msg, h->why ? h->why : "");
    }
}

static bool forget_host(void *self, struct store *s, struct err *e)
{
    return store_endpoint_remove(s, self, e);
}

/* A list is made again when what it says may have changed, and only then; who has the old one keeps it. */
static void a_list_of_hosts_follows_what_it_says(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    int64_t now = clock_wall_ms() / 1000;
    struct estate t = { 0 };
    t.vmca = mint_cert(m, &(struct mint_cert){ .subject = "/CN=CA", .not_before = now - MINT_DAY, .not_after = now + MINT_DAY,
                                               .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI) });
    t.leaf = mint_cert(m, &(struct mint_cert){ .subject = "/CN=esx1", .key = MINT_P256 + 1, .by = t.vmca, .not_before = now - MINT_DAY,
                                               .not_after = now + MINT_DAY, .exts = MINT_EXTS(mint_san(m, false, "DNS:esx1.example"), MINT_AKI) });
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = cert_of(t.vmca);
    struct trust_scope scope;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(change_keep(&w->site, keep_estate, &t, &e), &e);
    check_list(w, 0, "0 of 2 hosts verified now");
    AUTO(host_list_unrefp) const struct host_list *old = list_of(w, false);
    CHECK_OK(trust_scope_parse("vcenter:" VC "/hosts", &scope, &e), &e);
    CHECK_OK(anchor_add(&w->site, &(struct anchor_new){ STORE_SYSTEM, "vmca", &scope, vmca }, &kept_by, id, &e), &e);
    check_list(w, 1, "1 of 2 hosts verified now");
    CHECK_EQ(old->verified, 0);
    CHECK_OK(anchor_remove(&w->site, &w->admin, id, &kept_by, &e), &e);
    check_list(w, 0, "0 of 2 hosts verified now");
    AUTO(host_list_unrefp) const struct host_list *off = list_of(w, true);
    CHECK(off->names_off && off != old);
    AUTO(host_list_unrefp) const struct host_list *full = list_of(w, false);
    const struct host_line *seen = &full->lines[full->lines[0].seen ? 0 : 1];
    CHECK_OK(change_keep(&w->site, forget_host, (void *)(uintptr_t)seen->key, &e), &e);
    host_table_touch(w->site.host_table, VC "0"); /* of another vCenter */
    AUTO(host_list_unrefp) const struct host_list *same = list_of(w, false);
    CHECK(same == full);
    host_table_touch(w->site.host_table, VC);
    host_table_touch(NULL, VC);
    AUTO(host_list_unrefp) const struct host_list *less = list_of(w, false);
    CHECK_EQ(less->len, 1);
    AUTO(hosts_report_done) struct hosts_report r = { 0 };
    CHECK_OK(host_line_read(&w->site, seen, &r, &e), &e); /* gone meanwhile */
    CHECK_EQ(r.len, 0);
}

GROUP(flow_vmca, cmocka_unit_test(hosts_are_sorted_by_what_they_present), cmocka_unit_test(a_record_is_read_as_it_was_written),
      WITH_WORLD(trusting_the_vmca_shows_at_once), WITH_WORLD(a_list_of_hosts_follows_what_it_says))
