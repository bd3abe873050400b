/* The life of certificates: roots, hosts, clock, settings. */
#include <openssl/x509v3.h>

#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/hostcert.h"
#include "lab/option.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/request.h"
#include "lab/sign.h"
#include "unit/check.h"
#include "unit/lab/world.h"

#define BIRTH "2026-01-01T00:00:00Z"
enum { BORN = 1767225600 };

static const char text[] = "[lab]\nseed = unit\nhost_keys = 1\nclock = " BIRTH "\n"
                           "[vcenter vc1]\nversion = 7.0\nhosts = 3\nendpoint = vmca\n"
                           "[vcenter vc2]\nversion = 7.0\nhosts = 1\nlink = vc1\nendpoint = vmca\n";

static void move_clock(struct lab_estate *s, int64_t by)
{
    struct err e;
    CHECK_OK(lab_change(s, &(struct lab_change){ .what = "clock", .target = "vc1", .value = 1, .at = s->clock + by }, &e), &e);
}

static size_t published(const struct lab_vcenter *vc)
{
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    return lab_trusted_roots(vc, roots);
}

static bool issued_by(struct lab_host *h, size_t root)
{
    return lab_issued_by(lab_cert(&h->at, false, NULL), h->at.vcenter->vmca->roots[root].cert);
}

static void the_wrong_order_loses_a_host_S14(void **state)
{
    (void)state;
    struct err e;
    int code;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    struct lab_host *right = &vc->hosts[0], *wrong = &vc->hosts[1];
    CHECK_OK(lab_rotate(vc, lab_now(s), &e), &e);
    CHECK_OK(lab_host_refresh(right, lab_now(s), &e) && lab_host_renew(right, lab_now(s), &code, &e), &e);
    CHECK(!lab_host_is_lost(right) && issued_by(right, 1));
    CHECK_OK(lab_host_renew(wrong, lab_now(s), &code, &e), &e);
    CHECK(lab_host_is_lost(wrong) && issued_by(wrong, 1));
    CHECK_FAILS(lab_host_renew(wrong, lab_now(s), &code, &e), &e, ERR_PEER);
    CHECK_FAILS(lab_host_reconnect(wrong, lab_now(s), &e), &e, ERR_PEER);
    s = world_reopen(s, NULL);
    vc = &s->vcenters[0];
    wrong = &vc->hosts[1];
    CHECK(lab_host_is_lost(wrong) && !lab_host_is_lost(&vc->hosts[0]));
    CHECK_OK(lab_host_refresh(wrong, lab_now(s), &e), &e);
    CHECK(lab_host_is_lost(wrong));
    CHECK_OK(lab_host_reconnect(wrong, lab_now(s), &e), &e);
    CHECK(!lab_host_is_lost(wrong) && !lab_host_is_lost(&vc->hosts[2]) && issued_by(&vc->hosts[2], 0));
    size_t done;
    CHECK_OK(lab_hosts_renew(vc, lab_now(s), &done, &e), &e);
    CHECK(done == 3 && issued_by(&vc->hosts[2], 1) && !lab_host_is_lost(&vc->hosts[2]));
    world_close(s);
}

