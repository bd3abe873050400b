int group_net_wheel(void);
int group_net_loop(void);
int group_net_memory(void);
int group_net_io(void);
int group_net_drive(void);
int group_net_address(void);
int group_net_hosts(void);
int group_net_desk(void);
int group_net_pool(void);
int group_net_resolve(void);
int group_net_chain(void);
int group_net_tls_client(void);
int group_net_tls_conn(void);
int group_net_tls_server(void);
int group_net_tls_own(void);
int group_net_range(void);
int group_net_proxy_header(void);
int group_net_proxy_conn(void);

int main(void)
{
    return group_net_wheel() + group_net_loop() + group_net_memory() + group_net_io() + group_net_drive() +
           group_net_address() + group_net_hosts() + group_net_desk() + group_net_pool() + group_net_resolve() +
           group_net_chain() + group_net_tls_client() + group_net_tls_conn() + group_net_tls_server() + group_net_tls_own() +
           group_net_range() + group_net_proxy_header() + group_net_proxy_conn();
}
