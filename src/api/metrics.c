/* /metrics for Prometheus, text format 0.0.4: what the cell carries and how it goes. For providers, and for this machine's root over the
 * control socket; a scrape reads counters and never makes anything that carries bytes wait. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/op.h"
#include "api/routes.h"
#include "api/tables.h"
#include "base/buf.h"
#include "flow/evidence.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "flow/task.h"
#include "flow/task_record.h"
#include "gate/gate.h"
#include "http/request.h"
#include "http/response.h"
#include "store/record.h"
#include "trust/rule.h"
#include "trust/set.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

struct page {
    struct buf *out;
    bool ok;
};

static void put(struct page *p, const char *fmt, ...) PRINTF(2, 3);
static void put(struct page *p, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    p->ok = p->ok && len >= 0 && (size_t)len < sizeof(line) && buf_puts(p->out, line, NULL);
}

static void head(struct page *p, const char *name, const char *type, const char *help)
{
    put(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Consoles have names of their own, which came first; transfers are told apart by a label. */
static void put_consoles(struct page *p, const struct gate_figures *n)
{
    head(p, "cell_console_sessions", "gauge", "Consoles that are open now.");
    put(p, "cell_console_sessions %zu\n", n->sessions);
    head(p, "cell_console_sessions_max", "gauge", "Consoles that may be open at once.");
    put(p, "cell_console_sessions_max %zu\n", n->sessions_max);
    head(p, "cell_console_opened_total", "counter", "Consoles that were opened.");
    put(p, "cell_console_opened_total %" PRIu64 "\n", n->admitted);
    head(p, "cell_console_turned_away_total", "counter", "Requests for a console when there were as many as there may be.");
    put(p, "cell_console_turned_away_total %" PRIu64 "\n", n->turned_away);
    head(p, "cell_console_ended_total", "counter", "Consoles that ended, by what ended them.");
    for (int i = 0; i < RELAY_ENDS; i++)
        put(p, "cell_console_ended_total{why=\"%s\"} %" PRIu64 "\n", relay_end_name((enum relay_end)i), n->ends[i]);
}

static void put_transfers(struct page *p, const struct gate_counts *n)
{
    head(p, "cell_transfers", "gauge", "Files that are on their way to or from an ESXi host now.");
    for (int k = GATE_UPLOAD; k < GATE_KINDS; k++)
        put(p, "cell_transfers{kind=\"%s\"} %zu\n", gate_kind_name((enum gate_kind)k), n->of[k].sessions);
    head(p, "cell_transfers_max", "gauge", "Files that may be on their way at once.");
    for (int k = GATE_UPLOAD; k < GATE_KINDS; k++)
        put(p, "cell_transfers_max{kind=\"%s\"} %zu\n", gate_kind_name((enum gate_kind)k), n->of[k].sessions_max);
    head(p, "cell_transfers_begun_total", "counter", "Files whose host was believed.");
    for (int k = GATE_UPLOAD; k < GATE_KINDS; k++)
        put(p, "cell_transfers_begun_total{kind=\"%s\"} %" PRIu64 "\n", gate_kind_name((enum gate_kind)k), n->of[k].admitted);
    head(p, "cell_transfers_turned_away_total", "counter", "Files that came when there were as many as there may be.");
    for (int k = GATE_UPLOAD; k < GATE_KINDS; k++)
        put(p, "cell_transfers_turned_away_total{kind=\"%s\"} %" PRIu64 "\n", gate_kind_name((enum gate_kind)k), n->of[k].turned_away);
    head(p, "cell_transfers_ended_total", "counter", "Files that ended, by what ended them; done: complete.");
    for (int k = GATE_UPLOAD; k < GATE_KINDS; k++)
        for (int i = 0; i < RELAY_ENDS; i++)
            put(p, "cell_transfers_ended_total{kind=\"%s\",why=\"%s\"} %" PRIu64 "\n", gate_kind_name((enum gate_kind)k),
                relay_end_name((enum relay_end)i), n->of[k].ends[i]);
}

