#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire/http1_parts.h"

/* Takes back what a writer had appended before it failed. */
static bool undo(struct buf *b, size_t len)
{
    b->len = len;
    if (b->data)
        b->data[len] = '\0';
    return false;
}

bool http1_write_request(struct buf *b, const char *method, const char *target, struct err *e)
{
    size_t len = b->len;
    if (!http1_is_token(method, strlen(method)))
        return err_set(e, ERR_INPUT, "a method that is no token");
    for (const char *c = target; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f)
            return err_set(e, ERR_INPUT, "byte 0x%02x in a request target", (unsigned char)*c);
    if (!*target)
        return err_set(e, ERR_INPUT, "an empty request target");
    return buf_printf(b, e, "%s %s HTTP/1.1\r\n", method, target) || undo(b, len);
}

bool http1_write_status(struct buf *b, int status, const char *reason, struct err *e)
{
    size_t len = b->len;
    if (status < 100 || status > 599)
        return err_set(e, ERR_INPUT, "status %d", status);
    if (!reason)
        reason = http1_reason(status);
    if (!http1_is_value(reason, strlen(reason)))
        return err_set(e, ERR_INPUT, "a control byte in a reason");
    return buf_printf(b, e, "HTTP/1.1 %d %s\r\n", status, reason) || undo(b, len);
}

bool http1_write_field(struct buf *b, const char *name, const char *value, struct err *e)
{
    size_t len = b->len, name_len = strlen(name), value_len = strlen(value);
    if (!http1_is_token(name, name_len))
        return err_set(e, ERR_INPUT, "a field name that is no token");
    if (!http1_is_value(value, value_len))
        return err_set(e, ERR_INPUT, "a control byte in the value of %s", name);
    return (buf_append(b, name, name_len, e) && buf_append(b, ": ", 2, e) && buf_append(b, value, value_len, e) &&
            buf_append(b, "\r\n", 2, e)) ||
           undo(b, len);
}

bool http1_write_field_number(struct buf *b, const char *name, uint64_t value, struct err *e)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    return http1_write_field(b, name, digits, e);
}

bool http1_write_end(struct buf *b, struct err *e)
{
    return buf_append(b, "\r\n", 2, e);
}

bool http1_write_chunk_head(struct buf *b, uint64_t len, struct err *e)
{
    if (!len)
        return err_set(e, ERR_INPUT, "a chunk of no bytes would end the body");
    return buf_printf(b, e, "%llx\r\n", (unsigned long long)len);
}

bool http1_write_chunk(struct buf *b, const void *p, size_t len, struct err *e)
{
    size_t before = b->len;
    return (http1_write_chunk_head(b, len, e) && buf_append(b, p, len, e) && buf_append(b, "\r\n", 2, e)) ||
           undo(b, before);
}

bool http1_write_last_chunk(struct buf *b, struct err *e)
{
    return buf_append(b, "0\r\n\r\n", 5, e);
}

const char *http1_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        { 100, "Continue" }, { 101, "Switching Protocols" },
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 206, "Partial Content" },
        { 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
        { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 409, "Conflict" },
        { 410, "Gone" }, { 411, "Length Required" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
        { 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" }, { 421, "Misdirected Request" }, { 422, "Unprocessable Content" },
        { 426, "Upgrade Required" }, { 428, "Precondition Required" }, { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
        { 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "";
}

void http1_date(int64_t unix_seconds, char out[HTTP1_DATE])
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t t = (time_t)unix_seconds;
    struct tm tm = { 0 };
    if (!gmtime_r(&t, &tm))
        tm = (struct tm){ .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };
    (void)snprintf(out, HTTP1_DATE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday % 100,
                   months[tm.tm_mon], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
                   tm.tm_sec % 100);
}
