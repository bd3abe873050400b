#include "gate/target.h"

#include "base/mem.h"
#include "unit/check.h"

#define SHA1 "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14"
#define SHA256 SHA1 ":15:16:17:18:19:1A:1B:1C:1D:1E:1F:20"

static void thumbprints_of_two_lengths_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len; /* 0: it is none */
    } cases[] = {
        { SHA1, DIGEST_SHA1 }, { SHA256, DIGEST_SHA256 }, { "0102030405060708090a0b0c0d0e0f1011121314", DIGEST_SHA1 },
        { "", 0 }, { "01", 0 }, { SHA1 ":15", 0 }, { SHA1 ":", 0 }, { SHA256 ":21", 0 }, { "zz" SHA1, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
        CHECK_EQ(gate_target_thumbprint(t, cases[i].text), cases[i].len > 0);
        CHECK_EQ(t->prints_len, cases[i].len > 0);
        CHECK_EQ(t->prints[0].len, cases[i].len);
    }
}

static void there_is_room_for_so_many(void **state)
{
    (void)state;
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    for (int i = 0; i < GATE_THUMBPRINTS; i++)
        CHECK(gate_target_thumbprint(t, SHA1));
    CHECK(!gate_target_thumbprint(t, SHA1));
}

static void it_asks_on_behalf_of_the_vcenters_hosts(void **state)
{
    (void)state;
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    struct trust_question q;
    t->vcenter = xstrdup("urn:vcloud:vimserver:1");
    t->host = xstrdup("10.0.0.7");
    t->port = 443;
    t->path = xstrdup("/ticket/52ab");
    t->names[t->names_len++] = xstrdup("esx1.example");
    AUTO(gate_target_unrefp) struct gate_target *other = gate_target_ref(t);
    gate_target_settle(other);
    CHECK(!t->path);
    gate_target_question(t, &q);
    CHECK_EQ(q.behalf.kind, TRUST_FOR_ESXI);
    CHECK_STR(q.behalf.urn, "urn:vcloud:vimserver:1");
    CHECK_EQ(q.names_len, 1);
    CHECK_STR(q.names[0], "esx1.example"); /* never what was dialled */
    CHECK_EQ(q.names_mode, TRUST_NAMES_CHECK);
}

GROUP(gate_target, cmocka_unit_test(thumbprints_of_two_lengths_are_read), cmocka_unit_test(there_is_room_for_so_many),
      cmocka_unit_test(it_asks_on_behalf_of_the_vcenters_hosts))
