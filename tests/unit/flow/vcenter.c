/* vCenter Servers: registered, changed, asked again, removed; each access to the store may be the last one of a process. */
#include "flow/vcenter.h"

#include <stdlib.h>

#include "base/secret.h"
#include "flow/connect.h"
#include "flow/edit.h"
#include "flow/kinds.h"
#include "flow/look.h"
#include "flow/nsx.h"
#include "flow/register.h"
#include "flow/task.h"
#include "flow/vmca.h"
#include "flow/watch.h"
#include "store/audit.h"
#include "store/grant.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"
#include "unit/flow/place.h"
#include "unit/store/kept.h"
#include "unit/vim/script.h"

/* ---- a vCenter Server, an NSX Manager and what a look at them says ---- */

static const struct script_step well[] = {
    { .want = { "RetrieveServiceContent" }, .file = "service-content-7.xml" },
    STEP_LOGIN,
    { .want = { "<Logout " }, .file = "logout.xml" },
    { .want = { "<CurrentTime " }, .type = "text/xml",
      .body = "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body><CurrentTimeResponse xmlns='urn:vim25'>"
              "<returnval>2026-11-23T10:00:00Z</returnval></CurrentTimeResponse></E:Body></E:Envelope>" },
    { .want = { "GET /api/v1/node " }, .file = "nsx-t-node.json" },
    { .want = { "GET /api/1.0/appliance-management/global/info " }, .file = "nsx-v-global-info.xml", .type = "application/xml" },
};
static const struct script_step rejecting[] = {
    { .want = { "RetrieveServiceContent" }, .file = "service-content-7.xml" },
    { .want = { "<Login" }, .file = "fault-invalid-login.xml", .status = 500 },
};
static const struct script_step silent[] = { { .want = { "" }, .drop = true } };
static const struct script_step esxi[] = {
    { .want = { "RetrieveServiceContent" }, .file = "service-content-esxi.xml" }, STEP_LOGIN, { .want = { "<Logout " }, .file = "logout.xml" },
};

struct estate {
    struct place place;
    struct script script;
    struct vcenter_reach reach;
    bool untrusted, unreachable, no_vmca;
    unsigned looks, vmcas;
};

static bool open_script(void *self, const struct vim_peer *p, struct vim_endpoint **ret, struct err *e)
{
    (void)p;
    (void)e;
    *ret = script_endpoint(&((struct estate *)self)->script);
    return true;
}

static bool look_fake(void *self, const struct site *site, const struct look_request *rq, struct look *ret, struct err *e)
{
    struct estate *x = self;
    (void)site;
    (void)rq;
    (void)e;
    x->looks++;
    *ret = (struct look){ .connected = !x->unreachable, .seen = !x->unreachable };
    ret->verdict.ok = ret->seen && !x->untrusted;
    ret->verdict.rule = x->untrusted ? TRUST_UNKNOWN_ISSUER : TRUST_OK;
    if (x->unreachable)
        (void)err_set(&ret->err, ERR_PEER, "connection refused");
    return true;
}

static bool vmca_fake(void *self, const struct site *site, const struct vmca_look *how, struct vmca_answer *ret, struct err *e)
{
    struct estate *x = self;
    (void)site;
    x->vmcas++;
    if (x->no_vmca)
        return err_set(e, ERR_PEER, "the vCenter broke off");
    if (how->progress)
        (void)how->progress(how->self, 1, 2);
    ret->state = VMCA_UNTRUSTED;
    ret->text = "the VMCA is not trusted";
    return true;
}

static void start(struct estate *x, const struct script_step *steps, size_t len)
{
    *x = (struct estate){ .reach = { open_script, look_fake, vmca_fake, x } };
    script_start(&x->script, steps, len);
    x->script.any_order = true;
    place_start(&x->place, &x->reach);
}

#define START(x, steps) start(x, steps, ARRAY_LEN(steps))

