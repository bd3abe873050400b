int group_e2e_loop(void);
int group_e2e_tcp(void);
int group_e2e_listen(void);
int group_e2e_local(void);
int group_e2e_resolve(void);
int group_e2e_tls(void);
int group_e2e_tls_bytes(void);

int main(void)
{
    return group_e2e_loop() + group_e2e_tcp() + group_e2e_listen() + group_e2e_local() + group_e2e_resolve() +
           group_e2e_tls() + group_e2e_tls_bytes();
}
