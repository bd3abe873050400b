#include "flow/ovf_split.h"

#include "base/arena.h"
#include "flow/ovf.h"
#include "unit/check.h"

#define NS "http://schemas.dmtf.org/ovf/envelope/1"
#define HEAD "<?xml version=\"1.0\"?><!-- <VirtualSystem> -->\n<Envelope xmlns=\"" NS "\" xmlns:ovf=\"" NS "\" xmlns:r=\"urn:r\" xmlns:v=\"urn:v\">"
#define FILE_(n) "<File ovf:id=\"f" n "\" ovf:href=\"" n ".vmdk\"/>"
#define DISK(n, more) "<Disk ovf:diskId=\"d" n "\" ovf:fileRef=\"f" n "\"" more "/>"
#define USES(what) "<Item><r:HostResource>" what "</r:HostResource></Item>"
#define SYSTEM(id, inside) "<VirtualSystem ovf:id=\"" id "\"><Info>\xc3\xa4</Info>" inside "</VirtualSystem>"
#define WEB SYSTEM("web", "<Name>The web</Name>" USES("ovf:/disk/d1") USES("/disk/d3"))
#define DB SYSTEM("db", USES("ovf://disk/d2") "<v:ExtraConfig v:value=\"ovf:/file/f4\"/>")
#define SHARED "<References>" FILE_("1") FILE_("2") FILE_("3") FILE_("4") FILE_("5") "</References>\n<DiskSection><Info/>" DISK("1", "") \
    DISK("2", "") DISK("3", " ovf:parentRef=\"d5\"") DISK("5", "") "</DiskSection><NetworkSection><Network ovf:name=\"n\"/></NetworkSection>"
#define COLLECTION(inside) "<VirtualSystemCollection ovf:id=\"all\"><Info/><StartupSection/>" inside "</VirtualSystemCollection >"
#define PACKAGE(inside) HEAD SHARED inside "</Envelope>\n"

static void check_all(const char *text, const char *const *wanted, const char *const *named, size_t len)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_machines m;
    struct err e;
    CHECK_OK(ovf_machines(text, strlen(text), &a, &m, &e), &e);
    CHECK_EQ(m.systems_len, len);
    for (size_t i = 0; i < len; i++) {
        struct ovf_package p;
        const char *one;
        CHECK_OK(ovf_machine_text(&m, i, &a, &one, &e), &e);
        CHECK_STR(one, wanted[i]);
        CHECK_STR(ovf_machine_name(&m, i), named[i]);
        CHECK_OK(ovf_parse(one, strlen(one), &a, &p, &e), &e);
        CHECK_EQ(p.networks_len, 1);
    }
}

#define NETWORK "<NetworkSection><Network ovf:name=\"n\"/></NetworkSection>"
#define OF_WEB HEAD "<References>" FILE_("1") FILE_("3") FILE_("5") "</References>\n<DiskSection><Info/>" DISK("1", "") \
    DISK("3", " ovf:parentRef=\"d5\"") DISK("5", "") "</DiskSection>" NETWORK WEB "</Envelope>\n"
#define OF_DB HEAD "<References>" FILE_("2") FILE_("4") "</References>\n<DiskSection><Info/>" DISK("2", "") "</DiskSection>" NETWORK DB "</Envelope>\n"

static void each_machine_has_what_it_names_and_no_more(void **state)
{
    (void)state;
    const char *const wanted[] = { OF_WEB, OF_DB }, *const named[] = { "The web", "db" };
    check_all(PACKAGE(COLLECTION(WEB DB)), wanted, named, 2);
    check_all(PACKAGE(COLLECTION(COLLECTION(WEB) COLLECTION(COLLECTION(DB)))), wanted, named, 2); /* in each other */
    check_all(PACKAGE(COLLECTION(DB)), wanted + 1, named + 1, 1);
}

static void one_machine_is_left_as_it_is(void **state)
{
    (void)state;
    const char *const wanted[] = { PACKAGE(WEB) }, *const none[] = { PACKAGE("") }, *const named[] = { "" };
    check_all(wanted[0], wanted, named, 1);
    check_all(none[0], none, named, 1);
}

static void what_is_no_package_is_refused(void **state)
{
    (void)state;
    static const struct { const char *text; enum err_kind kind; } bad[] = {
        { "", ERR_INPUT },
        { PACKAGE(COLLECTION("")), ERR_INPUT },
        { PACKAGE(COLLECTION(WEB) DB), ERR_INPUT },
        { PACKAGE(DB COLLECTION(WEB)), ERR_INPUT },
        { PACKAGE(COLLECTION(WEB) COLLECTION(DB)), ERR_INPUT },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        struct ovf_machines m;
        struct err e;
        CHECK_FAILS(ovf_machines(bad[i].text, strlen(bad[i].text), &a, &m, &e), &e, bad[i].kind);
    }
}

static void too_many_machines_are_too_many(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_machines m;
    struct err e;
    const char *inside = "";
    for (int i = 0; i <= OVF_MACHINES_MAX; i++) {
        const char *text = arena_printf(&a, HEAD "<VirtualSystemCollection>%s</VirtualSystemCollection></Envelope>", inside);
        if (i)
            CHECK_OK(ovf_machines(text, strlen(text), &a, &m, &e), &e);
        inside = arena_printf(&a, "%s<VirtualSystem/>", inside);
    }
    const char *text = arena_printf(&a, HEAD "<VirtualSystemCollection>%s</VirtualSystemCollection></Envelope>", inside);
    CHECK_FAILS(ovf_machines(text, strlen(text), &a, &m, &e), &e, ERR_LIMIT);
}

/* A prefix, or the default, that only the collection declares. */
static void who_lives_by_his_collections_namespaces_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        HEAD "<VirtualSystemCollection xmlns:x=\"urn:x\"><VirtualSystem><x:a/></VirtualSystem></VirtualSystemCollection></Envelope>",
        HEAD "<VirtualSystemCollection xmlns:v=\"urn:w\"><VirtualSystem><v:a/></VirtualSystem></VirtualSystemCollection></Envelope>",
        "<ovf:Envelope xmlns:ovf=\"" NS "\"><VirtualSystemCollection xmlns=\"" NS "\"><VirtualSystem/></VirtualSystemCollection></ovf:Envelope>",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        struct ovf_machines m;
        const char *text;
        struct err e;
        CHECK_OK(ovf_machines(bad[i], strlen(bad[i]), &a, &m, &e), &e);
        CHECK_FAILS(ovf_machine_text(&m, 0, &a, &text, &e), &e, ERR_INPUT);
    }
}

GROUP(flow_ovf_split, cmocka_unit_test(each_machine_has_what_it_names_and_no_more), cmocka_unit_test(one_machine_is_left_as_it_is),
      cmocka_unit_test(what_is_no_package_is_refused), cmocka_unit_test(too_many_machines_are_too_many),
      cmocka_unit_test(who_lives_by_his_collections_namespaces_is_refused))
