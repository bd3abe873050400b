#include <string.h>

#include "api/tables.h"
#include "flow/site.h"
#include "wire/json.h"

/* What the cell's own port speaks (vcd-api.md 3.8), and site resources that clients ask for and this product has
 * nothing in. Hostname verification is not here: see settings_general.c. */

/* Sizes and days are those of the certificate that the cell makes for itself (net/tls_own.h). */
static bool show(struct api_call *c, struct err *e)
{
    json_t *ciphers = json_array();
    for (size_t i = 0; c->site->ciphers[i]; i++)
        (void)json_array_append_new(ciphers, json_string(c->site->ciphers[i]));
    return api_answer_json(c, 200, json_pack("{s:[ss], s:o, s:i, s:i, s:i, s:s, s:s, s:s}", "enabledSslProtocols", "TLSv1.2",
                                             "TLSv1.3", "enabledSslCiphers", ciphers, "keySize", 256, "ecKeySize", 256,
                                             "certificateValidityDays", 397, "certificateSignatureAlgorithm", "SHA256withECDSA",
                                             "fipsMode", "OFF", "status", "CURRENT"), e);
}

/* Only fipsMode may be changed, and there is no other mode here. */
static bool edit(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const char *mode;
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the settings are missing");
    if (!api_need_text(body, "fipsMode", 8, &mode, e))
        return false;
    if (strcmp(mode, "OFF") != 0)
        return err_set(e, ERR_INPUT, "fipsMode: this cell has OFF only");
    return show(c, e);
}

static bool site_settings(struct api_call *c, struct err *e)
{
    (void)e;
    api_answer_empty(c, 204);
    return true;
}

const struct api_op api_ssl_settings_ops[] = {
    { "GET", "/cloudapi/1.0.0/ssl/settings", API_CLOUDAPI, RIGHT_SSL_SETTINGS_VIEW, API_PROVIDER, show, 0 },
    { "PUT", "/cloudapi/1.0.0/ssl/settings", API_CLOUDAPI, RIGHT_SSL_SETTINGS_MANAGE, API_PROVIDER, edit, 0 },
    { "GET", "/cloudapi/1.0.0/site/settings", API_CLOUDAPI, RIGHT_SYSTEM_SETTINGS_VIEW, API_PROVIDER, site_settings, 0 },
    { 0 },
};
