#include "base/text.h"
#include "trust/cert.h"
#include "unit/store/kept.h"

#define ORG "urn:vcloud:org:0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b"
#define ORG2 "urn:vcloud:org:9b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b"
#define VC "urn:vcloud:vimserver:5f2c0b4b-3f8e-4f9e-8f0e-1c2d3e4f5a6b"

static void reads_back_what_was_put(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], scope[TRUST_SCOPE_TEXT];
    struct store_grant g;
    size_t len;
    const uint8_t *der;
    uint8_t sha256[DIGEST_SHA256];
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "VMCA of K\xc3\xb6ln", "vcenter:" VC "/hosts", 7, id, &e), &e);
    CHECK(!strncmp(id, STORE_GRANT_URN, strlen(STORE_GRANT_URN)));
    CHECK_EQ(strlen(id), strlen(STORE_GRANT_URN) + RANDOM_UUID - 1);
    CHECK_OK(store_grant_get(k->other, id, &k->arena, &g, &e), &e);
    CHECK_STR(g.id, id);
    CHECK_STR(g.owner, STORE_SYSTEM);
    CHECK_STR(g.alias, "VMCA of K\xc3\xb6ln");
    trust_scope_write(&g.scope, scope);
    CHECK_STR(scope, "vcenter:" VC "/hosts");
    CHECK_EQ(g.made_ms, KEPT_NOW);
    CHECK_STR(g.made_by, "administrator@System");
    CHECK_STR(g.flow, "test.flow");
    kept_sha256(7, sha256);
    CHECK(!memcmp(g.sha256, sha256, sizeof(sha256)));
    der = kept_der(7, &len);
    CHECK(g.der_len == len && !memcmp(g.der, der, len));
    CHECK_OK(store_cert_get(k->s, sha256, &k->arena, &der, &len, &e), &e);
    CHECK(g.der_len == len && !memcmp(g.der, der, len));
    kept_is_sound(k);
}

/* Product rule 2.3: refused only when an equal or wider grant of that certificate by that owner exists. */
static void an_equal_or_wider_grant_is_a_duplicate(void **state)
{
    struct kept *k = *state;
    static const struct {
        const char *kept, *wanted;
        bool ok;
    } cases[] = {
        { "any", "any", false },
        { "any", "host:a.example:443", false },
        { "any", "vcenter:" VC, false },
        { "any", "nsx:urn:vcloud:nsx:1", false },
        { "vcenter:" VC, "vcenter:" VC "/hosts", false },
        { "vcenter:" VC, "vcenter:" VC "/endpoint", false },
        { "vcenter:" VC, "vcenter:" VC, false },
        { "host:a.example:443", "host:A.example:443", false },
        { "host:a.example:443", "host:a.example:444", true },
        { "host:a.example:443", "any", true },
        { "vcenter:" VC "/hosts", "vcenter:" VC "/endpoint", true },
        { "vcenter:" VC "/hosts", "vcenter:" VC, true },
        { "vcenter:" VC "/hosts", "any", true },
        { "vcenter:" VC "1", "vcenter:" VC, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        char id[STORE_ID_MAX + 1];
        unsigned cert = (unsigned)i;
        CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
        CHECK_OK(kept_grant(k->s, STORE_SYSTEM, "first", cases[i].kept, cert, id, &e), &e);
        uint64_t before, after;
        CHECK_OK(store_generation(k->s, &before, &e), &e);
        bool ok = kept_grant(k->s, STORE_SYSTEM, "second", cases[i].wanted, cert, id, &e);
        if (ok != cases[i].ok)
            fail_msg("case %zu: %s", i, e.msg);
        CHECK_OK(store_generation(k->s, &after, &(struct err){ 0 }), &e);
        CHECK_EQ(after - before, cases[i].ok);
        if (!ok) {
            CHECK_EQ(e.kind, ERR_CONFLICT);
            CHECK(!strncmp(e.msg, "Duplicate certificate", strlen("Duplicate certificate")));
            CHECK(strstr(e.msg, "\"first\"") && strstr(e.msg, STORE_SYSTEM));
            if (!strstr(e.msg, cases[i].kept))
                fail_msg("case %zu does not name the scope: %s", i, e.msg);
        }
        /* Another owner's grant, and another certificate, are nobody's duplicate. */
        CHECK_OK(kept_grant(k->s, ORG, "second", cases[i].wanted, cert, id, &e), &e);
        CHECK_OK(kept_grant(k->s, STORE_SYSTEM, "third", cases[i].wanted, cert + 100, id, &e), &e);
        store_abort(k->s);
    }
}

static void a_hostile_alias_does_not_hide_owner_and_scope(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], alias[STORE_ALIAS_CHARS + 1];
    memset(alias, '"', STORE_ALIAS_CHARS);
    alias[STORE_ALIAS_CHARS] = '\0';
    CHANGE_OK(k, kept_grant(k->s, ORG, alias, "vcenter:" VC "/hosts", 1, id, &e), &e);
    CHANGE_FAILS(k, kept_grant(k->s, ORG, "b", "vcenter:" VC "/hosts", 1, id, &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, ORG) && strstr(e.msg, "vcenter:" VC "/hosts"));
}

