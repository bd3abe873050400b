/* vouchsafe probe: look at TLS endpoints, one at length or thousands as a table. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/look.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/targets.h"
#include "net/desk.h"
#include "net/hosts.h"
#include "net/loop.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "probe/endpoint.h"
#include "probe/scan.h"
#include "trust/set.h"

enum {
    LOOKUP_THREADS = 8, /* names looked up at the same time */
    TICK_MS = 100,      /* between two looks at the progress line */
};

struct probe_args {
    struct arg_list hosts_words, anchors, crls;
    const char *name, *proxy, *hosts, *file, *save;
    struct arg_number parallel, timeout;
    int family;
};

#define AT(field) .at = offsetof(struct probe_args, field)

static const struct arg_option options[] = {
    { .name = "anchors", .type = ARG_LIST, AT(anchors), .value = "FILE",
      .help = "certificates to trust, as PEM or DER; without them the chain is shown and nothing is judged" },
    { .name = "crls", .type = ARG_LIST, AT(crls), .value = "FILE",
      .help = "revocation lists; with this option every certificate below the anchor needs a usable one" },
    { .name = "name", .type = ARG_TEXT, AT(name), .value = "NAME",
      .help = "the name that the certificate must carry, and that the peer is asked for, instead of HOST" },
    { .name = "file", .type = ARG_TEXT, AT(file), .value = "FILE",
      .help = "read more endpoints from this file (-: standard input), one a line; # begins a comment" },
    { .name = "proxy", .type = ARG_TEXT, AT(proxy), .value = "URL", .env = "VOUCHSAFE_PROXY",
      .help = "connect through this HTTP proxy (http://HOST:PORT, method CONNECT); it looks the names up" },
    { .name = "hosts", .type = ARG_TEXT, AT(hosts), .value = "FILE", .env = "VOUCHSAFE_HOSTS",
      .help = "look names up in this hosts file first" },
    { .name = "family", .type = ARG_CHOICE, AT(family), .value = "FAMILY", .choices = "any|ipv4|ipv6",
      .fallback = "any", .help = "use addresses of this family only" },
    { .name = "timeout", .type = ARG_DURATION, AT(timeout), .value = "TIME", .min = PROBE_TIMEOUT_MIN_MS,
      .max = PROBE_TIMEOUT_MAX_MS, .fallback = "10s", .env = "VOUCHSAFE_TIMEOUT",
      .help = "for everything about one endpoint" },
    { .name = "parallel", .type = ARG_NUMBER, AT(parallel), .value = "N", .min = 1, .max = SCAN_PARALLEL_MAX,
      .fallback = "64", .env = "VOUCHSAFE_PARALLEL", .help = "endpoints that are looked at at the same time" },
    { .name = "save", .type = ARG_TEXT, AT(save), .value = "FILE",
      .help = "write the chain of the one endpoint as PEM, without what was also sent" },
};

static const struct arg_operand operands[] = {
    { .name = "HOST[:PORT]", AT(hosts_words), .many = true,
      .help = "endpoints: HOST, HOST:PORT, [IPV6]:PORT or an https URL; the port is 443 unless given" },
};

static const struct cli_code codes[] = {
    { CLI_DONE, "every endpoint is believed; without --anchors: every endpoint was seen" },
    { CLI_USAGE, "wrong arguments, or a file that can't be read" },
    { CLI_UNREACHABLE, "one endpoint: unreachable, or it speaks no TLS; many: none was seen" },
    { CLI_UNTRUSTED, "one endpoint: refused; many: none is believed, and at least one was refused" },
    { CLI_PARTIAL, "many: some are believed (without --anchors: seen), some are not" },
    { CLI_TIMEOUT, "no endpoint answered in time" },
    { CLI_INTERRUPTED, "interrupted; what was seen by then is printed" },
};

static enum out_style result_style(const json_t *row)
{
    return json_is_true(json_object_get(row, "bad")) ? OUT_BAD : OUT_GOOD;
}

