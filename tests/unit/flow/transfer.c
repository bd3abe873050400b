#include "flow/transfer.h"

#include "store/store.h"
#include "unit/flow/place.h"

#define ID "11111111-2222-4333-8444-555555555555"
#define OTHER_ID "11111111-2222-4333-8444-666666666666"

struct owner {
    int admitted, gathered, ticks, idle, destroyed;
};

static bool admit(void *own, const struct site *site, const struct caller *c, const struct transfer *t,
                  const struct transfer_request *rq, struct transfer_way *ret, struct err *e)
{
    struct owner *o = own;
    (void)site;
    (void)c;
    if (!transfer_file_of(t, rq->name))
        return err_set(e, ERR_NOT_FOUND, "no such file");
    o->admitted++;
    *ret = (struct transfer_way){ .how = TRANSFER_GATHER, .max = 7 };
    return true;
}

static bool gathered(void *own, const struct site *site, const struct transfer *t, const char *name, const void *data, size_t len, struct err *e)
{
    struct owner *o = own;
    (void)site;
    (void)t;
    (void)name;
    (void)data;
    (void)e;
    o->gathered += (int)len;
    return true;
}

static int64_t done(void *own, const char *name)
{
    (void)own;
    return name[0] == 'd' ? 5 : 0;
}

static void tick(void *own, const struct site *site, int64_t now_ms)
{
    struct owner *o = own;
    (void)now_ms;
    o->ticks++;
    if (o->ticks == 2)
        transfer_close(site, ID); /* in the middle of the walk */
}

static void idle(void *own, const struct site *site)
{
    (void)site;
    ((struct owner *)own)->idle++;
}

static void destroy(void *own)
{
    ((struct owner *)own)->destroyed++;
}

static const struct transfer_ops ops = { admit, gathered, done, tick, idle, destroy }, other_ops = { .done = done, .idle = idle, .destroy = destroy };

static void keep(struct place *p, const char *id, const char *org)
{
    struct err e;
    struct transfer_file files[] = { { "descriptor.ovf", -1, 0 }, { "x.vmdk", 70, 0 } };
    const struct transfer t = { .id = id, .what = TRANSFER_MEDIA_UP, .org = org, .entity = "urn:vcloud:vapptemplate:1", .task = "urn:vcloud:task:1",
                                .files = files, .files_len = 2, .made_ms = 1 };
    struct store *s = place_store(p);
    CHECK_OK(store_begin(s, STORE_WRITE, &e) && transfer_put(s, &t, &e) && store_commit(s, &e), &e);
    (void)store_close(s);
}