static void stop(struct estate *x)
{
    place_stop(&x->place);
    CHECK_EQ(x->script.unexpected, 0);
    script_stop(&x->script);
}

static void answer_with(struct estate *x, const struct script_step *steps, size_t len)
{
    x->script.steps = steps;
    x->script.len = len;
}

static struct vcenter vc1(void)
{
    return (struct vcenter){ .name = "vc1", .url = "https://vc1.example", .username = "administrator@vsphere.local", .enabled = true };
}

static bool add(struct estate *x, struct vcenter said, const char *password, char task[], char urn[], struct err *e)
{
    AUTO(secret_done) struct secret p = { 0 };
    CHECK_OK(secret_set(&p, password, strlen(password), e), e);
    const struct register_new n = { .said = said, .password = &p, .nsxv_password = &p };
    return register_start(&x->place.site, &x->place.admin, &n, task, urn, e);
}

static struct task ended(struct estate *x, const char *urn)
{
    struct err e;
    struct task t;
    place_settle(&x->place);
    struct store *s = place_store(&x->place);
    CHECK_OK(task_get(s, urn, &x->place.arena, &t, &e), &e);
    (void)store_close(s);
    CHECK(t.end_ms);
    return t;
}

static bool find(struct estate *x, const char *urn, struct vcenter *ret, struct err *e)
{
    struct store *s = place_store(&x->place);
    bool ok = vcenter_get(s, urn, &x->place.arena, ret, e);
    (void)store_close(s);
    return ok;
}

static uint64_t count(struct estate *x, const char *kind)
{
    struct err e;
    uint64_t n = 0;
    const struct store_record_query q = { .kind = kind };
    struct store *s = place_store(&x->place);
    CHECK_OK(store_record_count(s, &q, &n, &e), &e);
    (void)store_close(s);
    return n;
}

static void grant(struct estate *x, const char *scope, unsigned number)
{
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct store *s = place_store(&x->place);
    CHECK_OK(store_begin(s, STORE_WRITE, &e) && kept_grant(s, STORE_SYSTEM, NULL, scope, number, id, &e) && store_commit(s, &e), &e);
    (void)store_close(s);
}

struct scopes {
    char list[8][TRUST_SCOPE_TEXT];
    size_t len;
};

static bool see_scope(void *self, const struct store_grant *g, struct err *e)
{
    struct scopes *l = self;
    (void)e;
    trust_scope_write(&g->scope, l->list[l->len++]);
    return true;
}

static struct scopes scopes(struct estate *x)
{
    struct err e;
    struct scopes l = { .len = 0 };
    const struct store_grant_query q = { .owner = STORE_SYSTEM };
    struct store *s = place_store(&x->place);
    CHECK_OK(store_grant_list(s, &q, see_scope, &l, &e), &e);
    (void)store_close(s);
    return l;
}

static bool sealed(struct estate *x, const char *kind, const char *urn, const char *want)
{
    struct err e;
    AUTO(secret_done) struct secret p = { 0 };
    struct store *s = place_store(&x->place);
    bool there = store_sealed_get(s, kind, urn, &p, &e);
    (void)store_close(s);
    CHECK(there || e.kind == ERR_NOT_FOUND);
    if (there && want)
        CHECK_STR((const char *)p.bytes, want);
    return there;
}