static void put_gate(struct page *p, struct gate *g)
{
    struct gate_counts n;
    const char *name;
    gate_count(g, &n);
    put_consoles(p, &n.of[GATE_CONSOLE]);
    put_transfers(p, &n);
    head(p, "cell_tls_handshakes_total", "counter", "Connections to ESXi hosts, looks before a deed as well, by how far they came.");
    for (size_t i = 0; (name = gate_handshake_name(i)); i++)
        put(p, "cell_tls_handshakes_total{peer=\"esxi\",result=\"%s\"} %" PRIu64 "\n", name, n.handshakes[i]);
    head(p, "cell_host_refusals_total", "counter", "What was refused an ESXi host or ended at it, by the rule of the verdict.");
    for (int i = TRUST_OK + 1; i < TRUST_RULE_COUNT; i++)
        put(p, "cell_host_refusals_total{rule=\"%s\"} %" PRIu64 "\n", trust_rule_code((enum trust_rule)i), n.refusals[i]);
    head(p, "cell_relay_bytes_total", "counter", "Bytes passed on between clients and hosts.");
    for (int k = 0; k < GATE_KINDS; k++)
        for (int way = 0; way < RELAY_WAYS; way++)
            put(p, "cell_relay_bytes_total{dir=\"%s\",kind=\"%s\"} %" PRIu64 "\n", way == RELAY_UP ? "up" : "down",
                gate_kind_name((enum gate_kind)k), n.of[k].bytes[way]);
}

static void put_trust(struct page *p, const struct site *site)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    head(p, "cell_trust_anchors", "gauge", "Trusted certificates that are in force.");
    put(p, "cell_trust_anchors %zu\n", trust_set_count(set));
    head(p, "cell_trust_generation", "gauge", "Generation of the trust that is in force.");
    put(p, "cell_trust_generation %" PRIu64 "\n", trust_set_generation(set));
    head(p, "cell_evidence_dropped_total", "counter", "Notes of evidence that did not fit.");
    put(p, "cell_evidence_dropped_total %" PRIu64 "\n", site->evidence ? evidence_dropped(site->evidence) : 0);
}

static void put_spool(struct page *p, struct spool *s)
{
    struct spool_counts n;
    spool_count(s, &n);
    head(p, "cell_spool_bytes", "gauge", "Bytes in the spool for downloads.");
    put(p, "cell_spool_bytes %" PRIu64 "\n", n.bytes);
    head(p, "cell_spool_bytes_max", "gauge", "Bytes that may be there.");
    put(p, "cell_spool_bytes_max %" PRIu64 "\n", n.bytes_max);
    head(p, "cell_spool_files", "gauge", "Files in the spool.");
    put(p, "cell_spool_files %zu\n", n.files);
    head(p, "cell_spool_downloads", "gauge", "Downloads that are read from hosts now, and that wait for their turn.");
    put(p, "cell_spool_downloads{state=\"filling\"} %zu\ncell_spool_downloads{state=\"waiting\"} %zu\n", n.filling, n.waiting);
}

static bool put_tasks(struct page *p, const struct site *site, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    uint64_t n;
    head(p, "cell_tasks", "gauge", "Tasks that are kept, by status.");
    if (!loan_begin(site->shelf, &l, e))
        return false;
    for (int i = 0; i < TASK_STATUSES; i++) {
        const struct store_record_query q = { .kind = TASK_KIND, .state = task_status_name((enum task_status)i) };
        if (!store_record_count(l.store, &q, &n, e))
            return false;
        put(p, "cell_tasks{status=\"%s\"} %" PRIu64 "\n", q.state, n);
    }
    return true;
}

static void on_route(void *self, const struct api_op *op, const char *code, uint64_t n)
{
    if (n)
        put(self, "cell_http_requests_total{method=\"%s\",route=\"%s\",code=\"%s\"} %" PRIu64 "\n", op->method, op->pattern, code, n);
}

static bool metrics(struct api_call *c, struct err *e)
{
    struct page p = { &c->rs->body, true };
    c->rs->status = 200;
    http_response_field(c->rs, "Content-Type", TYPE);
    if (c->site->gate)
        put_gate(&p, c->site->gate);
    put_trust(&p, c->site);
    if (c->site->spool)
        put_spool(&p, c->site->spool);
    if (!put_tasks(&p, c->site, e))
        return false;
    head(&p, "cell_http_requests_total", "counter", "Requests to the API, by route and class of status.");
    api_app_requests(c->rq->app, on_route, &p);
    return p.ok || err_set(e, ERR_LIMIT, "the metrics are larger than an answer may be");
}

const struct api_op api_metrics_ops[] = {
    { "GET", "/metrics", API_CLOUDAPI, RIGHT_ADMIN_VIEW, API_PROVIDER | API_NO_VERSION, metrics, 0 },
    { 0 },
};
