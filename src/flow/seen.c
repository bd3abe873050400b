#include "flow/seen.h"

#include <string.h>

#include "flow/caller.h"

bool seen_by(const struct caller *c, const char *org)
{
    return c->system || (org[0] && strcmp(org, c->org) == 0);
}

bool seen_or_denied(bool found, const struct caller *c, const char *org, const char *urn, struct err *e)
{
    if (!found && e->kind != ERR_NOT_FOUND)
        return false;
    return (found && seen_by(c, org)) || err_set(e, ERR_DENIED, "No access to entity \"%s\".", urn);
}

const char *seen_state(const char *org)
{
    const char *colon = org ? strrchr(org, ':') : NULL;
    return colon ? colon + 1 : org;
}
