#include "flow/config.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/def.h"
#include "net/pool.h"
#include "net/range.h"
#include "wire/url.h"

#define AT(field) .at = offsetof(struct config, field)

static const struct setting table[] = {
    { "", "listen", SETTING_TEXT, AT(listen), .fallback = "0.0.0.0:8443",
      .help = "Address and port that serve API, console and transfer; 443 needs CAP_NET_BIND_SERVICE" },
    { "", "public_url", SETTING_TEXT, AT(public_url),
      .help = "What clients call the cell, behind a load balancer: every href, console URL and redirect begins with it" },
    { "", "data_dir", SETTING_TEXT, AT(data_dir), .fallback = "/var/lib/vouchsafe",
      .help = "Where the cell keeps what it must not lose; mode 0700, owned by the cell's user" },
    { "", "store_url", SETTING_TEXT, AT(store_url),
      .help = "sqlite:PATH, or postgresql:.. for several cells; without it a SQLite file in data_dir" },
    { "", "master_key_file", SETTING_TEXT, AT(master_key_file),
      .help = "The key that seals stored passwords, mode 0400; losing it loses them all. Without it master.key in data_dir" },
    { "", "on_withdraw", SETTING_CHOICE, AT(on_withdraw), .choices = "end|finish", .fallback = "end",
      .help = "What happens to live relays when the trust they stand on is withdrawn, unless the change itself says so" },
    { "log", "level", SETTING_CHOICE, AT(log_level), .choices = "error|warn|info|debug", .fallback = "info",
      .help = "The least important events that are logged", .reload = true },
    { "proxy", "from", SETTING_LIST, AT(proxy_from),
      .help = "Load balancers, by address or network (10.0.0.0/28): each has to begin with a PROXY protocol v2 header, which is believed" },
    { "resolver", "hosts", SETTING_TEXT, AT(resolver_hosts),
      .help = "A hosts file that is asked before the system's resolver" },
    { "trust", "public_cas", SETTING_BOOL, AT(public_cas), .fallback = "no",
      .help = "Whether the operating system's public CAs are anchors as well; this cell has no use for them yet and takes only no" },
    { "trust", "crl_strict", SETTING_BOOL, AT(crl_strict), .fallback = "no",
      .help = "Whether a missing or stale CRL refuses; a revoked certificate always does" },
    { "limits", "loops", SETTING_NUMBER, AT(loops), .fallback = "2", .min = 1, .max = 64,
      .help = "Loop threads; at most one a core is of use" },
    { "limits", "pool_threads", SETTING_NUMBER, AT(pool_threads), .fallback = "16", .min = 2, .max = POOL_THREADS_MAX,
      .help = "Pool threads: requests that are worked on at once" },
    { "limits", "connections", SETTING_NUMBER, AT(connections), .fallback = "10000", .min = 16, .max = 1000000,
      .help = "Client connections, shared out evenly among the loops; the next one is answered with 503 and closed", .reload = true },
    { "limits", "request_body", SETTING_SIZE, AT(request_body), .fallback = "1M", .min = 4096, .max = 64 << 20,
      .help = "The largest body of an API request: one larger is answered with 413. Transfers are not limited by it", .reload = true },
    { "limits", "session_idle", SETTING_DURATION, AT(session_idle_ms), .fallback = "30m", .min = 60000, .max = 86400000,
      .help = "How long a session lives without a request", .reload = true },
    { "limits", "connect_timeout", SETTING_DURATION, AT(connect_timeout_ms), .fallback = "10s", .min = 100, .max = 120000,
      .help = "How long a connection to vCenter, NSX or a host may take to open", .reload = true },
    { "limits", "handshake_timeout", SETTING_DURATION, AT(handshake_timeout_ms), .fallback = "10s", .min = 100,
      .max = 120000, .help = "How long a TLS handshake may take: a client's with the cell, and ours with vCenter, NSX or a host", .reload = true },
    { "limits", "console_idle", SETTING_DURATION, AT(console_idle_ms), .fallback = "30m", .min = 1000, .max = 86400000,
      .help = "How long nothing may move on a console before it is closed" },
    { "limits", "console_life", SETTING_DURATION, AT(console_life_ms), .fallback = "24h", .min = 1000, .max = 604800000,
      .help = "How long a console may last, however busy" },
    { "limits", "spool_max", SETTING_SIZE, AT(spool_max), .fallback = "64G", .min = 1 << 20, .max = UINT64_C(1) << 50,
      .help = "What downloads may take in data_dir/spool, all together; one more than that fails and says so" },
    { "limits", "spool_idle", SETTING_DURATION, AT(spool_idle_ms), .fallback = "60m", .min = 1000, .max = 86400000,
      .help = "How long a download stays in the spool after somebody read of it last" },
    { "limits", "transfer_idle", SETTING_DURATION, AT(transfer_idle_ms), .fallback = "60m", .min = 1000, .max = 86400000,
      .help = "How long an upload waits for its client's next request before it ends" },
};

const struct setting *config_table(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(table);
    return table;
}

static bool check_url(const struct config *c, struct err *e)
{
    struct url u;
    if (!c->public_url)
        return true;
    if (!url_parse(c->public_url, strlen(c->public_url), &u, e))
        return err_in(e, "public_url");
    if (!u.tls || u.target.has_query || u.target.path.len > 1)
        return err_set(e, ERR_INPUT, "public_url: must be https://host or https://host:port, nothing behind it");
    return true;
}

static bool check_addresses(const struct config *c, struct err *e)
{
    struct address a;
    struct range r;
    if (!address_parse_port(c->listen, &a, e))
        return err_in(e, "listen");
    for (size_t i = 0; i < c->proxy_from.len; i++)
        if (!range_parse(c->proxy_from.items[i], &r, e))
            return err_in(e, "proxy.from");
    return true;
}

/* Better no cell than one that seems to believe what it does not. */
static bool check_trust(const struct config *c, struct err *e)
{
    return !c->public_cas || err_set(e, ERR_INPUT, "trust.public_cas: this cell does not take the operating system's CAs as anchors");
}

static bool check_paths(const struct config *c, struct err *e)
{
    if (c->data_dir[0] != '/' || (c->master_key_file && c->master_key_file[0] != '/'))
        return err_set(e, ERR_INPUT, "data_dir and master_key_file must be absolute paths");
    if (c->store_url && strncmp(c->store_url, "sqlite:/", 8) != 0 && strncmp(c->store_url, "postgresql:", 11) != 0)
        return err_set(e, ERR_INPUT, "store_url: must begin with sqlite:/ or postgresql:");
    return true;
}

bool config_read(const char *text, size_t len, struct config *ret, struct arena *arena, struct err *e)
{
    return config_read_from(text, len, ret, NULL, arena, e);
}

bool config_read_from(const char *text, size_t len, struct config *ret, struct setting_origin *origins, struct arena *arena,
                      struct err *e)
{
    struct config c = { 0 };
    if (!settings_read_from(text, len, table, ARRAY_LEN(table), &(struct setting_target){ &c, origins }, arena, e) || !check_addresses(&c, e) ||
        !check_url(&c, e) || !check_trust(&c, e) ||
        !check_paths(&c, e))
        return err_in(e, "configuration");
    *ret = c;
    return true;
}
