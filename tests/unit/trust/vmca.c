/* Which root is the VMCA: told by what it verifies. Each case is a small estate written in letters. */
#include "trust/vmca.h"

#include "base/arena.h"
#include "fixture/vmca.h"
#include "trust/cert.h"
#include "unit/check.h"

/* Roots: V the VMCA, W one regenerated (same name, other key), F another vCenter's (same name, other key still),
 * S a VMCA below the enterprise CA, E that enterprise CA, X an expired one of V's name, Y one not valid yet,
 * L a certificate that is no CA, G the enterprise CA's renewed certificate (same name and key, younger).
 * Hosts: v w e s signed by these; t by S and sent with S; i the installer's own; x expired, signed by V;
 * n nothing; f signed by F. Capital letters as endpoint: what signed the vCenter's certificate, small ones a host. */
struct estate {
    struct mint *m;
    const struct mint_made *made[128];
    struct trust_cert *certs[128];
};

static const struct mint_made *machine(struct mint *m, const struct mint_made *by)
{
    return vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_MACHINE_SSL_API, .by = by });
}

static const struct mint_made *host(struct mint *m, const struct mint_made *by)
{
    return vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = by, .host = "esx1.example" });
}

static const struct mint_made *installer(struct mint *m)
{
    return vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_INSTALLER, .host = "esx9.example" });
}

static const struct mint_made *enterprise(struct mint *m, int64_t age)
{
    const struct mint_ext *const *exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN), MINT_SKI);
    return mint_cert(m, &(struct mint_cert){ .subject = "/CN=Enterprise", .key = MINT_RSA_2048 + 3, .exts = exts,
                                             .not_before = MINT_NOW - age * MINT_DAY });
}

static void estate_init(struct estate *s)
{
    const struct mint_made **a = s->made;
    struct mint *m = s->m = mint_create();
    memset(s->certs, 0, sizeof(s->certs));
    memset(s->made, 0, sizeof(s->made));
    a['V'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    a['W'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .key = 1, .made_at = MINT_NOW - 9 * MINT_DAY });
    a['F'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .key = 2 });
    a['E'] = enterprise(m, 200);
    a['G'] = enterprise(m, 100);
    a['S'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_SUB, .by = a['E'], .key = 4 });
    a['X'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .made_at = MINT_NOW - 900 * MINT_DAY, .days = 365 });
    a['Y'] = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70, .made_at = MINT_NOW + 30 * MINT_DAY });
    a['L'] = machine(m, a['V']);
    a['v'] = host(m, a['V']);
    a['w'] = host(m, a['W']);
    a['f'] = host(m, a['F']);
    a['e'] = host(m, a['E']);
    a['s'] = a['t'] = host(m, a['S']);
    a['i'] = installer(m);
    a['x'] = vmca_leaf(m, &(struct vmca_leaf){ .kind = VMCA_ESX_BY_NAME, .by = a['V'], .made_at = MINT_NOW - 50 * MINT_DAY,
                                               .not_after = MINT_NOW - MINT_DAY });
    a['0' + 0] = machine(m, a['V']);
    a['1'] = machine(m, a['E']);
    a['2'] = machine(m, a['S']);
    for (size_t i = 0; i < ARRAY_LEN(s->made); i++)
        if (a[i])
            CHECK(trust_cert_parse(a[i]->der, a[i]->len, &s->certs[i], NULL));
}

static void estate_done(struct estate *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->certs); i++)
        trust_cert_unref(s->certs[i]);
    s->m = mint_destroy(s->m);
}

