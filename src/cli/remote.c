#include "cli/remote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/here.h"
#include "cli/remote_fields.h"
#include "http/client.h"
#include "net/chain.h"
#include "net/hosts.h"
#include "net/local.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "probe/endpoint.h"
#include "trust/cert.h"
#include "trust/set.h"

bool remote_url(const char *text, struct arena *a, const char **ret_url, struct url_host *ret_host, struct err *e)
{
    char host[URL_HOST_TEXT];
    struct url_host h;
    if (!probe_endpoint_parse(text, &h, e))
        return err_in(e, "the cell's URL");
    url_host_write(&h, PROBE_PORT_DEFAULT, host);
    *ret_url = arena_printf(a, "https://%s", host);
    *ret_host = h;
    return true;
}

bool remote_create(const struct remote_config *c, struct remote **ret, struct err *e)
{
    AUTO(remote_closep) struct remote *r = xcalloc(1, sizeof(*r));
    r->url = xstrdup(c->url);
    r->host = c->host;
    r->timeout_ms = c->timeout_ms;
    r->pinned = c->pinned != NULL;
    if (c->pinned)
        memcpy(r->pin, c->pinned, sizeof(r->pin));
    if (c->hosts_file && !(r->hosts = hosts_load(c->hosts_file, e))) {
        e->kind = ERR_INPUT; /* also when there is none: it was named */
        return err_in(e, "--hosts");
    }
    r->resolver = resolver_create(r->hosts, RESOLVE_AUTO, NULL);
    r->live = trust_live_create(trust_set_ref(c->anchors));
    r->tls = tls_client_create(r->live, e);
    if (!r->tls)
        return false;
    *ret = STEAL(r);
    return true;
}

struct remote *remote_close(struct remote *r)
{
    if (!r)
        return NULL;
    http_client_destroy(r->http);
    tls_client_destroy(r->tls);
    trust_live_destroy(r->live);
    resolver_destroy(r->resolver);
    hosts_destroy(r->hosts);
    here_leave(r->here);
    secret_done(&r->bearer);
    free(r->url);
    free(r->tenant);
    free(r);
    return NULL;
}

const char *remote_name(const struct remote *r)
{
    return r->url;
}

void remote_patience(struct remote *r, int64_t at_least_ms)
{
    if (r->timeout_ms < at_least_ms)
        r->timeout_ms = at_least_ms;
}

/* ---- the connection ---- */

/* A pin says one certificate; the engine would take what that certificate issued as well, were it a CA. */
static bool check_pin(const struct remote *r, const struct conn *c, struct err *e)
{
    return !r->pinned || memcmp(chain_leaf_sha256(tls_chain(c)), r->pin, sizeof(r->pin)) == 0 ||
           err_set(e, ERR_UNTRUSTED, "it presents another certificate than the one that was confirmed at login");
}

static bool connect_here(const struct remote *r, struct conn **ret, struct err *e)
{
    *ret = local_connect(here_socket(r->here), e);
    return *ret || err_in(e, "%s", r->url);
}

static bool connect_https(const struct remote *r, struct conn **ret, struct err *e)
{
    struct resolve_answer at;
    const char *names[] = { r->host.name };
    if (!resolve_now(r->resolver, r->host.name, r->host.port, &at, e)) {
        if (e->kind == ERR_NOT_FOUND)
            e->kind = ERR_PEER;
        return err_in(e, "%s", r->url);
    }
    struct tcp_options options = { .share_ms = tcp_share(r->timeout_ms, at.len) };
    struct tls_ask ask = {
        .server_name = r->host.name,
        .question = { .names = names, .names_len = 1, .names_mode = r->pinned ? TRUST_NAMES_OFF : TRUST_NAMES_CHECK,
                      .behalf = { .kind = TRUST_FOR_ADDRESS, .host = r->host.name, .port = r->host.port },
                      .purpose = TRUST_PURPOSE_SERVER },
    };
    AUTO(conn_destroyp) struct conn *c = tls_client_conn(r->tls, tcp_connect(at.addresses, at.len, &options), &ask);
    if (!io_run(&conn_shaking, c, clock_mono_ms() + r->timeout_ms, e) || !check_pin(r, c, e)) {
        if (e->kind == ERR_UNTRUSTED)
            return err_in(e, "%s is not believed ('vouchsafe login' shows what it presents)", r->url);
        return err_in(e, "%s", r->url);
    }
    *ret = STEAL(c);
    return true;
}

bool remote_connect(struct remote *r, struct err *e)
{
    struct conn *c;
    if (r->http && http_client_ready(r->http) && !http_client_stale(r->http))
        return true;
    r->http = http_client_destroy(r->http);
    if (!(r->here ? connect_here(r, &c, e) : connect_https(r, &c, e)))
        return false;
    r->http = http_client_create(c, NULL);
    return true;
}

