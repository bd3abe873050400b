#include "cli/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/verdict.h"
#include "net/chain.h"
#include "probe/chain.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "trust/set.h"

enum look_result look_result(const struct look_view *w)
{
    const struct probe_report *r = w->report;
    if (!r->seen)
        return r->err.kind == ERR_TIMEOUT ? LOOK_TIMEOUT : LOOK_FAILED;
    return !w->judged || r->verdict.ok ? LOOK_OK : LOOK_REFUSED;
}

/* One word: "ok", "seen", a rule, "timeout" or "unreachable". */
static const char *result_word(const struct look_view *w)
{
    switch (look_result(w)) {
    case LOOK_OK:
        return w->judged ? "ok" : "seen";
    case LOOK_REFUSED:
        return trust_rule_code(w->report->verdict.rule);
    case LOOK_TIMEOUT:
        return "timeout";
    case LOOK_FAILED:
    case LOOK_RESULTS:
        break;
    }
    return "unreachable";
}

static double ms_of(int64_t us)
{
    return (double)us / 1000;
}

static int64_t total_us(const struct probe_report *r)
{
    int64_t sum = 0;
    for (size_t i = 0; i < PROBE_STAGES; i++)
        sum += r->us[i] > 0 ? r->us[i] : 0;
    return sum;
}

static struct verdict_view verdict_of(const struct look_view *w)
{
    const struct chain *c = w->report->chain;
    return (struct verdict_view){ &w->report->verdict, chain_certs(c), chain_len(c), w->set };
}

/* What the verdict would be if the certificate that is stored by default were trusted. */
static void would_be(const struct look_view *w, const struct trust_cert *store, int64_t now, struct trust_verdict *ret)
{
    size_t len;
    const uint8_t *der = trust_cert_der(store, &len);
    struct trust_row row = { .der = der, .len = len, .scope = { .kind = TRUST_SCOPE_ANY }, .system = true };
    struct trust_rows rows = { .anchors = &row, .anchors_len = 1 };
    AUTO(trust_set_unrefp) struct trust_set *set = trust_set_create(&rows, NULL);
    struct trust_question q = w->request->question;
    q.chain = chain_certs(w->report->chain);
    q.chain_len = chain_len(w->report->chain);
    q.now = now;
    trust_decide(set, &q, ret);
}

static void sort_chain(const struct look_view *w, struct probe_chain *ret)
{
    probe_chain_sort(chain_certs(w->report->chain), chain_len(w->report->chain), ret);
}

static json_t *times_json(const struct probe_report *r)
{
    json_t *j = json_object();
    for (size_t i = 0; i < PROBE_STAGES; i++)
        json_object_set_new(j, probe_stage_name((enum probe_stage)i),
                            r->us[i] < 0 ? json_null() : json_real(ms_of(r->us[i])));
    json_object_set_new(j, "total", json_real(ms_of(total_us(r))));
    return j;
}

static json_t *certs_json(const struct probe_report *r, const uint8_t *indexes, size_t len)
{
    json_t *list = json_array();
    for (size_t i = 0; i < len; i++)
        json_array_append_new(list, verdict_cert_json(chain_certs(r->chain)[indexes[i]]));
    return list;
}

static json_t *store_json(const struct look_view *w, const struct probe_chain *c)
{
    const struct trust_cert *store = chain_certs(w->report->chain)[c->store];
    struct trust_verdict v;
    char text[3 * DIGEST_SHA256], reason[VERDICT_REASON];
    would_be(w, store, w->request->question.now, &v);
    verdict_reason(&v, reason);
    text_fingerprint(trust_cert_sha256(store), DIGEST_SHA256, text);
    json_t *j = json_object();
    json_object_set_new(j, "sha256", json_string(text));
    json_object_set_new(j, "pins_one_certificate", json_boolean(c->pins_one));
    json_object_set_new(j, "would_be", out_text(reason));
    return j;
}