static void a_young_root_refuses_hosts_70034_S14(void **state)
{
    (void)state;
    struct err e;
    int code;
    size_t done;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    CHECK_OK(lab_vmca_subordinate(vc, lab_now(s), &e), &e);
    const struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    CHECK(ca->above_len == 2 && lab_issued_by(ca->cert, ca->above[0]) && lab_issued_by(ca->above[0], ca->above[1]));
    CHECK_FAILS(lab_host_renew(&vc->hosts[0], lab_now(s), &code, &e), &e, ERR_INPUT);
    CHECK(code == LAB_VMCA_START && strstr(e.msg, "70034"));
    CHECK(!lab_hosts_renew(vc, lab_now(s), &done, &e) && done == 0);
    /* KB 2123386: lower minutesBefore, or wait. */
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.certs.minutesBefore", "10", lab_now(s), &e), &e);
    CHECK_FAILS(lab_host_renew(&vc->hosts[0], lab_now(s), &code, &e), &e, ERR_INPUT);
    move_clock(s, 11 * 60);
    CHECK_OK(lab_hosts_renew(vc, lab_now(s), &done, &e), &e);
    X509 *x = lab_cert(&vc->hosts[0].at, false, &e);
    CHECK(issued_by(&vc->hosts[0], 1) && lab_time_of(X509_get0_notBefore(x)) == lab_now(s) - 600);
    /* It ends with its CA, and a host sends the chain without the self-signed end. */
    X509 *chain[LAB_CHAIN_MAX];
    lab_chain(&vc->hosts[0].at, chain);
    CHECK(X509_cmp(chain[0], vc->vmca->roots[1].cert) == 0 && X509_cmp(chain[1], vc->vmca->roots[1].above[0]) == 0 && !chain[2]);
    CHECK_EQ(lab_time_of(X509_get0_notAfter(x)), lab_cert_end(&vc->hosts[0].at));
    world_close(s);
}

static void settings_count_for_what_is_made_next_S14(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "vpxd.certmgmt.mode", "VMCA" }, { "vpxd.certmgmt.mode", "" }, { "vpxd.certmgmt.certs.daysValid", "0" },
        { "vpxd.certmgmt.certs.daysValid", "-5" }, { "vpxd.certmgmt.certs.daysValid", "1e3" },
        { "vpxd.certmgmt.certs.pollIntervalDays", "0" }, { "vpxd.certmgmt.certs.cn.country", "USA" },
        { "vpxd.certmgmt.certs.cn.state", "" }, { "vpxd.certmgmt.certs.minutesBefore", "20161" },
    };
    struct err e;
    int code;
    char said[LAB_NAME];
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(lab_option_set(vc, bad[i][0], bad[i][1], lab_now(s), &e), &e, ERR_INPUT);
    CHECK_FAILS(lab_option_set(vc, "VirtualCenter.FQDN", "x", lab_now(s), &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(lab_option_set(vc, "vpxd.certmgmt.none", "x", lab_now(s), &e), &e, ERR_NOT_FOUND);
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.certs.daysValid", "100", lab_now(s), &e), &e);
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.certs.cn.organizationName", "Ex=ample", lab_now(s), &e), &e);
    CHECK_OK(lab_host_renew(&vc->hosts[0], lab_now(s), &code, &e), &e);
    for (int again = 0; again < 2; again++) {
        CHECK(lab_option_get(vc, "vpxd.certmgmt.certs.daysValid", said) && !strcmp(said, "100"));
        X509 *first = lab_cert(&vc->hosts[0].at, false, &e), *second = lab_cert(&vc->hosts[1].at, false, &e);
        CHECK_EQ(lab_time_of(X509_get0_notAfter(first)), BORN + 100 * LAB_DAY);
        CHECK_EQ(lab_time_of(X509_get0_notAfter(second)), BORN + 1825 * LAB_DAY);
        char dn[LAB_DN_MAX];
        lab_dn_text(X509_get_subject_name(first), ",", dn);
        CHECK(strstr(dn, "O=Ex=ample"));
        s = world_reopen(s, NULL);
        vc = &s->vcenters[0];
    }
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.mode", "custom", lab_now(s), &e), &e);
    CHECK_FAILS(lab_host_renew(&vc->hosts[0], lab_now(s), &code, &e), &e, ERR_CONFLICT);
    CHECK_OK(lab_host_refresh(&vc->hosts[0], lab_now(s), &e), &e);
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.mode", "thumbprint", lab_now(s), &e), &e);
    CHECK_FAILS(lab_host_refresh(&vc->hosts[0], lab_now(s), &e), &e, ERR_CONFLICT);
    world_close(s);
}

static void statuses_follow_the_thresholds(void **state)
{
    (void)state;
    static const struct {
        int64_t days;
        int hard, soft;
        enum lab_cert_status status;
    } cases[] = {
        { -1, 30, 240, LAB_CERT_EXPIRED },  { 0, 30, 240, LAB_CERT_IMMINENT },  { 29, 30, 240, LAB_CERT_IMMINENT },
        { 30, 30, 240, LAB_CERT_SHORTLY },  { 59, 30, 240, LAB_CERT_SHORTLY },  { 60, 30, 240, LAB_CERT_EXPIRING },
        { 239, 30, 240, LAB_CERT_EXPIRING }, { 240, 30, 240, LAB_CERT_GOOD },   { 50, 30, 40, LAB_CERT_GOOD },
        { 39, 10, 40, LAB_CERT_EXPIRING },  { 9, 10, 40, LAB_CERT_IMMINENT },   { 100, 200, 240, LAB_CERT_IMMINENT },
    };
    struct lab_vcenter vc = { .plan = NULL };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        vc.settings.hard_days = cases[i].hard;
        vc.settings.soft_days = cases[i].soft;
        if (lab_cert_status(&vc, BORN + cases[i].days * LAB_DAY, BORN) != cases[i].status)
            fail_msg("case %zu", i);
    }
}

