#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/buf.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/input.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "wire/json.h"

enum { ANSWER_MAX = BATCH_LINE_MAX + 4096 }; /* an id may be as long as its line */

/* One request, read. Texts are borrowed from the JSON document. */
struct request {
    const char *host; /* NULL: names are not checked */
    const char *leaf;
    size_t leaf_len;
    json_t *anchors, *untrusted, *crls; /* arrays of strings; crls may be NULL */
    int64_t time;
    uint16_t max_depth;
    bool max_depth_set;
    bool deployed; /* decide as the cell does, without the issuers' duties */
};

void batch_done(struct batch *b)
{
    trust_set_unref(b->set);
    json_decref(b->anchors);
    json_decref(b->crls);
    *b = (struct batch){ 0 };
}

static void answer(struct buf *out, json_t *id, bool ok, const char *reason)
{
    json_t *j = json_object();
    json_object_set(j, "id", id ? id : json_null());
    json_object_set_new(j, "result", json_string(ok ? "ok" : "fail"));
    json_object_set_new(j, "reason", out_text(reason));
    char *text = json_dumps(j, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(j);
    if (text && !buf_puts(out, text, NULL))
        buf_clear(out);
    free(text);
}

static void bad_request(struct buf *out, json_t *id, const char *why)
{
    char reason[BATCH_REASON_MAX];
    (void)snprintf(reason, sizeof(reason), "bad-request: %s", why);
    answer(out, id, false, reason);
}

static bool strings(const json_t *doc, const char *key, bool needed, json_t **ret, struct err *e)
{
    json_t *list = json_object_get(doc, key), *item;
    size_t i;
    if (!list || json_is_null(list))
        return !needed || err_set(e, ERR_INPUT, "%s is missing", key);
    if (!json_is_array(list))
        return err_set(e, ERR_INPUT, "%s is not a list", key);
    json_array_foreach(list, i, item)
        if (!json_is_string(item))
            return err_set(e, ERR_INPUT, "%s[%zu] is not a text", key, i);
    *ret = list;
    return true;
}

/* A host that is left out is not the same as null: a mistyped key must not switch the check of names off. */
static bool read_host(const json_t *doc, const char **ret, struct err *e)
{
    const json_t *v = json_object_get(doc, "host");
    if (!v)
        return err_set(e, ERR_INPUT, "host is missing (null: names are not checked)");
    if (json_is_null(v))
        return true;
    if (!json_is_string(v) || !json_string_length(v))
        return err_set(e, ERR_INPUT, "host is neither a name nor null");
    *ret = json_string_value(v);
    return true;
}

static bool read_numbers(const json_t *doc, int64_t now, struct request *r, struct err *e)
{
    const json_t *t = json_object_get(doc, "time"), *depth = json_object_get(doc, "max_depth");
    if (t && !json_is_null(t) && !json_is_integer(t))
        return err_set(e, ERR_INPUT, "time is neither whole seconds nor null");
    r->time = json_is_integer(t) ? json_integer_value(t) : now;
    if (!depth || json_is_null(depth))
        return true;
    if (!json_is_integer(depth) || json_integer_value(depth) < 0)
        return err_set(e, ERR_INPUT, "max_depth is not a number from 0 on");
    r->max_depth_set = true;
    r->max_depth = json_integer_value(depth) > UINT16_MAX ? UINT16_MAX : (uint16_t)json_integer_value(depth);
    return true;
}

/* "profile", as the option of that name; rfc5280 when it is not said. */
static bool read_profile(const json_t *doc, bool *ret_deployed, struct err *e)
{
    const char *profile = json_string_value(json_object_get(doc, "profile"));
    if (!json_object_get(doc, "profile"))
        return true;
    *ret_deployed = profile && strcmp(profile, "deployed") == 0;
    if (!*ret_deployed && !(profile && strcmp(profile, "rfc5280") == 0))
        return err_set(e, ERR_INPUT, "profile is neither \"deployed\" nor \"rfc5280\"");
    return true;
}

static bool request_read(const json_t *doc, int64_t now, struct request *r, struct err *e)
{
    const json_t *leaf = json_object_get(doc, "leaf"), *purpose = json_object_get(doc, "purpose");
    if (!json_is_string(leaf))
        return err_set(e, ERR_INPUT, leaf ? "leaf is not a text" : "leaf is missing");
    r->leaf = json_string_value(leaf);
    r->leaf_len = json_string_length(leaf);
    if (purpose && (!json_is_string(purpose) || strcmp(json_string_value(purpose), "server") != 0))
        return err_set(e, ERR_INPUT, "purpose is not \"server\"");
    return strings(doc, "anchors", true, &r->anchors, e) && strings(doc, "untrusted", false, &r->untrusted, e) &&
           strings(doc, "crls", false, &r->crls, e) && read_host(doc, &r->host, e) && read_numbers(doc, now, r, e) &&
           read_profile(doc, &r->deployed, e);
}

/* Appends the blocks of a list of PEM texts; a text that is none is skipped. */
static void collect(const json_t *list, enum trust_pem_kind kind, struct bundle *b, struct arena *arena)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
        if (!bundle_add(b, kind, json_string_value(item), json_string_length(item), arena, NULL))
            continue; /* one bad anchor must not take the others' trust away */
}

static bool same_list(const json_t *a, const json_t *b)
{
    return a && b ? json_equal(a, b) == 1 : a == b;
}

static void keep(json_t **field, json_t *value)
{
    json_decref(*field);
    *field = json_incref(value);
}