static void seen_json(const struct look_view *w, json_t *j)
{
    const struct probe_report *r = w->report;
    struct verdict_view v = verdict_of(w);
    struct probe_chain c;
    sort_chain(w, &c);
    json_object_set_new(j, "tls", json_string(r->version));
    json_object_set_new(j, "cipher", json_string(r->cipher));
    json_object_set_new(j, "verdict", w->judged ? verdict_json(&v) : json_null());
    json_object_set_new(j, "chain", certs_json(r, c.shown, c.shown_len));
    json_object_set_new(j, "also_sent", certs_json(r, c.also, c.also_len));
    json_object_set_new(j, "undecodable", json_integer((json_int_t)chain_left_out(r->chain)));
    json_object_set_new(j, "store", chain_len(r->chain) ? store_json(w, &c) : json_null());
}

static json_t *error_json(const struct probe_report *r)
{
    json_t *j = json_object();
    json_object_set_new(j, "stage", json_string(probe_stage_name(r->stage)));
    json_object_set_new(j, "kind", json_string(err_kind_name(r->err.kind)));
    json_object_set_new(j, "message", out_text(r->err.msg));
    return j;
}

/* "10.0.0.1:443" of whom we were connected to; NULL before that. */
static const char *address_text(const struct probe_report *r, char out[ADDRESS_PORT_TEXT])
{
    if (r->address.family == ADDRESS_NONE)
        return NULL;
    address_write_port(&r->address, out);
    return out;
}

json_t *look_json(const struct look_view *w)
{
    const struct probe_report *r = w->report;
    char address[ADDRESS_PORT_TEXT], proxy[URL_HOST_TEXT];
    json_t *j = json_object();
    json_object_set_new(j, "endpoint", out_text(w->endpoint));
    json_object_set_new(j, "result", json_string(result_word(w)));
    json_object_set_new(j, "name", out_text(w->request->question.names[0]));
    json_object_set_new(j, "address", out_text(address_text(r, address)));
    if (w->request->proxy)
        url_host_write(w->request->proxy, 0, proxy);
    json_object_set_new(j, "proxy", out_text(w->request->proxy ? proxy : NULL));
    json_object_set_new(j, "ms", times_json(r));
    json_object_set_new(j, "error", r->seen ? json_null() : error_json(r));
    if (r->seen)
        seen_json(w, j);
    return j;
}

json_t *look_row(const struct look_view *w)
{
    const struct probe_report *r = w->report;
    char text[1024], address[ADDRESS_PORT_TEXT];
    json_t *j = json_object();
    json_object_set_new(j, "endpoint", out_text(w->endpoint));
    json_object_set_new(j, "result", json_string(result_word(w)));
    json_object_set_new(j, "bad", json_boolean(look_result(w) != LOOK_OK));
    json_object_set_new(j, "address", out_text(address_text(r, address)));
    json_object_set_new(j, "ms", json_real(ms_of(total_us(r))));
    if (!r->seen) {
        json_object_set_new(j, "subject", out_text(r->err.msg));
        return j;
    }
    json_object_set_new(j, "tls", json_string(r->version));
    if (!chain_len(r->chain))
        return j;
    const struct trust_cert *leaf = chain_certs(r->chain)[0];
    trust_cert_subject(leaf, text, sizeof(text));
    json_object_set_new(j, "subject", out_text(text));
    trust_cert_issuer(leaf, text, sizeof(text));
    json_object_set_new(j, "issuer", out_text(text));
    text_time(trust_cert_not_after(leaf), text);
    json_object_set_new(j, "until", json_string(text));
    verdict_sha256(trust_cert_sha256(leaf), text);
    json_object_set_new(j, "sha256", json_string(text));
    return j;
}

/* ---- one endpoint, for people ---- */

static void print_times(struct out *o, const struct probe_report *r)
{
    char text[200] = "";
    for (size_t i = 0; i < PROBE_STAGES; i++) {
        size_t used = strlen(text);
        if (r->us[i] >= 0)
            (void)snprintf(text + used, sizeof(text) - used, "%s%s %.1f ms", used ? ", " : "",
                           probe_stage_name((enum probe_stage)i), ms_of(r->us[i]));
    }
    if (*text)
        verdict_field(o, "times", "%s", text);
}

