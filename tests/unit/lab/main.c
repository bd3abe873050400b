int group_lab_control(void);
int group_lab_estate(void);
int group_lab_key(void);
int group_lab_rfb(void);
int group_lab_scenario(void);
int group_lab_shape(void);
int group_lab_task(void);
int group_lab_value(void);
int group_lab_vm(void);
int group_lab_zip(void);

int main(void)
{
    return group_lab_control() + group_lab_estate() + group_lab_key() + group_lab_rfb() + group_lab_scenario() + group_lab_shape() +
           group_lab_task() + group_lab_value() + group_lab_vm() + group_lab_zip();
}