/* Registered well; its URN. */
static void registered(struct estate *x, char urn[STORE_ID_MAX + 1])
{
    struct err e;
    char task[STORE_ID_MAX + 1];
    START(x, well);
    CHECK_OK(add(x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e);
    CHECK_EQ(ended(x, task).status, TASK_SUCCESS);
}

/* ---- registering ---- */

static void registering_connects_and_keeps(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1], want[TRUST_SCOPE_TEXT];
    struct vcenter v;
    START(&x, well);
    grant(&x, "host:vc1.example:443", 1);
    grant(&x, "host:vc2.example:443", 2);
    CHECK_OK(add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e);
    struct task t = ended(&x, task);
    CHECK_EQ(t.status, TASK_SUCCESS);
    CHECK_STR(t.owner_urn, urn);
    CHECK_STR(t.owner_name, "vc1");
    CHECK_STR(t.details, "the VMCA is not trusted");
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(v.connected && v.enabled && v.listener == VCENTER_CONNECTED);
    CHECK_STR(v.url, "https://vc1.example");
    CHECK_STR(v.host, "vc1.example");
    CHECK_EQ(v.port, 443);
    CHECK_STR(v.version, "7.0.3");
    CHECK_STR(v.uuid, "8a1c6f2e-0a67-4e3c-9a53-2f1e5b7c9d10");
    CHECK_STR(v.mode, "NONE");
    CHECK(strstr(v.trust, "untrusted"));
    CHECK(sealed(&x, VCENTER_PASSWORD, urn, SCRIPT_PASSWORD));
    CHECK_EQ(x.looks, 2); /* before anything was stored, and when it was attached */
    /* Step 1's grant became its own; nobody added one. */
    struct scopes l = scopes(&x);
    (void)snprintf(want, sizeof(want), "vcenter:%s/endpoint", urn);
    CHECK_EQ(l.len, 2);
    CHECK(!strcmp(l.list[0], want) != !strcmp(l.list[1], want));
    stop(&x);
}

static void nothing_is_sent_or_stored_before_it_is_believed(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    START(&x, well);
    x.untrusted = true;
    CHECK_FAILS(add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e, ERR_UNTRUSTED);
    CHECK(strstr(e.msg, "unknown-issuer"));
    x.unreachable = true;
    CHECK_FAILS(add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e, ERR_PEER);
    CHECK_EQ(x.script.written, 0);
    CHECK_EQ(count(&x, "task") + count(&x, "flow") + count(&x, "vcenter") + count(&x, "vcenter-state"), 0);
    stop(&x);
}

static void wrong_input_is_refused_at_once(void **state)
{
    (void)state;
    char long_text[2000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    const struct {
        struct vcenter said;
        const char *password;
    } cases[] = {
        { { .name = "", .url = "https://vc1", .username = "u" }, "p" },
        { { .name = "a\nb", .url = "https://vc1", .username = "u" }, "p" },
        { { .name = long_text, .url = "https://vc1", .username = "u" }, "p" },
        { { .name = "a", .url = "", .username = "u" }, "p" },
        { { .name = "a", .url = "http://vc1", .username = "u" }, "p" },
        { { .name = "a", .url = "https://u:p@vc1", .username = "u" }, "p" },
        { { .name = "a", .url = "https://vc1/sdk", .username = "u" }, "p" },
        { { .name = "a", .url = "https://vc1?x", .username = "u" }, "p" },
        { { .name = "a", .url = "https://vc1:0", .username = "u" }, "p" },
        { { .name = "a", .url = long_text, .username = "u" }, "p" },
        { { .name = "a", .url = "https://vc1", .username = "" }, "p" },
        { { .name = "a", .url = "https://vc1", .username = "u:x" }, "p" },
        { { .name = "a", .url = "https://vc1", .username = "u" }, "" },
        { { .name = "a", .url = "https://vc1", .username = "u", .description = "\x01" }, "p" },
        { { .name = "a", .url = "https://vc1", .username = "u", .nsxv = { .url = "ftp://n", .username = "a" } }, "p" },
    };
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    START(&x, well);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_FAILS(add(&x, cases[i].said, cases[i].password, task, urn, &e), &e, ERR_INPUT);
    CHECK_EQ(x.looks, 0);
    stop(&x);
}

static void what_is_registered_already_is_not_again(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1], other[STORE_ID_MAX + 1];
    struct vcenter v = vc1();
    registered(&x, urn);
    v.name = "VC1";
    CHECK_FAILS(add(&x, v, SCRIPT_PASSWORD, task, other, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, "Duplicate name"));
    v.name = "another";
    CHECK_OK(add(&x, v, SCRIPT_PASSWORD, task, other, &e), &e); /* who it is shows after the login only */
    struct task t = ended(&x, task);
    CHECK_EQ(t.status, TASK_ERROR);
    CHECK_EQ(t.error.kind, ERR_CONFLICT);
    CHECK(strstr(t.error.msg, "registered already, as vc1"));
    CHECK_EQ(count(&x, "vcenter"), 1);
    stop(&x);
}

