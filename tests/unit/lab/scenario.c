#include "lab/scenario.h"

#include "base/buf.h"
#include "lab/keep.h"
#include "unit/check.h"
#include "wire/settings.h"

static struct lab_scenario *parse(const char *text, struct err *e)
{
    return lab_scenario_parse(text, strlen(text), e);
}

static void a_file_is_read(void **state)
{
    (void)state;
    struct err e;
    AUTO(lab_scenario_destroyp) struct lab_scenario *s = parse(
        "# comment\n[vcenter vc1]\nversion = 7.0\nhosts = 3\nforeign_hosts = 2\nendpoint = vmca\n"
        "[lab]\nname = two\nlockout = 0\nseed = abc\n\n[vcenter vc2]\npsc = vc1\n[nsx n1]\nkind = v\nvcenter = vc2\n", &e);
    if (!s) {
        fail_msg("%s", e.msg);
        return;
    }
    CHECK_STR(s->name, "two");
    CHECK_STR(s->domain, "lab.test");
    CHECK_STR(s->seed, "abc");
    CHECK(s->port == 443 && s->lockout == 0 && s->vcenters_len == 2 && s->nsx_len == 1);
    CHECK(s->vcenters[0].version == LAB_70 && s->vcenters[0].endpoint == LAB_FROM_VMCA && !s->vcenters[0].psc);
    CHECK_EQ(lab_plan_hosts(&s->vcenters[0]), 5);
    CHECK(s->vcenters[1].version == LAB_80 && !strcmp(s->vcenters[1].psc, "vc1"));
    CHECK(s->nsx[0].kind == 1 && !strcmp(s->nsx[0].vcenter, "vc2"));
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "", "needs a [vcenter" },
        { "[lab]\nname = x\n", "needs a [vcenter" },
        { "hosts = 1\n[vcenter a]\n", "line 1" },
        { "[vcenter a]\nhosts = 1\nnonsense = 1\n", "line 3" },
        { "[vcenter a]\nhosts = -1\n", "line 2" },
        { "[vcenter a]\nhosts = 10001\n", "line 2" },
        { "[vcenter a]\nversion = 6.5\n", "line 2" },
        { "[lab]\n[vcenter a]\nhosts = 1\n\n[vcenter a]\n", "line 5" },
        { "[lab]\n[lab]\n[vcenter a]\n", "line 2" },
        { "[vcenter A]\n", "line 1" },
        { "[vcenter ../x]\n", "line 1" },
        { "[vcenter a\n", "line 1" },
        { "[host a]\n", "line 1" },
        { "[vcenter a]\npsc = b\n", "psc" },
        { "[vcenter a]\npsc = a\n", "psc" },
        { "[vcenter a]\npsc = b\n[vcenter b]\npsc = a\n", "psc" },
        { "[vcenter a]\nhosts = 6000\nforeign_hosts = 6000\n", "more than" },
        { "[vcenter a]\n[nsx n]\nkind = t\n", "vcenter must name one" },
        { "[vcenter a]\n[lab]\ndomain = a_b\n", "domain" },
        { "[vcenter a]\n[lab]\nport = 65536\n", "line 3" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        AUTO(lab_scenario_destroyp) struct lab_scenario *s = parse(cases[i].text, &e);
        if (s || !strstr(e.msg, cases[i].said))
            fail_msg("case %zu: %s", i, s ? "accepted" : e.msg);
        CHECK(e.kind == ERR_INPUT);
    }
}

static void numbers_are_capped(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, SETTINGS_FILE_MAX + 1);
    for (int i = 0; i <= LAB_VCENTERS_MAX; i++)
        CHECK_OK(buf_printf(&b, &e, "[vcenter a%d]\n", i), &e);
    AUTO(lab_scenario_destroyp) struct lab_scenario *s = lab_scenario_parse(buf_str(&b), b.len, &e);
    CHECK(!s && e.kind == ERR_INPUT && strstr(e.msg, "line 201"));
    while (b.len <= SETTINGS_FILE_MAX)
        CHECK_OK(buf_puts(&b, "#", &e), &e);
    s = lab_scenario_parse(buf_str(&b), b.len, &e);
    CHECK(!s && e.kind == ERR_LIMIT);
    buf_done(&b);
}

static void the_shipped_ones_are_good(void **state)
{
    (void)state;
    static const char *const names[] = { "article", "two-vmca", "67", "psc", "hostile" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf b;
        struct err e;
        char path[LAB_PATH_MAX];
        buf_init(&b, SETTINGS_FILE_MAX);
        (void)snprintf(path, sizeof(path), "%s/%s.ini", LAB_SCENARIOS, names[i]);
        CHECK_OK(lab_keep_load(path, &b, &e), &e);
        AUTO(lab_scenario_destroyp) struct lab_scenario *s = lab_scenario_parse(buf_str(&b), b.len, &e);
        if (!s)
            fail_msg("%s: %s", names[i], e.msg);
        buf_done(&b);
    }
}

GROUP(lab_scenario, cmocka_unit_test(a_file_is_read), cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(numbers_are_capped), cmocka_unit_test(the_shipped_ones_are_good))