static const struct rows_column columns[] = {
    { .title = "ENDPOINT", .key = "endpoint" },
    { .title = "RESULT", .key = "result", .style = result_style },
    { .title = "MS", .key = "ms", .right = true },
    { .title = "ADDRESS", .key = "address", .wide = true },
    { .title = "TLS", .key = "tls", .wide = true },
    { .title = "VALID UNTIL", .key = "until" },
    { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "ISSUER", .key = "issuer" },
    { .title = "SUBJECT, OR WHY NOT", .key = "subject" },
};

/* One run of the command. */
struct scanning {
    struct cli *cli;
    const struct probe_args *args;
    struct targets targets;
    const char *name;            /* NULL: the endpoint's host */
    struct url_host proxy;       /* port 0: there is none */
    struct trust_set *set;       /* owned */
    struct trust_live *live;     /* owned; holds the set for the handshakes */
    struct hosts *hosts;         /* owned; may be NULL */
    int64_t now;                 /* seconds; one moment for all */
    size_t next, done;
    size_t results[LOOK_RESULTS];
    bool looking_up;             /* a thread may still wait for the system's resolver */
    bool one;                    /* a single endpoint: shown at length */
    struct err save_error;
    struct loop *loop;
    struct loop_timer tick;
    struct progress progress;
    struct rows rows;
};

static void scanning_done(struct scanning *s)
{
    rows_done(&s->rows);
    hosts_destroy(s->hosts);
    trust_live_destroy(s->live);
    trust_set_unref(s->set);
    targets_done(&s->targets);
}

static bool judged(const struct scanning *s)
{
    return s->args->anchors.len > 0;
}

/* ---- reading what was asked ---- */

static bool read_targets(struct scanning *s, struct err *e)
{
    struct arena *arena = &s->cli->arena;
    return targets_words(&s->targets, &s->args->hosts_words, arena, e) &&
           (!s->args->file || targets_file(&s->targets, s->args->file, arena, e));
}

static bool read_name(struct scanning *s, struct err *e)
{
    struct url_host host;
    if (!s->args->name)
        return true;
    if (!url_host_parse(s->args->name, strlen(s->args->name), &host, NULL) || host.port)
        return err_set(e, ERR_INPUT, "--name: not a host name or an address");
    s->name = arena_strdup(&s->cli->arena, host.name);
    return true;
}

static bool read_trust(struct scanning *s, struct err *e)
{
    s->set = bundle_trust_files(&s->args->anchors, &s->args->crls, &s->cli->out, &s->cli->arena, e);
    if (!s->set)
        return false;
    s->live = trust_live_create(trust_set_ref(s->set));
    return true;
}

static bool read_all(struct scanning *s, struct err *e)
{
    if (s->args->proxy && !probe_endpoint_parse_proxy(s->args->proxy, &s->proxy, e))
        return err_in(e, "--proxy");
    if (s->args->hosts && !(s->hosts = hosts_load(s->args->hosts, e))) {
        e->kind = ERR_INPUT; /* also when there is none: it was named */
        return err_in(e, "--hosts");
    }
    return read_targets(s, e) && read_name(s, e) && read_trust(s, e);
}

/* ---- looking ---- */

static struct probe_request request_of(struct scanning *s, struct target *t)
{
    const char *const *name = s->name ? &s->name : &t->host;
    return (struct probe_request){
        .endpoint = t->endpoint,
        .server_name = *name,
        .proxy = s->proxy.port ? &s->proxy : NULL,
        .timeout_ms = s->args->timeout.value,
        .tag = t,
        .question = {
            .names = name,
            .names_len = 1,
            .names_mode = TRUST_NAMES_CHECK,
            .behalf = { .kind = TRUST_FOR_ADDRESS, .host = t->host, .port = t->endpoint.port },
            .purpose = TRUST_PURPOSE_SERVER,
            .crl_mode = s->args->crls.len ? TRUST_CRL_REQUIRE : TRUST_CRL_OFF,
            .now = s->now,
        },
    };
}

