/* gate/leg.h - the way from the cell to one ESXi host: resolve, connect, TLS with the full verdict, the second proof, and the
 * WebSocket handshake; one step function for the loop's driver. Called by gate/console.c.
 *
 * Two proofs, and both must hold: the chain leads to an anchor that is granted for the hosts of this vCenter (trust_decide, in the
 * handshake), and the certificate is the one whose thumbprint the vCenter gave with the ticket. Nothing of the client's, and not
 * the ticket either, is sent before. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/target.h"
#include "net/io.h"

struct address;
struct conn;
struct desk;
struct leg;
struct resolver;
struct tcp_options;
struct tls_client;

/* How it ended. */
enum leg_result {
    LEG_UNDECIDED,
    LEG_OK,
    LEG_UNTRUSTED,   /* leg_verdict says why */
    LEG_THUMBPRINT,  /* a good chain, and not the certificate that the vCenter named */
    LEG_UNREACHABLE, /* no address, no connection, no TLS */
    LEG_REFUSED,     /* the host did not switch to WebSocket: its ticket was used or is too old */
    LEG_RESULTS,
};

/* All borrowed; target until leg_destroy. wake is called when the operation is to be stepped again. */
struct leg_config {
    struct tls_client *tls;
    const struct resolver *resolver;
    struct desk *desk;           /* of a loop; NULL on a pool thread, which may wait for the resolver */
    struct gate_target *target;
    struct conn *(*connect)(const struct address *addresses, size_t len, const struct tcp_options *options); /* NULL: tcp_connect */
    uint32_t share_ms;           /* of one address among several; 0: no limit */
    bool websocket;              /* false: it is done when the host is believed */
    void (*wake)(void *self);
    void *self;
};

struct leg *leg_create(const struct leg_config *c);
struct leg *leg_destroy(struct leg *l); /* and its connection, unless that was taken */

extern const struct io_op leg_op; /* self is the leg */

enum leg_result leg_result(const struct leg *l);
/* NULL before the host's chain arrived. Of LEG_THUMBPRINT: refused for that. */
const struct trust_verdict *leg_verdict(const struct leg *l);
bool leg_single_proof(const struct leg *l); /* there was no thumbprint to compare with */
/* After IO_DONE: the connection, and what the host sent behind its 101 (borrowed until leg_destroy). */
struct conn *leg_take(struct leg *l, const uint8_t **ret_rest, size_t *ret_len);