static void print_chain(struct out *o, const struct look_view *w, const struct probe_chain *c)
{
    const struct trust_cert *const *sent = chain_certs(w->report->chain);
    for (size_t i = 0; i < c->shown_len; i++)
        verdict_cert_print(o, i ? "issued by" : "certificate", sent[c->shown[i]]);
    for (size_t i = 0; i < c->also_len; i++)
        verdict_cert_print(o, "also sent", sent[c->also[i]]);
    if (c->also_len)
        verdict_prose(o, "", "What was also sent issued nothing in the chain: anybody can append it, and it is not to be "
                             "trusted because this peer sent it.");
    if (c->spent && c->also_len)
        verdict_prose(o, "", "There was too much of it to check it all: the chain may be longer than shown.");
    if (chain_left_out(w->report->chain))
        verdict_field(o, "", "%zu more could not be decoded", chain_left_out(w->report->chain));
}

/* What a person would store, and what that would mean. */
static void print_store(struct out *o, const struct look_view *w, const struct probe_chain *c)
{
    const struct trust_cert *store = chain_certs(w->report->chain)[c->store];
    struct trust_verdict v;
    char text[1024], reason[VERDICT_REASON];
    trust_cert_subject(store, text, sizeof(text));
    verdict_field(o, "to store", "%s (%s)", text,
                  c->pins_one ? "the peer's own: this pins one certificate" : "the CA that issued it");
    verdict_sha256(trust_cert_sha256(store), text);
    verdict_field(o, "", "%s", text);
    would_be(w, store, w->request->question.now, &v);
    verdict_reason(&v, reason);
    verdict_field(o, "then", "%s", reason);
    verdict_prose(o, "next step", "Compare the fingerprint with what the owner of the endpoint tells you by another way, "
                                  "before you trust it.");
}

static void print_error(struct out *o, const struct look_view *w)
{
    const struct probe_report *r = w->report;
    out_printf(o, "%s%s%s: %s\n", out_begin(o, OUT_BAD), result_word(w), out_end(o, OUT_BAD), w->endpoint);
    verdict_field(o, "stage", "%s", probe_stage_name(r->stage));
    verdict_prose(o, "why", r->err.msg);
    print_times(o, r);
}

void look_print(struct out *o, const struct look_view *w)
{
    const struct probe_report *r = w->report;
    char address[ADDRESS_PORT_TEXT];
    if (!r->seen) {
        print_error(o, w);
        return;
    }
    const char *at = address_text(r, address);
    out_printf(o, "%s%s%s %s %s, %s, %s\n", out_begin(o, OUT_BOLD), w->endpoint, out_end(o, OUT_BOLD),
               w->request->proxy ? "through the proxy" : "at", at ? at : "?", r->version, r->cipher);
    print_times(o, r);
    struct probe_chain c;
    sort_chain(w, &c);
    print_chain(o, w, &c);
    if (w->judged) {
        struct verdict_view v = verdict_of(w);
        out_printf(o, "\n");
        verdict_print(o, &v);
    }
    if (chain_len(r->chain) && (!w->judged || !r->verdict.ok)) {
        out_printf(o, "\n");
        print_store(o, w, &c);
    }
}

bool look_save(const struct probe_report *r, const char *path, struct err *e)
{
    AUTO(buf_done) struct buf pem;
    struct probe_chain c;
    buf_init(&pem, TRUST_PEM_MAX);
    probe_chain_sort(chain_certs(r->chain), chain_len(r->chain), &c);
    for (size_t i = 0; i < c.shown_len; i++) {
        size_t len;
        const uint8_t *der = trust_cert_der(chain_certs(r->chain)[c.shown[i]], &len);
        if (!trust_pem_write(&pem, TRUST_PEM_CERTIFICATE, der, len, e))
            return false;
    }
    FILE *f = fopen(path, "we");
    bool ok = f && fwrite(buf_str(&pem), 1, pem.len, f) == pem.len;
    if ((f && fclose(f)) || !ok)
        return err_sys(e, ERR_STORE, errno, "--save");
    return true;
}
