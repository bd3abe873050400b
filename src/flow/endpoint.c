#include "flow/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/nsx.h"
#include "flow/vcenter.h"

bool endpoint_find(struct store *s, const char *host, uint16_t port, struct arena *a, struct trust_behalf *ret, struct err *e)
{
    struct vcenter *vcs;
    struct nsx *nsxs;
    size_t len;
    *ret = (struct trust_behalf){ 0 };
    if (!vcenter_list(s, a, &vcs, &len, e))
        return false;
    for (size_t i = 0; i < len && !ret->host; i++)
        if (vcs[i].port == port && text_caseeq(vcs[i].host, host))
            *ret = (struct trust_behalf){ TRUST_FOR_VCENTER, port, vcs[i].urn, vcs[i].host };
    if (!nsx_list(s, a, &nsxs, &len, e))
        return false;
    for (size_t i = 0; i < len && !ret->host; i++)
        if (nsxs[i].port == port && text_caseeq(nsxs[i].host, host))
            *ret = (struct trust_behalf){ TRUST_FOR_NSX, port, nsxs[i].urn, nsxs[i].host };
    return true;
}

bool endpoint_scope(const struct trust_behalf *b, const char *host, uint16_t port, struct trust_scope *ret, struct err *e)
{
    char text[TRUST_SCOPE_TEXT];
    bool v6 = strchr(host, ':');
    if (b->host && b->kind == TRUST_FOR_VCENTER)
        (void)snprintf(text, sizeof(text), "vcenter:%s/endpoint", b->urn);
    else if (b->host && b->kind == TRUST_FOR_NSX)
        (void)snprintf(text, sizeof(text), "nsx:%s", b->urn);
    else
        (void)snprintf(text, sizeof(text), v6 ? "host:[%s]:%u" : "host:%s:%u", host, port);
    return trust_scope_parse(text, ret, e);
}
