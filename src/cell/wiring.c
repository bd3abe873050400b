#include "cell/wiring.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/seal.h"
#include "cell/assets.h"
#include "cell/identity.h"
#include "cell/service.h"
#include "flow/busy.h"
#include "flow/console.h"
#include "flow/evidence.h"
#include "flow/gate_live.h"
#include "flow/guest_script.h"
#include "flow/host_table.h"
#include "flow/init.h"
#include "flow/inventory.h"
#include "flow/kinds.h"
#include "flow/live.h"
#include "flow/loan.h"
#include "flow/master_key.h"
#include "flow/publisher.h"
#include "flow/pulse.h"
#include "flow/quiesce.h"
#include "flow/session.h"
#include "flow/spool.h"
#include "flow/task.h"
#include "flow/timers.h"
#include "flow/transfer.h"
#include "flow/vcenter_table.h"
#include "flow/watch.h"
#include "gate/gate.h"
#include "http/server.h"
#include "net/hosts.h"
#include "net/local.h"
#include "net/pool.h"
#include "net/range.h"
#include "net/resolve.h"
#include "net/tls_own.h"
#include "net/tls_server.h"
#include "store/datadir.h"
#include "trust/proofs.h"
#include "trust/set.h"
#include "wire/settings.h"

enum {
    DOOR_QUEUE = 16384,
    DOOR_THREADS = 8,
    WORK_THREADS = 16,
    WORK_QUEUE = 4096,
    HOST_NAME = 256,
    LOCAL_IDLE_MS = 24 * 60 * 60 * 1000, /* a local cell ends with its last connection: one that waits for a person must last */
};

static bool read_config(const char *path, struct config *ret, struct arena *a, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONFIG_BYTES_MAX);
    return file_read(path, &text, e) && config_read(buf_str(&text), text.len, ret, a, e);
}

static void store_changed(void *pulse, const char *kind)
{
    pulse_beat(pulse, kind);
}

static bool open_store(struct cell *c, struct err *e)
{
    struct store_opened opened;
    const struct config *cf = &c->config;
    const char *key_file = cf->master_key_file ? cf->master_key_file : arena_printf(&c->arena, "%s/master.key", cf->data_dir);
    const char *url = cf->store_url ? cf->store_url : arena_printf(&c->arena, "sqlite:%s/store.db", cf->data_dir);
    c->keys = seal_keys_create();
    if (!master_key_hold(key_file, c->keys, e))
        return err_in(e, "the master key (run \"vouchsafe init\" first)");
    if (!store_datadir_take(cf->data_dir, &c->datadir, e) ||
        !store_source_open(url, STORE_OPEN_MIGRATE, c->keys, &c->source, &opened, e))
        return err_in(e, "the store");
    if (opened.copy[0])
        LOG(INFO, "store.migrated", "from=%u to=%u copy=\"%s\"", opened.from, opened.to, opened.copy);
    c->pulse = pulse_create();
    store_source_watch(c->source, store_changed, c->pulse);
    c->shelf = loan_shelf_create(c->source);
    c->live = trust_live_create(trust_set_create(&(struct trust_rows){ 0 }, NULL));
    return true;
}

static bool open_threads(struct cell *c, struct err *e)
{
    if (c->config.resolver_hosts && !(c->hosts = hosts_load(c->config.resolver_hosts, e)))
        return false;
    const struct pool_config requests = { "request", (unsigned)c->config.pool_threads, POOL_QUEUE_MAX };
    const struct pool_config work = { "work", WORK_THREADS, WORK_QUEUE };
    c->requests = pool_create(&requests, e);
    c->work = c->requests ? pool_create(&work, e) : NULL;
    const struct pool_config doors = { "door", DOOR_THREADS, DOOR_QUEUE };
    c->doors = c->work ? pool_create(&doors, e) : NULL;
    if (!c->doors)
        return false;
    c->resolver = resolver_create(c->hosts, RESOLVE_AUTO, c->work);
    return true;
}