static void an_alias_is_unique_per_owner_without_regard_to_case(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "Enterprise CA", "any", 1, id, &e), &e);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "K\xc3\x96LN", "any", 2, id, &e), &e);
    static const char *const taken[] = { "Enterprise CA", "ENTERPRISE CA", "enterprise ca", "k\xc3\xb6ln" };
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        CHANGE_FAILS(k, kept_grant(k->s, STORE_SYSTEM, taken[i], "any", 10, id, &e), &e, ERR_CONFLICT);
        CHECK(!strncmp(e.msg, "Duplicate alias", strlen("Duplicate alias")));
        CHANGE_OK(k, kept_grant(k->s, i % 2 ? ORG : ORG2, taken[i], "any", 10 + (unsigned)i, id, &e), &e);
        CHANGE_OK(k, store_grant_remove(k->s, id, &kept_by, &e), &e);
    }
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "Enterprise CA ", "any", 3, id, &e), &e);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .alias = "ENTERPRISE ca", .owner = STORE_SYSTEM }), 1);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .alias = "K\xc3\xb6ln" }), 1);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .alias = "Enterprise" }), 0);
}

static void senseless_grants_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1] = "untouched", chars[STORE_ALIAS_MAX + 2];
    struct trust_scope any = { .kind = TRUST_SCOPE_ANY };
    size_t len;
    const uint8_t *der = kept_der(1, &len);
    static uint8_t huge[TRUST_CERT_MAX + 1];
    memset(chars, 'x', sizeof(chars));
    chars[STORE_ALIAS_CHARS + 1] = '\0';
    const struct store_grant_data data[] = {
        { .alias = NULL, .scope = &any, .der = der, .der_len = len },
        { .alias = "", .scope = &any, .der = der, .der_len = len },
        { .alias = "a\nb", .scope = &any, .der = der, .der_len = len },
        { .alias = "a\xc2\x85" "b", .scope = &any, .der = der, .der_len = len },
        { .alias = "\xff", .scope = &any, .der = der, .der_len = len },
        { .alias = chars, .scope = &any, .der = der, .der_len = len },
        { .alias = "a", .scope = NULL, .der = der, .der_len = len },
        { .alias = "a", .scope = &any, .der = NULL, .der_len = len },
        { .alias = "a", .scope = &any, .der = der, .der_len = 0 },
        { .alias = "a", .scope = &any, .der = huge, .der_len = sizeof(huge) },
    };
    for (size_t i = 0; i < ARRAY_LEN(data); i++)
        CHANGE_FAILS(k, store_grant_add(k->s, STORE_SYSTEM, &data[i], &kept_by, id, &e), &e, ERR_INPUT);
    static const char *const owners[] = { "", "system", "org", "a b", NULL };
    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        CHANGE_FAILS(k, kept_grant(k->s, owners[i], NULL, "any", 1, id, &e), &e, ERR_INPUT);
    const struct store_by nobody[] = {
        { "", "here", "flow", KEPT_NOW },        { "who", "", "flow", KEPT_NOW },
        { "who", "here", "", KEPT_NOW },         { "who", "here", "Not a word", KEPT_NOW },
        { "who", "here", "flow", -1 },           { "who", "here", "flow", STORE_TIME_MAX + 1 },
        { NULL, "here", "flow", KEPT_NOW },
    };
    const struct store_grant_data good = { .alias = "a", .scope = &any, .der = der, .der_len = len };
    for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
        CHANGE_FAILS(k, store_grant_add(k->s, STORE_SYSTEM, &good, &nobody[i], id, &e), &e, ERR_INPUT);
    CHECK_STR(id, "untouched");
    CHECK_EQ(kept_generation(k), 0);
    chars[STORE_ALIAS_CHARS] = '\0';
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, chars, "any", 1, id, &e), &e);
    for (int i = 0; i < STORE_ALIAS_CHARS; i++)
        memcpy(chars + i * 4, "\xf0\x9f\x98\x80", 4);
    chars[STORE_ALIAS_MAX] = '\0';
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, chars, "any", 2, id, &e), &e);
    kept_is_sound(k);
}