static void the_clock_drives_polls_and_u3h_renews_S14(void **state)
{
    (void)state;
    struct err e;
    static const char *const versions[] = { "8.0", "8.0u3h" };
    for (int i = 0; i < 2; i++) {
        char scenario[400];
        (void)snprintf(scenario, sizeof(scenario), "[lab]\nseed = unit\nhost_keys = 1\nclock = " BIRTH "\n[vcenter vc1]\n"
                       "version = %s\nhosts = 2\nendpoint = vmca\n", versions[i]);
        struct lab_estate *s = world_open(scenario);
        struct lab_vcenter *vc = &s->vcenters[0];
        CHECK_OK(lab_poll(vc, &e), &e);
        CHECK_EQ(vc->polls, 0);
        move_clock(s, 1600 * LAB_DAY);
        CHECK_OK(lab_poll(vc, &e), &e);
        CHECK(vc->polls == 320 && vc->hosts[0].status == LAB_CERT_EXPIRING && vc->hosts[0].at.revision == 0);
        CHECK(vc->at.revision == (unsigned)i); /* two years were over */
        move_clock(s, 2 * LAB_DAY); /* not yet */
        CHECK_OK(lab_poll(vc, &e), &e);
        CHECK_EQ(vc->polls, 320);
        move_clock(s, 220 * LAB_DAY);
        CHECK_OK(lab_poll(vc, &e), &e);
        CHECK_EQ(vc->hosts[0].status, i ? LAB_CERT_GOOD : LAB_CERT_IMMINENT);
        CHECK_EQ(vc->hosts[0].at.revision, i);
        s = world_reopen(s, NULL);
        vc = &s->vcenters[0];
        CHECK(vc->polls == 364 && vc->hosts[1].at.revision == (unsigned)i && vc->hosts[1].status == (i ? LAB_CERT_GOOD : LAB_CERT_IMMINENT));
        if (!i) { /* a reconnect renews what is about to end */
            CHECK_OK(lab_host_reconnect(&vc->hosts[0], lab_now(s), &e), &e);
            CHECK(vc->hosts[0].at.revision == 1 && vc->hosts[0].status == LAB_CERT_GOOD);
        }
        world_close(s);
    }
}

