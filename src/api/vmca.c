/* GET /cloudapi/1.0.0/virtualCenters/{vcUrn}/certificateAuthority/vmca (vcd-api.md 3.1): the VMCA's certificate, read now from a
 * registered vCenter and told by what it verifies. Shows; trusts nothing. */
#include "api/tables.h"
#include "flow/vmca.h"

static bool get(struct api_call *c, struct err *e)
{
    struct vmca_answer a = { 0 };
    const char *urn;
    if (!api_param_urn(c, "vcUrn", "vimserver", &urn, e) || !vmca_read(c->site, urn, &a, e))
        return false;
    bool ok = api_answer_json(c, 200, json_pack("{s:s}", "vmca", a.pem), e);
    vmca_answer_done(&a);
    return ok;
}

const struct api_op api_vmca_ops[] = {
    { "GET", "/cloudapi/1.0.0/virtualCenters/{vcUrn}/certificateAuthority/vmca", API_CLOUDAPI, RIGHT_VCENTER_VIEW, API_PROVIDER,
      get, 0 },
    { 0 },
};
