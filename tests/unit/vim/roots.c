/* Trusted roots over REST and from bundles; and what registering an NSX Manager asks. */
#include "vim/roots.h"

#include <stdlib.h>

#include "fixture/vmca.h"
#include "trust/cert.h"
#include "unit/vim/script.h"
#include "vim/nsx.h"
#include "wire/json.h"

#define LIST "/vcenter/certificate-management/vcenter/trusted-root-chains"
#define STEP_API { .want = { "POST /api/session " }, .file = "session-api.json", .status = 201 }

/* {"cert_chain":{"cert_chain":[..]}} of these texts; owned. wrap: as /rest has it. */
static char *chain_json(bool wrap, const char *first, const char *second)
{
    json_t *texts = json_array(), *value;
    CHECK(!json_array_append_new(texts, json_string(first)));
    CHECK(!second || !json_array_append_new(texts, json_string(second)));
    value = json_pack("{s:{s:o}}", "cert_chain", "cert_chain", texts);
    if (wrap)
        value = json_pack("{s:o}", "value", value);
    char *text = json_dumps(value, 0);
    json_decref(value);
    return text;
}

struct minted {
    struct mint *m;
    const struct mint_made *a, *b, *crl;
};

static void mint_roots(struct minted *r)
{
    r->m = mint_create();
    r->a = vmca_root(r->m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    r->b = mint_root(r->m, "/CN=Enterprise", MINT_P256);
    r->crl = vmca_crl(r->m, r->a, 1, NULL, 0);
}

static bool is(const struct vim_roots *r, size_t at, const struct mint_made *made)
{
    size_t len;
    const uint8_t *der = trust_cert_der(r->list[at].cert, &len);
    return len == made->len && !memcmp(der, made->der, len);
}

static void chains_are_read_with_crls_apart(void **state)
{
    (void)state;
    struct err e;
    struct minted m;
    struct vim_roots roots = { 0 };
    mint_roots(&m);
    char both[16384];
    (void)snprintf(both, sizeof(both), "%s%s", m.a->pem, m.crl->pem); /* a certificate and its CRL in one text */
    char *first = chain_json(false, both, NULL), *second = chain_json(false, m.b->pem, m.a->pem);
    struct script_step steps[] = { STEP_API, { .want = { "GET /api" LIST " " }, .file = "chains-api.json" },
                                   { .want = { "GET /api" LIST "/A0B1 " }, .body = first },
                                   { .want = { "GET /api" LIST "/C%2FD%20E " }, .body = second } };
    struct script s = { 0 };
    script_start(&s, steps, 4);
    CHECK_OK(vim_roots_rest(s.session, soon(), &roots, &e), &e);
    CHECK(!roots.absent && roots.unreadable == 0);
    CHECK_EQ(roots.len, 2); /* each once */
    CHECK(is(&roots, 0, m.a) && is(&roots, 1, m.b));
    CHECK_STR(roots.list[1].from, "C/D E");
    CHECK_EQ(roots.crls_len, 1);
    CHECK(roots.crls[0].len == m.crl->len && !memcmp(roots.crls[0].der, m.crl->der, m.crl->len));
    script_end(&s);
    vim_roots_done(&roots);
    free(first);
    free(second);
    m.m = mint_destroy(m.m);
}

static void the_older_family_wraps_its_values(void **state)
{
    (void)state;
    struct err e;
    struct minted m;
    struct vim_roots roots = { 0 };
    mint_roots(&m);
    char *chain = chain_json(true, "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", m.a->pem);
    struct script_step steps[] = { { .want = { "POST /api/session " }, .body = "", .status = 404 },
                                   { .want = { "POST /rest/com/vmware/cis/session " }, .file = "session-rest.json" },
                                   { .want = { "GET /rest" LIST " " }, .file = "chains-rest.json" },
                                   { .want = { "GET /rest" LIST "/A0B1 " }, .body = chain } };
    struct script s = { 0 };
    script_start(&s, steps, 4);
    CHECK_OK(vim_roots_rest(s.session, soon(), &roots, &e), &e);
    CHECK_EQ(roots.len, 1);
    CHECK_EQ(roots.unreadable, 1); /* one bad text spoils nothing else */
    CHECK(roots.first.msg[0]);
    script_end(&s);
    vim_roots_done(&roots);
    free(chain);
    m.m = mint_destroy(m.m);
}

static void a_server_without_certificate_management_is_no_error(void **state)
{
    (void)state;
    static const struct script_step no_rest[] = { { .want = { "POST /api/session " }, .body = "x", .status = 404, .type = "text/plain" },
                                                  { .want = { "POST /rest/com/vmware/cis/session " }, .body = "", .status = 404 } };
    static const struct script_step vcsim[] = {
        { .want = { "POST /api/session " }, .body = "404 page not found", .status = 404, .type = "text/plain" },
        { .want = { "POST /rest/com/vmware/cis/session " }, .file = "session-rest.json" },
        { .want = { "GET /rest" LIST " " }, .body = "404 page not found", .status = 404, .type = "text/plain" } };
    static const struct script_step neither[] = { STEP_API, { .want = { "GET /api" LIST " " }, .body = "", .status = 404, .type = "text/html" },
                                                  { .want = { "GET /rest" LIST " " }, .file = "not-found-api.json", .status = 404 } };
    static const struct {
        const struct script_step *steps;
        size_t len;
    } cases[] = { { no_rest, 2 }, { vcsim, 3 }, { neither, 3 } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct vim_roots roots = { 0 };
        struct script s = { 0 };
        script_start(&s, cases[i].steps, cases[i].len);
        CHECK_OK(vim_roots_rest(s.session, soon(), &roots, &e), &e);
        CHECK(roots.absent && !roots.len);
        script_end(&s);
        vim_roots_done(&roots);
    }
}

static void lists_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *list, *chain;
        int status;
        enum err_kind kind;
    } cases[] = {
        { "{}", NULL, 200, ERR_PEER },
        { "[{}]", NULL, 200, ERR_PEER },
        { "[{\"chain\":\"\"}]", NULL, 200, ERR_PEER },
        { "[", NULL, 200, ERR_PEER },
        { "[]", NULL, 500, ERR_PEER },
        { "[]", NULL, 403, ERR_DENIED },
        { "[{\"chain\":\"a\"}]", "{}", 200, ERR_PEER },
        { "[{\"chain\":\"a\"}]", "{\"cert_chain\":{\"cert_chain\":[1]}}", 200, ERR_PEER },
        { "[{\"chain\":\"a\"}]", "{\"cert_chain\":{\"cert_chain\":\"x\"}}", 200, ERR_PEER },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct vim_roots roots = { 0 };
        struct script_step steps[] = { STEP_API, { .body = cases[i].list, .status = cases[i].status }, { .body = cases[i].chain } };
        struct script s = { 0 };
        script_start(&s, steps, cases[i].chain ? 3 : 2);
        CHECK_FAILS(vim_roots_rest(s.session, soon(), &roots, &e), &e, cases[i].kind);
        CHECK_EQ(roots.len, 0);
        script_end(&s);
        vim_roots_done(&roots);
    }
}

