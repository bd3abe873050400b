#include "lab/change.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lab/keep.h"
#include "lab/pem.h"
#include "unit/check.h"
#include "unit/lab/world.h"

static const char text[] =
    "[lab]\nname = unit\nseed = unit\nhost_keys = 1\n"
    "[vcenter vc1]\nversion = 7.0\nhosts = 2\nby_ip_hosts = 1\nforeign_hosts = 1\nself_signed_hosts = 1\n"
    "installer_hosts = 1\nexpired_hosts = 1\nfuture_hosts = 1\nmisnamed_hosts = 1\ndown_hosts = 1\nroot_o = localhost\n"
    "[vcenter vc2]\nversion = 7.0\nendpoint = vmca\npsc = vc1\nhosts = 1\n"
    "[nsx n1]\nvcenter = vc1\nendpoint = self-signed\n";

static void print_of(struct lab_endpoint *ep, char out[60])
{
    struct err e;
    X509 *x = lab_cert(ep, false, &e);
    if (!x)
        fail_msg("%s", e.msg);
    lab_thumbprint(x, out);
}

static bool issued_by(struct lab_endpoint *ep, const struct lab_ca *ca)
{
    return X509_verify(lab_cert(ep, false, NULL), ca->key) == 1;
}

static void hosts_are_what_the_plan_says(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    const struct lab_ca *root = &vc->vmca->roots[0];
    struct lab_host *h = vc->hosts;
    CHECK_EQ(vc->hosts_len, 10);
    CHECK(issued_by(&h[0].at, root) && issued_by(&h[1].at, root) && issued_by(&h[2].at, root));
    CHECK_STR(h[0].at.name, "esx1.vc1.lab.test");
    CHECK_STR(h[2].at.name, "127.20.0.3");
    CHECK(X509_check_host(lab_cert(&h[0].at, false, NULL), h[0].at.name, 0, 0, NULL) == 1);
    CHECK(X509_check_ip_asc(lab_cert(&h[2].at, false, NULL), "127.20.0.3", 0) == 1);
    CHECK(issued_by(&h[3].at, &s->cas[LAB_CA_FOREIGN]) && issued_by(&h[5].at, &s->cas[LAB_CA_INSTALLER]));
    CHECK(X509_verify(lab_cert(&h[4].at, false, NULL), lab_cert_key(&h[4].at, NULL)) == 1);
    CHECK(X509_cmp_current_time(X509_get0_notAfter(lab_cert(&h[6].at, false, NULL))) < 0);
    CHECK(X509_cmp_current_time(X509_get0_notBefore(lab_cert(&h[7].at, false, NULL))) > 0);
    CHECK(X509_check_host(lab_cert(&h[8].at, false, NULL), h[8].at.name, 0, 0, NULL) == 0);
    CHECK_EQ(h[9].at.faults, LAB_FAULT_DOWN);
    CHECK(s->vcenters[1].vmca == vc->vmca && issued_by(&s->vcenters[1].at, root));
    CHECK(issued_by(&vc->at, &s->cas[LAB_CA_ENTERPRISE]));
    world_close(s);
}

static void addresses_and_names_lead_to_endpoints(void **state)
{
    (void)state;
    static const struct {
        uint32_t ip;
        const char *name; /* NULL: nothing is there */
    } cases[] = {
        { 0x7f0a0101, "vc1.lab.test" }, { 0x7f0a0201, "vc2.lab.test" }, { 0x7f140001, "esx1.vc1.lab.test" },
        { 0x7f150001, "esx1.vc2.lab.test" }, { 0x7f0b0001, "n1.lab.test" }, { 0x7f140003, "127.20.0.3" },
        { 0x7f0a0102, NULL }, { 0x7f0a0301, NULL }, { 0x7f0a0001, NULL }, { 0x7f14000b, NULL }, { 0x7f140000, NULL },
        { 0x7f1400ff, NULL }, { 0x7f160001, NULL }, { 0x7f0b0002, NULL }, { 0x0a0a0101, NULL }, { 0x7f000001, NULL },
    };
    struct lab_estate *s = world_open(text);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct lab_endpoint *ep = lab_endpoint_at(s, cases[i].ip);
        if (!ep != !cases[i].name || (ep && strcmp(ep->name, cases[i].name) != 0))
            fail_msg("case %zu: %s", i, ep ? ep->name : "nothing");
        CHECK(!ep || ep->ip == cases[i].ip);
        CHECK(!cases[i].name || lab_endpoint_named(s, cases[i].name) == ep);
    }
    CHECK(lab_endpoint_named(s, "vc1/host-3") == &s->vcenters[0].hosts[2].at);
    CHECK(lab_endpoint_named(s, "ESX3.vc1.lab.test") == &s->vcenters[0].hosts[2].at);
    CHECK(lab_endpoint_named(s, "n1") == &s->nsx[0].at && lab_endpoint_named(s, "vc2") == &s->vcenters[1].at);
    CHECK(!lab_endpoint_named(s, "vc1/host-11") && !lab_endpoint_named(s, ""));
    world_close(s);
}

