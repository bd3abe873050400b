#include "lab/faces.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "lab/console.h"
#include "lab/folder.h"
#include "lab/guest.h"
#include "lab/nfc.h"
#include "lab/pem.h"
#include "lab/vmca.h"
#include "lab/zip.h"
#include "wire/http1.h"
#include "wire/json.h"

enum { SDK_MAX = 4 * 1024 * 1024, REST_MAX = 512 * 1024 }; /* bytes of one request */

const char lab_old_family[] = "rest";

#define CERTS "/vcenter/certificate-management/vcenter/"

static const struct http_route vcenter_routes[] = {
    { "GET", "/", lab_welcome, 0, NULL, NULL },
    { "GET", "/sdk/vimServiceVersions.xml", lab_sdk_versions, 0, NULL, NULL },
    { "POST", "/sdk", lab_sdk_post, SDK_MAX, NULL, NULL },
    { "POST", "/sdk/vimService", lab_sdk_post, SDK_MAX, NULL, NULL },
    { "GET", "/folder", NULL, 0, &lab_folder_get, NULL },
    { "GET", "/folder/{*path}", NULL, 0, &lab_folder_get, NULL },
    { "PUT", "/folder/{*path}", NULL, 0, &lab_folder_put, NULL },
    { "DELETE", "/folder/{*path}", NULL, 0, &lab_folder_delete, NULL },
    { "GET", "/certs/download.zip", lab_certs_zip, 0, NULL, NULL },
    { "GET", "/certs/download", lab_certs_zip, 0, NULL, NULL },
    { "GET", "/afd/vecs/ca", lab_afd_roots, 0, NULL, NULL },
    { "GET", "/afd/vecs/ssl", lab_afd_roots, 0, NULL, NULL },
    { "GET", "/afd/vecs/crl", lab_afd_crls, 0, NULL, NULL },
    { "POST", "/rest/com/vmware/cis/session", lab_rest_login, 0, NULL, lab_old_family },
    { "GET", "/rest/com/vmware/cis/session", lab_rest_session, 0, NULL, lab_old_family },
    { "DELETE", "/rest/com/vmware/cis/session", lab_rest_logout, 0, NULL, lab_old_family },
    { "POST", "/api/session", lab_rest_login, 0, NULL, NULL },
    { "GET", "/api/session", lab_rest_session, 0, NULL, NULL },
    { "DELETE", "/api/session", lab_rest_logout, 0, NULL, NULL },
    { "GET", "/rest" CERTS "trusted-root-chains", lab_rest_chains, 0, NULL, lab_old_family },
    { "POST", "/rest" CERTS "trusted-root-chains", lab_rest_chain_post, REST_MAX, NULL, lab_old_family },
    { "GET", "/rest" CERTS "trusted-root-chains/{chain}", lab_rest_chain, 0, NULL, lab_old_family },
    { "DELETE", "/rest" CERTS "trusted-root-chains/{chain}", lab_rest_chain_delete, 0, NULL, lab_old_family },
    { "GET", "/rest" CERTS "tls", lab_rest_tls, 0, NULL, lab_old_family },
    { "PUT", "/rest" CERTS "tls", lab_rest_tls_put, REST_MAX, NULL, lab_old_family },
    { "POST", "/rest" CERTS "tls", lab_rest_tls_action, REST_MAX, NULL, lab_old_family },
    { "POST", "/rest" CERTS "tls-csr", lab_rest_tls_csr, REST_MAX, NULL, lab_old_family },
    { "POST", "/rest" CERTS "vmca-root", lab_rest_vmca_root, REST_MAX, NULL, lab_old_family },
    { "GET", "/rest" CERTS "signing-certificate", lab_rest_sts, 0, NULL, lab_old_family },
    { "PUT", "/rest" CERTS "signing-certificate", lab_rest_sts_put, REST_MAX, NULL, lab_old_family },
    { "POST", "/rest" CERTS "signing-certificate", lab_rest_sts_action, REST_MAX, NULL, lab_old_family },
    { "GET", "/api" CERTS "trusted-root-chains", lab_rest_chains, 0, NULL, NULL },
    { "POST", "/api" CERTS "trusted-root-chains", lab_rest_chain_post, REST_MAX, NULL, NULL },
    { "GET", "/api" CERTS "trusted-root-chains/{chain}", lab_rest_chain, 0, NULL, NULL },
    { "DELETE", "/api" CERTS "trusted-root-chains/{chain}", lab_rest_chain_delete, 0, NULL, NULL },
    { "GET", "/api" CERTS "tls", lab_rest_tls, 0, NULL, NULL },
    { "PUT", "/api" CERTS "tls", lab_rest_tls_put, REST_MAX, NULL, NULL },
    { "POST", "/api" CERTS "tls", lab_rest_tls_action, REST_MAX, NULL, NULL },
    { "POST", "/api" CERTS "tls-csr", lab_rest_tls_csr, REST_MAX, NULL, NULL },
    { "POST", "/api" CERTS "vmca-root", lab_rest_vmca_root, REST_MAX, NULL, NULL },
    { "GET", "/api" CERTS "signing-certificate", lab_rest_sts, 0, NULL, NULL },
    { "PUT", "/api" CERTS "signing-certificate", lab_rest_sts_put, REST_MAX, NULL, NULL },
    { "POST", "/api" CERTS "signing-certificate", lab_rest_sts_action, REST_MAX, NULL, NULL },
    { "GET", "/rest/vcenter/certificate-authority/get-root", lab_rest_get_root, 0, NULL, lab_old_family },
    { "POST", "/rest/vcenter/certificate-authority/sign-cert", lab_rest_sign_cert, REST_MAX, NULL, lab_old_family },
    { "GET", "/rest/appliance/system/version", lab_rest_version, 0, NULL, lab_old_family },
    { "GET", "/api/appliance/system/version", lab_rest_version, 0, NULL, NULL },
};

