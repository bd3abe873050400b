/* fill-estate - puts an estate into the store of a cell that is stopped: fill-estate STORE_URL VCENTERS HOSTS CERTIFICATES. Each
 * vCenter has HOSTS hosts, seen once, by a VMCA of its own, which is granted for them; of the last vCenter it isn't. Beside
 * them CERTIFICATES certificates are granted that no host needs. So lists are measured without looking at 50,000 hosts first. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "bench/drive.h"
#include "fixture/mint.h"
#include "flow/anchor.h"
#include "flow/look.h"
#include "flow/vcenter.h"
#include "store/store.h"
#include "trust/cert.h"

enum { AT_ONCE = 500, YEAR = 365 * 86400, NAME = 64, LEAVES = 50 /* that hosts of one vCenter share, by a name with a * */ };

struct filling {
    struct store *store;
    struct mint *mint;
    int64_t now;
    struct err e;
};

static void must(struct filling *f, bool ok, const char *what)
{
    if (!ok)
        (void)fprintf(stderr, "%s: ", f->e.msg);
    bench_must(ok, what);
}

static void begin(struct filling *f)
{
    must(f, store_begin(f->store, STORE_WRITE, &f->e), "beginning");
}

static void commit(struct filling *f)
{
    must(f, store_commit(f->store, &f->e), "committing");
}

static const struct mint_made *made(struct filling *f, const struct mint_made *by, const char *subject, int key, const char *san)
{
    struct mint *m = f->mint;
    struct mint_cert want = { .subject = subject, .key = key, .by = by, .not_before = f->now - YEAR, .not_after = f->now + YEAR };
    want.exts = by ? MINT_EXTS(mint_san(m, false, san), mint_eku(m, false, "1.3.6.1.5.5.7.3.1"), MINT_SKI, MINT_AKI)
                   : MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, MINT_KU_CERT_SIGN | MINT_KU_CRL_SIGN), MINT_SKI);
    return mint_cert(m, &want);
}

static void grant(struct filling *f, const struct mint_made *what, const char *alias, const char *scope_text)
{
    const struct store_by by = { "bench", "local", "bench", f->now * 1000 };
    struct trust_scope scope;
    struct trust_cert *cert = NULL;
    char id[STORE_ID_MAX + 1];
    must(f, trust_scope_parse(scope_text, &scope, &f->e) && trust_cert_parse(what->der, what->len, &cert, &f->e), "a grant");
    const struct anchor_new n = { STORE_SYSTEM, alias, &scope, cert };
    must(f, anchor_add_in(f->store, &n, &by, id, &f->e), "granting");
    trust_cert_unref(cert);
}

static void put_host(struct filling *f, const char *urn, const struct mint_made *leaf, int vcenter, int host)
{
    char name[NAME], key[STORE_ENDPOINT_MAX];
    struct trust_cert *cert = NULL;
    (void)snprintf(name, sizeof(name), "esx%05d.vc%02d.example", host, vcenter);
    (void)snprintf(key, sizeof(key), "%s/host-%d", urn, host);
    const char *const names[] = { name };
    must(f, trust_cert_parse(leaf->der, leaf->len, &cert, &f->e), "a host's certificate");
    const struct trust_cert *const chain[] = { cert };
    const struct trust_verdict verdict = { .rule = TRUST_UNKNOWN_ISSUER };
    const struct look_seen seen = { key, name, 443, { TRUST_FOR_ESXI, 443, urn, name }, names, 1, chain, 1, &verdict, f->now * 1000 };
    must(f, look_keep(f->store, &seen, &f->e), "keeping a host");
    trust_cert_unref(cert);
}

static void put_vcenter(struct filling *f, int number, int hosts, bool granted)
{
    char uuid[RANDOM_UUID], urn[STORE_ID_MAX], name[NAME], host[NAME], url[NAME + 16], scope[STORE_ID_MAX + 32], subject[NAME + 16], san[NAME + 16];
    const struct mint_made *leaves[LEAVES];
    f->mint = mint_create();
    (void)snprintf(uuid, sizeof(uuid), "%08d-0000-4000-8000-000000000000", number);
    (void)snprintf(urn, sizeof(urn), VCENTER_URN "%s", uuid);
    (void)snprintf(name, sizeof(name), "vc%02d", number);
    (void)snprintf(host, sizeof(host), "%s.example", name);
    (void)snprintf(url, sizeof(url), "https://%s", host);
    (void)snprintf(scope, sizeof(scope), "vcenter:%s/hosts", urn);
    (void)snprintf(subject, sizeof(subject), "/CN=CA/O=%s", host);
    const struct vcenter v = { .urn = urn, .name = name, .url = url, .host = host, .port = 443, .username = "u", .mode = "NONE",
                               .uuid = uuid, .made_ms = f->now * 1000 };
    const struct mint_made *vmca = made(f, NULL, subject, MINT_P256, NULL);
    json_t *record = json_pack("{s:s, s:b, s:s, s:I, s:i, s:i, s:s}", "state", granted ? "trusted" : "untrusted", "reviewed", granted, "pem",
                               vmca->pem, "at", (json_int_t)f->now * 1000, "hosts", hosts, "verified", granted ? hosts : 0, "text", "");
    char *json = json_dumps(record, 0);
    begin(f);
    must(f, vcenter_put(f->store, &v, &f->e) && vcenter_trust_put(f->store, urn, json, &f->e), "a vCenter");
    if (granted)
        grant(f, vmca, name, scope);
    commit(f);
    (void)snprintf(san, sizeof(san), "DNS:*.%s", host);
    for (int i = 0; i < LEAVES; i++)
        leaves[i] = made(f, vmca, "/CN=ESXi", MINT_P256 + 1 + i, san);
    for (int i = 1; i <= hosts; i += AT_ONCE) {
        begin(f);
        for (int k = i; k < i + AT_ONCE && k <= hosts; k++)
            put_host(f, urn, leaves[k % LEAVES], number, k);
        commit(f);
    }
    free(json);
    json_decref(record);
    f->mint = mint_destroy(f->mint);
}

static void put_certificates(struct filling *f, int count)
{
    f->mint = mint_create();
    begin(f);
    for (int i = 1; i <= count; i++) {
        char alias[NAME], subject[NAME], scope[NAME];
        (void)snprintf(alias, sizeof(alias), "certificate %05d", i);
        (void)snprintf(subject, sizeof(subject), "/CN=Enterprise CA %05d", i);
        (void)snprintf(scope, sizeof(scope), "host:server%05d.example:443", i);
        grant(f, made(f, NULL, subject, MINT_P256, NULL), alias, scope);
    }
    commit(f);
    f->mint = mint_destroy(f->mint);
}

int main(int argc, char **argv)
{
    uint64_t vcenters, hosts, certificates;
    struct filling f = { .now = clock_wall_ms() / 1000 };
    struct store_source *source;
    bench_must(argc == 5 && text_number(argv[2], 0, 99, &vcenters) && text_number(argv[3], 0, 99999, &hosts) &&
                   text_number(argv[4], 0, 99999, &certificates), "fill-estate STORE_URL VCENTERS HOSTS CERTIFICATES");
    must(&f, store_source_open(argv[1], STORE_OPEN_EXISTING, NULL, &source, NULL, &f.e) && store_open(source, &f.store, &f.e), "the store");
    for (int i = 1; i <= (int)vcenters; i++)
        put_vcenter(&f, i, (int)hosts, i < (int)vcenters);
    put_certificates(&f, (int)certificates);
    store_close(f.store);
    store_source_close(source);
    return 0;
}