static bool fill_site(struct cell *c, struct err *e)
{
    char name[HOST_NAME] = "localhost", address[ADDRESS_TEXT];
    (void)gethostname(name, sizeof(name) - 1);
    if (!address_parse_port(c->config.listen, &c->listen, e))
        return false;
    address_write(&c->listen, address);
    c->site = (struct site){
        .shelf = c->shelf, .live = c->live, .resolver = c->resolver, .pool = c->work,
        .cell_name = arena_strdup(&c->arena, name),
        .cell_address = arena_strdup(&c->arena, address), .data_dir = c->config.data_dir, .allow_lab = c->lab,
        .crl_strict = c->config.crl_strict, .session_idle_ms = c->config.session_idle_ms,
        .connect_ms = c->config.connect_timeout_ms, .handshake_ms = c->config.handshake_timeout_ms,
    };
    c->site.pulse = c->pulse;
    c->site.sessions = session_table_create(&c->site);
    c->site.vcenters = vcenter_table_create(NULL);
    c->site.host_table = host_table_create();
    c->site.proofs = trust_proofs_create();
    c->site.connected = live_create();
    live_add(c->site.connected, &(struct live_source){ vcenter_table_live, &c->site });
    c->site.busy = busy_create(BUSY_ALL, BUSY_PER_OWNER);
    c->site.transfer_idle_ms = c->config.transfer_idle_ms;
    c->site.rests = task_rests_create();
    c->site.transfers = transfer_table_create();
    c->site.guests = busy_create(GUEST_SCRIPTS_MAX, 1);
    c->site.watch = c->local ? NULL : watch_create(&c->site);
    c->site.inventory = c->local ? NULL : inventory_create(&c->site);
    const struct spool_config spool = { c->config.data_dir, c->config.spool_max, c->config.spool_idle_ms };
    if (!c->local && !spool_create(&spool, &c->site.spool, e))
        return err_in(e, "the spool for downloads");
    return evidence_create(c->shelf, &c->site.evidence, e) && cell_urn(c, &c->site.cell_urn, e);
}

static void open_gate(struct cell *c)
{
    const struct gate_config g = { .policy = &console_policy, .self = &c->site, .pool = c->doors, .resolver = c->resolver,
                                   .live = c->live, .idle_ms = c->config.console_idle_ms, .life_ms = c->config.console_life_ms,
                                   .between_ms = c->config.transfer_idle_ms,
                                   .finish = c->config.on_withdraw == CONFIG_WITHDRAW_FINISH };
    c->gate = gate_create(&g);
    c->site.gate = c->gate;
    const struct live_source relayed = gate_live(&c->site);
    live_add(c->site.connected, &relayed);
}

/* What is open is decided again on its kept chain. */
static void trust_changed(void *self, uint64_t generation)
{
    const struct cell *c = self;
    gate_review(c->gate);
    if (c->site.spool) {
        AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(c->live);
        (void)spool_review(c->site.spool, set);
    }
    LOG(INFO, "trust.live", "generation=%llu closed=%zu", (unsigned long long)generation, vcenter_table_review(&c->site));
}

/* From here on what is kept is live. */
static bool open_trust(struct cell *c, struct err *e)
{
    open_gate(c);
    const struct publisher_config p = { .shelf = c->shelf, .live = c->live, .swapped = trust_changed, .self = c };
    bool ok = publisher_create(&p, &c->publisher, e);
    c->site.publisher = c->publisher;
    return ok;
}