static void a_record_is_seen_by_whose_it_is(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    struct transfer t;
    const struct caller mine = { .org = "urn:vcloud:org:a" }, other = { .org = "urn:vcloud:org:b" };
    place_start(&p, NULL);
    keep(&p, ID, "urn:vcloud:org:a");
    struct store *s = place_store(&p);
    CHECK_OK(transfer_get(s, &mine, ID, &p.arena, &t, &e), &e);
    CHECK_EQ(t.what, TRANSFER_MEDIA_UP);
    CHECK_EQ(t.files_len, 2);
    CHECK_EQ(t.files[0].size, -1);
    CHECK_STR(t.files[1].name, "x.vmdk");
    CHECK_OK(transfer_get(s, &p.admin, ID, &p.arena, &t, &e), &e);
    CHECK_FAILS(transfer_get(s, &other, ID, &p.arena, &t, &e), &e, ERR_DENIED);
    CHECK_FAILS(transfer_get(s, &mine, OTHER_ID, &p.arena, &t, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(transfer_of(s, "urn:vcloud:vapptemplate:1", &p.arena, &t, &e), &e);
    CHECK_STR(t.id, ID);
    CHECK_OK(transfer_of(s, "urn:vcloud:vapptemplate:2", &p.arena, &t, &e), &e);
    CHECK(!t.id);
    CHECK_OK(store_begin(s, STORE_WRITE, &e) && transfer_drop(s, ID, &e) && transfer_drop(s, ID, &e) && store_commit(s, &e), &e);
    (void)store_close(s);
    place_stop(&p);
}

static void requests_reach_its_owner(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    struct owner o = { 0 };
    struct transfer_way way;
    const struct transfer_request rq = { .name = "x.vmdk" }, unknown = { .name = "y.vmdk" };
    const struct caller other = { .org = "urn:vcloud:org:b" };
    place_start(&p, NULL);
    keep(&p, ID, "urn:vcloud:org:a");
    CHECK_FAILS(transfer_admit(&p.site, &p.admin, ID, &rq, &way, &e), &e, ERR_NOT_FOUND); /* of another process: over */
    CHECK_OK(transfer_open(&p.site, ID, &ops, &o, &e), &e);
    CHECK_OK(transfer_admit(&p.site, &p.admin, ID, &rq, &way, &e), &e);
    CHECK_EQ(way.max, 7);
    CHECK_FAILS(transfer_admit(&p.site, &p.admin, ID, &unknown, &way, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(transfer_admit(&p.site, &other, ID, &rq, &way, &e), &e, ERR_DENIED);
    CHECK_FAILS(transfer_gathered(&p.site, &other, ID, "x.vmdk", "abc", 3, &e), &e, ERR_DENIED);
    CHECK_OK(transfer_gathered(&p.site, &p.admin, ID, "x.vmdk", "abc", 3, &e), &e);
    CHECK_EQ(o.gathered, 3);
    CHECK_EQ(o.admitted, 1);
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    CHECK(!transfer_borrow(&p.site, ID, &other_ops, &h)); /* not one of those */
    CHECK(transfer_borrow(&p.site, ID, &ops, &h));
    transfer_close(&p.site, ID);
    CHECK_EQ(o.destroyed, 0); /* somebody still uses it */
    CHECK_FAILS(transfer_admit(&p.site, &p.admin, ID, &rq, &way, &e), &e, ERR_NOT_FOUND);
    transfer_return(&h);
    CHECK_EQ(o.destroyed, 1);
    place_stop(&p);
}

static void who_comes_no_more_is_idle_once(void **state)
{
    (void)state;
    struct place p;
    struct err e;
    struct owner o = { 0 }, second = { 0 };
    place_start(&p, NULL);
    CHECK_OK(transfer_open(&p.site, ID, &ops, &o, &e), &e);
    CHECK_OK(transfer_open(&p.site, OTHER_ID, &other_ops, &second, &e), &e);
    CHECK_OK(transfer_tick(&p.site, &e), &e);
    CHECK_EQ(o.idle + second.idle, 0);
    p.site.transfer_idle_ms = -1; /* everything was touched longer ago than that */
    CHECK_OK(transfer_tick(&p.site, &e), &e); /* its owner closes the first one meanwhile */
    CHECK_OK(transfer_tick(&p.site, &e), &e);
    CHECK_EQ(o.idle, 1);
    CHECK_EQ(o.destroyed, 1);
    CHECK_EQ(second.idle, 1);
    CHECK_EQ(second.destroyed, 0);
    place_stop(&p);
    CHECK_EQ(second.destroyed, 1);
}

static void names_that_lead_elsewhere_are_none(void **state)
{
    (void)state;
    static const struct { const char *name; bool ok; } names[] = {
        { "disk-0.vmdk", true }, { "..", false }, { ".", false }, { "", false }, { "a/b", false }, { "a\\b", false }, { "a\nb", false },
        { "...", true }, { "a\x7f", false }, { "\xff", false }, { "\xc3\xa4.vmdk", true }, { "a b", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CHECK_EQ(transfer_name_valid(names[i].name), names[i].ok);
    char longest[TRANSFER_NAME_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[TRANSFER_NAME_MAX + 1] = '\0';
    CHECK(!transfer_name_valid(longest));
    longest[TRANSFER_NAME_MAX] = '\0';
    CHECK(transfer_name_valid(longest));
}

GROUP(flow_transfer, cmocka_unit_test(a_record_is_seen_by_whose_it_is), cmocka_unit_test(requests_reach_its_owner),
      cmocka_unit_test(who_comes_no_more_is_idle_once), cmocka_unit_test(names_that_lead_elsewhere_are_none))
