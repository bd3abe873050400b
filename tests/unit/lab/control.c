#include "lab/control.h"

#include <jansson.h>

#include "unit/check.h"
#include "unit/lab/world.h"

static const char text[] = "[lab]\nseed = unit\nhost_keys = 1\n[vcenter vc1]\nversion = 7.0\nhosts = 2\n[nsx n1]\nvcenter = vc1\n";

/* Asks, and says whether it was refused, and in which words. */
static const char *ask(struct lab_estate *s, const char *line, struct buf *out, bool *ret_down)
{
    buf_clear(out);
    lab_control_answer(s, line, strlen(line), out, ret_down);
    CHECK(out->len && out->data[out->len - 1] == '\n');
    json_t *j = json_loads(buf_str(out), 0, NULL);
    CHECK(j && json_is_boolean(json_object_get(j, "ok")));
    bool ok = json_is_true(json_object_get(j, "ok"));
    CHECK(ok || json_is_string(json_object_get(j, "error")));
    json_decref(j);
    return ok ? NULL : buf_str(out);
}

static void commands_change_the_estate(void **state)
{
    (void)state;
    struct buf out;
    bool down;
    buf_init(&out, 1000000);
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    CHECK(!ask(s, "{\"do\":\"fault\",\"target\":\"vc1/host-2\",\"fault\":\"expired\"}", &out, &down) && !down);
    CHECK(!ask(s, "{\"do\":\"fault\",\"target\":\"vc1/host-2\",\"fault\":\"mitm\"}", &out, &down));
    CHECK_EQ(vc->hosts[1].at.faults, LAB_FAULT_EXPIRED | LAB_FAULT_MITM);
    CHECK(!ask(s, "{\"do\":\"status\"}", &out, &down) && strstr(buf_str(&out), "\"faults\":[\"expired\",\"mitm\"]"));
    CHECK(!ask(s, "{\"do\":\"clear\",\"target\":\"vc1/host-2\",\"fault\":\"mitm\"}", &out, &down));
    CHECK_EQ(vc->hosts[1].at.faults, LAB_FAULT_EXPIRED);
    CHECK(!ask(s, "{\"do\":\"clear\",\"target\":\"vc1/host-2\"}", &out, &down));
    CHECK_EQ(vc->hosts[1].at.faults, 0);
    CHECK(!ask(s, "{\"do\":\"issuer\",\"target\":\"n1\",\"issuer\":\"vmca\"}", &out, &down));
    CHECK(s->nsx[0].at.issuer == LAB_FROM_VMCA && s->nsx[0].at.rekeyed == 1);
    CHECK(!ask(s, "{\"do\":\"replace\",\"target\":\"vc1\"}", &out, &down) && vc->at.rekeyed == 1);
    CHECK(!ask(s, "{\"do\":\"reissue\",\"target\":\"vc1\"}", &out, &down) && vc->at.rekeyed == 1 && vc->at.revision == 2);
    CHECK(!ask(s, "{\"do\":\"rotate\",\"target\":\"vc1\"}", &out, &down) && vc->vmca->roots_len == 2);
    CHECK(ask(s, "{\"do\":\"retire\",\"target\":\"vc1\"}", &out, &down) && vc->vmca->retired == 0);
    CHECK(!ask(s, "{\"do\":\"renew\",\"target\":\"vc1\"}", &out, &down));
    CHECK(!ask(s, "{\"do\":\"retire\",\"target\":\"vc1\"}", &out, &down) && vc->vmca->retired == 1);
    CHECK(!ask(s, "{\"do\":\"password\",\"target\":\"vc1\",\"password\":\"new <one>\"}", &out, &down));
    CHECK_STR(vc->password, "new <one>");
    CHECK(vc->hosts[0].at.ca_generation == 1 && vc->hosts[1].at.ca_generation == 1);
    vc->wrong = 9;
    CHECK(!ask(s, "{\"do\":\"clear\",\"target\":\"vc1\"}", &out, &down) && vc->wrong == 0);
    CHECK(!ask(s, "{\"do\":\"faults\"}", &out, &down) && strstr(buf_str(&out), "rejected-password"));
    CHECK(!ask(s, "{\"do\":\"down\"}", &out, &down) && down);
    world_close(s);
    buf_done(&out);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "", "x", "[]", "null", "{}", "{\"do\":1}", "{\"do\":\"nothing\"}", "{\"do\":\"fault\"}",
        "{\"do\":\"fault\",\"target\":\"vc9\",\"fault\":\"expired\"}", "{\"do\":\"fault\",\"target\":\"vc1\"}",
        "{\"do\":\"fault\",\"target\":\"vc1\",\"fault\":\"mitm\"}", "{\"do\":\"fault\",\"target\":\"vc1/host-1\",\"fault\":\"nope\"}",
        "{\"do\":\"rotate\",\"target\":\"vc1/host-1\"}",
        "{\"do\":\"fault\",\"target\":\"vc1\",\"fault\":\"clear\"}", "{\"do\":\"clear\",\"target\":\"vc1\",\"fault\":\"nope\"}",
        "{\"do\":\"retire\",\"target\":\"n1\"}", "{\"do\":\"issuer\",\"target\":\"vc1\"}",
        "{\"do\":\"issuer\",\"target\":\"vc1\",\"issuer\":\"nobody\"}", "{\"do\":\"issuer\",\"target\":\"vc1/host-1\",\"issuer\":\"vmca\"}", "{\"do\":\"password\",\"target\":\"vc1\"}",
        "{\"do\":\"password\",\"target\":\"vc1\",\"password\":\"\"}", "{\"do\":\"reissue\",\"target\":\"x\"}", "{\"do\":\"replace\"}", "{\"do\":\"down\"", "{\"do\":\"status\",\"do\":\"down\"}",
    };
    struct buf out;
    bool down;
    buf_init(&out, 1000000);
    struct lab_estate *s = world_open(text);
    uint64_t version = s->version;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!ask(s, lines[i], &out, &down) || down)
            fail_msg("%s is accepted", lines[i]);
    CHECK_EQ(s->version, version);
    world_close(s);
    buf_done(&out);
}

