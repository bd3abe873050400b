#include "cli/support_facts.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/settled.h"
#include "flow/anchor.h"
#include "flow/task.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "store/audit.h"
#include "store/datadir.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/setting.h"
#include "store/store.h"
#include "wire/json.h"

enum { PROC_MAX = 64 * 1024, NAME_MAX_TEXT = 64 };

/* One JSON value as a line. Takes it. */
static bool put(struct buf *out, json_t *take, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *o = take;
    return wire_json_write(out, o, e) && buf_puts(out, "\n", e);
}

static json_t *text(const char *s)
{
    return s ? task_json(s) : json_null();
}

static json_t *when(int64_t ms)
{
    char at[TEXT_TIME];
    if (!ms)
        return json_null();
    text_time(ms / 1000, at);
    return json_string(at);
}

static json_t *fingerprint(const uint8_t *digest)
{
    char out[3 * DIGEST_SHA256];
    if (!digest)
        return json_null();
    text_fingerprint(digest, DIGEST_SHA256, out);
    return json_string(out);
}

/* ---- version, configuration ---- */

static bool write_version(const struct support *s, struct buf *out, struct err *e)
{
    struct utsname u = { 0 };
    uint64_t generation = 0;
    (void)uname(&u);
    return store_generation(s->store, &generation, e) &&
           put(out, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "program", VOUCHSAFE_VERSION, "system", u.sysname, "release", u.release, "machine",
                              u.machine, "store", store_identity(s->store), "generation", (json_int_t)generation, "made", when(clock_wall_ms())), e);
}

static bool write_config(const struct support *s, struct buf *out, struct err *e)
{
    for (size_t i = 0; i < s->settled->rows_len; i++) {
        const struct settled_row *r = &s->settled->rows[i];
        if (!buf_printf(out, e, "%s = %s%s\n", r->key, r->value ? r->value : "", r->line ? "" : "    # default"))
            return false;
    }
    return true;
}

/* ---- the store ---- */

static bool add_key(void *self, const char *key_id, uint64_t count, struct err *e)
{
    (void)e;
    json_object_set_new(self, key_id, json_integer((json_int_t)count));
    return true;
}

static bool counts(const struct support *s, json_t *o, struct err *e)
{
    static const char *const kinds[] = { "advisory", "inbox", "nsx", "org", "role", "session", "task", "token", "user", "vcenter", "vm" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct store_record_query q = { .kind = kinds[i] };
        uint64_t n;
        if (!store_record_count(s->store, &q, &n, e))
            return false;
        json_object_set_new(o, kinds[i], json_integer((json_int_t)n));
    }
    const struct store_grant_query all = { 0 };
    uint64_t grants;
    if (!store_grant_count(s->store, &all, &grants, e))
        return false;
    json_object_set_new(o, "grant", json_integer((json_int_t)grants));
    return true;
}

static bool write_store(const struct support *s, struct buf *out, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *records = json_object();
    AUTO(wire_json_decrefp) json_t *sealed = json_object();
    struct store_audit_report audit;
    uint64_t lines;
    uint8_t head[DIGEST_SHA256];
    return counts(s, records, e) && store_sealed_usage(s->store, add_key, sealed, e) && store_audit_verify(s->store, &audit, e) &&
           store_audit_head(s->store, &lines, head, e) &&
           put(out, json_pack("{s:O, s:O, s:I, s:o, s:b, s:s}", "records", records, "sealed_by_key", sealed, "audit_lines", (json_int_t)lines, "audit_head",
                              fingerprint(head), "audit_sound", audit.sound, "audit_why", audit.why), e);
}

struct lines {
    const struct support *s;
    struct buf *out;
    size_t rows;
    const char *last; /* key of the last row; in the arena */
    uint64_t seq;
};

static bool on_setting(void *self, const struct store_setting *row, struct err *e)
{
    const struct lines *l = self;
    return put(l->out, json_pack("{s:s, s:o, s:o}", "key", row->key, "value", text(row->value), "changed", when(row->changed_ms)), e);
}