static void linked_vcenters_publish_each_others_roots_later(void **state)
{
    (void)state;
    struct err e;
    char id[64];
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *a = &s->vcenters[0], *b = &s->vcenters[1];
    CHECK(published(a) == 2 && published(b) == 2);
    CHECK_OK(lab_rotate(a, lab_now(s), &e), &e);
    CHECK(published(a) == 3 && published(b) == 2);
    move_clock(s, 299);
    CHECK_EQ(published(b), 2);
    move_clock(s, 1);
    CHECK_EQ(published(b), 3);
    lab_key_id(a->vmca->roots[0].cert, id);
    CHECK_OK(lab_trust_delete(b, id, lab_now(s), &e), &e);
    CHECK(published(a) == 2 && published(b) == 2 && !lab_trusted_find(a, id));
    CHECK_FAILS(lab_trust_delete(b, id, lab_now(s), &e), &e, ERR_NOT_FOUND);
    CHECK_OK(lab_set_faults(&a->at, LAB_FAULT_RETURN, &e), &e);
    CHECK_EQ(published(a), 2);
    move_clock(s, 300);
    CHECK(published(a) == 3 && published(b) == 2);
    CHECK_OK(lab_set_faults(&a->at, LAB_FAULT_WITHHELD, &e), &e);
    CHECK_EQ(published(a), 2); /* its newest and the other's */
    world_close(s);
}

static void an_expired_root_takes_its_leaves_along(void **state)
{
    (void)state;
    struct err e;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    X509 *sound = X509_dup(lab_cert(&vc->hosts[0].at, false, &e));
    CHECK_OK(lab_set_faults(&vc->at, LAB_FAULT_ROOT, &e), &e);
    for (int again = 0; again < 2; again++) {
        X509 *root = vc->vmca->roots[0].cert, *leaf = lab_cert(&vc->hosts[0].at, false, &e);
        CHECK(lab_time_of(X509_get0_notAfter(root)) < lab_now(s) && lab_issued_by(leaf, root) && lab_issued_by(root, root));
        CHECK_EQ(lab_time_of(X509_get0_notAfter(leaf)), lab_time_of(X509_get0_notAfter(root)));
        CHECK(lab_time_of(X509_get0_notBefore(leaf)) < lab_time_of(X509_get0_notAfter(leaf)));
        s = world_reopen(s, NULL);
        vc = &s->vcenters[0];
    }
    CHECK_OK(lab_set_faults(&vc->at, 0, &e), &e);
    CHECK(X509_cmp(lab_cert(&vc->hosts[0].at, false, &e), sound) == 0);
    X509_free(sound);
    world_close(s);
}

static X509 *sign_request(struct lab_vcenter *vc, const struct buf *csr)
{
    struct err e;
    int code;
    const struct lab_ca *ca = lab_vmca_signer(vc->vmca);
    X509_REQ *req = lab_csr_read(buf_str(csr), csr->len, &code, &e);
    const struct lab_sign s = { .issuer = ca->cert, .key = ca->key, .now = BORN, .not_before = BORN, .not_after = BORN + 9 * LAB_DAY };
    X509 *x = req ? lab_sign(&s, req, &code, &e) : NULL;
    if (!x)
        fail_msg("%s", e.msg);
    X509 *read = X509_dup(x);
    X509_free(x);
    X509_REQ_free(req);
    return read;
}

