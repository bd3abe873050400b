/* Alarms before something expires, with a clock of its own; and the timers that run such things. */
#include "flow/expiry.h"

#include "fixture/mint.h"
#include "flow/advisory.h"
#include "flow/anchor.h"
#include "flow/site_settings.h"
#include "flow/timers.h"
#include "flow/vcenter.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "trust/cert.h"
#include "unit/flow/world.h"

#define VC "urn:vcloud:vimserver:44444444-4444-4444-8444-444444444444"
#define NOW (MINT_NOW * 1000)
#define DAY (MINT_DAY * 1000)

struct estate {
    struct world *w;
    struct store *s;
    struct mint *m;
    struct arena arena;
};

/* A CA that ends in 400 days, trusted; a host by it whose certificate ends in so many. */
static struct estate estate_start(void **state, int host_days)
{
    struct estate x = { .w = *state, .s = ((struct world *)*state)->kept->s, .m = mint_create() };
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct trust_cert *c;
    struct trust_scope any = { .kind = TRUST_SCOPE_ANY };
    const char *host = "esx1.example";
    const struct store_by by = site_by(&x.w->admin, "test");
    const struct mint_made *ca = mint_cert(x.m, &(struct mint_cert){
        .subject = "/CN=CA", .key = 1, .not_before = MINT_NOW - 9 * MINT_DAY, .not_after = MINT_NOW + 400 * MINT_DAY,
        .exts = MINT_EXTS(mint_bc(x.m, true, true, -1), mint_ku(x.m, true, MINT_KU_CERT_SIGN), MINT_SKI) });
    const struct mint_made *leaf = mint_cert(x.m, &(struct mint_cert){
        .subject = "/CN=esx1", .key = 2, .by = ca, .not_before = MINT_NOW - 9 * MINT_DAY, .not_after = MINT_NOW + host_days * MINT_DAY,
        .exts = MINT_EXTS(mint_san(x.m, false, "DNS:esx1.example"), MINT_AKI) });
    const struct vcenter v = { .urn = VC, .name = "vc1", .url = "https://vc1.example", .host = "vc1.example", .port = 443, .enabled = true,
                               .username = "a", .names = VCENTER_NAMES_ON };
    const struct store_chain_cert chain = { leaf->der, leaf->len };
    const struct store_endpoint ep = { .key = VC "/host-1", .urn = VC, .host = host, .kind = TRUST_FOR_ESXI, .port = 443, .names = &host,
                                       .names_len = 1, .rule = "ok", .seen_ms = NOW, .chain = &chain, .chain_len = 1 };
    CHANGE_OK(x.w->kept, vcenter_put(x.s, &v, &e), &e);
    CHANGE_OK(x.w->kept, store_endpoint_put(x.s, &ep, &e), &e);
    CHECK_OK(trust_cert_parse(ca->der, ca->len, &c, &e), &e);
    CHECK_OK(anchor_add(&x.w->site, &(struct anchor_new){ STORE_SYSTEM, "root", &any, c }, &by, id, &e), &e);
    trust_cert_unref(c);
    return x;
}

static void estate_stop(struct estate *x)
{
    (void)mint_destroy(x->m);
    arena_done(&x->arena);
}

/* "expired ca root; expiring esx1.example" */
static const char *alarms(struct estate *x, int64_t at_ms)
{
    struct expiry_alarm *list;
    struct err e;
    size_t len;
    const char *text = "";
    CHECK_OK(expiry_find(&x->w->site, at_ms, &x->arena, &list, &len, &e), &e);
    for (size_t i = 0; i < len; i++)
        text = arena_printf(&x->arena, "%s%s%s %s%s", text, i ? "; " : "", expiry_level_name(list[i].level), list[i].ca ? "ca " : "", list[i].where);
    return text;
}

static void thresholds_and_order(void **state)
{
    struct estate x = estate_start(state, 100);
    struct site_settings set;
    struct err e;
    const struct store_by by = site_by(&x.w->admin, "test");
    CHECK_STR(alarms(&x, NOW), "expiring esx1.example");             /* 100 days left */
    CHECK_STR(alarms(&x, NOW + 69 * DAY), "expiring esx1.example");  /* 31 */
    CHECK_STR(alarms(&x, NOW + 71 * DAY), "expiring-soon esx1.example"); /* 29 */
    CHECK_STR(alarms(&x, NOW + 101 * DAY), "expired esx1.example");
    CHECK_STR(alarms(&x, NOW + 200 * DAY), "expiring ca root; expired esx1.example"); /* CAs first, whatever the rest is like */
    CHECK_STR(alarms(&x, NOW + 401 * DAY), "expired ca root; expired esx1.example");
    CHECK_OK(site_settings_read(x.s, &set, &e), &e);
    set.expiry_soft_days = 50;
    set.expiry_hard_days = 10;
    CHANGE_OK(x.w->kept, site_settings_write(x.s, &set, &by, &e), &e);
    CHECK_STR(alarms(&x, NOW), "");
    CHECK_STR(alarms(&x, NOW + 60 * DAY), "expiring esx1.example");
    CHECK_STR(alarms(&x, NOW + 91 * DAY), "expiring-soon esx1.example");
    estate_stop(&x);
}

