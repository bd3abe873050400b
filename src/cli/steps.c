#include "cli/steps.h"

#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/ours.h"
#include "cli/prompt.h"
#include "cli/remote.h"
#include "cli/verdict.h"
#include "probe/endpoint.h"
#include "trust/cert.h"
#include "wire/json.h"

/* What belongs to a question goes where the question goes. */
static struct out beside(const struct cli *cli)
{
    struct out talk = cli->out;
    talk.data = talk.talk;
    talk.colour = talk.talk_colour;
    return talk;
}

/* ---- step 1 ---- */

static void show_look(struct cli *cli, const char *endpoint, const struct ours_look *l)
{
    struct out o = beside(cli);
    char text[1024];
    out_printf(&o, "%s%s%s presents to the cell%s%s:\n", out_begin(&o, OUT_BOLD), endpoint, out_end(&o, OUT_BOLD),
               l->address ? ", at " : "", l->address ? l->address : "");
    for (size_t i = 0; i < l->len; i++)
        verdict_cert_print(&o, i ? "issued by" : "certificate", l->chain[i]);
    if (l->also_sent)
        verdict_field(&o, "also sent", "%zu more that issued nothing in this chain: they can't be trusted from here", l->also_sent);
    if (*l->problem)
        verdict_prose(&o, "not believed", l->problem);
    const struct trust_cert *store = l->chain[l->store];
    trust_cert_subject(store, text, sizeof(text));
    verdict_field(&o, "to store", "%s (%s)", text, l->store ? "a CA above it" : "its own: this pins one certificate");
    verdict_field(&o, "vouches for", "%s, nothing else", endpoint);
    verdict_sha256(trust_cert_sha256(store), text);
    verdict_field(&o, "", "%s", text);
    verdict_prose(&o, "next step", "Compare the fingerprint with what the owner of the endpoint tells you by another way.");
    (void)fflush(o.data);
}

/* Is this certificate the one that was named? */
static bool is_named(const uint8_t want[DIGEST_SHA256], const struct trust_cert *c)
{
    return memcmp(trust_cert_sha256(c), want, DIGEST_SHA256) == 0;
}

/* The option must name what would be stored; naming the endpoint's own certificate makes that what is stored. */
static bool chosen(struct remote *r, const struct step_look *s, const struct url_host *host, struct arena *a, struct ours_look *l,
                   struct err *e)
{
    uint8_t want[DIGEST_SHA256];
    char seen[VERDICT_SHA256];
    if (!verdict_sha256_read(s->option, s->fingerprint, want, e))
        return false;
    if (!is_named(want, l->chain[l->store]) && is_named(want, l->chain[0])) {
        ours_look_done(l);
        if (!ours_inspect(r, host, true, a, l, e))
            return false;
    }
    if (is_named(want, l->chain[l->store]))
        return true;
    verdict_sha256(trust_cert_sha256(l->chain[l->store]), seen);
    return err_set(e, ERR_UNTRUSTED, "%s presents %s, not the certificate of %s; nothing was stored", host->name, seen, s->option);
}

static bool ask_look(struct cli *cli, const struct step_look *s, const struct ours_look *l, const char *endpoint, struct err *e)
{
    char seen[VERDICT_SHA256];
    bool yes = false;
    verdict_sha256(trust_cert_sha256(l->chain[l->store]), seen);
    if (!prompt_possible(&cli->out)) {
        out_note(&cli->out, "%s: %s", endpoint, l->problem);
        return err_set(e, ERR_UNTRUSTED, "%s is not trusted; nothing was sent there. Confirm with %s %s once you know it by another way",
                       endpoint, s->option, seen);
    }
    show_look(cli, endpoint, l);
    return prompt_confirm(&cli->out, arena_printf(&cli->arena, "Trust %s for %s?", seen, endpoint), &yes, e) &&
           (yes || err_set(e, ERR_UNTRUSTED, "%s was not trusted; nothing was stored", endpoint));
}

bool step_look(struct cli *cli, struct remote *r, const struct step_look *s, struct err *e)
{
    AUTO(ours_look_done) struct ours_look l = { 0 };
    struct url_host host;
    char endpoint[URL_HOST_TEXT], seen[VERDICT_SHA256];
    if (!probe_endpoint_parse(s->url, &host, e))
        return err_in(e, "the URL of the endpoint");
    url_host_write(&host, 0, endpoint);
    if (!ours_inspect(r, &host, false, &cli->arena, &l, e))
        return err_in(e, "looking at %s", endpoint);
    if (l.believed) {
        out_note(&cli->out, "%s is trusted already", endpoint);
        return true;
    }
    if (s->fingerprint && !chosen(r, s, &host, &cli->arena, &l, e))
        return false;
    if (!l.challenge) {
        out_note(&cli->out, "%s, were it trusted: %s", endpoint, l.would_be);
        return err_set(e, ERR_UNTRUSTED, "%s can't be trusted as it is: %s; nothing was sent there", endpoint, l.would_be_rule);
    }
    if (!s->fingerprint && !ask_look(cli, s, &l, endpoint, e))
        return false;
    if (!ours_confirm(r, &l, e))
        return err_in(e, "confirming %s", endpoint);
    verdict_sha256(trust_cert_sha256(l.chain[l.store]), seen);
    out_note(&cli->out, "trusted %s for %s", seen, endpoint);
    return true;
}