static bool write_settings(const struct support *s, struct buf *out, struct err *e)
{
    struct lines l = { .s = s, .out = out };
    return store_setting_list(s->store, on_setting, &l, e);
}

/* ---- what happened ---- */

static bool on_event(void *self, const struct store_event *ev, struct err *e)
{
    static const char *const severities[] = { "info", "warning", "error", "security" };
    struct lines *l = self;
    l->rows++;
    l->seq = ev->seq;
    return put(l->out, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "id", ev->id, "at", when(ev->at_ms), "kind", ev->kind, "severity",
                                 severities[ev->severity], "entity", text(ev->entity), "text", text(ev->text), "data", text(ev->data)), e);
}

static bool write_events(const struct support *s, struct buf *out, struct err *e)
{
    struct lines l = { .s = s, .out = out };
    size_t before = SIZE_MAX;
    while (l.rows < SUPPORT_EVENTS && l.rows != before) {
        const struct store_event_query q = { .after = l.seq };
        before = l.rows;
        if (!store_event_list(s->store, &q, on_event, &l, e))
            return false;
    }
    return true;
}

static bool on_audit(void *self, const struct store_audit *a, struct err *e)
{
    struct lines *l = self;
    l->rows++;
    l->seq = a->seq;
    return put(l->out, json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "seq", (json_int_t)a->seq, "at", when(a->by.at_ms), "who", a->by.who,
                                 "from", a->by.from, "flow", a->by.flow, "action", a->action, "entity", a->entity, "sha256", fingerprint(a->sha256), "text",
                                 a->text), e);
}

static bool write_audit(const struct support *s, struct buf *out, struct err *e)
{
    struct lines l = { .s = s, .out = out };
    size_t before = SIZE_MAX;
    while (l.rows < SUPPORT_AUDIT && l.rows != before) {
        const struct store_audit_query q = { .newest_first = true, .after = l.seq };
        before = l.rows;
        if (!store_audit_list(s->store, &q, on_audit, &l, e))
            return false;
        if (l.seq <= 1)
            break;
    }
    return true;
}

static bool write_tasks(const struct support *s, struct buf *out, struct err *e)
{
    struct task *all;
    size_t len;
    if (!task_list(s->store, NULL, s->arena, &all, &len, e))
        return false;
    for (size_t i = 0; i < len && i < SUPPORT_TASKS; i++) {
        const struct task *t = &all[i];
        if (!put(out, json_pack("{s:s, s:o, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o}", "id", t->urn, "operation", text(t->operation), "name",
                                t->operation_name ? t->operation_name : "", "owner", text(t->owner_name), "status", task_status_name(t->status), "progress",
                                t->progress, "started", when(t->start_ms), "ended", when(t->end_ms), "error", text(t->error.msg), "details", text(t->details)), e))
            return false;
    }
    return true;
}

/* ---- trust ---- */

static bool write_grants(const struct support *s, struct buf *out, struct err *e)
{
    struct store_grant *all;
    size_t len;
    if (!anchor_list(s->store, NULL, NULL, s->arena, &all, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        char scope[TRUST_SCOPE_TEXT];
        trust_scope_write(&all[i].scope, scope);
        if (!put(out, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:s}", "id", all[i].id, "alias", text(all[i].alias), "owner", all[i].owner, "scope", scope,
                                "sha256", fingerprint(all[i].sha256), "made", when(all[i].made_ms), "by", text(all[i].made_by), "flow", all[i].flow), e))
            return false;
    }
    return true;
}