static void a_wrong_name_is_told(void **state)
{
    struct estate x = estate_start(state, 300);
    struct err e;
    const char *name = "esx9.example";
    const struct mint_made *leaf = mint_cert(x.m, &(struct mint_cert){
        .subject = "/CN=other", .key = 3, .by = mint_root(x.m, "/CN=CA", 1), .not_before = MINT_NOW - 9 * MINT_DAY,
        .not_after = MINT_NOW + 300 * MINT_DAY, .exts = MINT_EXTS(mint_san(x.m, false, "DNS:esx2.example"), MINT_AKI) });
    const struct store_chain_cert chain = { leaf->der, leaf->len };
    const struct store_endpoint ep = { .key = VC "/host-9", .urn = VC, .host = name, .kind = TRUST_FOR_ESXI, .port = 443, .names = &name,
                                       .names_len = 1, .rule = "name-mismatch", .seen_ms = NOW, .chain = &chain, .chain_len = 1 };
    CHECK_STR(alarms(&x, NOW), "");
    CHANGE_OK(x.w->kept, store_endpoint_put(x.s, &ep, &e), &e);
    CHECK_STR(alarms(&x, NOW), "misnamed esx9.example");
    estate_stop(&x);
}

static bool count_event(void *self, const struct store_event *ev, struct err *e)
{
    size_t *n = self;
    (void)e;
    *n += strncmp(ev->kind, "certificate.", 12) == 0;
    return true;
}

static size_t events(struct estate *x, const char *kind)
{
    size_t n = 0;
    struct err e;
    CHECK_OK(store_event_list(x->s, &(struct store_event_query){ .kind = kind }, count_event, &n, &e), &e);
    return n;
}

static bool has_advisory(struct estate *x)
{
    struct advisory ad;
    struct err e;
    return advisory_get(x->s, ADVISORY_EXPIRY_URN, &x->arena, &ad, &e);
}

static void each_alarm_is_told_once_and_goes(void **state)
{
    struct estate x = estate_start(state, 100);
    struct err e;
    CHECK_OK(expiry_check(&x.w->site, NOW, &e), &e);
    CHECK_EQ(events(&x, "certificate.expiring"), 1);
    CHECK(!has_advisory(&x)); /* soft: an event and no more */
    CHECK_OK(expiry_check(&x.w->site, NOW + DAY, &e), &e);
    CHECK_EQ(events(&x, NULL), 1); /* nothing new */
    CHECK_OK(expiry_check(&x.w->site, NOW + 75 * DAY, &e), &e);
    CHECK_EQ(events(&x, "certificate.expiring-soon"), 1);
    CHECK(has_advisory(&x));
    CHECK_OK(expiry_check(&x.w->site, NOW + 101 * DAY, &e), &e);
    CHECK_EQ(events(&x, "certificate.expired"), 1);
    CHECK_EQ(events(&x, NULL), 3);
    CHECK_FAILS(({ bool ok = store_begin(x.s, STORE_WRITE, &e); const struct store_by by = site_by(&x.w->admin, "test");
                   ok = ok && advisory_remove(x.s, ADVISORY_EXPIRY_URN, &by, &e); store_abort(x.s); ok; }), &e, ERR_INPUT);
    /* The host is gone: so is the alarm, and its advisory. */
    CHANGE_OK(x.w->kept, store_endpoint_remove(x.s, VC "/host-1", &e), &e);
    CHECK_OK(expiry_check(&x.w->site, NOW + 102 * DAY, &e), &e);
    CHECK(!has_advisory(&x));
    struct store_record r;
    CHECK_FAILS(store_record_get(x.s, "expiry", "00", &x.arena, &r, &e), &e, ERR_NOT_FOUND);
    uint64_t left;
    CHECK_OK(store_record_count(x.s, &(struct store_record_query){ .kind = "expiry" }, &left, &e), &e);
    CHECK_EQ(left, 0);
    estate_stop(&x);
}

/* ---- timers ---- */

static unsigned ran[2];

static bool first(const struct site *site, struct err *e)
{
    (void)site;
    (void)e;
    ran[0]++;
    return true;
}

static bool fails(const struct site *site, struct err *e)
{
    (void)site;
    ran[1]++;
    return err_set(e, ERR_PEER, "not today");
}

static void timers_follow_their_clock(void **state)
{
    struct world *w = *state;
    static const struct timer_job jobs[] = { { "first", 100, first }, { "fails", 250, fails }, { 0 } };
    AUTO(timers_destroyp) struct timers *t = timers_create(&w->site, jobs);
    ran[0] = ran[1] = 0;
    CHECK_EQ(timers_step(t, 1000), 1100); /* all at once at the start */
    CHECK(ran[0] == 1 && ran[1] == 1);
    CHECK_EQ(timers_step(t, 1050), 1100);
    CHECK_EQ(ran[0], 1);
    CHECK_EQ(timers_step(t, 1100), 1200);
    CHECK_EQ(timers_step(t, 1250), 1350); /* late: from now on */
    CHECK(ran[0] == 3 && ran[1] == 2);    /* what failed comes again at its time */
    w->site.closing = true;
    (void)timers_step(t, 5000);
    CHECK(ran[0] == 3 && ran[1] == 2);
    w->site.closing = false;
}

GROUP(flow_expiry, WITH_WORLD(thresholds_and_order), WITH_WORLD(a_wrong_name_is_told), WITH_WORLD(each_alarm_is_told_once_and_goes),
      WITH_WORLD(timers_follow_their_clock))