/* The bundle without a login; its content is of no use here (data/bundle.zip holds texts that are no certificates). */
static void the_bundle_is_asked_for_without_credentials(void **state)
{
    (void)state;
    struct err e;
    struct vim_roots roots = { 0 };
    SCRIPT(s, { .want = { "GET /certs/download.zip ", "!Authorization", "!Cookie" }, .body = "", .status = 404 },
           { .want = { "GET /certs/download.zip " }, .body = "<html>login</html>", .type = "text/html" },
           { .want = { "GET /certs/download.zip " }, .body = "x", .status = 503 },
           { .want = { "GET /certs/download.zip " }, .file = "bundle-of-nothing.zip" }, { .want = { "GET /certs/download.zip " }, .file = "bundle.zip" });
    CHECK_OK(vim_roots_zip(s.endpoint, soon(), &roots, &e), &e);
    CHECK(roots.absent);
    vim_roots_done(&roots);
    for (int i = 0; i < 3; i++) {
        CHECK_FAILS(vim_roots_zip(s.endpoint, soon(), &roots, &e), &e, ERR_PEER);
        CHECK_EQ(roots.len, 0);
        vim_roots_done(&roots);
    }
    CHECK_OK(vim_roots_zip(s.endpoint, soon(), &roots, &e), &e);
    CHECK_EQ(roots.len, 1); /* three copies: lin, mac, win */
    CHECK_EQ(roots.crls_len, 1);
    CHECK_STR(roots.list[0].from, "certs/lin/d3edb0cb.0");
    vim_roots_done(&roots);
    script_end(&s);
}

