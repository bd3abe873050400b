int group_vim_customize(void);
int group_vim_datastore(void);
int group_vim_endpoint(void);
int group_vim_guest(void);
int group_vim_inventory(void);
int group_vim_lease(void);
int group_vim_limits(void);
int group_vim_roots(void);
int group_vim_session(void);
int group_vim_threads(void);
int group_vim_updates(void);
int group_vim_vm_ticket(void);

int main(void)
{
    int failed = 0;
    failed += group_vim_customize();
    failed += group_vim_datastore();
    failed += group_vim_endpoint();
    failed += group_vim_guest();
    failed += group_vim_inventory();
    failed += group_vim_lease();
    failed += group_vim_limits();
    failed += group_vim_roots();
    failed += group_vim_session();
    failed += group_vim_threads();
    failed += group_vim_updates();
    failed += group_vim_vm_ticket();
    return failed;
}