/* ---- the cell of a command line ---- */

/* Anchors out of --ca, else what login kept. */
static bool read_anchors(struct cli *cli, const struct remote_args *args, const struct context *c, struct bundle *ret,
                         struct err *e)
{
    struct arg_list files = { 0 };
    if (args->ca) {
        arg_list_add(&files, args->ca, &cli->arena);
        return bundle_files(ret, TRUST_PEM_CERTIFICATE, &files, &cli->arena, e);
    }
    if (!c->anchors)
        return err_set(e, ERR_UNTRUSTED, "nothing says which certificate %s has: log in again, or name --ca FILE", c->url);
    return bundle_add(ret, TRUST_PEM_CERTIFICATE, c->anchors, strlen(c->anchors), &cli->arena, e);
}

static bool context_of(struct cli *cli, const struct remote_args *args, struct context *ret, struct err *e)
{
    struct url_host host;
    const char *url = NULL, *directory;
    if (args->url && !remote_url(args->url, &cli->arena, &url, &host, e))
        return false;
    if (!context_directory(cli->env, &cli->arena, &directory, e))
        return false;
    if (context_load(directory, url, &cli->arena, ret, e))
        return true;
    if (e->kind == ERR_NOT_FOUND)
        e->kind = ERR_DENIED;
    return false;
}

static bool open_login(struct cli *cli, const struct remote_args *args, struct remote **ret, struct err *e)
{
    AUTO(context_done) struct context c = { 0 };
    AUTO(trust_set_unrefp) struct trust_set *set = NULL;
    AUTO(remote_closep) struct remote *r = NULL;
    struct bundle anchors = { 0 }, none = { 0 };
    struct remote_config config = { .hosts_file = args->hosts, .timeout_ms = args->timeout.value };
    uint8_t pin[DIGEST_SHA256];
    if (!context_of(cli, args, &c, e) || !remote_url(c.url, &cli->arena, &config.url, &config.host, e) ||
        !read_anchors(cli, args, &c, &anchors, e))
        return false;
    if (!c.token.len)
        return err_set(e, ERR_DENIED, "nobody is logged in at %s: 'vouchsafe login %s'", c.url, c.url);
    if (c.pinned && !args->ca && anchors.len == 1) {
        digest_sha256(anchors.items[0].der, anchors.items[0].len, pin);
        config.pinned = pin;
    }
    config.anchors = set = bundle_trust(&anchors, &none, &cli->arena, NULL);
    if (!remote_create(&config, &r, e) || !remote_token(r, &c.token, e))
        return false;
    *ret = STEAL(r);
    return true;
}

/* ---- which of the carriers ---- */

/* Does the option have its value from the environment? */
static bool from_env(const struct cli *cli, const char *value, const char *name)
{
    const char *set = cli->env ? cli->env(name) : NULL;
    return value && set && strcmp(value, set) == 0;
}

static bool logged_in(struct cli *cli)
{
    AUTO(context_done) struct context c = { 0 };
    struct remote_args none = { 0 };
    struct err e;
    return context_of(cli, &none, &c, &e) && c.token.len > 0;
}

/* The command line goes before the environment, a login before the default configuration. */
static bool is_here(struct cli *cli, const struct remote_args *args, bool *ret, struct err *e)
{
    bool url = args->url != NULL, here = args->config || args->data_dir;
    bool url_env = from_env(cli, args->url, "VOUCHSAFE_URL");
    bool here_env = !args->data_dir && from_env(cli, args->config, "VOUCHSAFE_CONFIG");
    if (url && here && url_env == here_env)
        return err_set(e, ERR_INPUT, "--url names one cell, --config or --data-dir another: say which (or unset VOUCHSAFE_URL or "
                       "VOUCHSAFE_CONFIG)");
    if (url && here)
        here = url_env;
    *ret = here || (!url && access(HERE_CONFIG, F_OK) == 0 && !logged_in(cli));
    return true;
}

static bool open_here(struct cli *cli, const struct remote_args *args, struct remote **ret, struct err *e)
{
    AUTO(remote_closep) struct remote *r = xcalloc(1, sizeof(*r));
    struct here_place place;
    if (!here_find(cli, args->config, args->data_dir, args->lab, &place, e))
        return false;
    place.running_only = args->running_only;
    r->url = xstrdup(arena_printf(&cli->arena, "the cell of %s", place.data_dir));
    r->host = (struct url_host){ .name = "localhost" };
    r->timeout_ms = args->timeout.value;
    if (!here_attach(cli, &place, r->timeout_ms, &r->here, e))
        return false;
    *ret = STEAL(r);
    return true;
}

bool remote_open(struct cli *cli, const struct remote_args *args, struct remote **ret, struct err *e)
{
    bool here = false;
    return is_here(cli, args, &here, e) && (here ? open_here(cli, args, ret, e) : open_login(cli, args, ret, e));
}