/* The start of every href: public_url, else what was listened on, by the host's name where that is every address. */
static void fill_url(struct cell *c)
{
    char text[ADDRESS_PORT_TEXT];
    const char *url = c->config.public_url;
    size_t len = url ? strlen(url) : 0;
    if (c->local && c->listen.port == 0)
        c->listen.port = 443; /* nobody listens and the kernel chose none; an href without a port can't be read */
    address_write_port(&c->listen, text);
    if (url)
        c->site.base_url = arena_strndup(&c->arena, url, url[len - 1] == '/' ? len - 1 : len);
    else if (address_class(&c->listen) == ADDRESS_UNSPECIFIED)
        c->site.base_url = arena_printf(&c->arena, "https://%s:%u", c->site.cell_name, c->listen.port);
    else
        c->site.base_url = arena_printf(&c->arena, "https://%s", text);
}

/* The load balancers; config_read has read them already. */
static bool read_proxies(const struct setting_list *from, struct range ret[SERVICE_PROXIES_MAX], struct err *e)
{
    for (size_t i = 0; i < from->len; i++)
        if (!range_parse(from->items[i], &ret[i], e))
            return false;
    return true;
}

static struct service_limits limits_of(const struct cell *c, const struct config *cf)
{
    return (struct service_limits){ .connections = cf->connections, .request_body = cf->request_body,
                                    .handshake_ms = cf->handshake_timeout_ms, .idle_ms = c->local ? LOCAL_IDLE_MS : 0 };
}

/* Where the command line finds a cell that runs. NULL when the path is longer than a socket's may be. */
static const char *control_path(struct cell *c)
{
    const char *path = arena_printf(&c->arena, "%s/control", c->config.data_dir);
    if (strlen(path) <= LOCAL_PATH_MAX)
        return path;
    LOG(WARN, "control.absent", "path=\"%s\" why=\"longer than %d bytes\"", path, LOCAL_PATH_MAX);
    return NULL;
}

/* A local cell ends as if it had been told to. */
static void deserted(void *self)
{
    (void)self;
    (void)kill(getpid(), SIGTERM);
}

static bool open_local(struct cell *c, struct err *e)
{
    struct http_server_config http = { .pool = c->requests };
    const struct service_config s = { .loops = 1, .limits = limits_of(c, &c->config), .control = control_path(c), .deserted = deserted,
                                      .self = c, .http = &http };
    c->app = api_app_create(&c->site, assets_routes, assets_routes_len, e);
    if (!c->app)
        return false;
    if (!s.control)
        return err_set(e, ERR_INPUT, "the path of %s/control is longer than %d bytes", c->config.data_dir, LOCAL_PATH_MAX);
    api_app_serve(c->app, &http);
    fill_url(c);
    return service_create(&s, &c->service, e);
}

static bool open_port(struct cell *c, struct err *e)
{
    AUTO(tls_identity_unrefp) struct tls_identity *identity = NULL;
    struct range proxies[SERVICE_PROXIES_MAX];
    const struct setting_list *from = &c->config.proxy_from;
    static_assert((int)SERVICE_PROXIES_MAX >= (int)SETTINGS_LIST_MAX, "a list fits");
    struct http_server_config http = { .pool = c->requests };
    c->app = api_app_create(&c->site, assets_routes, assets_routes_len, e);
    if (!c->app || !cell_identity_open(c, &identity, e) || !read_proxies(from, proxies, e))
        return false;
    api_app_serve(c->app, &http);
    const struct service_config s = { .listen = &c->listen, .loops = (unsigned)c->config.loops,
                                      .limits = limits_of(c, &c->config), .identity = identity, .http = &http,
                                      .gate = c->gate, .control = control_path(c), .proxies = proxies, .proxies_len = from->len };
    if (!service_create(&s, &c->service, e))
        return err_in(e, "listening on %s", c->config.listen);
    (void)service_ciphers(c->service, c->site.ciphers, SITE_CIPHERS - 1);
    fill_url(c);
    return true;
}

bool cell_open(struct cell *c, struct err *e)
{
    if (!read_config(c->config_path, &c->config, &c->arena, e))
        return false;
    log_threshold_set((enum log_level)c->config.log_level);
    return open_store(c, e) && open_threads(c, e) && fill_site(c, e) && open_trust(c, e) &&
           (c->local ? open_local(c, e) : open_port(c, e));
}

