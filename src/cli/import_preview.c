#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/import_parts.h"
#include "cli/ours.h"
#include "cli/rows.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "trust/scope.h"

/* ---- what the cell knows of them ---- */

bool import_ask(struct import *m, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    buf_init(&pem, TRUST_PEM_MAX);
    for (size_t i = 0; i < m->in.len; i++) {
        size_t len;
        const uint8_t *der = trust_cert_der(m->in.items[i].cert, &len);
        if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, e))
            return false;
    }
    const char *path = OURS_PATH "/certificates/preview";
    if (m->vcenter)
        path = arena_printf(&m->cli->arena, "%s?vcenter=%s", path, remote_escape(&m->cli->arena, m->vcenter));
    remote_patience(m->remote, OURS_LOOK_MS);
    return remote_post_bytes(m->remote, path, "application/x-pem-file", &pem, &m->preview, e);
}

const json_t *import_told(const struct import *m, const struct trust_cert *c)
{
    uint8_t digest[DIGEST_SHA256];
    size_t i;
    json_t *row;
    json_array_foreach(answer_member(m->preview, "certificates"), i, row) {
        const char *sha = answer_str(row, "certificate.sha256");
        if (sha && text_unhex(sha, digest, sizeof(digest)) && !memcmp(digest, trust_cert_sha256(c), sizeof(digest)))
            return row;
    }
    return NULL;
}

json_int_t import_hosts_of(const struct import *m, const json_t *row)
{
    size_t i;
    json_t *use;
    json_array_foreach(answer_member(row, "verifies"), i, use) {
        const char *id = answer_str(use, "vcenter.id");
        if (id && m->vcenter && !strcmp(id, m->vcenter))
            return answer_number(use, "hosts");
    }
    return 0;
}

const char *import_when(const struct trust_cert *c)
{
    const int64_t now = clock_wall_ms() / 1000;
    return now > trust_cert_not_after(c) ? "expired" : now < trust_cert_not_before(c) ? "not yet valid" : "valid";
}

bool import_granted(const struct import *m, const json_t *row)
{
    struct trust_scope want, have;
    struct err none;
    size_t i;
    json_t *g;
    if (!m->scope || !trust_scope_parse(m->scope, &want, &none))
        return false;
    json_array_foreach(answer_member(row, "grants"), i, g) {
        const char *scope = answer_str(g, "scope");
        if (scope && trust_scope_parse(scope, &have, &none) && trust_scope_covers(&have, &want))
            return true;
    }
    return false;
}

/* ---- the preview ---- */

static const char *join(struct arena *a, const char *so_far, const char *more)
{
    return so_far ? arena_printf(a, "%s, %s", so_far, more) : more;
}

static const char *verifies_text(const struct import *m, const json_t *row)
{
    struct arena *a = &m->cli->arena;
    const char *text = NULL;
    size_t i;
    json_t *use;
    json_array_foreach(answer_member(row, "verifies"), i, use) {
        const char *name = answer_shown(use, "vcenter.name", "?", a);
        json_int_t hosts = answer_number(use, "hosts");
        if (hosts > 0)
            text = join(a, text, arena_printf(a, "%lld host%s of %s", (long long)hosts, hosts == 1 ? "" : "s", name));
        if (answer_true(use, "endpoint"))
            text = join(a, text, arena_printf(a, "%s itself", name));
    }
    return text ? text : m->preview ? "nothing" : "not known";
}

/* With the name of a vCenter in the place of its URN. */
static const char *scope_name(const struct import *m, const char *scope)
{
    static const char prefix[] = "vcenter:";
    size_t i;
    json_t *v;
    json_array_foreach(answer_member(m->preview, "vcenters"), i, v) {
        const char *id = answer_str(v, "vcenter.id");
        size_t len = id ? strlen(id) : 0;
        if (len && !strncmp(scope, prefix, sizeof(prefix) - 1) && !strncmp(scope + sizeof(prefix) - 1, id, len))
            return arena_printf(&m->cli->arena, "%s%s%s", prefix, answer_shown(v, "vcenter.name", id, &m->cli->arena),
                                scope + sizeof(prefix) - 1 + len);
    }
    return scope;
}

