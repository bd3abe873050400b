/* lab/rest_face.h - the two families of vSphere's REST: /rest puts bodies inside {"value": ..} and says errors one way,
 * /api bare and another. Shared by the files of REST handlers. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "lab/faces.h"

struct http1_head;
struct http_request;
struct http_response;

/* What somebody who is logged in asks of a page of 7.0 and later. */
struct lab_rest_call {
    struct http_request *rq;
    struct lab_vcenter *vc;
    const json_t *spec; /* the body's object, from inside {"spec": ..} when it is there; {} for no body */
    json_t *answer;     /* given away; NULL: done, without a body */
    int status;         /* of the answer; 200 when not set */
};
typedef bool lab_rest_deed(struct lab_rest_call *c, struct err *e);

/* The frame of every such page: release, session, body, and what the deed says. Takes lab_lock. */
void lab_rest_run(struct http_request *rq, struct http_response *rs, lab_rest_deed *deed);

/* The others are under lab_lock. */
bool lab_rest_is_old(const struct http_request *rq);
struct lab_vcenter *lab_rest_vcenter(const struct http_request *rq);
/* take may be NULL: then the answer has no body. */
void lab_rest_send(struct http_request *rq, struct http_response *rs, int status, json_t *take);
/* kind: "not_found", "invalid_argument", .. */
void lab_rest_refuse(struct http_request *rq, struct http_response *rs, int status, const char *kind, const char *text);
/* The answer to a failed deed. */
void lab_rest_refuse_err(struct http_request *rq, struct http_response *rs, const struct err *e);
/* Who asks is logged in, and the release has this page. Both answer when not. */
bool lab_rest_may(struct http_request *rq, struct http_response *rs);
bool lab_rest_has(struct http_request *rq, struct http_response *rs, enum lab_version since);
/* The body's object, from inside {"spec": ..} when it is there; an empty object for no body. NULL after a 400. */
json_t *lab_rest_spec(struct http_request *rq, struct http_response *rs);
/* "Basic dXNlcjpwdw==" into two strings. */
bool lab_rest_basic(const struct http1_head *head, char user[LAB_NAME], char password[LAB_NAME]);
/* The value of ?action= or ?~action=, decoded into out; "" without one. */
void lab_rest_action(const struct http_request *rq, char out[64]);

/* In rest_chain.c: a certificate as text, perhaps with its CRL behind it. */
json_t *lab_rest_pem(X509 *cert, X509_CRL *crl);
/* {"cert_chain":{"cert_chain":[PEM, ..]}} as one text; member is the outer one. */
MUST_USE bool lab_rest_chain_text(const json_t *spec, const char *member, struct buf *out, struct err *e);
/* In rest_tls_info.c: a certificate as `tls` describes it, and the names in its SAN. */
json_t *lab_rest_tls_info(X509 *cert);
json_t *lab_rest_names(X509 *cert);
