package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v3/govcd"
	"github.com/vmware/go-vcloud-director/v3/types/v56"
)

// A tenant's uploads, in a plan that is about that. The host is believed from the middle on.
type uploads struct {
	Org, User, Password, Catalog string
	Iso                          string
	Ovf, Ova                     string // the same package as a folder and as an archive
	Piece                        int64
	Refused                      string // words of the refusal before Trust is trusted
	Trust                        string // PEM of what vouches for the host
}

func uploadSteps(p plan, t uploads) []step {
	var catalog *govcd.Catalog
	upload := func(file, name string) (govcd.UploadTask, error) {
		if err := catalog.Refresh(); err != nil {
			return govcd.UploadTask{}, err
		}
		return catalog.UploadOvf(file, name, "from the SDK", t.Piece)
	}
	whole := func(file, name string) error {
		task, err := upload(file, name)
		if err != nil {
			return err
		}
		if err = task.WaitTaskCompletion(); err != nil {
			return err
		}
		if err = catalog.Refresh(); err != nil {
			return err
		}
		item, err := catalog.GetCatalogItemByName(name, true)
		if err != nil {
			return err
		}
		template, err := item.GetVAppTemplate()
		if err != nil {
			return err
		}
		return want(template.VAppTemplate.Status == 8 && template.VAppTemplate.Children != nil, "%+v", template.VAppTemplate)
	}
	steps := []step{{"tenant_finds_its_catalog", func() error {
		mine := p
		mine.User, mine.Password, mine.Org = t.User, t.Password, t.Org
		c, err := connect(mine)
		if err != nil {
			return err
		}
		client = c
		org, err := c.GetOrgByName(t.Org)
		if err == nil {
			catalog, err = org.GetCatalogByName(t.Catalog, true)
		}
		return err
	}}}
	return append(steps,
		step{"an_untrusted_host_is_said_S8", func() error {
			_, err := upload(t.Ovf, "first")
			return want(err != nil && strings.Contains(err.Error(), t.Refused), "%v", err)
		}},
		step{"its_ca_is_trusted", func() error {
			provider, err := connect(p)
			if err == nil {
				_, err = provider.CreateTrustedCertificate(&types.TrustedCertificate{Alias: "VMCA", Certificate: t.Trust}, nil)
			}
			return err
		}},
		step{"a_folder_is_uploaded_S16", func() error { return whole(t.Ovf, "first") }},
		step{"an_archive_is_uploaded_S16", func() error { return whole(t.Ova, "second") }},
		step{"a_template_is_found_every_way", func() error { return templateEveryWay(catalog, t.Org) }},
		step{"a_name_is_taken_once", func() error {
			_, err := upload(t.Ovf, "first")
			return want(err != nil && strings.Contains(err.Error(), "already exists"), "%v", err)
		}},
		step{"a_medium_is_uploaded_and_downloaded_the_same_S16", func() error { return mediumBothWays(catalog, t) }},
		step{"an_item_is_removed", func() error {
			item, err := catalog.GetCatalogItemByName("second", true)
			if err != nil {
				return err
			}
			if err = item.Delete(); err != nil {
				return err
			}
			return catalogWithout(catalog, "second")
		}},
	)
}

// As Terraform's provider reads a template: its VDC, catalog item, machine, lease and metadata.
func templateEveryWay(catalog *govcd.Catalog, name string) error {
	template, err := catalog.GetVAppTemplateByName("first")
	if err != nil {
		return err
	}
	place, err := template.GetVdcName()
	if err != nil {
		return err
	}
	org, err := client.GetOrgByName(name)
	if err != nil {
		return err
	}
	vdc, err := org.GetVDCByName(place, true)
	if err != nil {
		return err
	}
	items, err := vdc.QueryCatalogItemList()
	if err != nil {
		return err
	}
	if _, err = vdc.QueryVappTemplateWithName("first"); err != nil {
		return err
	}
	if _, err = vdc.QueryVappVmTemplate(catalog.Catalog.Name, "first", template.VAppTemplate.Children.VM[0].Name); err != nil {
		return err
	}
	inside, err := vdc.QueryVmList(types.VmQueryFilterOnlyTemplates) // an organization's own forgets the filter
	if err != nil {
		return err
	}
	if _, err = template.GetLease(); err != nil {
		return err
	}
	metadata, err := template.GetMetadata()
	if err != nil {
		return err
	}
	if _, err = catalog.GetMetadata(); err != nil {
		return err
	}
	return want(len(items) == 2 && len(inside) == 2 && len(metadata.MetadataEntry) == 0, "%d items, %d machines, %v", len(items), len(inside), metadata)
}

// The SDK's own upload of an image and its own download of it.
func mediumBothWays(catalog *govcd.Catalog, t uploads) error {
	if err := catalog.Refresh(); err != nil {
		return err
	}
	task, err := catalog.UploadMediaImage("disc", "from the SDK", t.Iso, t.Piece)
	if err != nil {
		return err
	}
	if err = task.WaitTaskCompletion(); err != nil {
		return err
	}
	medium, err := catalog.GetMediaByName("disc", true)
	if err != nil {
		return err
	}
	seen, err := medium.Download()
	if err != nil {
		return err
	}
	sent, err := os.ReadFile(t.Iso)
	if err != nil {
		return err
	}
	return want(bytes.Equal(seen, sent), "%d bytes of %d", len(seen), len(sent))
}

// The SDK asks for the removal and doesn't wait for its task.
func catalogWithout(catalog *govcd.Catalog, name string) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err := catalog.Refresh(); err != nil {
			return err
		}
		if _, err := catalog.GetCatalogItemByName(name, false); err != nil {
			return nil
		}
	}
	return fmt.Errorf("%s is still there", name)
}
