#include "lab/estate.h"

#include <string.h>

/* Which kinds of endpoint can have a fault: bits 1 << enum lab_kind. */
enum { VC = 1 << LAB_VCENTER, HOST = 1 << LAB_HOST, NSX = 1 << LAB_NSX };

static const struct {
    const char *name;
    unsigned bit, kinds;
} faults[] = {
    { "expired", LAB_FAULT_EXPIRED, VC | HOST | NSX },
    { "not-yet-valid", LAB_FAULT_FUTURE, VC | HOST | NSX },
    { "wrong-name", LAB_FAULT_MISNAMED, VC | HOST | NSX },
    { "self-signed", LAB_FAULT_SELF_SIGNED, VC | HOST | NSX },
    { "installer", LAB_FAULT_INSTALLER, HOST },
    { "foreign", LAB_FAULT_FOREIGN, HOST },
    { "mitm", LAB_FAULT_MITM, HOST },
    { "down", LAB_FAULT_DOWN, VC | HOST | NSX },
    { "silent", LAB_FAULT_SILENT, VC | HOST | NSX },
    { "disconnected", LAB_FAULT_DISCONNECTED, HOST },
    { "appended-ca", LAB_FAULT_APPENDED, VC | HOST | NSX },
    { "rejected-password", LAB_FAULT_PASSWORD, VC | NSX },
    { "lost-sessions", LAB_FAULT_SESSIONS, VC },
    { "expired-root", LAB_FAULT_ROOT, VC },
    { "withheld-root", LAB_FAULT_WITHHELD, VC },
    { "returning-roots", LAB_FAULT_RETURN, VC },
    { "stale-crl", LAB_FAULT_STALE_CRL, VC },
    { "expired-sts", LAB_FAULT_STS, VC },
    { "clock-skew", LAB_FAULT_SKEW, VC | HOST },
    { "crash-before-store", LAB_FAULT_CRASH, VC },
    { "refuses-certificates", LAB_FAULT_REFUSES, HOST },
    { "thumbprint-absent", LAB_FAULT_PRINT_NONE, HOST },
    { "thumbprint-stale", LAB_FAULT_PRINT_STALE, HOST },
    { "thumbprint-wrong", LAB_FAULT_PRINT_WRONG, HOST },
    { "slow", LAB_FAULT_SLOW, VC | HOST | NSX },
    { "dripping", LAB_FAULT_DRIP, VC | HOST | NSX },
    { "hanging", LAB_FAULT_HANGING, VC | HOST | NSX },
    { "resetting", LAB_FAULT_RESETTING, VC | HOST | NSX },
    { "garbage", LAB_FAULT_GARBAGE, VC | HOST | NSX },
    { "oversized", LAB_FAULT_OVERSIZED, VC | HOST | NSX },
};

const char *lab_fault_name(size_t n, unsigned *ret_bit, unsigned *ret_kinds)
{
    if (n >= ARRAY_LEN(faults))
        return NULL;
    *ret_bit = faults[n].bit;
    *ret_kinds = faults[n].kinds;
    return faults[n].name;
}

unsigned lab_fault_of(const char *name, enum lab_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (!strcmp(faults[i].name, name) && (faults[i].kinds & 1u << kind))
            return faults[i].bit;
    return 0;
}