static void an_organization_has_a_cap(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    for (unsigned i = 0; i < STORE_GRANTS_PER_ORG; i++)
        CHECK_OK(kept_grant(k->s, ORG, NULL, "any", i, id, &e), &e);
    CHECK_FAILS(kept_grant(k->s, ORG, NULL, "any", 70000, id, &e), &e, ERR_LIMIT);
    CHECK_OK(kept_grant(k->s, ORG2, NULL, "any", 70000, id, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 70000, id, &e), &e);
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .owner = ORG }), STORE_GRANTS_PER_ORG);
}

static void a_grant_can_be_changed(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], wide[STORE_ID_MAX + 1];
    struct store_grant g;
    struct trust_scope endpoint, any = { .kind = TRUST_SCOPE_ANY };
    uint8_t old[DIGEST_SHA256], fresh[DIGEST_SHA256];
    size_t len;
    const uint8_t *der;
    CHECK_OK(trust_scope_parse("vcenter:" VC "/endpoint", &endpoint, &e), &e);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "a", "host:vc.example:443", 1, id, &e), &e);
    /* A successful attach turns host: into vcenter:/endpoint. */
    CHANGE_OK(k, store_grant_change(k->s, id, &(struct store_grant_data){ .scope = &endpoint }, &kept_by, &e), &e);
    CHANGE_OK(k, store_grant_change(k->s, id, &(struct store_grant_data){ .alias = "A" }, &kept_by, &e), &e);
    CHECK_OK(store_grant_get(k->s, id, &k->arena, &g, &e), &e);
    CHECK_STR(g.alias, "A");
    CHECK_EQ(g.scope.kind, TRUST_SCOPE_VCENTER_ENDPOINT);
    CHECK_EQ(kept_generation(k), 3);

    /* Another certificate: the old one goes, for nothing refers to it any more. */
    struct store_grant_data other = { 0 };
    other.der = kept_der(2, &other.der_len);
    CHANGE_OK(k, store_grant_change(k->s, id, &other, &kept_by, &e), &e);
    kept_sha256(1, old);
    kept_sha256(2, fresh);
    CHECK_FAILS(store_cert_get(k->s, old, &k->arena, &der, &len, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(store_cert_get(k->s, fresh, &k->arena, &der, &len, &e), &e);

    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "wide", "any", 2, wide, &e), &e);
    /* A new alias passes beside the wider grant; widening to it, or taking its alias, does not. */
    CHANGE_OK(k, store_grant_change(k->s, id, &(struct store_grant_data){ .alias = "b" }, &kept_by, &e), &e);
    CHANGE_FAILS(k, store_grant_change(k->s, id, &(struct store_grant_data){ .scope = &any }, &kept_by, &e), &e,
                 ERR_CONFLICT);
    CHANGE_FAILS(k, store_grant_change(k->s, id, &(struct store_grant_data){ .alias = "WIDE" }, &kept_by, &e), &e,
                 ERR_CONFLICT);
    CHANGE_FAILS(k, store_grant_change(k->s, id, &(struct store_grant_data){ .alias = "" }, &kept_by, &e), &e,
                 ERR_INPUT);
    CHANGE_FAILS(k, store_grant_change(k->s, "urn:none", &(struct store_grant_data){ .alias = "x" }, &kept_by, &e), &e,
                 ERR_NOT_FOUND);
    CHANGE_FAILS(k, store_grant_remove(k->s, "urn:none", &kept_by, &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(kept_generation(k), 6);

    CHANGE_OK(k, store_grant_remove(k->s, wide, &kept_by, &e), &e);
    CHECK_OK(store_cert_get(k->s, fresh, &k->arena, &der, &len, &e), &e); /* the other grant still needs it */
    CHANGE_OK(k, store_grant_remove(k->s, id, &kept_by, &e), &e);
    CHECK_FAILS(store_cert_get(k->s, fresh, &k->arena, &der, &len, &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(kept_generation(k), 8);
    kept_is_sound(k);
}

struct seen {
    char last[STORE_ID_MAX + 1];
    unsigned rows, stop_after;
};

static bool see(void *self, const struct store_grant *g, struct err *e)
{
    struct seen *seen = self;
    CHECK(strcmp(seen->last, g->id) < 0);
    (void)snprintf(seen->last, sizeof(seen->last), "%s", g->id);
    seen->rows++;
    return seen->rows != seen->stop_after || err_set(e, ERR_CANCELLED, "enough");
}

static void lists_come_in_pages(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    for (unsigned i = 0; i < 25; i++)
        CHECK_OK(kept_grant(k->s, i % 5 ? STORE_SYSTEM : ORG, NULL, "any", i, id, &e), &e);
    CHECK_OK(store_commit(k->s, &e), &e);
    struct seen seen = { .rows = 0 };
    unsigned pages = 0;
    for (unsigned before = 0;; before = seen.rows, pages++) {
        const struct store_grant_query q = { .owner = STORE_SYSTEM, .after = seen.rows ? seen.last : NULL, .limit = 6 };
        CHECK_OK(store_grant_list(k->s, &q, see, &seen, &e), &e);
        CHECK(seen.rows - before <= 6);
        if (seen.rows == before)
            break;
    }
    CHECK_EQ(seen.rows, 20);
    CHECK_EQ(pages, 4);
    seen = (struct seen){ .stop_after = 3 };
    CHECK_FAILS(store_grant_list(k->s, &(struct store_grant_query){ 0 }, see, &seen, &e), &e, ERR_CANCELLED);
    CHECK_EQ(seen.rows, 3);
    CHECK_FAILS(store_grant_list(k->s, &(struct store_grant_query){ .limit = STORE_PAGE_MAX + 1 }, see, &seen, &e), &e,
                ERR_INPUT);
    uint8_t sha256[DIGEST_SHA256];
    kept_sha256(3, sha256);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .sha256 = sha256 }), 1);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .sha256 = sha256, .owner = ORG }), 0);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ .owner = ORG, .limit = 2 }), 5);
    seen = (struct seen){ .rows = 0 };
    CHECK_OK(store_grant_list(k->s, &(struct store_grant_query){ .sha256 = sha256 }, see, &seen, &e), &e);
    CHECK_EQ(seen.rows, 1);
}

