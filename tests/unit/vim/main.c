int group_vim_session(void);
int group_vim_endpoint(void);
int group_vim_inventory(void);
int group_vim_roots(void);
int group_vim_limits(void);
int group_vim_threads(void);
int group_vim_datastore(void);
int group_vim_vm_ticket(void);

int main(void)
{
    return group_vim_session() + group_vim_endpoint() + group_vim_inventory() + group_vim_roots() +
           group_vim_limits() + group_vim_threads() + group_vim_datastore() + group_vim_vm_ticket();
}
