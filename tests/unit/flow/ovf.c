#include "flow/ovf.h"

#include "base/arena.h"
#include "base/buf.h"
#include "unit/check.h"

#define NS "http://schemas.dmtf.org/ovf/envelope/1"
#define ENVELOPE(inside) "<Envelope xmlns=\"" NS "\" xmlns:ovf=\"" NS "\">" inside "</Envelope>"
#define FILES(inside) ENVELOPE("<References>" inside "</References>")
#define FILE_(attributes) "<File ovf:id=\"a\" " attributes "/>"

static void a_package_is_read(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_package p;
    struct err e;
    static const char text[] = ENVELOPE("<References>" FILE_("ovf:href=\"d.vmdk\" ovf:size=\"70\"") FILE_("href=\"e.vmdk\" ovf:chunkSize=\"10\"")
                                        "</References><NetworkSection><Info/><Network ovf:name=\"inside\"/></NetworkSection>");
    CHECK_OK(ovf_parse(text, sizeof(text) - 1, &a, &p, &e), &e);
    CHECK_EQ(p.files_len, 2);
    CHECK_STR(p.files[0].href, "d.vmdk");
    CHECK_EQ(p.files[0].size, 70);
    CHECK_EQ(p.files[0].chunk, 0);
    CHECK_EQ(p.files[1].size, -1);
    CHECK_EQ(p.files[1].chunk, 10);
    CHECK_EQ(p.total, 70);
    CHECK_EQ(p.networks_len, 1);
    CHECK_STR(p.networks[0], "inside");
    for (size_t cut = 0; cut + 1 < sizeof(text) - 1; cut++)
        CHECK(!ovf_parse(text, cut, &a, &p, &e));
}

static void hostile_packages_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text; enum err_kind kind; } bad[] = {
        { "", ERR_INPUT },
        { "<Envelope/>", ERR_INPUT },
        { "<a xmlns=\"" NS "\"/>", ERR_INPUT },
        { "<!DOCTYPE a [<!ENTITY b \"c\">]>" ENVELOPE(""), ERR_INPUT },
        { FILES("<File ovf:id=\"a\"/>"), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"..\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"../x\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"a\\b\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"a&#9;b\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"descriptor.ovf\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"descriptor.mf\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\"") FILE_("ovf:href=\"x\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\" ovf:size=\"-1\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\" ovf:size=\"1e3\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\" ovf:size=\"18446744073709551616\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\" ovf:chunkSize=\"0\"")), ERR_INPUT },
        { FILES(FILE_("ovf:href=\"x\" ovf:size=\"70368744177664\"") FILE_("ovf:href=\"y\" ovf:size=\"1\"")), ERR_LIMIT },
        { ENVELOPE("<NetworkSection><Network/></NetworkSection>"), ERR_INPUT },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        struct ovf_package p;
        struct err e;
        CHECK_FAILS(ovf_parse(bad[i].text, strlen(bad[i].text), &a, &p, &e), &e, bad[i].kind);
    }
}

static void too_many_files_are_too_many(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(buf_done) struct buf b;
    struct ovf_package p;
    struct err e;
    buf_init(&b, OVF_DESCRIPTOR_MAX);
    CHECK_OK(buf_printf(&b, &e, "<Envelope xmlns=\"%s\"><References>", NS), &e);
    for (int i = 0; i <= OVF_FILES_MAX; i++)
        CHECK_OK(buf_printf(&b, &e, "<File href=\"%d\"/>", i), &e);
    CHECK_OK(buf_printf(&b, &e, "</References></Envelope>"), &e);
    CHECK_FAILS(ovf_parse(b.data, b.len, &a, &p, &e), &e, ERR_LIMIT);
}

#define SHA1_OF_NOTHING "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void a_manifest_is_read(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    static const char text[] = "SHA1(a.ovf)= " SHA1_OF_NOTHING "\r\n\nSHA256(b (1).vmdk) = " SHA256_OF_NOTHING " ";
    struct ovf_sum *sums;
    size_t len;
    struct err e;
    CHECK_OK(ovf_manifest_parse(text, sizeof(text) - 1, &a, &sums, &len, &e), &e);
    CHECK_EQ(len, 2);
    CHECK_EQ(sums[0].kind, DIGEST_OF_SHA1);
    CHECK_STR(sums[1].name, "b (1).vmdk");
    uint8_t seen[DIGEST_MAX];
    for (size_t i = 0; i < len; i++) {
        struct digest *d = digest_create(sums[i].kind);
        digest_add(d, "", 0);
        digest_end(d, seen);
        CHECK(memcmp(seen, sums[i].digest, digest_size(sums[i].kind)) == 0);
        (void)digest_destroy(d);
    }
    CHECK_OK(ovf_manifest_parse("", 0, &a, &sums, &len, &e), &e);
    CHECK_EQ(len, 0);
}

static void a_manifest_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x", "SHA1(a)=", "SHA1(a) " SHA1_OF_NOTHING, "SHA1()= " SHA1_OF_NOTHING, "SHA256(a)= " SHA1_OF_NOTHING, "MD5(a)= d41d8cd98f00b204e9800998ecf8427e",
        "SHA1(../a)= " SHA1_OF_NOTHING, "SHA1(a)= " SHA1_OF_NOTHING "0", "SHA1(a)= " SHA1_OF_NOTHING " x", "SHA1(a)= g" SHA1_OF_NOTHING,
        "SHA1(a)= " SHA1_OF_NOTHING "\nSHA1(a)= " SHA1_OF_NOTHING, "SHA1)a(= " SHA1_OF_NOTHING,
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_done) struct arena a = { 0 };
        struct ovf_sum *sums;
        size_t len;
        struct err e;
        CHECK_FAILS(ovf_manifest_parse(bad[i], strlen(bad[i]), &a, &sums, &len, &e), &e, ERR_INPUT);
    }
}

GROUP(flow_ovf, cmocka_unit_test(a_package_is_read), cmocka_unit_test(hostile_packages_are_refused), cmocka_unit_test(too_many_files_are_too_many),
      cmocka_unit_test(a_manifest_is_read), cmocka_unit_test(a_manifest_that_is_none_is_refused))