static bool last_line(void *self, const struct store_audit *line, struct err *e)
{
    char *out = self;
    (void)e;
    (void)snprintf(out, 1000, "%s %s %s %s %d %s", line->action, line->entity, line->by.who, line->by.from,
                   line->sha256 != NULL, line->text);
    return true;
}

static void every_change_is_in_the_audit_trail(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], line[1000], want[1000];
    const struct store_audit_query newest = { .newest_first = true, .limit = 1 };
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, "a", "host:vc.example:443", 1, id, &e), &e);
    CHECK_OK(store_audit_list(k->s, &newest, last_line, line, &e), &e);
    (void)snprintf(want, sizeof(want),
                   "grant.add %s administrator@System 10.0.0.7 1 alias \"a\" of System, for host:vc.example:443", id);
    CHECK_STR(line, want);
    CHANGE_OK(k, store_grant_change(k->s, id, &(struct store_grant_data){ .alias = "b" }, &kept_by, &e), &e);
    CHECK_OK(store_audit_list(k->s, &newest, last_line, line, &e), &e);
    CHECK(strstr(line, "grant.change") && strstr(line, "alias \"b\"") && strstr(line, "before: alias \"a\""));
    struct store_grant_data other = { 0 };
    char print[3 * DIGEST_SHA256];
    uint8_t sha256[DIGEST_SHA256];
    other.der = kept_der(2, &other.der_len);
    CHANGE_OK(k, store_grant_change(k->s, id, &other, &kept_by, &e), &e);
    CHECK_OK(store_audit_list(k->s, &newest, last_line, line, &e), &e);
    kept_sha256(1, sha256);
    text_fingerprint(sha256, sizeof(sha256), print);
    CHECK(strstr(line, print));
    CHANGE_OK(k, store_grant_remove(k->s, id, &kept_by, &e), &e);
    CHECK_OK(store_audit_list(k->s, &newest, last_line, line, &e), &e);
    CHECK(strstr(line, "grant.remove") && strstr(line, "alias \"b\""));
    struct store_audit_report report;
    CHECK_OK(store_audit_verify(k->s, &report, &e), &e);
    CHECK(report.sound);
    CHECK_EQ(report.checked, 4);
}

CONFORM_GROUP(grant, CONFORM(reads_back_what_was_put, f), CONFORM(an_equal_or_wider_grant_is_a_duplicate, f),
              CONFORM(a_hostile_alias_does_not_hide_owner_and_scope, f),
              CONFORM(an_alias_is_unique_per_owner_without_regard_to_case, f), CONFORM(senseless_grants_are_refused, f),
              CONFORM(an_organization_has_a_cap, f), CONFORM(a_grant_can_be_changed, f),
              CONFORM(lists_come_in_pages, f), CONFORM(every_change_is_in_the_audit_trail, f))
