/* The screen of a virtual machine (vcd-api.md 4.4): tickets for the console proxy, which is this cell on this port. */
#include <stdio.h>
#include <string.h>

#include "api/legacy.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/secret.h"
#include "flow/console.h"
#include "flow/site.h"
#include "flow/vm.h"
#include "http/response.h"
#include "wire/url.h"

#define PATH "/api/vApp/{id}/screen/action"

/* "vm-<uuid>" */
static bool vm_of(const struct api_call *c, const char **ret, struct err *e)
{
    const char *id = api_param(c, "id");
    if (strncmp(id, "vm-", 3) != 0)
        return err_set(e, ERR_DENIED, "No access to entity \"%s\".", id);
    return api_urn(c, id + 3, "vm", ret, e) || err_set(e, ERR_DENIED, "No access to entity \"%s\".", id);
}

/* What clients put between "wss://" and the path: a port is named where it is not the usual one. */
static bool public_host(const struct api_call *c, const char **ret_host, uint16_t *ret_port, struct err *e)
{
    struct url u;
    char text[URL_HOST_TEXT];
    if (!url_parse(c->site->base_url, strlen(c->site->base_url), &u, e))
        return false;
    url_host_write(&u.host, 443, text);
    *ret_host = arena_strdup(c->arena, text);
    *ret_port = u.host.port;
    return true;
}

static bool acquire(struct api_call *c, char ticket[CONSOLE_TICKET], const char **ret_host, uint16_t *ret_port,
                    const char **ret_vm, struct err *e)
{
    if (!vm_of(c, ret_vm, e) || !public_host(c, ret_host, ret_port, e) ||
        !console_ticket(c->site, &c->caller, *ret_vm, ticket, e)) {
        if (e->kind == ERR_CONFLICT || e->kind == ERR_PEER || e->kind == ERR_TIMEOUT)
            e->kind = ERR_INPUT; /* as documented: 400 */
        return false;
    }
    http_response_field(c->rs, "Cache-Control", "no-store");
    return true;
}

/* Vmx is empty, so that no client waits for the prologue that would name it: the document of later versions has it like that. */
static bool acquire_mks(struct api_call *c, struct err *e)
{
    char ticket[CONSOLE_TICKET];
    const char *host, *vm;
    uint16_t port;
    struct legacy l;
    if (!acquire(c, ticket, &host, &port, &vm, e))
        return false;
    legacy_start(&l, c, "MksTicket");
    legacy_leaf(&l, "Host", host);
    legacy_leaf(&l, "Vmx", "");
    legacy_leaf(&l, "Ticket", ticket);
    legacy_leaf_number(&l, "Port", port);
    secret_wipe(ticket, sizeof(ticket));
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.mksTicket", e);
}

/* The older form: "mks://host/vm-uuid?ticket=..", percent-encoded, as the text of one element. */
static bool acquire_screen(struct api_call *c, struct err *e)
{
    char ticket[CONSOLE_TICKET];
    const char *host, *vm;
    uint16_t port;
    struct legacy l;
    if (!acquire(c, ticket, &host, &port, &vm, e))
        return false;
    legacy_start(&l, c, "ScreenTicket");
    const char *text = arena_printf(c->arena, "mks%%3A%%2F%%2F%s%%2Fvm-%s%%3Fticket%%3D%s", host, api_uuid(vm), ticket);
    if (l.json)
        legacy_leaf(&l, "value", text);
    else
        xml_text(&l.xml, text);
    secret_wipe(ticket, sizeof(ticket));
    return legacy_end(&l, 200, "application/vnd.vmware.vcloud.screenTicket", e);
}

const struct api_op api_console_ops[] = {
    { "POST", PATH "/acquireMksTicket", API_LEGACY, RIGHT_CONSOLE, 0, acquire_mks, 0 },
    { "POST", PATH "/acquireTicket", API_LEGACY, RIGHT_CONSOLE, 0, acquire_screen, 0 },
    { 0 },
};