/* ---- step 3 ---- */

static void say_payoff(struct cli *cli, const struct step_vmca *s, const char *text)
{
    if (text && *text && cli->out.format <= OUT_WIDE)
        out_printf(&cli->out, "%s: %s\n", s->name, text);
}

/* Nothing to show: 6.7, or a server without certificate management. */
static void say_none(struct cli *cli, const struct step_vmca *s, const struct ours_vmca *v)
{
    out_warn(&cli->out, "%s: %s", s->name, *v->text ? v->text : "it has no VMCA to show");
    if (v->findable && !s->find)
        out_note(&cli->out, "'vouchsafe vcenter trust %s --find' looks for it in what this version publishes", s->name);
}

/* Without a terminal: what would finish step 3. */
static bool not_asked(struct cli *cli, const struct step_vmca *s, const char *sha256, struct err *e)
{
    out_note(&cli->out, "the VMCA of %s is not trusted yet; what finishes that, once you know its fingerprint by another way:", s->name);
    out_note(&cli->out, "  vouchsafe vcenter trust %s --show%s", s->name, s->find ? " --find" : "");
    out_note(&cli->out, "  vouchsafe vcenter trust %s%s --vmca-fingerprint %s", s->name, s->find ? " --find" : "", sha256);
    return err_set(e, ERR_UNTRUSTED, "the VMCA of %s is not trusted: %s", s->name, sha256);
}

static bool agree(struct cli *cli, struct remote *r, const struct step_vmca *s, const struct ours_vmca *v, struct err *e)
{
    uint8_t want[DIGEST_SHA256];
    char seen[VERDICT_SHA256];
    bool yes = false;
    struct out o = beside(cli);
    verdict_sha256(trust_cert_sha256(v->cert), seen);
    if (s->fingerprint)
        return verdict_sha256_read(s->option, s->fingerprint, want, e) &&
               (memcmp(trust_cert_sha256(v->cert), want, sizeof(want)) == 0 ||
                err_set(e, ERR_UNTRUSTED, "the VMCA of %s is %s, not the one of %s; it was not trusted", s->name, seen, s->option));
    if (!prompt_possible(&cli->out))
        return not_asked(cli, s, seen, e);
    out_printf(&o, "%sThe VMCA of %s%s, the authority that signs its hosts:\n", out_begin(&o, OUT_BOLD), s->name, out_end(&o, OUT_BOLD));
    verdict_cert_print(&o, "certificate", v->cert);
    if (*v->text)
        verdict_prose(&o, "found", v->text);
    verdict_field(&o, "vouches for", "the hosts of %s, nothing else", s->name);
    (void)fflush(o.data);
    if (!prompt_confirm(&cli->out, arena_printf(&cli->arena, "Trust %s for the hosts of %s?", seen, s->name), &yes, e))
        return false;
    if (!yes && ours_review(r, s->urn, &cli->arena, e)) /* seen, and left so: nobody has to be reminded */
        out_note(&cli->out, "'vouchsafe vcenter trust %s' asks again", s->name);
    return yes || err_set(e, ERR_UNTRUSTED, "the VMCA of %s was not trusted", s->name);
}

bool step_vmca(struct cli *cli, struct remote *r, const struct step_vmca *s, struct err *e)
{
    AUTO(ours_vmca_done) struct ours_vmca v = { 0 };
    AUTO(wire_json_decrefp) json_t *trust = NULL;
    remote_patience(r, OURS_LOOK_MS);
    if (!ours_vmca(r, s->urn, s->find, &cli->arena, &v, e))
        return err_in(e, "reading the VMCA of %s", s->name);
    if (!v.cert) {
        say_none(cli, s, &v);
        return true;
    }
    if (v.granted) {
        out_note(&cli->out, "the VMCA of %s is trusted already", s->name);
        say_payoff(cli, s, v.text);
        return true;
    }
    if (!agree(cli, r, s, &v, e))
        return false;
    if (!ours_trust_vmca(r, s->urn, v.cert, s->find, &cli->arena, &trust, e))
        return err_in(e, "trusting the VMCA of %s", s->name);
    say_payoff(cli, s, answer_shown(trust, "text", NULL, &cli->arena));
    return true;
}