/* "hosts V:2 W:1 x3" and what is left out, or "endpoint E", "nothing". */
static void check_estate(const struct estate *s, const char *roots, const char *hosts, char endpoint, const char *want)
{
    static const char *const basis[] = { "nothing", "hosts", "endpoint" };
    struct arena a = { 0 };
    struct trust_vmca_answer answer;
    const struct trust_cert *candidates[16], *chains[32][2];
    struct trust_vmca_chain presented[32];
    struct trust_vmca_question q = { .roots = candidates, .hosts = presented, .now = MINT_NOW };
    for (; roots[q.roots_len]; q.roots_len++)
        candidates[q.roots_len] = s->certs[(int)roots[q.roots_len]];
    for (; hosts[q.hosts_len]; q.hosts_len++) {
        const struct trust_cert **chain = chains[q.hosts_len];
        chain[0] = s->certs[(int)hosts[q.hosts_len]];
        chain[1] = s->certs['S'];
        presented[q.hosts_len] = (struct trust_vmca_chain){ chain, !chain[0] ? 0 : hosts[q.hosts_len] == 't' ? 2 : 1 };
    }
    const struct trust_cert *own[] = { s->certs[(int)endpoint] };
    q.endpoint = (struct trust_vmca_chain){ own, endpoint ? 1 : 0 };
    trust_vmca_find(&q, &a, &answer);
    char got[256];
    int at = snprintf(got, sizeof(got), "%s", basis[answer.basis]);
    if (answer.basis != TRUST_VMCA_NOTHING)
        CHECK_EQ(answer.roots[answer.chosen].use, TRUST_VMCA_CHOSEN);
    for (size_t i = 0; i < q.roots_len; i++)
        at += snprintf(got + at, sizeof(got) - (size_t)at, " %c=%s:%u%s", roots[i],
                       trust_vmca_use_name(answer.roots[i].use), answer.roots[i].hosts, answer.roots[i].endpoint ? "+" : "");
    at += snprintf(got + at, sizeof(got) - (size_t)at, " | ");
    for (size_t i = 0; i < q.hosts_len; i++)
        at += snprintf(got + at, sizeof(got) - (size_t)at, "%c",
                       answer.host_root[i] == TRUST_VMCA_NO_ROOT ? '-' : roots[answer.host_root[i]]);
    CHECK_EQ(answer.hosts_verified + answer.hosts_unverified, q.hosts_len);
    CHECK(!answer.spent);
    arena_done(&a);
    if (strcmp(got, want) != 0)
        fail_msg("roots %s hosts %s endpoint %c:\n  %s\nwanted\n  %s", roots, hosts, endpoint ? endpoint : '-', got, want);
}

static void a_root_is_known_by_what_it_verifies(void **state)
{
    (void)state;
    static const struct {
        const char *roots, *hosts;
        char endpoint;
        const char *want;
    } cases[] = {
        { "V", "vvv", 0, "hosts V=chosen:3 | VVV" },
        /* the same name: key and signature decide, in whatever order they stand */
        { "WV", "vv", 0, "hosts W=foreign:0 V=chosen:2 | VV" },
        { "FVW", "vvw", 0, "hosts F=foreign:0 V=chosen:2 W=also:1 | VVW" },
        { "VW", "vww", 0, "hosts V=also:1 W=chosen:2 | VWW" },
        /* equal counts: who verifies the endpoint, then the youngest */
        { "VW", "vw", '0', "hosts V=chosen:1+ W=also:1 | VW" },
        { "VW", "vw", 0, "hosts V=also:1 W=chosen:1 | VW" },
        /* hosts come before the endpoint */
        { "EV", "v", '1', "hosts E=endpoint-only:0+ V=chosen:1 | V" },
        { "EV", "", '1', "endpoint E=chosen:0+ V=foreign:0 | " },
        { "EV", "in", '0', "endpoint E=foreign:0 V=chosen:0+ | --" },
        { "V", "i", 0, "nothing V=foreign:0 | -" },
        { "", "v", '0', "nothing | -" },
        { "V", "", 0, "nothing V=foreign:0 | " },
        /* a host without evidence, an expired one and one of its own speak for nobody */
        { "V", "vnix", 0, "hosts V=chosen:1 | V---" },
        { "V", "x", 0, "nothing V=foreign:0 | -" },
        /* left out with a reason, though they would fit by name */
        { "XYLVV", "v", 0, "hosts X=expired:0 Y=not-yet-valid:0 L=not-a-ca:0 V=chosen:1 V=duplicate:0 | V" },
        { "X", "v", 0, "nothing X=expired:0 | -" },
        /* a subordinate VMCA before the enterprise CA above it, also when hosts send it along */
        { "ES", "stt", '2', "hosts E=foreign:0 S=chosen:3+ | SSS" },
        { "E", "tt", 0, "hosts E=chosen:2 | EE" },
        { "E", "s", 0, "nothing E=foreign:0 | -" },
        /* hosts of a foreign authority, and two certificates of one key */
        { "VE", "vvve", 0, "hosts V=chosen:3 E=also:1 | VVVE" },
        { "EG", "ee", 0, "hosts E=also:2 G=chosen:2 | GG" },
    };
    struct estate s;
    estate_init(&s);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_estate(&s, cases[i].roots, cases[i].hosts, cases[i].endpoint, cases[i].want);
    estate_done(&s);
}