static void requests_are_json(void **state)
{
    (void)state;
    static const struct {
        const char *words[5];
        const char *line; /* NULL: refused */
    } cases[] = {
        { { "fault", "vc\"1", "expired" }, "{\"do\":\"fault\",\"target\":\"vc\\\"1\",\"fault\":\"expired\"}\n" },
        { { "status" }, "{\"do\":\"status\"}\n" },
        { { "password", "vc1", "x" }, "{\"do\":\"password\",\"target\":\"vc1\",\"password\":\"x\"}\n" },
        { { "clock", "+30d" }, "{\"do\":\"clock\",\"move\":\"+30d\"}\n" },
        { { "renew", "vc1", "cert-only" }, "{\"do\":\"renew\",\"target\":\"vc1\",\"how\":\"cert-only\"}\n" },
        { { "fault", "\xff", "expired" }, NULL },
        { { "fault", "vc1" }, NULL },
        { { "fly" }, NULL },
        { { "status", "vc1" }, NULL },
        { { "sign", "vc1", "/nowhere/at/all" }, NULL },
        { { "import", "vc1", "/dev/null" }, NULL },
    };
    struct buf out;
    struct err e;
    buf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t len = 0;
        while (len < 5 && cases[i].words[len])
            len++;
        buf_clear(&out);
        bool ok = lab_control_request(&out, cases[i].words, len, &e);
        if (ok != (cases[i].line != NULL) || (ok && strcmp(buf_str(&out), cases[i].line) != 0))
            fail_msg("case %zu: %s", i, ok ? buf_str(&out) : e.msg);
    }
    CHECK_FAILS(lab_control_request(&out, NULL, 0, &e), &e, ERR_INPUT);
    buf_done(&out);
}

GROUP(lab_control, cmocka_unit_test(commands_change_the_estate), cmocka_unit_test(nonsense_is_refused),
      cmocka_unit_test(requests_are_json))
