/* net/sockaddr.h - between struct address and what the kernel wants. Inside net only: the one header of this folder
 * that shows <sys/socket.h>. Never decides anything. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

#include "net/address.h"

/* Fills ret for an IPv4 or IPv6 address and returns how long it is. */
socklen_t sockaddr_write(const struct address *a, struct sockaddr_storage *ret);
/* Any other family gives ADDRESS_NONE. An IPv4-mapped address is unmapped. */
void sockaddr_read(const struct sockaddr *sa, struct address *ret);
