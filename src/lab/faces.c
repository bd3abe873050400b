#include "lab/faces.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "lab/console.h"
#include "lab/pem.h"
#include "lab/zip.h"
#include "wire/http1.h"
#include "wire/json.h"

enum { SDK_MAX = 4 * 1024 * 1024 }; /* bytes of one SOAP request */

const char lab_old_family[] = "rest";

#define CERTS "/vcenter/certificate-management/vcenter/"

static const struct http_route vcenter_routes[] = {
    { "GET", "/", lab_welcome, 0, NULL, NULL },
    { "GET", "/sdk/vimServiceVersions.xml", lab_sdk_versions, 0, NULL, NULL },
    { "POST", "/sdk", lab_sdk_post, SDK_MAX, NULL, NULL },
    { "POST", "/sdk/vimService", lab_sdk_post, SDK_MAX, NULL, NULL },
    { "GET", "/certs/download.zip", lab_certs_zip, 0, NULL, NULL },
    { "POST", "/rest/com/vmware/cis/session", lab_rest_login, 0, NULL, lab_old_family },
    { "GET", "/rest/com/vmware/cis/session", lab_rest_session, 0, NULL, lab_old_family },
    { "DELETE", "/rest/com/vmware/cis/session", lab_rest_logout, 0, NULL, lab_old_family },
    { "POST", "/api/session", lab_rest_login, 0, NULL, NULL },
    { "GET", "/api/session", lab_rest_session, 0, NULL, NULL },
    { "DELETE", "/api/session", lab_rest_logout, 0, NULL, NULL },
    { "GET", "/rest" CERTS "trusted-root-chains", lab_rest_chains, 0, NULL, lab_old_family },
    { "GET", "/rest" CERTS "trusted-root-chains/{chain}", lab_rest_chain, 0, NULL, lab_old_family },
    { "GET", "/rest" CERTS "tls", lab_rest_tls, 0, NULL, lab_old_family },
    { "GET", "/api" CERTS "trusted-root-chains", lab_rest_chains, 0, NULL, NULL },
    { "GET", "/api" CERTS "trusted-root-chains/{chain}", lab_rest_chain, 0, NULL, NULL },
    { "GET", "/api" CERTS "tls", lab_rest_tls, 0, NULL, NULL },
    { "GET", "/rest/appliance/system/version", lab_rest_version, 0, NULL, lab_old_family },
    { "GET", "/api/appliance/system/version", lab_rest_version, 0, NULL, NULL },
};

static const struct http_route host_routes[] = {
    { "GET", "/", lab_welcome, 0, NULL, NULL },
    { "GET", "/ticket/{ticket}", NULL, 0, &lab_console_stream, NULL },
};

static const struct http_route nsx_routes[] = {
    { "GET", "/", lab_welcome, 0, NULL, NULL },
    { "GET", "/api/v1/node", lab_nsx_node, 0, NULL, NULL },
    { "GET", "/api/v1/node/version", lab_nsx_node, 0, NULL, NULL },
    { "GET", "/api/2.0/services/vcconfig", lab_nsx_registration, 0, NULL, NULL },
    { "GET", "/api/1.0/appliance-management/global/info", lab_nsx_info, 0, NULL, NULL },
};

const struct http_route *lab_faces(enum lab_kind kind, size_t *ret_len)
{
    switch (kind) {
    case LAB_VCENTER:
        *ret_len = ARRAY_LEN(vcenter_routes);
        return vcenter_routes;
    case LAB_HOST:
        *ret_len = ARRAY_LEN(host_routes);
        return host_routes;
    case LAB_NSX:
        break;
    }
    *ret_len = ARRAY_LEN(nsx_routes);
    return nsx_routes;
}

void lab_welcome(struct http_request *rq, struct http_response *rs)
{
    static const char *const what[] = { "VMware vCenter Server", "VMware ESXi", "VMware NSX" };
    const struct lab_endpoint *ep = rq->app;
    http_response_field(rs, "Content-Type", "text/html; charset=utf-8");
    if (!buf_printf(&rs->body, NULL, "<!doctype html><html lang=\"en\"><head><title>%s</title></head><body><h1>%s</h1>"
                    "<p>%s, simulated by vsphere-lab.</p></body></html>\n", ep->name, what[ep->kind], ep->name))
        rs->bad = true;
}

/* ---- /certs/download.zip ---- */

struct bundle {
    struct lab_zip zip;
    const struct lab_ca *ca;
    unsigned same; /* how many of this name's hash stood before */
    struct buf pem;
};

/* Certificates are called <hash>.0, .1, .. and CRLs <hash>.r0, ..; Windows wants its own endings. */
static bool add_file(struct bundle *b, const char *folder, const char *mark, const char *ending, struct err *e)
{
    char name[LAB_ZIP_NAME];
    unsigned long hash = X509_NAME_hash_ex(X509_get_subject_name(b->ca->cert), NULL, NULL, NULL);
    (void)snprintf(name, sizeof(name), "certs/%s/%08lx.%s%u%s", folder, hash, mark, b->same, ending);
    return lab_zip_add(&b->zip, name, b->pem.data, b->pem.len, e);
}

static bool add_ca(struct bundle *b, int64_t now, struct err *e)
{
    AUTO(lab_crl_freep) X509_CRL *crl = lab_mint_crl(b->ca->cert, b->ca->key, now, 1, e);
    buf_clear(&b->pem);
    if (!crl || !lab_pem_cert(&b->pem, b->ca->cert, e) || !add_file(b, "lin", "", "", e) ||
        !add_file(b, "mac", "", "", e) || !add_file(b, "win", "", ".crt", e))
        return false;
    buf_clear(&b->pem);
    return lab_pem_crl(&b->pem, crl, e) && add_file(b, "lin", "r", "", e) && add_file(b, "mac", "r", "", e) &&
           add_file(b, "win", "r", ".crl", e);
}

void lab_certs_zip(struct http_request *rq, struct http_response *rs)
{
    struct lab_endpoint *ep = rq->app;
    const struct lab_ca *roots[LAB_TRUSTED_MAX];
    struct bundle b = { .same = 0 };
    int64_t now = clock_wall_ms() / 1000;
    LAB_LOCKED(ep->estate);
    lab_zip_start(&b.zip, &rs->body);
    buf_init(&b.pem, LAB_PEM_MAX);
    bool ok = true;
    size_t len = lab_trusted_roots(ep->vcenter, roots);
    for (size_t i = 0; ok && i < len; i++) {
        /* All roots of one VMCA have one name, so one hash; they stand in a row. */
        bool same = i && !X509_NAME_cmp(X509_get_subject_name(roots[i]->cert), X509_get_subject_name(roots[i - 1]->cert));
        b.same = same ? b.same + 1 : 0;
        b.ca = roots[i];
        ok = add_ca(&b, now, NULL);
    }
    buf_done(&b.pem);
    if (!lab_zip_end(&b.zip, NULL) || !ok)
        rs->bad = true;
    http_response_field(rs, "Content-Type", "application/zip");
}