static const struct http_route host_routes[] = {
    { "GET", "/", lab_welcome, 0, NULL, NULL },
    { "GET", "/ticket/{ticket}", NULL, 0, &lab_console_stream, NULL },
    { "GET", "/folder", NULL, 0, &lab_folder_get, NULL },
    { "GET", "/folder/{*path}", NULL, 0, &lab_folder_get, NULL },
    { "PUT", "/folder/{*path}", NULL, 0, &lab_folder_put, NULL },
    { "DELETE", "/folder/{*path}", NULL, 0, &lab_folder_delete, NULL },
    { "GET", "/guestFile", NULL, 0, &lab_guest_get, NULL },
    { "PUT", "/guestFile", NULL, 0, &lab_guest_put, NULL },
    { "POST", "/nfc/{lease}/{file}", NULL, 0, &lab_nfc_post, NULL },
    { "PUT", "/nfc/{lease}/{file}", NULL, 0, &lab_nfc_put, NULL },
    { "GET", "/nfc/{lease}/{file}", NULL, 0, &lab_nfc_get, NULL },
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
    struct lab_ca *ca;
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

static bool add_ca(struct bundle *b, const struct lab_vcenter *vc, struct err *e)
{
    X509_CRL *crl = lab_crl(vc, b->ca);
    buf_clear(&b->pem);
    if (!lab_pem_cert(&b->pem, b->ca->cert, e) || !add_file(b, "lin", "", "", e) || !add_file(b, "mac", "", "", e) ||
        !add_file(b, "win", "", ".crt", e))
        return false;
    if (!crl)
        return true;
    buf_clear(&b->pem);
    return lab_pem_crl(&b->pem, crl, e) && add_file(b, "lin", "r", "", e) && add_file(b, "mac", "r", "", e) &&
           add_file(b, "win", "r", ".crl", e);
}

/* How many before the n-th have its name. */
static unsigned same_before(struct lab_ca *const *roots, size_t n)
{
    unsigned same = 0;
    for (size_t i = 0; i < n; i++)
        same += !X509_NAME_cmp(X509_get_subject_name(roots[i]->cert), X509_get_subject_name(roots[n]->cert));
    return same;
}

void lab_certs_zip(struct http_request *rq, struct http_response *rs)
{
    struct lab_endpoint *ep = rq->app;
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    struct bundle b = { .same = 0 };
    LAB_LOCKED(ep->estate);
    lab_zip_start(&b.zip, &rs->body);
    buf_init(&b.pem, LAB_PEM_MAX);
    bool ok = true;
    size_t len = lab_trusted_roots(ep->vcenter, roots);
    for (size_t i = 0; ok && i < len; i++) {
        b.same = same_before(roots, i);
        b.ca = roots[i];
        ok = add_ca(&b, ep->vcenter, NULL);
    }
    buf_done(&b.pem);
    if (!lab_zip_end(&b.zip, NULL) || !ok)
        rs->bad = true;
    http_response_field(rs, "Content-Type", "application/zip");
}

/* ---- vmafd: what VECS holds, for anybody ---- */

static void send_list(struct http_response *rs, json_t *take)
{
    AUTO(wire_json_decrefp) json_t *list = take;
    http_response_field(rs, "Content-Type", "application/json");
    if (!list || !wire_json_write(&rs->body, list, NULL))
        rs->bad = true;
}

static json_t *encoded(X509 *cert, X509_CRL *crl)
{
    struct buf pem;
    json_t *j = NULL;
    buf_init(&pem, LAB_PEM_MAX);
    if (cert ? lab_pem_cert(&pem, cert, NULL) : lab_pem_crl(&pem, crl, NULL))
        j = json_pack("{s:s}", "encoded", buf_str(&pem));
    buf_done(&pem);
    return j;
}

void lab_afd_roots(struct http_request *rq, struct http_response *rs)
{
    struct lab_endpoint *ep = rq->app;
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    LAB_LOCKED(ep->estate);
    json_t *list = json_array();
    size_t len = lab_trusted_roots(ep->vcenter, roots);
    for (size_t i = 0; i < len; i++)
        (void)json_array_append_new(list, encoded(roots[i]->cert, NULL));
    send_list(rs, list);
}

void lab_afd_crls(struct http_request *rq, struct http_response *rs)
{
    struct lab_endpoint *ep = rq->app;
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    LAB_LOCKED(ep->estate);
    json_t *list = json_array();
    size_t len = lab_trusted_roots(ep->vcenter, roots);
    for (size_t i = 0; i < len; i++) {
        X509_CRL *crl = lab_crl(ep->vcenter, roots[i]);
        if (crl)
            (void)json_array_append_new(list, encoded(NULL, crl));
    }
    send_list(rs, list);
}