static void bundles_by_hand(void **state)
{
    (void)state;
    struct err e;
    struct minted m;
    struct vim_roots roots = { 0 };
    mint_roots(&m);
    CHECK_OK(vim_roots_bytes(m.a->der, m.a->len, "root.der", &roots, &e), &e);
    CHECK(roots.len == 1 && is(&roots, 0, m.a));
    vim_roots_done(&roots);
    CHECK_OK(vim_roots_bytes(m.crl->pem, strlen(m.crl->pem), "crl.pem", &roots, &e), &e);
    CHECK(roots.len == 0 && roots.crls_len == 1);
    vim_roots_done(&roots);
    CHECK_FAILS(vim_roots_bytes("PK\3\4", 4, "cut.zip", &roots, &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "cut.zip"));
    CHECK_FAILS(vim_roots_bytes("nothing", 7, "notes.txt", &roots, &e), &e, ERR_INPUT);
    CHECK_FAILS(vim_roots_bytes("", 0, "empty", &roots, &e), &e, ERR_INPUT);
    m.m = mint_destroy(m.m);
}

static void nsx_managers_say_their_version(void **state)
{
    (void)state;
    static const struct {
        enum vim_nsx_kind kind;
        const char *path, *file, *body;
        int status;
        enum err_kind want;
        const char *version;
    } cases[] = {
        { VIM_NSX_T, "GET /api/v1/node ", "nsx-t-node.json", NULL, 200, ERR_NONE, "3.2.1.2.0.20541212" },
        { VIM_NSX_V, "GET /api/1.0/appliance-management/global/info ", "nsx-v-global-info.xml", NULL, 200, ERR_NONE, "6.4.14" },
        { VIM_NSX_T, "GET ", NULL, "{}", 200, ERR_PEER, NULL },
        { VIM_NSX_T, "GET ", NULL, "{", 200, ERR_PEER, NULL },
        { VIM_NSX_T, "GET ", "nsx-v-global-info.xml", NULL, 200, ERR_PEER, NULL },
        { VIM_NSX_V, "GET ", "nsx-t-node.json", NULL, 200, ERR_PEER, NULL },
        { VIM_NSX_V, "GET ", "login.xml", NULL, 200, ERR_PEER, NULL },
        { VIM_NSX_T, "GET ", NULL, "{}", 401, ERR_DENIED, NULL },
        { VIM_NSX_T, "GET ", NULL, "{}", 403, ERR_DENIED, NULL },
        { VIM_NSX_T, "GET ", NULL, "{}", 404, ERR_NOT_FOUND, NULL },
        { VIM_NSX_V, "GET ", NULL, "{}", 302, ERR_PEER, NULL },
    };
    struct secret password = { 0 };
    struct err e;
    CHECK(secret_set(&password, "pw", 2, &e));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct vim_nsx nsx;
        struct script_step steps[] = { { .want = { cases[i].path, "Authorization: Basic YWRtaW46cHc=\r\n" }, .file = cases[i].file,
                                         .body = cases[i].body,
                                         .status = cases[i].status } };
        struct script s = { 0 };
        script_start(&s, steps, 1);
        bool ok = vim_nsx_read(s.endpoint, cases[i].kind, "admin", &password, soon(), &nsx, &e);
        if (ok != (cases[i].want == ERR_NONE) || (!ok && e.kind != cases[i].want))
            fail_msg("case %zu: %s", i, ok ? "accepted" : e.msg);
        if (ok)
            CHECK_STR(nsx.version, cases[i].version);
        script_end(&s);
    }
    secret_done(&password);
}

GROUP(vim_roots, cmocka_unit_test(chains_are_read_with_crls_apart), cmocka_unit_test(the_older_family_wraps_its_values),
      cmocka_unit_test(a_server_without_certificate_management_is_no_error),
      cmocka_unit_test(lists_that_make_no_sense_are_refused),
      cmocka_unit_test(the_bundle_is_asked_for_without_credentials), cmocka_unit_test(bundles_by_hand),
      cmocka_unit_test(nsx_managers_say_their_version))
