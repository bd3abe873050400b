int group_trust_access(void);
int group_trust_audit(void);
int group_trust_path(void);
int group_trust_proofs(void);
int group_trust_scope(void);
int group_trust_hostname(void);
int group_trust_names(void);
int group_trust_revocation(void);
int group_trust_decode(void);
int group_trust_keystore(void);
int group_trust_set(void);
int group_trust_vmca(void);
int group_trust_chains(void);

int main(void)
{
    return group_trust_path() + group_trust_scope() + group_trust_hostname() + group_trust_names() +
           group_trust_revocation() + group_trust_decode() + group_trust_set() + group_trust_vmca() +
           group_trust_chains() + group_trust_access() + group_trust_proofs() + group_trust_audit() + group_trust_keystore();
}