/* Without an administrator nothing but /api/versions is answered (contracts, "Starting"). */
static bool open_app(struct cell *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    bool there;
    if (!loan_begin(c->shelf, &l, e) || !init_has_administrator(l.store, &there, e))
        return false;
    if (there)
        api_app_open(c->app);
    else
        LOG(WARN, "cell.no-administrator", "next=\"stop the cell and run vouchsafe init\"");
    return true;
}

/* What another process left half way is for the next one that stays. */
static bool start_work(struct cell *c, struct err *e)
{
    if (!quiesce_clear(&c->site, e))
        return err_in(e, "taking work again");
    if (c->local) {
        watch_nobody(&c->site, "the cell does not run");
        return true;
    }
    if (!tasks_recover(&c->site, flow_kinds, e))
        return err_in(e, "tasks that were found half way");
    c->timers = timers_create(&c->site, timers_of_cell);
    return watch_start(c->site.watch, e) && inventory_start(c->site.inventory, e) && timers_start(c->timers, e);
}

bool cell_start(struct cell *c, struct err *e)
{
    return start_work(c, e) && open_app(c, e) && service_start(c->service, e);
}

bool cell_visited(const struct cell *c)
{
    return service_visited(c->service);
}

bool cell_reload(struct cell *c, struct err *e)
{
    struct config fresh;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(tls_identity_unrefp) struct tls_identity *identity = NULL;
    if (!read_config(c->config_path, &fresh, &a, e) ||
        (!c->local && (!tls_own_load(c->config.data_dir, &identity, e) || !service_identity(c->service, identity, e))))
        return false;
    const struct service_limits limits = limits_of(c, &fresh);
    log_threshold_set((enum log_level)fresh.log_level);
    site_limits(&c->site, fresh.session_idle_ms, fresh.connect_timeout_ms, fresh.handshake_timeout_ms);
    service_limits(c->service, &limits);
    return true;
}

void cell_stop(struct cell *c)
{
    site_close(&c->site);
    pulse_close(c->pulse);
    service_drain(c->service);
}

void cell_close(struct cell *c)
{
    c->requests = pool_destroy(c->requests); /* its desks' loops still exist */
    c->site.inventory = inventory_destroy(c->site.inventory);
    c->doors = pool_destroy(c->doors);
    c->timers = timers_destroy(c->timers);
    c->site.watch = watch_destroy(c->site.watch);
    c->work = pool_destroy(c->work);
    c->site.rests = task_rests_destroy(c->site.rests);
    c->site.transfers = transfer_table_destroy(c->site.transfers);
    c->service = service_destroy(c->service);
    c->app = api_app_destroy(c->app);
    c->site.spool = spool_destroy(c->site.spool);
    c->publisher = publisher_destroy(c->publisher);
    c->gate = gate_destroy(c->gate);
    c->site.vcenters = vcenter_table_destroy(c->site.vcenters);
    c->site.host_table = host_table_destroy(c->site.host_table);
    c->site.proofs = trust_proofs_destroy(c->site.proofs);
    c->site.connected = live_destroy(c->site.connected);
    c->site.busy = busy_destroy(c->site.busy);
    c->site.guests = busy_destroy(c->site.guests);
    c->site.evidence = evidence_destroy(c->site.evidence);
    c->site.sessions = session_table_destroy(c->site.sessions);
    c->resolver = resolver_destroy(c->resolver);
    c->hosts = hosts_destroy(c->hosts);
    c->live = trust_live_destroy(c->live);
    c->shelf = loan_shelf_destroy(c->shelf);
    c->source = store_source_close(c->source);
    c->pulse = pulse_destroy(c->pulse);
    c->keys = seal_keys_destroy(c->keys);
    c->datadir = store_datadir_release(c->datadir);
    arena_done(&c->arena);
}