static bool next(void *self, struct probe_request *ret)
{
    struct scanning *s = self;
    if (s->next == s->targets.len)
        return false;
    *ret = request_of(s, &s->targets.items[s->next++]);
    return true;
}

static void ended(void *self, void *tag, const struct probe_report *r)
{
    struct scanning *s = self;
    struct target *t = tag;
    struct probe_request request = request_of(s, t);
    struct look_view w = { t->text, &request, r, s->set, judged(s) };
    s->results[look_result(&w)]++;
    s->done++;
    s->looking_up |= !r->seen && r->stage == PROBE_RESOLVE && r->err.kind == ERR_TIMEOUT;
    switch (s->cli->out.format) {
    case OUT_JSONL:
        rows_add(&s->rows, look_json(&w));
        break;
    case OUT_JSON:
        t->row = look_json(&w);
        break;
    case OUT_TABLE:
    case OUT_WIDE:
    case OUT_NAME:
        if (s->one && s->cli->out.format != OUT_NAME)
            look_print(&s->cli->out, &w);
        else
            t->row = look_row(&w);
        break;
    }
    if (s->args->save && r->seen && !look_save(r, s->args->save, &s->save_error))
        out_error(&s->cli->out, "%s", s->save_error.msg);
}

static void finished(void *self)
{
    struct scanning *s = self;
    loop_stop(s->loop);
}

static void on_tick(struct loop_timer *t)
{
    struct scanning *s = CONTAINER_OF(t, struct scanning, tick);
    progress_update(&s->progress, s->done, clock_mono_ms());
    loop_timer_start(s->loop, t, TICK_MS);
}

/* What looks: all on this thread, but the looking up of names. */
struct engine {
    struct loop *loop;
    struct desk *desk;
    struct tls_client *tls;
    struct pool *pool;
    struct resolver *resolver;
    struct scan *scan;
};

/* The pool first, for its threads use the resolver; the desk after the loop, which delivers what is on its way. */
static void engine_done(struct engine *g)
{
    scan_destroy(g->scan);
    tls_client_destroy(g->tls);
    pool_destroy(g->pool);
    resolver_destroy(g->resolver);
    loop_destroy(g->loop);
    desk_destroy(g->desk);
}

static bool engine_start(struct engine *g, const struct scanning *s, struct err *e)
{
    static const enum resolve_order orders[] = { RESOLVE_AUTO, RESOLVE_V4, RESOLVE_V6 };
    struct pool_config threads = { .name = "lookup", .queue_max = SCAN_PARALLEL_MAX };
    threads.threads = s->targets.len < LOOKUP_THREADS ? (unsigned)s->targets.len : LOOKUP_THREADS;
    g->loop = loop_create(e);
    if (!g->loop)
        return false;
    g->desk = desk_create(g->loop);
    g->tls = tls_client_create(s->live, e);
    g->pool = g->tls ? pool_create(&threads, e) : NULL;
    if (!g->pool)
        return false;
    g->resolver = resolver_create(s->hosts, orders[s->args->family], g->pool);
    return true;
}

static bool look_at_all(struct scanning *s, struct engine *g, struct err *e)
{
    static const struct scan_ops ops = { next, ended, finished };
    struct probe_net net = { .tls = g->tls, .resolver = g->resolver, .desk = g->desk };
    g->scan = scan_create(g->loop, &net, (unsigned)s->args->parallel.value, &ops, s);
    s->loop = g->loop;
    s->tick.fired = on_tick;
    interrupt_catch(g->loop);
    progress_init(&s->progress, &s->cli->out, "looked at", s->targets.len, clock_mono_ms());
    loop_timer_start(g->loop, &s->tick, TICK_MS);
    scan_start(g->scan);
    bool ok = loop_run(g->loop, e);
    loop_timer_stop(&s->tick);
    progress_done(&s->progress);
    interrupt_release();
    s->looking_up |= desk_count(g->desk) > 0;
    g->scan = scan_destroy(g->scan);
    return ok;
}

