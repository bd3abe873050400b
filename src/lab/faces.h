/* lab/faces.h - which pages each kind of endpoint has: the tables of routes, and the handlers behind them.
 * Called by the listeners. Handlers run on pool threads; http_request.app is the struct lab_endpoint. */
#pragma once
#include <stddef.h>

#include "lab/estate.h"

struct http_request;
struct http_response;
struct http_route;

const struct http_route *lab_faces(enum lab_kind kind, size_t *ret_len);

void lab_sdk_versions(struct http_request *rq, struct http_response *rs);
void lab_sdk_post(struct http_request *rq, struct http_response *rs);
void lab_certs_zip(struct http_request *rq, struct http_response *rs);
void lab_rest_login(struct http_request *rq, struct http_response *rs);
void lab_rest_session(struct http_request *rq, struct http_response *rs);
void lab_rest_logout(struct http_request *rq, struct http_response *rs);
void lab_rest_chains(struct http_request *rq, struct http_response *rs);
void lab_rest_chain(struct http_request *rq, struct http_response *rs);
void lab_rest_tls(struct http_request *rq, struct http_response *rs);
void lab_rest_version(struct http_request *rq, struct http_response *rs);
void lab_welcome(struct http_request *rq, struct http_response *rs);
void lab_nsx_node(struct http_request *rq, struct http_response *rs);
void lab_nsx_registration(struct http_request *rq, struct http_response *rs);
void lab_nsx_info(struct http_request *rq, struct http_response *rs);
void lab_rest_chain_post(struct http_request *rq, struct http_response *rs);
void lab_rest_chain_delete(struct http_request *rq, struct http_response *rs);
void lab_rest_tls_csr(struct http_request *rq, struct http_response *rs);
void lab_rest_tls_put(struct http_request *rq, struct http_response *rs);
void lab_rest_tls_action(struct http_request *rq, struct http_response *rs);
void lab_rest_vmca_root(struct http_request *rq, struct http_response *rs);
void lab_rest_sts(struct http_request *rq, struct http_response *rs);
void lab_rest_sts_put(struct http_request *rq, struct http_response *rs);
void lab_rest_sts_action(struct http_request *rq, struct http_response *rs);
void lab_afd_roots(struct http_request *rq, struct http_response *rs);
void lab_afd_crls(struct http_request *rq, struct http_response *rs);
void lab_rest_get_root(struct http_request *rq, struct http_response *rs);
void lab_rest_sign_cert(struct http_request *rq, struct http_response *rs);
