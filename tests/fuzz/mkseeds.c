/* mkseeds DIR - writes the first corpora of the certificate, chain and crl targets under DIR/<target>/, from the mint.
 * Run by hand when a shape is added; what it wrote is committed beside what fuzzing found. */
#include <stdio.h>
#include <stdlib.h>

#include "fixture/mint.h"
#include "fixture/vmca.h"

static void save(const char *dir, const char *target, int n, const void *p, size_t len)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s/seed-%02d", dir, target, n);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(p, 1, len, f) != len || fclose(f)) {
        perror(path);
        exit(1);
    }
}

static void save_bundle(const char *dir, int n, const struct mint_made *const *made)
{
    char text[65536] = "";
    size_t len = 0;
    for (; *made; made++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", (*made)->pem);
    save(dir, "chain", n, text, len);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    const char *dir = argv[1];
    int n = 0;
    for (unsigned i = 0; i < VMCA_SUB; i++) {
        const struct mint_made *root = vmca_root(m, &(struct vmca_root){ .kind = (enum vmca_root_kind)i });
        save(dir, "certificate", n++, root->der, root->len);
    }
    const struct mint_made *vmca = vmca_root(m, &(struct vmca_root){ .kind = VMCA_ROOT_70 });
    for (unsigned i = 0; i < VMCA_LEAF_KINDS; i++) {
        const struct mint_made *leaf = vmca_leaf(m, &(struct vmca_leaf){ .kind = (enum vmca_leaf_kind)i, .by = vmca });
        save(dir, "certificate", n++, leaf->der, leaf->len);
    }
    const struct mint_dp dps[] = { { .full = "dir:/CN=p", .issuer = "dir:/CN=c" }, { .relative = "CN=x", .reasons = 6 } };
    const struct mint_made *root = mint_cert(m, &(struct mint_cert){ .subject = "/CN=r", .key = 1, .exts = MINT_EXTS(
        mint_bc(m, true, true, 3), mint_ku(m, true, 0x60), MINT_SKI,
        mint_nc(m, true, "DNS:example,email:example,URI:.example,IP:10.0.0.0/255.0.0.0,dir:/O=A", "DNS:x.example"),
        mint_policies(m, false, "1.2.3 2.5.29.32.0"), mint_policy_constraints(m, true, 2, 1), mint_inhibit_any(m, true, 1)) });
    const struct mint_made *ca = mint_cert(m, &(struct mint_cert){ .subject = "/O=A/CN:B=c", .key = 2, .by = root,
        .exts = MINT_EXTS(mint_bc(m, true, true, -1), mint_ku(m, true, 0x60), MINT_SKI, MINT_AKI, MINT_AKI_SERIAL,
                          mint_policies(m, false, "1.2.3"), mint_mappings(m, true, "1.2.3=1.2.4")) });
    const struct mint_made *leaf = mint_cert(m, &(struct mint_cert){ .subject = "/O=A/CN=l+OU=m", .key = 3, .by = ca,
        .exts = MINT_EXTS(mint_san(m, true, "DNS:*.example,IP:10.1.2.3,email:a@example,URI:https://a.example/,rid:1.2.3,other:1.2.3=t"),
                          mint_eku(m, false, "1.3.6.1.5.5.7.3.1"), MINT_AKI, mint_crldp(m, false, dps, 2),
                          mint_freshest(m, false, dps, 1), mint_policies(m, false, "1.2.4"), mint_aia(m, "http://a/", NULL)) });
    const struct mint_made *all[] = { root, ca, leaf };
    for (int i = 0; i < 3; i++)
        save(dir, "certificate", n++, all[i]->der, all[i]->len);
    const struct mint_idp idp = { .dp = dps[1], .indirect = true };
    const struct mint_made *lists[] = {
        mint_crl(m, &(struct mint_crl){ .by = root, .number = 1 }),
        mint_crl(m, &(struct mint_crl){ .by = ca, .number = 300, .idp = &idp,
            MINT_REVOKED({ .cert = leaf, .reason = 1, .certificate_issuer = "dir:/CN=z", .invalid_since = MINT_NOW }, { .serial = "05" }) }),
        mint_crl(m, &(struct mint_crl){ .by = ca, .number = 301, .base = 300, .idp = &idp, MINT_REVOKED({ .cert = leaf, .reason = 8 }) }),
        mint_crl(m, &(struct mint_crl){ .by = root, .v1 = true, .no_aki = true }),
    };
    for (int i = 0; i < 4; i++)
        save(dir, "crl", i, lists[i]->der, lists[i]->len);
    save_bundle(dir, 0, (const struct mint_made *const[]){ leaf, ca, root, NULL });
    save_bundle(dir, 1, (const struct mint_made *const[]){ leaf, ca, lists[0], lists[1], lists[2], root, NULL });
    save_bundle(dir, 2, (const struct mint_made *const[]){ leaf, root, lists[3], ca, NULL });
    return 0;
}