static bool write_vcenters(const struct support *s, struct buf *out, struct err *e)
{
    struct vcenter *all;
    size_t len;
    if (!vcenter_list(s->store, s->arena, &all, &len, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        const struct vcenter *v = &all[i];
        struct vmca_summary t;
        vmca_summary_read(v->trust, s->arena, &t);
        if (!put(out, json_pack("{s:s, s:o, s:o, s:b, s:s, s:b, s:o, s:o, s:o, s:s, s:o, s:I, s:I}", "id", v->urn, "name", text(v->name), "url", text(v->url),
                                "enabled", v->enabled, "state", vcenter_listener_name(v->listener), "connected", v->connected, "why", text(v->why), "version",
                                text(v->version), "build", text(v->build), "vmca", vmca_state_name(t.state), "text", text(t.text), "hosts", (json_int_t)t.hosts,
                                "verified", (json_int_t)t.verified), e))
            return false;
    }
    return true;
}

static bool on_endpoint(void *self, const struct store_endpoint *ep, struct err *e)
{
    struct lines *l = self;
    l->rows++;
    l->last = arena_strdup(l->s->arena, ep->key);
    return put(l->out, json_pack("{s:o, s:o, s:i, s:s, s:o, s:o, s:o, s:o}", "key", text(ep->key), "host", text(ep->host), "port", (int)ep->port, "rule", ep->rule,
                                 "seen", when(ep->seen_ms), "since", when(ep->since_ms), "verified", when(ep->verified_ms), "anchor", fingerprint(ep->anchor)), e);
}

static bool write_hosts(const struct support *s, struct buf *out, struct err *e)
{
    struct lines l = { .s = s, .out = out };
    do {
        const struct store_endpoint_query q = { .after = l.last };
        l.rows = 0;
        if (!store_endpoint_list(s->store, &q, on_endpoint, &l, e))
            return false;
    } while (l.rows == STORE_PAGE_MAX);
    return true;
}

/* ---- the machine ---- */

/* What the kernel says; what can't be read is left out. Such files have no size, so they are read piece by piece. */
static bool put_proc(struct buf *out, const char *path, struct err *e)
{
    char piece[4096];
    size_t n, all = 0;
    FILE *f = fopen(path, "re");
    bool ok = buf_printf(out, e, "== %s\n", path);
    while (ok && f && all < PROC_MAX && (n = fread(piece, 1, sizeof(piece), f)) > 0) {
        ok = buf_append(out, piece, n, e);
        all += n;
    }
    if (f)
        (void)fclose(f);
    return ok && buf_puts(out, "\n", e);
}

static size_t count_entries(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;
    while (d && readdir(d)) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        n++;
    if (d)
        (void)closedir(d);
    return n > 2 ? n - 2 : 0;
}

static bool put_disk(struct buf *out, const char *path, struct err *e)
{
    struct statvfs fs;
    if (statvfs(path, &fs))
        return buf_printf(out, e, "%s: not to be seen\n", path);
    return buf_printf(out, e, "%s: %llu MiB free of %llu, %llu inodes free\n", path, (unsigned long long)(fs.f_bavail * fs.f_frsize >> 20),
                      (unsigned long long)(fs.f_blocks * fs.f_frsize >> 20), (unsigned long long)fs.f_favail);
}

static bool write_resources(const struct support *s, struct buf *out, struct err *e)
{
    static const char *const of_process[] = { "status", "limits", "io" };
    char path[NAME_MAX_TEXT];
    pid_t pid = 0;
    bool running = store_datadir_held(s->settled->config.data_dir, &pid);
    if (!buf_printf(out, e, "cell: %s\n", running ? "running" : "not running") || !put_disk(out, s->settled->config.data_dir, e) ||
        !put_proc(out, "/proc/loadavg", e) || !put_proc(out, "/proc/meminfo", e) || !put_proc(out, "/proc/uptime", e))
        return false;
    if (!running || pid <= 0)
        return true;
    (void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    if (!buf_printf(out, e, "open descriptors: %zu\n", count_entries(path)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(of_process); i++) {
        (void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, of_process[i]);
        if (!put_proc(out, path, e))
            return false;
    }
    return true;
}

const struct support_file support_files[] = {
    { "version.json", write_version }, { "config.txt", write_config },       { "store.json", write_store },
    { "settings.jsonl", write_settings }, { "events.jsonl", write_events },  { "tasks.jsonl", write_tasks },
    { "audit.jsonl", write_audit },    { "grants.jsonl", write_grants },     { "vcenters.jsonl", write_vcenters },
    { "hosts.jsonl", write_hosts },    { "resources.txt", write_resources },
};
const size_t support_files_len = ARRAY_LEN(support_files);