static void ones_own_certificate_and_back_S14(void **state)
{
    (void)state;
    struct err e;
    struct buf csr;
    int code;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    struct lab_host *h = &vc->hosts[0];
    buf_init(&csr, 100000);
    X509 *before = X509_dup(lab_cert(&h->at, false, &e)), *own;
    CHECK(!lab_key_waiting(&h->at, &e) && e.kind == ERR_NOT_FOUND);
    CHECK_FAILS(lab_own_install(&h->at, &before, 1, NULL, BORN, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(lab_request_host(h, false, BORN, &csr, &e), &e);
    CHECK_FAILS(lab_own_install(&h->at, &before, 1, NULL, BORN, &e), &e, ERR_INPUT); /* of another key */
    s = world_reopen(s, NULL); /* the key waits */
    vc = &s->vcenters[0];
    h = &vc->hosts[0];
    own = sign_request(vc, &csr);
    CHECK_OK(lab_own_install(&h->at, &own, 1, NULL, BORN, &e), &e);
    for (int again = 0; again < 2; again++) {
        CHECK(X509_cmp(lab_cert(&h->at, false, &e), own) == 0 && X509_check_private_key(own, lab_cert_key(&h->at, &e)) == 1);
        CHECK(!lab_host_is_lost(h) && !lab_key_waiting(&h->at, &e));
        s = world_reopen(s, NULL);
        vc = &s->vcenters[0];
        h = &vc->hosts[0];
    }
    CHECK_OK(lab_host_renew(h, BORN, &code, &e), &e); /* mode vmca overwrites it */
    CHECK(X509_cmp(lab_cert(&h->at, false, &e), own) != 0 && X509_cmp(lab_cert(&h->at, false, &e), before) != 0);
    X509_free(own);
    X509_free(before);
    buf_done(&csr);
    world_close(s);
}

static void custom_mode_follows_the_chain_to_trusted_roots_S14(void **state)
{
    (void)state;
    struct err e;
    struct buf csr, pem;
    char id[64];
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    struct lab_host *h = &vc->hosts[0];
    const struct lab_ca *foreign = &s->cas[LAB_CA_FOREIGN];
    buf_init(&csr, 100000);
    buf_init(&pem, 100000);
    CHECK_OK(lab_option_set(vc, "vpxd.certmgmt.mode", "custom", BORN, &e), &e);
    CHECK_OK(lab_request_by_dn(h, "CN=esx1.vc1.lab.test, O=Own", BORN, &csr, &e), &e);
    struct lab_vcenter other = { .vmca = &(struct lab_vmca){ .roots = &s->cas[LAB_CA_FOREIGN], .roots_len = 1 } };
    X509 *own = sign_request(&other, &csr);
    CHECK_OK(lab_pem_cert(&pem, own, &e), &e);
    CHECK_FAILS(lab_host_install(h, "nothing", 7, BORN, &e), &e, ERR_INPUT);
    CHECK_OK(lab_host_install(h, buf_str(&pem), pem.len, BORN, &e), &e);
    CHECK(lab_host_is_lost(h));
    CHECK_FAILS(lab_host_reconnect(h, BORN, &e), &e, ERR_PEER);
    buf_clear(&pem);
    CHECK_OK(lab_pem_cert(&pem, foreign->cert, &e) && lab_trust_post(vc, buf_str(&pem), pem.len, BORN, id, &e), &e);
    CHECK_FAILS(lab_trust_post(vc, buf_str(&pem), pem.len, BORN, id, &e), &e, ERR_CONFLICT);
    CHECK_OK(lab_host_reconnect(h, BORN, &e), &e);
    CHECK(!lab_host_is_lost(h));
    static const char *const bad[] = { "", "CN", "CN=", "X=1", "=a", "CN=a,,O=b" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(lab_request_by_dn(h, bad[i], BORN, &csr, &e), &e, ERR_INPUT);
    X509_free(own);
    buf_done(&csr);
    buf_done(&pem);
    world_close(s);
}

static void crls_rise_and_hold_what_was_revoked(void **state)
{
    (void)state;
    struct err e;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    X509 *x = lab_cert(&vc->hosts[0].at, false, &e);
    struct lab_ca *ca = &vc->vmca->roots[0];
    X509_CRL *crl = lab_crl(vc, ca);
    X509_REVOKED *found;
    CHECK(crl && !X509_CRL_get_REVOKED(crl) && ca->crl_number == 1);
    CHECK_OK(lab_revoke(vc, x, lab_now(s), &e), &e);
    CHECK_FAILS(lab_revoke(vc, x, lab_now(s), &e), &e, ERR_CONFLICT);
    CHECK_FAILS(lab_revoke(vc, s->cas[LAB_CA_FOREIGN].cert, lab_now(s), &e), &e, ERR_NOT_FOUND);
    s = world_reopen(s, NULL);
    vc = &s->vcenters[0];
    ca = &vc->vmca->roots[0];
    crl = lab_crl(vc, ca);
    x = lab_cert(&vc->hosts[0].at, false, &e);
    CHECK(crl && ca->crl_number == 2 && X509_CRL_get0_by_cert(crl, &found, x) == 1);
    CHECK(X509_CRL_get0_by_cert(crl, &found, lab_cert(&vc->hosts[1].at, false, &e)) == 0);
    move_clock(s, 40 * LAB_DAY);
    crl = lab_crl(vc, ca);
    CHECK(ca->crl_number == 4 && lab_time_of(X509_CRL_get0_nextUpdate(crl)) > lab_now(s) &&
          lab_time_of(X509_CRL_get0_lastUpdate(crl)) < lab_now(s));
    CHECK_OK(lab_set_faults(&vc->at, LAB_FAULT_STALE_CRL, &e), &e);
    CHECK(lab_time_of(X509_CRL_get0_nextUpdate(lab_crl(vc, ca))) < lab_now(s));
    world_close(s);
}

static void thumbprints_are_what_the_fault_says(void **state)
{
    (void)state;
    struct err e;
    char right[60], said[60], before[60];
    struct lab_estate *s = world_open(text);
    struct lab_host *h = &s->vcenters[0].hosts[0];
    int code;
    lab_said_thumbprint(&h->at, before);
    CHECK_OK(lab_host_renew(h, lab_now(s), &code, &e), &e);
    lab_thumbprint(lab_cert(&h->at, false, &e), right);
    lab_said_thumbprint(&h->at, said);
    CHECK(!strcmp(said, right) && strcmp(said, before) != 0);
    CHECK_OK(lab_set_faults(&h->at, LAB_FAULT_PRINT_STALE, &e), &e);
    lab_said_thumbprint(&h->at, said);
    CHECK_STR(said, before);
    CHECK_OK(lab_set_faults(&h->at, LAB_FAULT_PRINT_WRONG, &e), &e);
    lab_said_thumbprint(&h->at, said);
    CHECK(strlen(said) == 59 && strcmp(said, right) != 0 && strcmp(said, before) != 0);
    CHECK_OK(lab_set_faults(&h->at, LAB_FAULT_PRINT_NONE, &e), &e);
    lab_said_thumbprint(&h->at, said);
    CHECK_STR(said, "");
    CHECK(X509_check_private_key(lab_cert(&h->at, false, &e), lab_cert_key(&h->at, &e)) == 1);
    world_close(s);
}

static void faults_of_hosts_hold_pushes_up(void **state)
{
    (void)state;
    struct err e;
    int code;
    struct lab_estate *s = world_open(text);
    struct lab_host *h = &s->vcenters[0].hosts[0];
    static const unsigned faults[] = { LAB_FAULT_REFUSES, LAB_FAULT_DISCONNECTED, LAB_FAULT_SKEW };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        CHECK_OK(lab_set_faults(&h->at, faults[i], &e), &e);
        CHECK_FAILS(lab_host_renew(h, lab_now(s), &code, &e), &e, ERR_PEER);
        CHECK_EQ(h->at.revision, 0);
    }
    CHECK_OK(lab_set_faults(&h->at, 0, &e) && lab_host_renew(h, lab_now(s), &code, &e), &e);
    world_close(s);
}

GROUP(lab_life, cmocka_unit_test(the_wrong_order_loses_a_host_S14), cmocka_unit_test(a_young_root_refuses_hosts_70034_S14),
      cmocka_unit_test(settings_count_for_what_is_made_next_S14), cmocka_unit_test(statuses_follow_the_thresholds),
      cmocka_unit_test(the_clock_drives_polls_and_u3h_renews_S14), cmocka_unit_test(linked_vcenters_publish_each_others_roots_later),
      cmocka_unit_test(an_expired_root_takes_its_leaves_along), cmocka_unit_test(ones_own_certificate_and_back_S14),
      cmocka_unit_test(custom_mode_follows_the_chain_to_trusted_roots_S14), cmocka_unit_test(crls_rise_and_hold_what_was_revoked),
      cmocka_unit_test(thumbprints_are_what_the_fault_says), cmocka_unit_test(faults_of_hosts_hold_pushes_up))
