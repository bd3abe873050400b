/* Walks through a vCenter with the vSphere client and prints TAP: vim_walk HOST:PORT ANCHOR.pem USER PASSWORD
 * [none|zip|rest], the last saying where that vCenter's roots can be had. Run against the public simulator by
 * tests/interop/vcsim_walk, against the lab by tests/e2e/lab. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "net/chain.h"
#include "net/resolve.h"
#include "trust/pem.h"
#include "trust/set.h"
#include "vim/inventory.h"
#include "vim/roots.h"
#include "vim/session.h"

struct world {
    struct {
        char host[128];
        uint16_t port;
    } at;
    const char *user, *password, *roots;
    uint8_t anchor[65536];
    size_t anchor_len;
    struct trust_live *live;
    struct resolver *resolver;
    struct vim_endpoint *endpoint;
    int tests, failed;
};

static void say(struct world *w, bool ok, const char *what, const struct err *e)
{
    w->tests++;
    w->failed += !ok;
    printf("%sok %d - %s\n", ok ? "" : "not ", w->tests, what);
    if (!ok)
        printf("# %s: %s\n", err_kind_name(e->kind), e->msg);
}

static bool take_anchor(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct world *w = self;
    if (kind != TRUST_PEM_CERTIFICATE || len > sizeof(w->anchor))
        return err_set(e, ERR_INPUT, "no certificate");
    memcpy(w->anchor, der, len);
    w->anchor_len = len;
    return true;
}

static struct trust_set *set_with(const struct world *w, bool granted, uint64_t generation)
{
    struct trust_row row = { .der = w->anchor, .len = w->anchor_len, .scope = { .kind = TRUST_SCOPE_HOST, .port = w->at.port },
                             .system = true };
    (void)snprintf(row.scope.name, sizeof(row.scope.name), "%s", w->at.host);
    return trust_set_create(&(struct trust_rows){ .anchors = &row, .anchors_len = granted, .generation = generation }, NULL);
}

static struct vim_session *session(struct world *w, const char *password)
{
    struct secret p = { 0 };
    struct vim_session *s = NULL;
    struct err e;
    if (!secret_set(&p, password, strlen(password), &e) || !vim_session_create(w->endpoint, w->user, &p, &s, &e))
        exit(2);
    secret_done(&p);
    return s;
}

static void refused(struct world *w, const char *what)
{
    struct err e = { 0 };
    struct trust_verdict v = { .ok = true };
    AUTO(vim_session_destroyp) struct vim_session *s = session(w, w->password);
    bool ok = !vim_session_login(s, vim_deadline(VIM_CALL_MS), &e) && e.kind == ERR_UNTRUSTED && !vim_session_rejected(s) &&
              vim_session_logins(s) == 0 && vim_endpoint_verdict(w->endpoint, &v) && !v.ok;
    say(w, ok, what, &e);
}

static void wrong_password(struct world *w)
{
    struct err e = { 0 };
    struct vim_rest_answer answer;
    AUTO(vim_session_destroyp) struct vim_session *s = session(w, "not the password");
    bool ok = !vim_session_login(s, vim_deadline(VIM_CALL_MS), &e) && e.kind == ERR_DENIED && vim_session_rejected(s) &&
              !vim_session_get(s, "/x", vim_deadline(VIM_CALL_MS), &answer, &e) && vim_session_logins(s) == 1;
    say(w, ok, "a wrong password is ERR_DENIED, and sent once", &e);
}

/* Roots over REST are there from 7.0, the bundle everywhere but at the simulator: what is absent is no error. */
static void walk_roots(struct world *w, struct vim_session *s)
{
    struct err e = { 0 };
    struct vim_roots roots = { 0 };
    bool rest = !strcmp(w->roots, "rest"), zip = strcmp(w->roots, "none") != 0;
    bool read = vim_roots_rest(s, vim_deadline(VIM_ROOTS_MS), &roots, &e);
    say(w, read && roots.absent == !rest && (roots.len > 0) == rest && (roots.crls_len > 0) == rest && !roots.unreadable,
        rest ? "roots and CRLs over REST" : "no certificate management is an outcome, not an error", &e);
    vim_roots_done(&roots);
    read = vim_roots_zip(w->endpoint, vim_deadline(VIM_CALL_MS), &roots, &e);
    say(w, read && roots.absent == !zip && (roots.len > 0) == zip && (roots.crls_len > 0) == zip && !roots.unreadable,
        zip ? "roots and CRLs of the bundle" : "nor is a missing bundle", &e);
    vim_roots_done(&roots);
}