static void roots_past_the_cap_are_said_to_be_unread(void **state)
{
    (void)state;
    struct estate s;
    struct arena a = { 0 };
    struct trust_vmca_answer answer;
    const struct trust_cert *roots[TRUST_VMCA_ROOTS + 1];
    estate_init(&s);
    for (size_t i = 0; i < TRUST_VMCA_ROOTS; i++)
        roots[i] = s.certs['F'];
    roots[TRUST_VMCA_ROOTS] = s.certs['V'];
    struct trust_vmca_chain host_v = { (const struct trust_cert *const[]){ s.certs['v'] }, 1 };
    trust_vmca_find(&(struct trust_vmca_question){ .roots = roots, .roots_len = ARRAY_LEN(roots), .hosts = &host_v,
                                                   .hosts_len = 1, .now = MINT_NOW }, &a, &answer);
    CHECK_EQ(answer.basis, TRUST_VMCA_NOTHING);
    CHECK_EQ(answer.roots[1].use, TRUST_VMCA_DUPLICATE);
    CHECK_EQ(answer.roots[TRUST_VMCA_ROOTS].use, TRUST_VMCA_UNREAD);
    arena_done(&a);
    estate_done(&s);
}

static void hosts_past_the_cap_count_for_nobody(void **state)
{
    (void)state;
    struct estate s;
    struct arena a = { 0 };
    struct trust_vmca_answer answer;
    static struct trust_vmca_chain hosts[TRUST_VMCA_HOSTS + 2];
    estate_init(&s);
    const struct trust_cert *one[] = { s.certs['v'] }, *root[] = { s.certs['V'] };
    hosts[0] = hosts[TRUST_VMCA_HOSTS] = hosts[TRUST_VMCA_HOSTS + 1] = (struct trust_vmca_chain){ one, 1 };
    trust_vmca_find(&(struct trust_vmca_question){ .roots = root, .roots_len = 1, .hosts = hosts,
                                                   .hosts_len = ARRAY_LEN(hosts), .now = MINT_NOW }, &a, &answer);
    CHECK_EQ(answer.hosts_verified, 1);
    CHECK_EQ(answer.hosts_unverified, TRUST_VMCA_HOSTS + 1);
    CHECK_EQ(answer.host_root[TRUST_VMCA_HOSTS], TRUST_VMCA_NO_ROOT);
    arena_done(&a);
    estate_done(&s);
}

static void what_is_counted_when_the_checks_run_out_is_true(void **state)
{
    (void)state;
    struct estate s;
    struct arena a = { 0 };
    struct trust_vmca_answer answer;
    estate_init(&s);
    const struct trust_cert *one[] = { s.certs['v'] }, *root[] = { s.certs['V'] };
    struct trust_vmca_chain hosts[] = { { one, 1 }, { one, 1 }, { one, 1 } };
    trust_vmca_find(&(struct trust_vmca_question){ .roots = root, .roots_len = 1, .hosts = hosts, .hosts_len = 3,
                                                   .now = MINT_NOW, .signatures = 2 }, &a, &answer);
    CHECK(answer.spent);
    CHECK_EQ(answer.hosts_verified, 2);
    CHECK_EQ(answer.roots[0].hosts, 2);
    CHECK_EQ(answer.roots[0].use, TRUST_VMCA_CHOSEN);
    arena_done(&a);
    estate_done(&s);
}

static void every_use_has_its_words(void **state)
{
    (void)state;
    for (int u = TRUST_VMCA_CHOSEN; u <= TRUST_VMCA_UNREAD; u++)
        CHECK(trust_vmca_use_text((enum trust_vmca_use)u)[0] && trust_vmca_use_name((enum trust_vmca_use)u)[0]);
}

GROUP(trust_vmca, cmocka_unit_test(a_root_is_known_by_what_it_verifies),
      cmocka_unit_test(roots_past_the_cap_are_said_to_be_unread), cmocka_unit_test(hosts_past_the_cap_count_for_nobody),
      cmocka_unit_test(what_is_counted_when_the_checks_run_out_is_true), cmocka_unit_test(every_use_has_its_words))