/* The set that this request asks for: most often the last one's. */
static void set_for(struct batch *b, const struct request *r, struct arena *arena)
{
    if (b->set && same_list(b->anchors, r->anchors) && same_list(b->crls, r->crls))
        return;
    struct bundle anchors = { 0 }, crls = { 0 };
    collect(r->anchors, TRUST_PEM_CERTIFICATE, &anchors, arena);
    collect(r->crls, TRUST_PEM_CRL, &crls, arena);
    trust_set_unref(b->set);
    b->set = bundle_trust(&anchors, &crls, arena, NULL);
    keep(&b->anchors, r->anchors);
    keep(&b->crls, r->crls);
}

/* The leaf first, then whatever of the untrusted decodes. */
static bool read_chain(const struct request *r, struct trust_cert **chain, size_t *len, struct arena *arena,
                       struct err *e)
{
    struct bundle leaf = { 0 }, untrusted = { 0 };
    if (!bundle_add(&leaf, TRUST_PEM_CERTIFICATE, r->leaf, r->leaf_len, arena, e))
        return false;
    if (!leaf.len)
        return err_set(e, ERR_INPUT, "the leaf holds no certificate");
    if (!trust_cert_parse(leaf.items[0].der, leaf.items[0].len, &chain[0], e))
        return false;
    *len = 1;
    collect(r->untrusted, TRUST_PEM_CERTIFICATE, &untrusted, arena);
    (void)bundle_decode(&untrusted, chain, len, TRUST_CHAIN_MAX);
    return true;
}

static void decide(const struct batch *b, const struct request *r, struct trust_cert *const *chain, size_t len,
                   struct trust_verdict *ret)
{
    struct trust_question q = {
        .chain = (const struct trust_cert *const *)chain,
        .chain_len = len,
        .names = &r->host,
        .names_len = r->host ? 1 : 0,
        .names_mode = r->host ? TRUST_NAMES_CHECK : TRUST_NAMES_NONE,
        .behalf = { .kind = TRUST_FOR_ADDRESS, .host = r->host ? r->host : "" },
        .purpose = TRUST_PURPOSE_SERVER,
        .crl_mode = r->crls ? TRUST_CRL_REQUIRE : TRUST_CRL_OFF,
        .now = r->time,
        /* The batch is for conformance suites: it holds issuers to their duties as well (docs/verify.md). */
        .policy = { .max_depth = r->max_depth, .max_depth_set = r->max_depth_set, .issuer_duties = !r->deployed },
    };
    trust_decide(b->set, &q, ret);
}

static void answer_request(struct batch *b, json_t *id, const struct request *r, struct buf *out)
{
    struct arena arena = { 0 };
    struct trust_cert *chain[TRUST_CHAIN_MAX];
    struct trust_verdict v;
    struct err e;
    char reason[VERDICT_REASON];
    size_t len = 0;
    if (read_chain(r, chain, &len, &arena, &e)) {
        set_for(b, r, &arena);
        decide(b, r, chain, len, &v);
        verdict_reason(&v, reason);
        answer(out, id, v.ok, reason);
    } else {
        (void)snprintf(reason, sizeof(reason), "%s: %s", trust_rule_code(TRUST_BAD_CERTIFICATE), e.msg);
        answer(out, id, false, reason);
    }
    for (size_t i = 0; i < len; i++)
        trust_cert_unref(chain[i]);
    arena_done(&arena);
}

void batch_answer(struct batch *b, const char *line, size_t len, int64_t now, struct buf *out)
{
    static const struct wire_json_limits limits = { .bytes = BATCH_LINE_MAX };
    struct err e = { 0 };
    struct request r = { 0 };
    json_t *doc = NULL;
    bool parsed = wire_json_read(line, len, &limits, &doc, &e);
    json_t *id = json_object_get(doc, "id");
    bool id_ok = json_is_string(id) || json_is_integer(id);
    if (!parsed) {
        bad_request(out, NULL, e.msg);
    } else if (!json_is_object(doc)) {
        bad_request(out, NULL, "not a JSON object");
    } else if (!id_ok) {
        bad_request(out, NULL, id ? "id is neither a text nor a whole number" : "id is missing");
    } else if (!request_read(doc, now, &r, &e)) {
        bad_request(out, id, e.msg);
    } else {
        answer_request(b, id, &r, out);
    }
    json_decref(doc);
}

void batch_too_long(struct buf *out)
{
    char why[80];
    (void)snprintf(why, sizeof(why), "the line is longer than %d bytes", BATCH_LINE_MAX);
    bad_request(out, NULL, why);
}

enum cli_exit batch_run(struct cli *cli, int fd)
{
    struct batch b = { 0 };
    struct input_lines in;
    struct err e;
    AUTO(buf_done) struct buf text;
    buf_init(&text, ANSWER_MAX);
    input_lines_init(&in, fd, BATCH_LINE_MAX);
    enum input_event event = INPUT_LINE;
    while (event != INPUT_END && event != INPUT_FAILED && !cli->out.sys) {
        struct url_span line = { 0 };
        event = input_lines_next(&in, &line, &e);
        buf_clear(&text);
        if (event == INPUT_LINE)
            batch_answer(&b, line.at, line.len, clock_wall_ms() / 1000, &text);
        else if (event == INPUT_TOO_LONG)
            batch_too_long(&text);
        else if (event == INPUT_PAUSE) /* whoever waits for us must have his answer before we wait for him */
            out_flush(&cli->out);
        if (text.len)
            out_printf(&cli->out, "%s\n", buf_str(&text));
    }
    input_lines_done(&in);
    batch_done(&b);
    return event == INPUT_FAILED ? cli_fail(cli, &e) : CLI_DONE;
}