static const char *trusted_text(const struct import *m, const json_t *row)
{
    struct arena *a = &m->cli->arena;
    const char *text = NULL;
    size_t i;
    json_t *g;
    json_array_foreach(answer_member(row, "grants"), i, g) {
        text = join(a, text, arena_printf(a, "%s (%s)", scope_name(m, answer_shown(g, "scope", "", a)), answer_shown(g, "alias", "", a)));
    }
    return text ? text : "no";
}

static json_t *row_json(const struct import *m, size_t i)
{
    const struct intake_cert *item = &m->in.items[i];
    const json_t *row = import_told(m, item->cert);
    const json_t *verifies = answer_member(row, "verifies"), *grants = answer_member(row, "grants");
    json_t *j = verdict_cert_json(item->cert);
    json_object_set_new(j, "kind", out_text(trust_cert_is_ca(item->cert) ? "CA" : "leaf"));
    json_object_set_new(j, "state", out_text(import_when(item->cert)));
    json_object_set_new(j, "picked", json_boolean(m->picked[i]));
    json_object_set_new(j, "mark", out_text(m->picked[i] ? "*" : ""));
    json_object_set_new(j, "verifies_text", out_text(verifies_text(m, row)));
    json_object_set_new(j, "trusted_text", out_text(trusted_text(m, row)));
    json_object_set_new(j, "verifies", verifies ? json_deep_copy(verifies) : json_null());
    json_object_set_new(j, "trusted", grants ? json_deep_copy(grants) : json_null());
    json_object_set_new(j, "from", out_text(item->from));
    json_object_set_new(j, "copies", json_integer((json_int_t)item->copies));
    return j;
}

static const struct rows_column columns[] = {
    { .title = "SHA-256", .key = "sha256", .wide = true },
    { .title = "PICKED", .key = "mark" },
    { .title = "SUBJECT", .key = "subject" },
    { .title = "KIND", .key = "kind" },
    { .title = "STATE", .key = "state" },
    { .title = "VERIFIES", .key = "verifies_text" },
    { .title = "TRUSTED ALREADY", .key = "trusted_text" },
    { .title = "FROM", .key = "from", .wide = true },
};

void import_show_rows(const struct import *m, struct out *o)
{
    AUTO(rows_done) struct rows rows = { 0 };
    rows_init(&rows, o, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < m->in.len; i++)
        rows_add(&rows, row_json(m, i));
    rows_finish(&rows, "certificates",
                json_pack("{s:I, s:I, s:I, s:I}", "crls", (json_int_t)m->in.crls, "private_keys", (json_int_t)m->in.keys, "other",
                          (json_int_t)m->in.other, "unreadable", (json_int_t)m->in.unreadable));
}

void import_show_notes(const struct import *m)
{
    struct out *o = &m->cli->out;
    size_t i;
    json_t *v;
    if (m->in.crls)
        out_note(o, "%zu CRL%s left out: the cell reads the CRLs of a vCenter from it", m->in.crls, m->in.crls == 1 ? " is" : "s are");
    if (m->in.keys)
        out_note(o, "%zu private key%s left in the file: the cell has no use for one, and it was not read", m->in.keys,
                 m->in.keys == 1 ? " is" : "s are");
    if (m->in.other)
        out_note(o, "%zu object%s no certificate", m->in.other, m->in.other == 1 ? " is" : "s are");
    if (m->in.unreadable)
        out_warn(o, "%zu of the files or blocks can't be read: %s", m->in.unreadable, m->in.first.msg);
    json_array_foreach(answer_member(m->preview, "vcenters"), i, v) {
        const char *name = answer_shown(v, "vcenter.name", "?", &m->cli->arena);
        const char *problem = answer_shown(v, "problem", NULL, &m->cli->arena);
        if (problem)
            out_warn(o, "%s could not be looked at now, so this goes by what was seen last: %s", name, problem);
        out_note(o, "%s: %lld of %lld hosts would be verified by these certificates%s", name, (long long)answer_number(v, "verified"),
                 (long long)answer_number(v, "hosts"), answer_true(v, "looked") ? ", looked at now" : "");
    }
}