static void it_is_the_same_after_a_restart(void **state)
{
    (void)state;
    struct err e;
    char before[6][60], after[60], password[LAB_NAME];
    struct lab_estate *s = world_open(text);
    CHECK_OK(lab_set_faults(&s->vcenters[0].hosts[0].at, LAB_FAULT_EXPIRED, &e), &e);
    CHECK_OK(lab_rotate(&s->vcenters[0], 1800000000, &e), &e);
    CHECK_OK(lab_replace(&s->vcenters[0].hosts[1].at, 1800000100, &e), &e);
    CHECK_OK(lab_replace(&s->vcenters[0].at, 1800000200, &e), &e);
    CHECK_OK(lab_reissue(&s->vcenters[0].hosts[4].at, 1800000300, &e), &e);
    CHECK_OK(lab_set_password(&s->vcenters[0], "another", &e), &e);
    struct lab_endpoint *some[] = { &s->vcenters[0].at, &s->vcenters[0].hosts[0].at, &s->vcenters[0].hosts[1].at,
                                    &s->vcenters[0].hosts[4].at, &s->vcenters[1].at, &s->nsx[0].at };
    for (size_t i = 0; i < ARRAY_LEN(some); i++)
        print_of(some[i], before[i]);
    (void)snprintf(password, sizeof(password), "%s", s->vcenters[0].password);
    s = world_reopen(s, NULL);
    struct lab_endpoint *same[] = { &s->vcenters[0].at, &s->vcenters[0].hosts[0].at, &s->vcenters[0].hosts[1].at,
                                    &s->vcenters[0].hosts[4].at, &s->vcenters[1].at, &s->nsx[0].at };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        print_of(same[i], after);
        CHECK_STR(before[i], after);
    }
    CHECK_STR(password, s->vcenters[0].password);
    CHECK_STR(password, "another");
    CHECK_EQ(s->vcenters[0].vmca->roots_len, 2);
    world_close(s);
}

static void a_rotated_root_keeps_its_name_only(void **state)
{
    (void)state;
    struct err e;
    struct lab_estate *s = world_open(text);
    struct lab_vcenter *vc = &s->vcenters[0];
    CHECK_OK(lab_rotate(vc, 1800000000, &e), &e);
    const struct lab_ca *old = &vc->vmca->roots[0], *fresh = &vc->vmca->roots[1];
    CHECK(X509_NAME_cmp(X509_get_subject_name(old->cert), X509_get_subject_name(fresh->cert)) == 0);
    CHECK(EVP_PKEY_eq(old->key, fresh->key) == 0);
    CHECK(issued_by(&vc->hosts[0].at, old) && !issued_by(&vc->hosts[0].at, fresh));
    CHECK_OK(lab_replace(&vc->hosts[0].at, 1800000100, &e), &e);
    CHECK(issued_by(&vc->hosts[0].at, fresh) && !issued_by(&vc->hosts[0].at, old));
    world_close(s);
}

static void reissuing_keeps_the_key_and_replacing_does_not(void **state)
{
    (void)state;
    struct err e;
    char first[60], second[60];
    struct lab_estate *s = world_open(text);
    struct lab_endpoint *ep = &s->vcenters[0].at;
    EVP_PKEY *key = lab_cert_key(ep, &e);
    print_of(ep, first);
    CHECK_OK(lab_reissue(ep, 1800000000, &e), &e);
    print_of(ep, second);
    CHECK(strcmp(first, second) != 0 && lab_cert_key(ep, &e) == key);
    CHECK_OK(lab_replace(ep, 1800000000, &e), &e);
    print_of(ep, first);
    CHECK(strcmp(first, second) != 0 && EVP_PKEY_eq(lab_cert_key(ep, &e), key) == 0);
    world_close(s);
}

