#include "trust/rule.h"

#include <string.h>

/* clause, what was found, why that refuses, what to do next. */
#define ROW(id, clause_, what_, why_, next_) \
    [id].clause = clause_, [id].what = what_, [id].why = why_, [id].next = next_
#define CODE(id, code_) [id].code = code_,

static const struct trust_rule_text rows[TRUST_RULE_COUNT] = {
    TRUST_RULES(CODE)
    ROW(TRUST_OK, "RFC 5280 section 6.1", "A path leads from the certificate to an anchor granted for this connection.",
        "Nothing refuses it.", "Nothing is to be done."),
    ROW(TRUST_BAD_CERTIFICATE, "RFC 5280 section 4.1",
        "The certificate can't be read, or contradicts itself.",
        "What can't be read completely can't be judged.",
        "Look at it with `openssl x509 -text` and have the CA issue it again."),
    ROW(TRUST_UNKNOWN_ISSUER, "RFC 5280 section 6.1",
        "No anchor, and no certificate that the peer sent, issued this one.",
        "Nobody who is trusted here vouches for it.",
        "If the issuer is right, trust it: for ESXi hosts retrieve the VMCA root of their vCenter, or import the CA "
        "that signed them. If an anchor of that name has another key, the CA was renewed: compare and trust the new one."),
    ROW(TRUST_SELF_SIGNED, "RFC 5280 section 6.1",
        "The certificate is signed by its own key and is not an anchor.",
        "Anybody can make such a certificate; only a person who compared its fingerprint can vouch for it.",
        "Compare the SHA-256 with the one on the machine itself, then trust exactly this certificate."),
    ROW(TRUST_OUT_OF_SCOPE, "docs/trust.md, scope",
        "An anchor vouches for it, but is granted for other connections only.",
        "An anchor counts only for what it was granted for: one vCenter's VMCA does not vouch for another's hosts.",
        "If it shall count here too, add a grant of this certificate with this scope."),
    ROW(TRUST_BAD_SIGNATURE, "RFC 5280 section 6.1.3 (a)(1)",
        "The signature does not verify with the key of the issuer that is named.",
        "The certificate was changed, or another CA of the same name issued it.",
        "Compare the issuer's key identifier with the anchor's; a regenerated VMCA keeps its name and changes its key."),
    ROW(TRUST_SEARCH_BUDGET, "RFC 4158 section 2",
        "Too many certificates could have issued one another to try them all.",
        "A chain that costs more than the budget of signature checks is refused rather than followed.",
        "Have the peer send only the certificates of its own chain, with key identifiers."),
    ROW(TRUST_PATH_TOO_LONG, "RFC 4158 section 2.4.2",
        "The path would be longer than is followed.",
        "The number of certificates between leaf and anchor is limited.",
        "Trust an intermediate CA that is nearer to the certificate."),
    ROW(TRUST_WEAK_SIGNATURE, "RFC 9155 section 2",
        "A certificate below the anchor is signed with SHA-1 or MD5.",
        "Such signatures can be forged.",
        "Have the CA issue the certificate again with SHA-256."),
    ROW(TRUST_WEAK_KEY, "NIST SP 800-57 part 1, table 2",
        "A key is too short: RSA below 2048 bits, or a curve below 224 bits or with explicit parameters.",
        "Such keys can be broken or chosen by an attacker.",
        "Replace the key and have the certificate issued again."),
    ROW(TRUST_BAD_ALGORITHM, "RFC 5280 section 4.1.1.2",
        "The key or the signature is of a kind that is not known here.",
        "What can't be verified is not believed.",
        "Use RSA, ECDSA or EdDSA; VMCA itself accepts RSA only."),
    ROW(TRUST_BAD_VERSION, "RFC 5280 section 4.1.2.1",
        "The certificate's version and its content contradict each other.",
        "Extensions exist in version 3 only, and a CA needs them.",
        "Have the certificate issued again as version 3."),
    ROW(TRUST_BAD_EXTENSION, "RFC 5280 section 4.2",
        "An extension is malformed, appears twice, or stands where it may not.",
        "A constraint that can't be read can't be applied.",
        "Have the certificate issued again; `seen` says which extension it is."),
    ROW(TRUST_CRITICAL_EXTENSION, "RFC 5280 section 4.2",
        "A critical extension is not one that is applied here.",
        "Critical means: reject the certificate when you don't know what this says.",
        "Have the certificate issued without it, or with it not critical."),
    ROW(TRUST_NOT_A_CA, "RFC 5280 section 6.1.4 (k)",
        "A certificate that is not a CA's signed another one.",
        "Only a certificate with basicConstraints cA may issue certificates.",
        "Find the CA that really issued it; a certificate that is trusted as itself vouches for nothing else."),
    ROW(TRUST_PATH_LENGTH, "RFC 5280 section 6.1.4 (l), (m)",
        "There are more CA certificates below a CA than it permits.",
        "pathLenConstraint limits how far a CA may delegate. A VMCA root permits none.",
        "Trust the issuing CA itself if it is the one you mean."),
    ROW(TRUST_KEY_USAGE, "RFC 5280 section 4.2.1.3",
        "The key is used for something that its keyUsage does not allow.",
        "keyCertSign is needed to sign certificates, cRLSign for CRLs, digitalSignature or a key exchange for servers.",
        "Have the certificate issued with the right keyUsage."),
    ROW(TRUST_EXTENDED_KEY_USAGE, "RFC 5280 section 4.2.1.12",
        "extendedKeyUsage is there and does not name serverAuth.",
        "The certificate, or the CA above it, is meant for other purposes than TLS servers.",
        "Have it issued with serverAuth, or without the extension, as VMCA does."),
    ROW(TRUST_NOT_YET_VALID, "RFC 5280 section 4.1.2.5",
        "The certificate is not valid yet.",
        "Everything on a path must be valid now.",
        "Check the clocks of this machine and of the one that issued it."),
    ROW(TRUST_EXPIRED, "RFC 5280 section 4.1.2.5",
        "The certificate has expired.",
        "Everything on a path must be valid now, the anchor too.",
        "Renew it. For an ESXi host: vCenter > host > Certificate > Renew; for a VMCA root: replace it first."),
    ROW(TRUST_NAME_CONSTRAINT, "RFC 5280 section 4.2.1.10",
        "A name is outside of what a CA above may vouch for.",
        "The CA's name constraints exclude it, or do not permit it.",
        "Use a CA whose constraints hold this name."),
    ROW(TRUST_CERTIFICATE_POLICY, "RFC 5280 section 6.1.5",
        "A CA asks for an explicit policy, and no policy is valid along the path.",
        "The CA says that its certificates only count under a stated policy.",
        "Have the certificates issued with the CA's policy."),
    ROW(TRUST_LAB, "docs/trust.md, lab",
        "A certificate on the path was made by vsphere-lab.",
        "A lab's keys are nobody's secret; they count only where the cell runs with --lab.",
        "Do not use the lab's certificates outside of it."),
    ROW(TRUST_CRL_MISSING, "RFC 5280 section 6.3.3",
        "Revocation is required, and no CRL speaks of this certificate.",
        "Without a CRL nobody can say that it was not revoked.",
        "Have the CA publish a CRL, or do not require one."),
    ROW(TRUST_CRL_STALE, "RFC 5280 section 5.1.2.5",
        "The CRL for this certificate is past its nextUpdate.",
        "An old list does not tell what was revoked since.",
        "Have the CA publish a new CRL; vCenter renews VMCA's every 30 days."),
    ROW(TRUST_CRL_BAD, "RFC 5280 section 6.3.3 (f), (g)",
        "The CRL for this certificate can't be used.",
        "Its signature, its signer or a critical extension does not hold.",
        "Have the CA publish a CRL signed with its own key, or hand over the CRL signer's certificate."),
    ROW(TRUST_REVOKED, "RFC 5280 section 6.3.3 (i), (j)",
        "The certificate was revoked by its CA.",
        "The CA took its word back.",
        "Replace the certificate; `seen` says why it was revoked."),
    ROW(TRUST_NO_NAME, "RFC 9525 section 6.3",
        "The certificate carries no name of the kind that was asked for.",
        "Only names in subjectAltName count; the subject's CN never does.",
        "Have it issued with the name in subjectAltName, or connect by a name that it carries."),
    ROW(TRUST_NAME_MISMATCH, "RFC 9525 section 6.3",
        "The certificate is for other names than the one that was asked for.",
        "Somebody whom the CA vouches for answers, but not the one who was called.",
        "Connect by a name that the certificate carries, or have it issued for this one. A host is asked by its "
        "inventory name, its configured name and its management addresses."),
    ROW(TRUST_NAME_OFF_UNPINNED, "docs/trust.md, names off",
        "Name verification is off, and nothing else ties this certificate to the endpoint.",
        "Anybody with any certificate of that CA could take the endpoint's place and receive its credentials.",
        "Confirm the endpoint's certificate once, grant its CA for this endpoint alone, or switch name verification on."),
    ROW(TRUST_NAME_OFF_PUBLIC, "docs/trust.md, names off",
        "Name verification is off, and only a public CA vouches for it.",
        "A public CA vouches for anybody who owns any name.",
        "Switch name verification on, or confirm exactly this certificate."),
    ROW(TRUST_THUMBPRINT_MISMATCH, "docs/gate.md, two proofs",
        "The chain is good, but the certificate is not the one whose thumbprint the vCenter Server gave with its ticket.",
        "Somebody who holds another certificate of a trusted CA may stand between the cell and the host.",
        "Compare the host's certificate with what its vCenter Server lists; reconnect the host there if it was renewed."),
};

const char *trust_rule_code(enum trust_rule rule)
{
    return rows[rule].code;
}

const struct trust_rule_text *trust_rule_text(enum trust_rule rule)
{
    return &rows[rule];
}

enum trust_rule trust_rule_find(const char *code)
{
    unsigned rule = 0;
    while (rule < TRUST_RULE_COUNT && strcmp(rows[rule].code, code) != 0)
        rule++;
    return (enum trust_rule)rule;
}
