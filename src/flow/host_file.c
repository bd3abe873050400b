#include "flow/host_file.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/host_target.h"
#include "gate/target.h"
#include "vim/inventory.h"
#include "vim/lease.h"
#include "wire/url.h"

void host_file_done(struct host_file *f)
{
    f->target = gate_target_unref(f->target);
    secret_wipe(f->cookie, sizeof(f->cookie));
}

/* The thumbprints that came with a ticket or a lease: what can't be read must not look like none. */
static bool add_prints(struct gate_target *t, const char *const *prints, size_t len, struct err *e)
{
    bool some = false;
    for (size_t i = 0; i < len; i++) {
        some = some || prints[i][0];
        (void)gate_target_thumbprint(t, prints[i]);
    }
    return !some || t->prints_len || err_set(e, ERR_PEER, "the vCenter gave a thumbprint that can't be read");
}

/* ---- datastores ---- */

/* "/folder/media/x.iso?dsName=shared1" */
static bool write_target(const char *name, const char *file, struct buf *out, struct err *e)
{
    static const char folder[] = "/folder";
    bool ok = buf_append(out, folder, sizeof(folder) - 1, e);
    for (const char *p = file; ok && *p;) {
        size_t len = strcspn(p, "/");
        ok = buf_append(out, "/", 1, e) && url_encode(out, p, len, e);
        p += len + (p[len] == '/');
    }
    return ok && buf_append(out, "?dsName=", 8, e) && url_encode(out, name, strlen(name), e);
}

/* By its management address: a ticket's URL names the host so, and it needs no resolver (vsphere-api.md 3.3). */
static bool set_address(struct vim_session *s, const struct vim_object *host, struct gate_target *t, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_host h;
    if (!vim_host_read(s, host, vim_deadline(VIM_DATASTORE_MS), &a, &h, e))
        return false;
    if (h.addresses_len)
        t->host = xstrdup(h.addresses[0]);
    return true;
}

static const char *write_url(const struct gate_target *t, struct arena *a)
{
    const char *host = strchr(t->host, ':') ? arena_printf(a, "[%s]", t->host) : t->host;
    return arena_printf(a, "https://%s%s%s", host, t->port == 443 ? "" : arena_printf(a, ":%u", t->port), t->path);
}

bool host_file_datastore(const struct site *site, const struct host_file_at *at, enum vim_ticket_method method, struct host_file *ret,
                         struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(buf_done) struct buf target;
    AUTO(host_file_done) struct host_file f = { .target = gate_target_create() };
    struct vim_object datastore = { .type = "Datastore" };
    struct vim_service_ticket ticket;
    struct vim_datastore d;
    const char *file = vim_datastore_file(at->path);
    buf_init(&target, GATE_PATH_MAX);
    if (!file || !text_copy(datastore.id, sizeof(datastore.id), at->datastore))
        return err_set(e, ERR_INTERNAL, "%s is no path on a datastore", at->path);
    if (!vim_datastore_read(at->session, &datastore, vim_deadline(VIM_DATASTORE_MS), &a, &d, e) || !write_target(d.name, file, &target, e) ||
        !set_address(at->session, &d.host, f.target, e) ||
        !host_target_fill(site, at->vcenter, at->session, &d.host, f.target, e))
        return false;
    f.target->path = xstrdup(buf_str(&target));
    if (!vim_service_ticket(at->session, method, write_url(f.target, &a), vim_deadline(VIM_DATASTORE_MS), &a, &ticket, e) ||
        !add_prints(f.target, ticket.prints, ticket.prints_len, e))
        return false;
    (void)snprintf(f.cookie, sizeof(f.cookie), "vmware_cgi_ticket=%s", ticket.id);
    secret_wipe(ticket.id, strlen(ticket.id));
    *ret = f;
    f = (struct host_file){ 0 };
    return true;
}

/* ---- leases ---- */

bool host_file_lease(const struct site *site, const char *vcenter, struct vim_session *session, const struct vim_object *host,
                     const struct vim_lease_url *url, struct host_file *ret, struct err *e)
{
    AUTO(host_file_done) struct host_file f = { .target = gate_target_create() };
    AUTO(buf_done) struct buf path;
    struct url u;
    buf_init(&path, GATE_PATH_MAX);
    /* "*": the host that was asked, which for a vCenter is none: the machine's own (vsphere-api.md 3.2) */
    const char *text = url->url, *star = strstr(text, "://*");
    AUTO(arena_done) struct arena a = { 0 };
    if (star)
        text = arena_printf(&a, "%.*s://host%s", (int)(star - text), text, star + 4);
    if (!url_parse(text, strlen(text), &u, e) || !u.tls || !url_target_write(&u.target, &path, e))
        return err_set(e, ERR_PEER, "the lease has a URL that can't be read");
    if (!star) {
        f.target->host = xstrdup(u.host.name);
        f.target->port = u.host.port;
    }
    f.target->path = xstrdup(buf_str(&path));
    if (!host_target_fill(site, vcenter, session, host, f.target, e) || !add_prints(f.target, &url->thumbprint, 1, e))
        return false;
    *ret = f;
    f = (struct host_file){ 0 };
    return true;
}
