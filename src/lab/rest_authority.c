#include "lab/rest_face.h"

#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "http/response.h"
#include "lab/issue.h"
#include "lab/pem.h"
#include "lab/vmca.h"
#include "wire/json.h"

/* The certificate authority itself: documented as internal, 6.5 to 7.0 U1. */

static bool has_authority(struct http_request *rq, struct http_response *rs)
{
    if (lab_rest_vcenter(rq)->plan->version <= LAB_70)
        return true;
    http_response_text(rs, 404, "text/html", "<html><body><h1>Not Found</h1></body></html>\n");
    return false;
}

void lab_rest_get_root(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (has_authority(rq, rs) && lab_rest_may(rq, rs))
        lab_rest_send(rq, rs, 200, lab_rest_pem(lab_vmca_signer(vc->vmca)->cert, NULL));
}

static bool begin_sign(struct http_request *rq, struct http_response *rs, json_t *spec, struct lab_issue *i, bool *ret_ok,
                       struct err *e)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (!has_authority(rq, rs) || !lab_rest_may(rq, rs))
        return false;
    json_t *duration = json_object_get(spec, "duration");
    int64_t now = lab_now_at(&vc->at), days = json_integer_value(duration);
    if (duration && (!json_is_integer(duration) || days < 1 || days > LAB_VMCA_LIFE_DAYS))
        *ret_ok = err_set(e, ERR_INPUT, "duration is a number of days");
    else
        *ret_ok = lab_issue_begin(i, vc, 0, days ? now + days * LAB_DAY : 0, e);
    return true;
}

/* The signature is made without the lock: as many at a time as there are threads. */
void lab_rest_sign_cert(struct http_request *rq, struct http_response *rs)
{
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    const char *csr = json_string_value(json_object_get(spec, "csr"));
    struct lab_issue i;
    struct buf pem;
    struct err e;
    bool ok;
    int code;
    if (!spec || !begin_sign(rq, rs, spec, &i, &ok, &e))
        return;
    buf_init(&pem, LAB_PEM_MAX);
    ok = ok && lab_issue_pem(&i, csr ? csr : "", csr ? strlen(csr) : 0, &pem, &code, &e);
    if (ok)
        lab_rest_send(rq, rs, 200, json_string(buf_str(&pem)));
    else
        lab_rest_refuse_err(rq, rs, &e);
    buf_done(&pem);
}
