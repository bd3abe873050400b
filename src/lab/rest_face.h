/* lab/rest_face.h - the two families of vSphere's REST: /rest puts bodies inside {"value": ..} and says errors one way,
 * /api bare and another. Shared by the files of REST handlers; under lab_lock. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "lab/faces.h"

struct http1_head;
struct http_request;
struct http_response;

bool lab_rest_is_old(const struct http_request *rq);
struct lab_vcenter *lab_rest_vcenter(const struct http_request *rq);
/* take may be NULL: then the answer has no body. */
void lab_rest_send(struct http_request *rq, struct http_response *rs, int status, json_t *take);
/* kind: "not_found", "invalid_argument", .. */
void lab_rest_refuse(struct http_request *rq, struct http_response *rs, int status, const char *kind, const char *text);
/* The answer to a failed deed. */
void lab_rest_refuse_err(struct http_request *rq, struct http_response *rs, const struct err *e);
/* Done, without a body: 200 of the old family, 204 of the new. */
void lab_rest_done(struct http_request *rq, struct http_response *rs);
/* Who asks is logged in, and the release has this page. Both answer when not. */
bool lab_rest_may(struct http_request *rq, struct http_response *rs);
bool lab_rest_has(struct http_request *rq, struct http_response *rs, enum lab_version since);
/* The body's object, from inside {"spec": ..} when it is there; an empty object for no body. NULL after a 400. */
json_t *lab_rest_spec(struct http_request *rq, struct http_response *rs);
/* "Basic dXNlcjpwdw==" into two strings. */
bool lab_rest_basic(const struct http1_head *head, char user[LAB_NAME], char password[LAB_NAME]);
/* The value of ?action= or ?~action=, decoded into out; "" without one. */
void lab_rest_action(const struct http_request *rq, char out[64]);
