#include "trust/hostname.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "trust/cert_fields.h"
#include "trust/general_name.h"

static bool label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool hostname_ok(const char *s, size_t len)
{
    size_t label = 0;
    if (len == 0 || len > 253)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (!label_char(s[i]) || ++label > 63) {
            return false;
        }
    }
    return label != 0;
}

bool hostname_is_address_like(const char *s, size_t len)
{
    bool digits = true;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == ':')
            return true;
        digits &= s[i] == '.' || (s[i] >= '0' && s[i] <= '9');
    }
    return digits;
}

size_t hostname_address(const char *text, uint8_t out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

bool hostname_matches(const char *host, const char *pattern, size_t pattern_len)
{
    size_t len = strlen(host);
    if (len && host[len - 1] == '.')
        len--;
    if (!hostname_ok(host, len) || hostname_is_address_like(host, len))
        return false;
    if (pattern_len > 2 && pattern[0] == '*' && pattern[1] == '.') {
        const char *dot = memchr(host, '.', len);
        if (!dot)
            return false;
        pattern += 1;
        pattern_len -= 1;
        len -= (size_t)(dot - host);
        host = dot;
        return hostname_ok(pattern + 1, pattern_len - 1) && text_caseeq_n(host, len, pattern, pattern_len);
    }
    return hostname_ok(pattern, pattern_len) && text_caseeq_n(host, len, pattern, pattern_len);
}

enum hostname_result hostname_check(const struct trust_cert *c, const char *host)
{
    uint8_t address[16];
    size_t address_len = hostname_address(host, address);
    struct der names = c->alt_names;
    struct general_name n;
    enum hostname_result result = HOSTNAME_NONE;
    while (general_name_next(&names, &n)) {
        if (n.kind != NAME_DNS && n.kind != NAME_IP)
            continue;
        result = HOSTNAME_MISMATCH;
        if (n.kind == NAME_IP && address_len && der_equal(n.value, (struct der){ address, address_len }))
            return HOSTNAME_MATCH;
        if (n.kind == NAME_DNS && !address_len &&
            hostname_matches(host, (const char *)n.value.p, n.value.len))
            return HOSTNAME_MATCH;
    }
    return result;
}
