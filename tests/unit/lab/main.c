int group_lab_control(void);
int group_lab_estate(void);
int group_lab_key(void);
int group_lab_ledger(void);
int group_lab_life(void);
int group_lab_rfb(void);
int group_lab_scenario(void);
int group_lab_shape(void);
int group_lab_sign(void);
int group_lab_task(void);
int group_lab_value(void);
int group_lab_vm(void);
int group_lab_vmdk(void);
int group_lab_vmx(void);
int group_lab_zip(void);

int main(void)
{
    int failed = 0;
    failed += group_lab_control();
    failed += group_lab_estate();
    failed += group_lab_key();
    failed += group_lab_ledger();
    failed += group_lab_life();
    failed += group_lab_rfb();
    failed += group_lab_scenario();
    failed += group_lab_shape();
    failed += group_lab_sign();
    failed += group_lab_task();
    failed += group_lab_value();
    failed += group_lab_vm();
    failed += group_lab_vmdk();
    failed += group_lab_vmx();
    failed += group_lab_zip();
    return failed;
}