static void a_rejected_account_leaves_nothing(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    START(&x, rejecting);
    CHECK_OK(add(&x, vc1(), "wrong", task, urn, &e), &e);
    struct task t = ended(&x, task);
    CHECK_EQ(t.status, TASK_ERROR);
    CHECK_EQ(t.error.kind, ERR_DENIED);
    CHECK(!strstr(t.error.msg, "wrong"));
    CHECK_EQ(count(&x, "vcenter") + count(&x, "vcenter-state") + count(&x, "flow"), 0);
    CHECK(!sealed(&x, VCENTER_PASSWORD, urn, NULL));
    answer_with(&x, esxi, ARRAY_LEN(esxi));
    CHECK_OK(add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e);
    CHECK(strstr(ended(&x, task).error.msg, "not a vCenter Server"));
    CHECK_EQ(count(&x, "vcenter"), 0);
    stop(&x);
}

static void without_its_vmca_it_is_registered_all_the_same(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    START(&x, well);
    x.no_vmca = true;
    CHECK_OK(add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e), &e);
    struct task t = ended(&x, task);
    CHECK_EQ(t.status, TASK_SUCCESS);
    CHECK(strstr(t.details, "could not be looked at"));
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(v.connected);
    stop(&x);
}

static void a_manager_beside_it_is_registered_too(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v = vc1();
    v.nsxv = (struct vcenter_nsxv){ .url = "https://nsx1.example", .username = "admin" };
    START(&x, well);
    grant(&x, "host:nsx1.example:443", 1);
    CHECK_OK(add(&x, v, SCRIPT_PASSWORD, task, urn, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_STR(v.nsxv.host, "nsx1.example");
    CHECK(v.nsxv.version[0]);
    CHECK(sealed(&x, VCENTER_NSXV_PASSWORD, v.nsxv.urn, SCRIPT_PASSWORD));
    struct scopes l = scopes(&x);
    CHECK(strncmp(l.list[0], "nsx:urn:vcloud:nsxvmanager:", 27) == 0);
    /* A PUT with null takes it away again. */
    struct edit_new n = { .said = v };
    n.said.nsxv = (struct vcenter_nsxv){ .url = "" };
    CHECK_OK(edit_start(&x.place.site, &x.place.admin, &n, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK(!sealed(&x, VCENTER_NSXV_PASSWORD, v.nsxv.urn, NULL));
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_STR(v.nsxv.urn, "");
    CHECK_EQ(scopes(&x).len, 0);
    stop(&x);
}

/* ---- changing ---- */

static bool change(struct estate *x, const char *urn, bool enabled, const char *password, char task[], struct err *e)
{
    AUTO(secret_done) struct secret p = { 0 };
    struct edit_new n = { .password = password ? &p : NULL };
    CHECK_OK(find(x, urn, &n.said, e), e);
    if (password)
        CHECK_OK(secret_set(&p, password, strlen(password), e), e);
    n.said.enabled = enabled;
    return edit_start(&x->place.site, &x->place.admin, &n, task, e);
}

static void editing_keeps_the_password(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    unsigned vmcas = x.vmcas;
    CHECK_OK(change(&x, urn, true, NULL, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_EQ(x.vmcas, vmcas + 1); /* saving without a change reads the VMCA again */
    CHECK(sealed(&x, VCENTER_PASSWORD, urn, SCRIPT_PASSWORD));
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_EQ(v.revision, 2);
    CHECK(v.connected);
    stop(&x);
}

static void a_changed_certificate_is_refused_at_save_and_disabling_works(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    x.untrusted = true;
    CHECK_FAILS(change(&x, urn, true, NULL, task, &e), &e, ERR_UNTRUSTED);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_EQ(v.revision, 1);
    CHECK_OK(change(&x, urn, false, NULL, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(!v.enabled && !v.connected && v.listener == VCENTER_DISCONNECTED);
    CHECK_FAILS(change(&x, urn, true, NULL, task, &e), &e, ERR_UNTRUSTED);
    stop(&x);
}

static void an_unreachable_one_may_be_renamed_and_not_repointed(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    x.unreachable = true;
    CHECK_OK(change(&x, urn, true, NULL, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_FAILS(change(&x, urn, true, "another", task, &e), &e, ERR_PEER);
    struct edit_new n = { 0 };
    CHECK_OK(find(&x, urn, &n.said, &e), &e);
    n.said.url = "https://vc2.example";
    CHECK_FAILS(edit_start(&x.place.site, &x.place.admin, &n, task, &e), &e, ERR_PEER);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_STR(v.host, "vc1.example");
    stop(&x);
}

static void a_wrong_new_password_changes_nothing(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    answer_with(&x, rejecting, ARRAY_LEN(rejecting));
    CHECK_OK(change(&x, urn, true, "wrong", task, &e), &e);
    struct task t = ended(&x, task);
    CHECK_EQ(t.error.kind, ERR_DENIED);
    CHECK(sealed(&x, VCENTER_PASSWORD, urn, SCRIPT_PASSWORD));
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_EQ(v.revision, 1);
    CHECK(v.connected);
    stop(&x);
}

static void a_rejected_password_is_sent_once(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    answer_with(&x, rejecting, ARRAY_LEN(rejecting));
    place_restart(&x.place);
    CHECK_EQ(watch_ask(&x.place.site, urn, false), WATCH_PARKED);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(!v.connected && v.listener == VCENTER_INVALID_SETTINGS && v.denied == v.revision);
    CHECK(strstr(v.why, "rejected the password"));
    /* Not by the watch, not by a borrower, not after another start. */
    unsigned written = x.script.written;
    CHECK_EQ(watch_ask(&x.place.site, urn, false), WATCH_PARKED);
    place_restart(&x.place);
    CHECK_EQ(watch_ask(&x.place.site, urn, false), WATCH_PARKED);
    struct vcenter_hold h = { 0 };
    CHECK_FAILS(vcenter_borrow(&x.place.site, urn, &h, &e), &e, ERR_DENIED);
    CHECK_EQ(x.script.written, written);
    /* A refresh tries once more. */
    CHECK_OK(refresh_start(&x.place.site, &x.place.admin, urn, REFRESH_ALL, task, &e), &e);
    CHECK_EQ(ended(&x, task).error.kind, ERR_DENIED);
    CHECK(x.script.written > written);
    answer_with(&x, well, ARRAY_LEN(well));
    CHECK_OK(refresh_start(&x.place.site, &x.place.admin, urn, REFRESH_PROFILES, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(v.connected && v.denied == 0);
    stop(&x);
}

static void loss_and_return_are_noticed(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char urn[STORE_ID_MAX + 1];
    struct vcenter v;
    registered(&x, urn);
    CHECK_EQ(watch_ask(&x.place.site, urn, true), WATCH_WELL);
    answer_with(&x, silent, ARRAY_LEN(silent));
    CHECK_EQ(watch_ask(&x.place.site, urn, true), WATCH_LOST);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(!v.connected && v.listener == VCENTER_DISCONNECTED && v.why[0]);
    int64_t since = v.since_ms;
    CHECK_EQ(watch_ask(&x.place.site, urn, false), WATCH_LOST);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK_EQ(v.since_ms, since);
    answer_with(&x, well, ARRAY_LEN(well));
    CHECK_EQ(watch_ask(&x.place.site, urn, false), WATCH_BACK);
    CHECK_OK(find(&x, urn, &v, &e), &e);
    CHECK(v.connected && v.listener == VCENTER_CONNECTED);
    CHECK_STR(v.why, "");
    unsigned vmcas = x.vmcas;
    CHECK_OK(refresh_reread(&x.place.site, urn, &e), &e);
    place_settle(&x.place);
    CHECK_EQ(x.vmcas, vmcas + 1);
    stop(&x);
}

static void pauses_double_with_jitter_up_to_a_cap(void **state)
{
    (void)state;
    int64_t want = WATCH_FIRST_MS;
    for (unsigned failures = 1; failures < 40; failures++) {
        int64_t low = INT64_MAX, high = 0;
        for (uint32_t dice = 0; dice < 200000; dice += 997) {
            int64_t ms = watch_pause(failures, dice);
            low = ms < low ? ms : low;
            high = ms > high ? ms : high;
        }
        CHECK(low >= want * (100 - WATCH_JITTER_PERCENT) / 100 && low < want);
        CHECK(high <= want * (100 + WATCH_JITTER_PERCENT) / 100 && high > want);
        want = want * 2 < WATCH_LAST_MS ? want * 2 : WATCH_LAST_MS;
    }
}

/* ---- removing ---- */

static void only_what_is_disabled_goes_and_then_wholly(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1], scope[TRUST_SCOPE_TEXT];
    struct vcenter v;
    registered(&x, urn);
    (void)snprintf(scope, sizeof(scope), "vcenter:%s/hosts", urn);
    grant(&x, scope, 1);
    grant(&x, "any", 2);
    CHECK_FAILS(remove_start(&x.place.site, &x.place.admin, urn, task, &e), &e, ERR_INPUT);
    CHECK_OK(change(&x, urn, false, NULL, task, &e), &e);
    (void)ended(&x, task);
    CHECK_OK(remove_start(&x.place.site, &x.place.admin, urn, task, &e), &e);
    CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
    CHECK_FAILS(find(&x, urn, &v, &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(count(&x, "vcenter") + count(&x, "vcenter-state") + count(&x, "vcenter-trust"), 0);
    CHECK(!sealed(&x, VCENTER_PASSWORD, urn, NULL));
    struct scopes l = scopes(&x);
    CHECK_EQ(l.len, 1);
    CHECK_STR(l.list[0], "any");
    CHECK_FAILS(remove_start(&x.place.site, &x.place.admin, urn, task, &e), &e, ERR_NOT_FOUND);
    stop(&x);
}

/* ---- kills ---- */

/* Of a registration killed at each access to the store: all of it is there at the end, or nothing. */
static void a_killed_registration_ends_whole(void **state)
{
    (void)state;
    unsigned n = 0, resumed = 0;
    for (bool whole = false; !whole; n += 7) { /* each seventh access: all of them take half a minute */
        struct estate x;
        struct err e;
        char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
        struct vcenter v;
        START(&x, well);
        grant(&x, "host:vc1.example:443", 1);
        place_kill_at(&x.place, n + 1);
        bool began = add(&x, vc1(), SCRIPT_PASSWORD, task, urn, &e);
        place_settle(&x.place);
        whole = x.place.plan.count < n + 1;
        place_restart(&x.place);
        resumed += count(&x, "flow") > 0;
        CHECK_OK(tasks_recover(&x.place.site, flow_kinds, &e), &e);
        if (began) {
            CHECK_EQ(ended(&x, task).status, TASK_SUCCESS);
            CHECK_OK(find(&x, urn, &v, &e), &e);
            CHECK(v.connected);
            CHECK(sealed(&x, VCENTER_PASSWORD, urn, SCRIPT_PASSWORD));
            struct scopes l = scopes(&x);
            CHECK_EQ(l.len, 1);
            CHECK(strncmp(l.list[0], "vcenter:", 8) == 0);
        } else {
            CHECK_EQ(count(&x, "vcenter") + count(&x, "task") + count(&x, "flow"), 0);
        }
        stop(&x);
    }
    CHECK(resumed > 5);
}

static void a_killed_removal_ends_whole(void **state)
{
    (void)state;
    unsigned n = 0;
    for (bool whole = false; !whole; n += 7) {
        struct estate x;
        struct err e;
        char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
        struct vcenter v;
        registered(&x, urn);
        CHECK_OK(change(&x, urn, false, NULL, task, &e), &e);
        place_settle(&x.place);
        place_kill_at(&x.place, n + 1);
        bool began = remove_start(&x.place.site, &x.place.admin, urn, task, &e);
        place_settle(&x.place);
        whole = x.place.plan.count < n + 1;
        place_restart(&x.place);
        CHECK_OK(tasks_recover(&x.place.site, flow_kinds, &e), &e);
        place_settle(&x.place);
        CHECK_EQ(find(&x, urn, &v, &e), !began);
        CHECK_EQ(sealed(&x, VCENTER_PASSWORD, urn, NULL), !began);
        stop(&x);
    }
}

/* ---- the record, the table ---- */

static void urls_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *host;
        uint16_t port;
    } good[] = {
        { "https://vc1.example", "https://vc1.example", "vc1.example", 443 },
        { "https://VC1.example/", "https://VC1.example", "vc1.example", 443 },
        { "https://vc1:8443", "https://vc1:8443", "vc1", 8443 },
        { "vc1", "https://vc1", "vc1", 443 },
        { "10.0.0.7:443", "https://10.0.0.7:443", "10.0.0.7", 443 },
        { "https://[fd00::1]:444/", "https://[fd00::1]:444", "fd00::1", 444 },
    };
    AUTO(arena_done) struct arena a = { 0 };
    struct err e;
    const char *url, *host;
    uint16_t port;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        CHECK_OK(vcenter_url_read(good[i].text, &a, &url, &host, &port, &e), &e);
        CHECK_STR(url, good[i].url);
        CHECK_STR(host, good[i].host);
        CHECK_EQ(port, good[i].port);
    }
}

static void a_session_is_shared_and_replaced(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    char task[STORE_ID_MAX + 1], urn[STORE_ID_MAX + 1];
    struct vcenter_hold a = { 0 }, b = { 0 }, c = { 0 };
    registered(&x, urn);
    CHECK_OK(vcenter_borrow(&x.place.site, urn, &a, &e), &e);
    CHECK_OK(vcenter_borrow(&x.place.site, urn, &b, &e), &e);
    CHECK(a.session == b.session);
    CHECK_OK(change(&x, urn, true, NULL, task, &e), &e); /* raises the revision */
    (void)ended(&x, task);
    CHECK_OK(vcenter_borrow(&x.place.site, urn, &c, &e), &e);
    CHECK(c.session != a.session);
    CHECK_OK(vim_session_login(a.session, soon(), &e), &e); /* who holds the old one finishes with it */
    vcenter_return(&a);
    vcenter_return(&b);
    vcenter_return(&b); /* harmless */
    vcenter_return(&c);
    CHECK_EQ(vcenter_table_review(&x.place.site), 0);
    CHECK_OK(change(&x, urn, false, NULL, task, &e), &e);
    (void)ended(&x, task);
    CHECK_FAILS(vcenter_borrow(&x.place.site, urn, &a, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(vcenter_borrow(&x.place.site, VCENTER_URN "none", &a, &e), &e, ERR_NOT_FOUND);
    stop(&x);
}

/* ---- NSX-T ---- */

static void nsx_managers_come_and_go(void **state)
{
    (void)state;
    struct estate x;
    struct err e;
    AUTO(secret_done) struct secret p = { 0 };
    struct nsx n = { .name = "nsx1", .url = "https://nsx1.example", .username = "admin" }, again, *list;
    size_t len;
    START(&x, well);
    grant(&x, "host:nsx1.example:443", 1);
    CHECK_OK(secret_set(&p, "Secret1!", 8, &e), &e);
    CHECK_FAILS(nsx_save(&x.place.site, &x.place.admin, &n, NULL, &x.place.arena, &e), &e, ERR_INPUT);
    x.untrusted = true;
    CHECK_FAILS(nsx_save(&x.place.site, &x.place.admin, &n, &p, &x.place.arena, &e), &e, ERR_UNTRUSTED);
    CHECK_EQ(x.script.written, 0);
    x.untrusted = false;
    n.urn = NULL;
    CHECK_OK(nsx_save(&x.place.site, &x.place.admin, &n, &p, &x.place.arena, &e), &e);
    CHECK(n.version[0]);
    CHECK(sealed(&x, NSX_PASSWORD, n.urn, "Secret1!"));
    again = (struct nsx){ .name = "NSX1", .url = "https://nsx2.example", .username = "admin" };
    CHECK_FAILS(nsx_save(&x.place.site, &x.place.admin, &again, &p, &x.place.arena, &e), &e, ERR_CONFLICT);
    struct scopes l = scopes(&x);
    CHECK(strncmp(l.list[0], "nsx:" NSX_URN, strlen("nsx:" NSX_URN)) == 0);
    n.description = "changed";
    CHECK_OK(nsx_save(&x.place.site, &x.place.admin, &n, NULL, &x.place.arena, &e), &e);
    CHECK(sealed(&x, NSX_PASSWORD, n.urn, "Secret1!"));
    struct store *s = place_store(&x.place);
    CHECK_OK(nsx_list(s, &x.place.arena, &list, &len, &e), &e);
    CHECK_EQ(len, 1);
    CHECK_STR(list[0].description, "changed");
    (void)store_close(s);
    CHECK_OK(nsx_remove(&x.place.site, &x.place.admin, n.urn, &e), &e);
    CHECK_FAILS(nsx_remove(&x.place.site, &x.place.admin, n.urn, &e), &e, ERR_NOT_FOUND);
    CHECK(!sealed(&x, NSX_PASSWORD, n.urn, NULL));
    CHECK_EQ(scopes(&x).len, 0);
    stop(&x);
}

GROUP(flow_vcenter, cmocka_unit_test(registering_connects_and_keeps),
      cmocka_unit_test(nothing_is_sent_or_stored_before_it_is_believed), cmocka_unit_test(wrong_input_is_refused_at_once),
      cmocka_unit_test(what_is_registered_already_is_not_again), cmocka_unit_test(a_rejected_account_leaves_nothing),
      cmocka_unit_test(without_its_vmca_it_is_registered_all_the_same), cmocka_unit_test(a_manager_beside_it_is_registered_too),
      cmocka_unit_test(editing_keeps_the_password),
      cmocka_unit_test(a_changed_certificate_is_refused_at_save_and_disabling_works),
      cmocka_unit_test(an_unreachable_one_may_be_renamed_and_not_repointed),
      cmocka_unit_test(a_wrong_new_password_changes_nothing), cmocka_unit_test(a_rejected_password_is_sent_once),
      cmocka_unit_test(loss_and_return_are_noticed), cmocka_unit_test(pauses_double_with_jitter_up_to_a_cap),
      cmocka_unit_test(only_what_is_disabled_goes_and_then_wholly), cmocka_unit_test(a_killed_registration_ends_whole),
      cmocka_unit_test(a_killed_removal_ends_whole), cmocka_unit_test(urls_are_read_strictly),
      cmocka_unit_test(a_session_is_shared_and_replaced), cmocka_unit_test(nsx_managers_come_and_go))
