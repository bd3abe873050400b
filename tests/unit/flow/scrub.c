/* Nothing that is secret passes, in any of the forms in which it is written; and what is none stays readable. */
#include "flow/scrub.h"

#include "base/text.h"
#include "unit/check.h"

static void check_scrubbed(const struct scrub *s, const char *text, const char *want)
{
    AUTO(buf_done) struct buf out;
    struct err e;
    buf_init(&out, 1 << 20);
    CHECK_OK(scrub_text(s, text, strlen(text), &out, &e), &e);
    CHECK_STR(buf_str(&out), want);
}

static void check_gone(const struct scrub *s, const void *text, size_t len)
{
    AUTO(buf_done) struct buf out;
    struct err e;
    buf_init(&out, 1 << 20);
    CHECK(scrub_finds(s, text, len));
    CHECK_OK(scrub_text(s, text, len, &out, &e), &e);
    CHECK(!scrub_finds(s, out.data, out.len));
}

static void a_known_value_is_found_in_every_form(void **state)
{
    (void)state;
    static const char *const values[] = { "hunter2", "correct horse: \"battery\" @st\xc3\xa4ple/%", "abcd", "\x01\xff\x80\x00\x7f!zz\xfe\xed" };
    static const size_t lens[] = { 7, 35, 4, 10 };
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        scrub_value(s, values[i], lens[i]);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        char hex[200];
        text_hex((const uint8_t *)values[i], lens[i], hex);
        check_gone(s, values[i], lens[i]);
        check_gone(s, hex, strlen(hex));
        text_fingerprint((const uint8_t *)values[i], lens[i], hex);
        check_gone(s, hex, strlen(hex));
        /* "user:password" and the like: at each place within a group of three bytes, with something behind */
        for (size_t before = 0; before < 7 && lens[i] >= 7; before++) {
            AUTO(buf_done) struct buf raw, text;
            struct err e;
            buf_init(&raw, 1000);
            buf_init(&text, 2000);
            CHECK_OK(buf_append(&raw, "user:xy", before, &e) && buf_append(&raw, values[i], lens[i], &e) && buf_puts(&raw, "tail", &e), &e);
            CHECK_OK(text_base64(&text, raw.data, raw.len, &e), &e);
            check_gone(s, text.data, text.len);
        }
    }
    static const char json[] = "correct horse: \\\"battery\\\" @st\\u00e4ple/%", raw_json[] = "correct horse: \\\"battery\\\" @st\xc3\xa4ple/%";
    CHECK(scrub_finds(s, raw_json, strlen(raw_json)) || scrub_finds(s, json, strlen(json)));
    static const char url[] = "correct%20horse%3A%20%22battery%22%20%40st%C3%A4ple%2F%25";
    check_gone(s, url, strlen(url));
    check_scrubbed(s, "a hunter2 b hunter2hunter2 c", "a [removed] b [removed][removed] c");
    check_scrubbed(s, "hunte r2 HUNTER2 abc", "hunte r2 HUNTER2 abc");
}

static void short_values_are_left_to_the_patterns(void **state)
{
    (void)state;
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    scrub_value(s, "abc", 3);
    check_scrubbed(s, "abc password=abc", "abc password=[removed]");
}

static void what_looks_like_a_secret_goes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "password=x", "password=[removed]" },
        { "Password: two words", "Password: [removed] words" },
        { "{\"password\":\"a b\\\"c\",\"n\":1}", "{\"password\":\"[removed]\",\"n\":1}" },
        { "{\"secrets\":12,\"token\":null,\"ticket\": true}", "{\"secrets\":12,\"token\":null,\"ticket\": true}" },
        { "{\\\"token\\\":\\\"abc\\\"}", "{\\\"token\\\":\\\"[removed]\\\"}" },
        { "token='abc def'", "token='[removed]'" },
        { "<password>geheim</password>", "<password>[removed]</password>" },
        { "<vim:sessionTicket type=\"a\">x1</vim:sessionTicket>", "<vim:sessionTicket type=\"a\">[removed]</vim:sessionTicket>" },
        { "Authorization: Basic dXNlcjpwYXNz", "Authorization: [removed]" },
        { "sent Bearer abcdefgh.ijk", "sent Bearer [removed]" },
        { "Set-Cookie: vmware_soap_session=\"52aa\"; Path=/", "Set-Cookie: [removed]\"52aa\"; Path=/" },
        { "vmware_soap_session=52aa", "vmware_soap_session=[removed]" },
        { "x-vcloud-authorization: 0123456789", "x-vcloud-authorization: [removed]" },
        { "postgresql://cell:p:w@db/x", "postgresql://cell:[removed]@db/x" },
        { "wss://esx1/ticket/abc123 open", "wss://esx1/ticket/[removed] open" },
        { "wss://cell.example/443;abc-def=", "wss://cell.example/443;[removed]" },
        { "jwt eyJhbGciOiJ.eyJzdWIiOiJ.c2ln end", "jwt [removed] end" },
        { "cst-VCT-52aa-bbcc--tp-11", "[removed]" },
        { "hash $argon2id$v=19$m=8,t=1$c2FsdA$aGFzaA x", "hash [removed] x" },
        { "id 00112233445566778899aabbccddeeff0 x", "id [removed] x" },
        { "key QWxhZGRpbjpvcGVuIHNlc2FtZQQWxhZGRpbjpvcGVu0IHN= x", "key [removed] x" },
        { "-----BEGIN PRIVATE KEY-----\nMIIE\nvgIB\n-----END PRIVATE KEY-----\nnext", "-----BEGIN PRIVATE KEY-----[removed]\nnext" },
        { "-----BEGIN EC PRIVATE KEY-----\nMIIE", "-----BEGIN EC PRIVATE KEY-----[removed]" },
    };
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_scrubbed(s, cases[i].text, cases[i].want);
}

static void what_is_no_secret_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n\n", "2026-11-23T10:00:00Z INFO cell.ready url=https://cell.example:8443 lab=no",
        "SHA256:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99",
        "urn:vcloud:vimserver:0b4b5f2c-3f8e-4f9e-8f0e-1c2d3e4f5a6b", "GET /cloudapi/vouchsafe/1.0.0/vcenters/findVmca/and/more/of/a/long/path/here",
        "the password of vc1 was rejected", "unknown-issuer: CN=CA,DC=vsphere,DC=local", "sqlite:/var/lib/vouchsafe/store.db",
    };
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        check_scrubbed(s, texts[i], texts[i]);
}

static void any_bytes_are_taken(void **state)
{
    (void)state;
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    AUTO(buf_done) struct buf out, text;
    struct err e;
    buf_init(&out, 1 << 20);
    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < 256; i++)
        CHECK_OK(buf_append(&text, &(uint8_t){ (uint8_t)i }, 1, &e), &e);
    for (unsigned i = 0; i < SCRUB_LINE_MAX; i++)
        CHECK_OK(buf_puts(&text, "y", &e), &e);
    CHECK_OK(scrub_text(s, text.data, text.len, &out, &e), &e);
    CHECK(out.len >= SCRUB_LINE_MAX && memmem(out.data, out.len, "[cut]", 5));
}

GROUP(flow_scrub, cmocka_unit_test(a_known_value_is_found_in_every_form), cmocka_unit_test(short_values_are_left_to_the_patterns),
      cmocka_unit_test(what_looks_like_a_secret_goes), cmocka_unit_test(what_is_no_secret_stays), cmocka_unit_test(any_bytes_are_taken))