static void walk(struct world *w)
{
    struct err e = { 0 };
    struct vim_about about = { 0 };
    struct vim_hosts hosts = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vim_session_destroyp) struct vim_session *s = session(w, w->password);
    say(w, vim_session_login(s, vim_deadline(VIM_CALL_MS), &e), "logs in", &e);
    say(w, vim_session_about(s, vim_deadline(VIM_CALL_MS), &about, &e) && about.vcenter && about.instance_uuid[0],
        "it says that it is a vCenter", &e);
    bool listed = vim_hosts_read(s, vim_deadline(VIM_HOSTS_MS), &a, &hosts, &e) && hosts.len > 0;
    say(w, listed && hosts.list[0].name, "lists its hosts", &e);
    for (size_t i = 0; i < hosts.len; i++)
        printf("# %s %s, %zu bytes of certificate\n", hosts.list[i].object.id, hosts.list[i].name, hosts.list[i].certificate_len);
    walk_roots(w, s);
    AUTO(chain_unrefp) struct chain *chain = vim_endpoint_chain(w->endpoint);
    say(w, chain && chain_len(chain) > 0, "the chain that was verified is at hand", &e);
    vim_session_logout(s, vim_deadline(VIM_CALL_MS));
    say(w, vim_session_login(s, vim_deadline(VIM_CALL_MS), &e), "logs in again after the logout", &e);
}

int main(int argc, char **argv)
{
    static struct world w;
    struct err e = { 0 };
    struct buf pem;
    buf_init(&pem, 65536);
    char *colon = argc == 5 || argc == 6 ? strrchr(argv[1], ':') : NULL;
    FILE *f = colon ? fopen(argv[2], "rb") : NULL;
    uint8_t *room;
    if (!f || !buf_reserve(&pem, 65536, &room, &e))
        return 2;
    buf_commit(&pem, fread(room, 1, 65536, f));
    (void)fclose(f);
    if (!trust_pem_read(pem.data, pem.len, take_anchor, &w, &e))
        return 2;
    buf_done(&pem);
    (void)snprintf(w.at.host, sizeof(w.at.host), "%.*s", (int)(colon - argv[1]), argv[1]);
    w.at.port = (uint16_t)strtoul(colon + 1, NULL, 10);
    w.user = argv[3];
    w.password = argv[4];
    w.roots = argc == 6 ? argv[5] : "none";
    w.live = trust_live_create(set_with(&w, false, 1));
    w.resolver = resolver_create(NULL, RESOLVE_AUTO, NULL);
    struct vim_peer peer = { .host = w.at.host, .port = w.at.port, .live = w.live, .resolver = w.resolver,
                             .behalf = { .kind = TRUST_FOR_ADDRESS, .port = w.at.port, .host = w.at.host } };
    if (!vim_endpoint_create(&peer, &w.endpoint, &e))
        return 2;
    refused(&w, "without a grant nothing is sent");
    (void)trust_set_unref(trust_live_swap(w.live, set_with(&w, true, 2)));
    wrong_password(&w);
    walk(&w);
    (void)trust_set_unref(trust_live_swap(w.live, set_with(&w, false, 3)));
    say(&w, vim_endpoint_review(w.endpoint) > 0, "a withdrawn grant closes what was kept", &e);
    refused(&w, "and the next call is refused");
    printf("1..%d\n", w.tests);
    w.endpoint = vim_endpoint_destroy(w.endpoint);
    w.resolver = resolver_destroy(w.resolver);
    w.live = trust_live_destroy(w.live);
    return w.failed > 0;
}
