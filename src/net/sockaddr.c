#include "net/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_write(const struct address *a, struct sockaddr_storage *ret)
{
    *ret = (struct sockaddr_storage){ 0 };
    if (a->family == ADDRESS_V4) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        memcpy(&in.sin_addr, a->ip, sizeof(in.sin_addr));
        memcpy(ret, &in, sizeof(in));
        return sizeof(in);
    }
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope };
    memcpy(&in6.sin6_addr, a->ip, sizeof(in6.sin6_addr));
    memcpy(ret, &in6, sizeof(in6));
    return sizeof(in6);
}

void sockaddr_read(const struct sockaddr *sa, struct address *ret)
{
    *ret = (struct address){ 0 };
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        ret->family = ADDRESS_V4;
        ret->port = ntohs(in.sin_port);
        memcpy(ret->ip, &in.sin_addr, sizeof(in.sin_addr));
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        ret->family = ADDRESS_V6;
        ret->port = ntohs(in6.sin6_port);
        ret->scope = in6.sin6_scope_id;
        memcpy(ret->ip, &in6.sin6_addr, sizeof(in6.sin6_addr));
        address_unmap(ret);
    }
}