/* ---- the answer ---- */

static void print_rows(struct scanning *s)
{
    for (size_t i = 0; i < s->targets.len; i++)
        if (s->targets.items[i].row)
            rows_add(&s->rows, STEAL(s->targets.items[i].row));
    rows_finish(&s->rows, "endpoints", NULL);
}

static void print_summary(const struct scanning *s)
{
    const size_t *n = s->results;
    const char *good = judged(s) ? "believed" : "seen";
    out_note(&s->cli->out, "%zu of %zu looked at: %zu %s, %zu refused, %zu unreachable, %zu timed out", s->done,
             s->targets.len, n[LOOK_OK], good, n[LOOK_REFUSED], n[LOOK_FAILED], n[LOOK_TIMEOUT]);
}

static void print(struct scanning *s)
{
    if (!s->one || s->cli->out.format == OUT_JSON || s->cli->out.format == OUT_NAME)
        print_rows(s);
    if (!s->one || interrupt_seen())
        print_summary(s);
}

static enum cli_exit code_of(const struct scanning *s)
{
    const size_t *n = s->results;
    if (interrupt_seen())
        return CLI_INTERRUPTED;
    if (s->save_error.kind != ERR_NONE)
        return cli_exit_of(s->save_error.kind);
    if (n[LOOK_OK])
        return n[LOOK_OK] == s->targets.len ? CLI_DONE : CLI_PARTIAL;
    if (n[LOOK_REFUSED])
        return CLI_UNTRUSTED;
    return n[LOOK_FAILED] ? CLI_UNREACHABLE : CLI_TIMEOUT;
}

static enum cli_exit run(struct cli *cli, const void *args)
{
    AUTO(scanning_done) struct scanning s = { .cli = cli, .args = args, .now = clock_wall_ms() / 1000 };
    struct err e = { 0 };
    enum cli_exit code;
    rows_init(&s.rows, &cli->out, columns, ARRAY_LEN(columns));
    if (!s.args->hosts_words.len && !s.args->file)
        return cli_usage(cli, "HOST is missing; endpoints come as arguments or from --file");
    if (!read_all(&s, &e))
        return cli_fail(cli, &e);
    if (!s.targets.len)
        return cli_usage(cli, "there is no endpoint in the file");
    if (s.args->save && s.targets.len > 1)
        return cli_usage(cli, "--save keeps one chain, but %zu endpoints are named", s.targets.len);
    s.one = s.targets.len == 1;
    AUTO(engine_done) struct engine g = { 0 };
    if (!engine_start(&g, &s, &e) || !look_at_all(&s, &g, &e))
        return cli_fail(cli, &e);
    print(&s);
    code = code_of(&s);
    if (s.looking_up)
        cli_leave(cli, code);
    return code;
}

const struct cli_command command_probe = {
    .noun = "probe",
    .summary = "look at TLS endpoints: chain, verdict, and how long each step took",
    .about =
        "Resolves, connects and shakes hands with each endpoint, and shows the chain that it presents, before anything is "
        "believed and before any credential leaves. No byte of an application is sent. With --anchors each chain is "
        "judged by the engine that decides for the cell.\n\n"
        "The chain holds the endpoint's certificate and what verifiably issued the one before it. Whatever else the peer "
        "sent is shown apart, because anybody can append it.\n\n"
        "One endpoint is shown at length; several are a table, a summary and a progress line.",
    .examples = "vouchsafe probe vc1.example.com\n"
                "vouchsafe probe --anchors root.pem --name vc1.example.com 10.0.0.7:443\n"
                "vouchsafe probe --anchors vmca.pem --file hosts.txt -o jsonl > seen.jsonl",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .operands = operands,
    .operands_len = ARRAY_LEN(operands),
    .operands_optional = true,
    .codes = codes,
    .codes_len = ARRAY_LEN(codes),
    .size = sizeof(struct probe_args),
    .run = run,
};
