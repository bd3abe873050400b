#include "lab/vm.h"

#include <string.h>

static struct lab_value *device(struct arena *a, struct lab_value *list, const char *type, int key, const char *label)
{
    struct lab_value *v = lab_poly(a, list, NULL, type);
    (void)lab_int(a, v, "key", key);
    struct lab_value *d = lab_struct(a, v, "deviceInfo", "Description");
    (void)lab_string(a, d, "label", label);
    (void)lab_string(a, d, "summary", label);
    return v;
}

static void connectable(struct arena *a, struct lab_value *v, bool connected, bool started)
{
    struct lab_value *c = lab_struct(a, v, "connectable", "VirtualDeviceConnectInfo");
    (void)lab_bool(a, c, "startConnected", started);
    (void)lab_bool(a, c, "allowGuestControl", true);
    (void)lab_bool(a, c, "connected", connected);
    (void)lab_string(a, c, "status", "ok");
}

static void placed(struct arena *a, struct lab_value *v, int controller, int unit)
{
    (void)lab_int(a, v, "controllerKey", controller);
    (void)lab_int(a, v, "unitNumber", unit);
}

static struct lab_value *controller(struct arena *a, struct lab_value *list, const char *type, int key, const char *label)
{
    struct lab_value *v = device(a, list, type, key, label);
    (void)lab_int(a, v, "busNumber", 0);
    return lab_array(a, v, "device", "int");
}

static void number(struct arena *a, struct lab_value *list, int n)
{
    (void)lab_int(a, list, NULL, n);
}

static void controllers(struct arena *a, struct lab_value *list, const struct lab_vm *vm)
{
    number(a, controller(a, list, "VirtualIDEController", LAB_IDE_KEY, "IDE 0"), LAB_CDROM_KEY);
    struct lab_value *ps2 = controller(a, list, "VirtualPS2Controller", 300, "PS2 controller 0");
    number(a, ps2, 600);
    number(a, ps2, 700);
    struct lab_value *pci = controller(a, list, "VirtualPCIController", 100, "PCI controller 0");
    number(a, pci, 500);
    number(a, pci, LAB_SCSI_KEY);
    for (size_t i = 0; i < vm->nics_len; i++)
        number(a, pci, vm->nics[i].key);
    struct lab_value *scsi = device(a, list, "ParaVirtualSCSIController", LAB_SCSI_KEY, "SCSI controller 0");
    placed(a, scsi, 100, 3);
    (void)lab_int(a, scsi, "busNumber", 0);
    struct lab_value *disks = lab_array(a, scsi, "device", "int");
    for (size_t i = 0; i < vm->disks_len; i++)
        number(a, disks, vm->disks[i].key);
    (void)lab_bool(a, scsi, "hotAddRemove", true);
    (void)lab_text(a, scsi, "sharedBus", "VirtualSCSISharing", "noSharing");
    (void)lab_int(a, scsi, "scsiCtlrUnitNumber", 7);
}

static void screen_and_keys(struct arena *a, struct lab_value *list)
{
    placed(a, device(a, list, "VirtualKeyboard", 600, "Keyboard"), 300, 0);
    struct lab_value *mouse = device(a, list, "VirtualPointingDevice", 700, "Pointing device");
    struct lab_value *backing = lab_poly(a, mouse, "backing", "VirtualPointingDeviceDeviceBackingInfo");
    (void)lab_string(a, backing, "deviceName", "");
    (void)lab_bool(a, backing, "useAutoDetect", false);
    (void)lab_string(a, backing, "hostPointingDevice", "autodetect");
    placed(a, mouse, 300, 1);
    struct lab_value *video = device(a, list, "VirtualMachineVideoCard", 500, "Video card");
    placed(a, video, 100, 0);
    (void)lab_long(a, video, "videoRamSizeInKB", 4096);
    (void)lab_int(a, video, "numDisplays", 1);
    (void)lab_bool(a, video, "useAutoDetect", false);
}

static void cdrom(struct arena *a, struct lab_value *list, const struct lab_vm *vm)
{
    struct lab_value *v = device(a, list, "VirtualCdrom", LAB_CDROM_KEY, "CD/DVD drive 1");
    struct lab_value *backing = lab_poly(a, v, "backing", vm->iso[0] ? "VirtualCdromIsoBackingInfo"
                                                                    : "VirtualCdromRemotePassthroughBackingInfo");
    if (vm->iso[0]) {
        (void)lab_string(a, backing, "fileName", vm->iso);
    } else {
        (void)lab_string(a, backing, "deviceName", "");
        (void)lab_bool(a, backing, "useAutoDetect", false);
        (void)lab_bool(a, backing, "exclusive", false);
    }
    connectable(a, v, vm->iso[0] && vm->power == LAB_ON, vm->iso[0] != '\0');
    placed(a, v, LAB_IDE_KEY, 0);
}

static void disk(struct arena *a, struct lab_value *list, const struct lab_disk *d, size_t n)
{
    struct lab_value *v = device(a, list, "VirtualDisk", d->key, arena_printf(a, "Hard disk %zu", n + 1));
    struct lab_value *backing = lab_poly(a, v, "backing", "VirtualDiskFlatVer2BackingInfo");
    (void)lab_string(a, backing, "fileName", d->file);
    (void)lab_string(a, backing, "diskMode", "persistent");
    (void)lab_bool(a, backing, "split", false);
    (void)lab_bool(a, backing, "writeThrough", false);
    (void)lab_bool(a, backing, "thinProvisioned", true);
    placed(a, v, LAB_SCSI_KEY, d->unit);
    (void)lab_long(a, v, "capacityInKB", d->kb);
    (void)lab_long(a, v, "capacityInBytes", d->kb * 1024);
}

static void nic(const struct lab_asking *k, struct lab_value *list, const struct lab_vm *vm, size_t n)
{
    struct arena *a = k->arena;
    const struct lab_nic *card = &vm->nics[n];
    const struct lab_object network = { .mo = MO_NETWORK, .n = card->network };
    struct lab_value *v = device(a, list, card->type, card->key, arena_printf(a, "Network adapter %zu", n + 1));
    struct lab_value *backing = lab_poly(a, v, "backing", "VirtualEthernetCardNetworkBackingInfo");
    (void)lab_string(a, backing, "deviceName", lab_object_name(k, network));
    (void)lab_bool(a, backing, "useAutoDetect", false);
    (void)lab_ref(a, backing, "network", "Network", lab_object_moid(k, network));
    connectable(a, v, card->connected && vm->power == LAB_ON, card->connected);
    placed(a, v, 100, 7 + (int)n);
    (void)lab_string(a, v, "addressType", "assigned");
    (void)lab_string(a, v, "macAddress", card->mac);
    (void)lab_bool(a, v, "wakeOnLanEnabled", true);
}

void lab_vm_devices(const struct lab_asking *k, struct lab_value *hardware, const struct lab_vm *vm)
{
    struct lab_value *list = lab_array(k->arena, hardware, "device", "VirtualDevice");
    controllers(k->arena, list, vm);
    screen_and_keys(k->arena, list);
    cdrom(k->arena, list, vm);
    for (size_t i = 0; i < vm->disks_len; i++)
        disk(k->arena, list, &vm->disks[i], i);
    for (size_t i = 0; i < vm->nics_len; i++)
        nic(k, list, vm, i);
}