static void a_root_retires_when_nobody_needs_it(void **state)
{
    (void)state;
    struct err e;
    struct lab_estate *s = world_open(text);
    CHECK_OK(lab_rotate(&s->vcenters[0], 1800000000, &e), &e);
    for (size_t i = 0; i < s->vcenters[0].hosts_len; i++)
        CHECK_OK(lab_replace(&s->vcenters[0].hosts[i].at, 1800000100, &e), &e);
    CHECK_FAILS(lab_retire(&s->vcenters[0], &e), &e, ERR_CONFLICT); /* a host of vc2, which shares the VMCA */
    CHECK_OK(lab_replace(&s->vcenters[1].hosts[0].at, 1800000100, &e), &e);
    CHECK_OK(lab_retire(&s->vcenters[0], &e), &e);
    s = world_reopen(s, NULL);
    CHECK_EQ(s->vcenters[0].vmca->retired, 1);
    world_close(s);
}

static void a_man_in_the_middle_shows_another_certificate(void **state)
{
    (void)state;
    struct err e;
    char shown[60], known[60];
    struct lab_estate *s = world_open(text);
    struct lab_endpoint *ep = &s->vcenters[0].hosts[0].at;
    CHECK_OK(lab_set_faults(ep, LAB_FAULT_MITM, &e), &e);
    print_of(ep, shown);
    lab_thumbprint(lab_cert(ep, true, &e), known);
    CHECK(strcmp(shown, known) != 0);
    CHECK(issued_by(ep, &s->cas[LAB_CA_SOMEBODY]) && X509_verify(lab_cert(ep, true, &e), s->vcenters[0].vmca->roots[0].key) == 1);
    world_close(s);
}

static void directories_are_not_mixed_up(void **state)
{
    (void)state;
    struct err e;
    struct lab_estate *s = world_open(text);
    CHECK(!lab_estate_open(s->dir, "[vcenter other]\n", 16, 1700000000, false, &e) && e.kind == ERR_CONFLICT);
    CHECK(!lab_estate_open(s->dir, NULL, 0, 1700000000, true, &e) && e.kind == ERR_CONFLICT); /* byte-exact now */
    CHECK(!lab_estate_open("/nonexistent/x", NULL, 0, 1700000000, false, &e) && e.kind == ERR_STORE);
    CHECK_OK(lab_keep_append(s->dir, "journal", "{\"what\":\"fau", 12, &e), &e); /* cut off while it was written */
    s = world_reopen(s, NULL);
    CHECK_OK(lab_set_faults(&s->vcenters[0].at, LAB_FAULT_EXPIRED, &e), &e);
    s = world_reopen(s, NULL); /* the next change did not become a part of that line */
    CHECK_EQ(s->vcenters[0].at.faults, LAB_FAULT_EXPIRED);
    CHECK_OK(lab_keep_append(s->dir, "journal", "lts\"}\n", 6, &e), &e);
    CHECK(!lab_estate_open(s->dir, NULL, 0, 1700000000, false, &e) && strstr(e.msg, "line 3"));
    world_close(s);
}

static void secrets_are_for_the_owner_only(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
    } files[] = { { "credentials.json", 0600 }, { "journal", 0600 }, { "hosts", 0644 }, { "state.json", 0644 },
                  { "keys/vcenter-vc1-0-2048.pem", 0600 }, { "keys", 0700 }, { "roots/vmca-vc1.pem", 0644 } };
    struct err e;
    struct lab_estate *s = world_open(text);
    print_of(&s->vcenters[0].at, (char[60]){ 0 });
    CHECK_OK(lab_estate_publish(s, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char path[LAB_PATH_MAX];
        struct stat st;
        CHECK_OK(lab_keep_path(s->dir, files[i].name, path, &e), &e);
        CHECK(stat(path, &st) == 0);
        CHECK_EQ(st.st_mode & 0777, files[i].mode);
    }
    world_close(s);
}

GROUP(lab_estate, cmocka_unit_test(hosts_are_what_the_plan_says), cmocka_unit_test(addresses_and_names_lead_to_endpoints),
      cmocka_unit_test(it_is_the_same_after_a_restart), cmocka_unit_test(a_rotated_root_keeps_its_name_only),
      cmocka_unit_test(reissuing_keeps_the_key_and_replacing_does_not), cmocka_unit_test(a_root_retires_when_nobody_needs_it),
      cmocka_unit_test(a_man_in_the_middle_shows_another_certificate), cmocka_unit_test(directories_are_not_mixed_up),
      cmocka_unit_test(secrets_are_for_the_owner_only))
