package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v3/govcd"
	"github.com/vmware/go-vcloud-director/v3/types/v56"
)

// What a tenant has, in a plan that is about that.
type inventory struct {
	Org, User, Password string // the tenant's
	Vdc, Vapp, Vm       string // one machine that is powered off
	Refused             string // words of the refusal of a forced customization; "" = it succeeds
	Other               string // href of a machine of another organization
}

func done(task govcd.Task, err error) error {
	if err != nil {
		return err
	}
	return task.WaitTaskCompletion()
}

func inventorySteps(p plan, t inventory) []step {
	var org *govcd.Org
	var vdc *govcd.Vdc
	var vapp *govcd.VApp
	var vm *govcd.VM
	status := func(want string) error {
		seen, err := vm.GetStatus()
		if err == nil && seen != want {
			err = fmt.Errorf("status is %s, wanted %s", seen, want)
		}
		return err
	}
	return []step{
		{"provider_lists_resource_pools", func() error {
			c, err := connect(p)
			if err != nil {
				return err
			}
			vcs, err := c.GetAllVCenters(nil)
			if err != nil || len(vcs) == 0 {
				return fmt.Errorf("no vCenter: %v", err)
			}
			pools, err := vcs[0].GetAllResourcePools(nil)
			if err != nil || len(pools) == 0 {
				return fmt.Errorf("no pools: %v", err)
			}
			vc, err := c.GetVCenterById(vcs[0].VSphereVCenter.VcId)
			if err != nil {
				return err
			}
			return want(vc.VSphereVCenter.Mode == "IAAS", "mode is %s", vc.VSphereVCenter.Mode)
		}},
		{"provider_reads_the_admin_views", func() error {
			c, err := connect(p)
			if err != nil {
				return err
			}
			admin, err := c.GetAdminOrgByName(t.Org)
			if err != nil {
				return err
			}
			one, err := admin.GetAdminVDCByName(t.Vdc, true)
			if err != nil {
				return err
			}
			if _, err = admin.GetVDCByName(t.Vdc, true); err != nil {
				return err
			}
			return want(one.AdminVdc.ResourcePoolRefs != nil && one.AdminVdc.IsEnabled, "%+v", one.AdminVdc)
		}},
		{"tenant_login", func() error {
			mine := p
			mine.User, mine.Password, mine.Org = t.User, t.Password, t.Org
			c, err := connect(mine)
			client = c
			return err
		}},
		{"organization_and_vdc", func() error {
			var err error
			if org, err = client.GetOrgByName(t.Org); err != nil {
				return err
			}
			if vdc, err = org.GetVDCByName(t.Vdc, true); err != nil {
				return err
			}
			if _, err = org.GetVDCById(vdc.Vdc.ID, true); err != nil {
				return err
			}
			list, err := org.QueryOrgVdcList()
			if err != nil {
				return err
			}
			return want(len(list) == 1 && vdc.Vdc.IsEnabled && len(vdc.Vdc.VdcStorageProfiles.VdcStorageProfile) == 1, "%+v", vdc.Vdc)
		}},
		{"vapp_and_machine", func() error {
			var err error
			if vapp, err = vdc.GetVAppByName(t.Vapp, true); err != nil {
				return err
			}
			if vm, err = vapp.GetVMByName(t.Vm, true); err != nil {
				return err
			}
			parent, err := vm.GetParentVApp()
			if err != nil {
				return err
			}
			if _, err := client.Client.GetVMByHref(vm.VM.HREF); err != nil {
				return err
			}
			return want(parent.VApp.ID == vapp.VApp.ID && vm.VM.VmSpecSection != nil && *vm.VM.VmSpecSection.NumCpus > 0,
				"%+v", vm.VM)
		}},
		{"query_records", func() error {
			record, err := vdc.QueryVM(t.Vapp, t.Vm)
			if err != nil {
				return err
			}
			all, err := client.Client.QueryVmList(types.VmQueryFilterOnlyDeployed)
			if err != nil {
				return err
			}
			return want(record.VM.HREF == vm.VM.HREF && len(all) > 0, "%+v", record.VM)
		}},
		{"power_on", func() error {
			if err := done(vm.PowerOn()); err != nil {
				return err
			}
			return status("POWERED_ON")
		}},
		{"power_off_and_undeploy", func() error {
			if err := done(vm.PowerOff()); err != nil {
				return err
			}
			if err := status("POWERED_OFF"); err != nil {
				return err
			}
			return done(vm.Undeploy())
		}},
		{"vapp_power", func() error {
			if err := done(vapp.PowerOn()); err != nil {
				return err
			}
			if err := status("POWERED_ON"); err != nil {
				return err
			}
			if err := done(vapp.Undeploy()); err != nil {
				return err
			}
			return status("POWERED_OFF")
		}},
		{"guest_customization_section", func() error {
			section, err := vm.GetGuestCustomizationSection()
			if err != nil {
				return err
			}
			yes, no := true, false
			section.Enabled, section.AdminPasswordEnabled, section.AdminPasswordAuto = &yes, &no, &no
			section.ComputerName = "web-1"
			back, err := vm.SetGuestCustomizationSection(section)
			if err != nil {
				return err
			}
			if _, err := vm.GetGuestCustomizationStatus(); err != nil {
				return err
			}
			return want(back.ComputerName == "web-1" && *back.Enabled, "%+v", back)
		}},
		{"power_on_and_force_customization", func() error {
			err := vm.PowerOnAndForceCustomization()
			if t.Refused != "" {
				return want(err != nil && strings.Contains(err.Error(), t.Refused), "%v", err)
			}
			if err != nil {
				return err
			}
			if err := vm.BlockWhileGuestCustomizationStatus("GC_PENDING", 60); err != nil {
				return err
			}
			if seen, err := vm.GetGuestCustomizationStatus(); err != nil || seen != "GC_COMPLETE" {
				return fmt.Errorf("%s %v", seen, err)
			}
			return done(vm.PowerOff())
		}},
		{"catalogs", func() error {
			if _, err := org.CreateCatalog("cat 1", "made by a test"); err != nil {
				return err
			}
			found, err := org.GetCatalogByName("cat 1", true)
			if err != nil {
				return err
			}
			if _, err := org.GetCatalogById(found.Catalog.ID, true); err != nil {
				return err
			}
			if list, err := org.QueryCatalogList(); err != nil || len(list) != 1 {
				return fmt.Errorf("%v %v", list, err)
			}
			if err := found.Delete(true, true); err != nil {
				return err
			}
			_, err = org.GetCatalogByName("cat 1", true)
			return want(govcd.ContainsNotFound(err), "%v", err)
		}},
		{"nothing_of_another_organization", func() error {
			_, err := client.Client.GetVMByHref(t.Other)
			if err == nil || !strings.Contains(err.Error(), "403") {
				return fmt.Errorf("%v", err)
			}
			list, err := client.GetOrgList()
			return want(err == nil && len(list.Org) == 1, "%v %v", list, err)
		}},
		{"logout", func() error {
			start := time.Now()
			return want(client.Disconnect() == nil && time.Since(start) < time.Minute, "logout")
		}},
	}
}
