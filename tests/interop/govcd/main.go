// go-vcloud-director, unmodified, against a cell: what a Terraform user's provider calls, in the order it calls it.
// Reads a plan as JSON from standard input and prints TAP. The cell's certificate is trusted through SSL_CERT_FILE.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vmware/go-vcloud-director/v3/govcd"
	"github.com/vmware/go-vcloud-director/v3/types/v56"
)

type endpoint struct{ Name, URL, User, Password string }

type plan struct {
	Cell, User, Org, Password string
	VCenter                   endpoint    // enterprise certificate, not trusted yet
	Sim                       endpoint    // the public simulator
	Dead                      string      // host:port where nothing listens
	Nsx                       string      // name of an NSX-T manager that is registered already
	Inventory                 []inventory // tenants' walks instead of the provider's
	Uploads                   []uploads   // tenants' uploads instead
}

type step struct {
	name string
	run  func() error
}

var client *govcd.VCDClient

func connect(p plan) (*govcd.VCDClient, error) {
	u, err := url.Parse(p.Cell + "/api")
	if err != nil {
		return nil, err
	}
	c := govcd.NewVCDClient(*u, false)
	return c, c.Authenticate(p.User, p.Password, p.Org)
}

func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func config(e endpoint) *types.VSphereVirtualCenter {
	return &types.VSphereVirtualCenter{Name: e.Name, Username: e.User, Password: e.Password, Url: e.URL, IsEnabled: true}
}

func port(u *url.URL) int {
	n := 443
	_, _ = fmt.Sscanf(u.Port(), "%d", &n)
	return n
}

// The listener becomes CONNECTED within the SDK's own patience.
func awaitConnected(name string) (*govcd.VCenter, error) {
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		vc, err := client.GetVCenterByName(name)
		if err != nil {
			return nil, err
		}
		if vc.VSphereVCenter.ListenerState == "CONNECTED" && vc.VSphereVCenter.IsConnected {
			return vc, nil
		}
	}
	return nil, errors.New("never CONNECTED")
}

func steps(p plan) []step {
	var created *govcd.VCenter
	var trusted *govcd.TrustedCertificate
	vcURL, _ := url.Parse(p.VCenter.URL)
	simURL, _ := url.Parse(p.Sim.URL)
	var simTrust *govcd.TrustedCertificate
	return []step{
		{"login_and_session", func() error {
			c, err := connect(p)
			if err != nil {
				return err
			}
			client = c
			info, err := c.Client.GetSessionInfo()
			if err != nil {
				return err
			}
			if _, err := c.GetExtendedSessionInfo(); err != nil {
				return err
			}
			return want(info.Org.Name == "System" && info.User.Name == p.User && c.Client.IsSysAdmin, "session is %v", info)
		}},
		{"wrong_password_is_refused", func() error {
			bad := p
			bad.Password = "wrong"
			_, err := connect(bad)
			return want(err != nil && strings.Contains(err.Error(), "401"), "%v", err)
		}},
		{"version", func() error {
			version, _, err := client.Client.GetVcdVersion()
			if err != nil {
				return err
			}
			return want(strings.HasPrefix(version, "10.4.0"), "%s", version)
		}},
		{"org_list", func() error {
			list, err := client.GetOrgList()
			if err != nil {
				return err
			}
			if _, err := client.GetAdminOrgByName("System"); err != nil {
				return err
			}
			return want(len(list.Org) > 0, "no organizations")
		}},
		{"create_untrusted_vcenter_is_a_synchronous_400_S1", func() error {
			before := time.Now()
			_, err := client.CreateVcenter(config(p.VCenter))
			if err == nil {
				return errors.New("it was created")
			}
			if time.Since(before) > 60*time.Second {
				return fmt.Errorf("it was retried for %s: %w", time.Since(before), err)
			}
			_, err = client.GetVCenterByName(p.VCenter.Name)
			return want(govcd.ContainsNotFound(err), "something was stored: %v", err)
		}},
		{"test_connection_of_an_untrusted_endpoint_S1", func() error {
			yes := true
			r, err := client.Client.TestConnection(types.TestConnection{Host: vcURL.Hostname(), Port: port(vcURL), Secure: &yes, Timeout: 10,
				HostnameVerificationAlgorithm: "HTTPS"})
			if err != nil {
				return err
			}
			t := r.TargetProbe
			return want(t.CanConnect && t.ConnectionResult == "SUCCESS" && t.SSLResult == "ERROR_UNTRUSTED_CERTIFICATE" &&
				strings.HasSuffix(strings.TrimSpace(t.CertificateChain), "-----END CERTIFICATE-----"), "%+v", t)
		}},
		{"test_connection_of_a_closed_port", func() error {
			u, _ := url.Parse("https://" + p.Dead)
			ok, err := client.Client.TestConnectionWithDefaults(u.String())
			return want(!ok && err != nil, "%v %v", ok, err)
		}},
		{"auto_trust_S1", func() error {
			t, err := client.AutoTrustHttpsCertificate(vcURL, nil)
			if err != nil {
				return err
			}
			trusted = t
			again, err := client.AutoTrustHttpsCertificate(vcURL, nil)
			if err != nil {
				return err
			}
			return want(trusted != nil && again == nil, "first %v, second %v", trusted, again)
		}},
		{"trusted_certificate_life_S5", func() error {
			id := trusted.TrustedCertificate.ID
			byID, err := client.GetTrustedCertificateById(id, nil)
			if err != nil {
				return err
			}
			byAlias, err := client.GetTrustedCertificateByAlias(byID.TrustedCertificate.Alias, nil)
			if err != nil {
				return err
			}
			all, err := client.GetAllTrustedCertificates(nil, nil)
			if err != nil {
				return err
			}
			change := *byAlias.TrustedCertificate
			change.Alias = "vc endpoint, renamed"
			updated, err := byAlias.Update(&change)
			if err != nil {
				return err
			}
			_, err = client.CreateTrustedCertificate(&types.TrustedCertificate{Alias: "twice", Certificate: updated.TrustedCertificate.Certificate}, nil)
			if err == nil || !strings.Contains(err.Error(), "Duplicate certificate") {
				return fmt.Errorf("a duplicate: %v", err)
			}
			_, err = client.GetTrustedCertificateById("urn:vcloud:trustedCertificate:00000000-0000-4000-8000-000000000000", nil)
			if !govcd.ContainsNotFound(err) {
				return fmt.Errorf("not found is %v", err)
			}
			return want(len(all) == 1 && updated.TrustedCertificate.Alias == change.Alias, "%d, %v", len(all), updated.TrustedCertificate)
		}},
		{"create_vcenter_S2", func() error {
			vc, err := client.CreateVcenter(config(p.VCenter))
			if err != nil {
				return err
			}
			created = vc
			_, err = awaitConnected(p.VCenter.Name)
			return err
		}},
		{"create_again_is_refused", func() error {
			before := time.Now()
			_, err := client.CreateVcenter(config(p.VCenter))
			return want(err != nil && time.Since(before) < 60*time.Second, "%v after %s", err, time.Since(before))
		}},
		{"find_by_name_id_url", func() error {
			id := created.VSphereVCenter.VcId
			byID, err := client.GetVCenterById(id)
			if err != nil {
				return err
			}
			byName, err := client.GetVCenterByName(p.VCenter.Name)
			if err != nil {
				return err
			}
			byURL, err := client.GetVCenterByUrl(byID.VSphereVCenter.Url)
			if err != nil {
				return err
			}
			all, err := client.GetAllVCenters(nil)
			if err != nil {
				return err
			}
			_, missing := client.GetVCenterById("urn:vcloud:vimserver:00000000-0000-4000-8000-000000000000")
			_, unnamed := client.GetVCenterByName("nobody")
			return want(byName.VSphereVCenter.VcId == id && byURL.VSphereVCenter.VcId == id && len(all) == 1 &&
				govcd.ContainsNotFound(missing) && govcd.ContainsNotFound(unnamed), "%v %v %d %v %v", byName, byURL, len(all), missing, unnamed)
		}},
		{"refresh", func() error {
			if err := created.Refresh(); err != nil {
				return err
			}
			if err := created.RefreshVcenter(); err != nil {
				return err
			}
			return created.RefreshStorageProfiles()
		}},
		{"query_virtual_centers", func() error {
			rows, err := govcd.QueryVirtualCenters(client, "name=="+p.VCenter.Name)
			if err != nil {
				return err
			}
			if len(rows) != 1 {
				return fmt.Errorf("%d rows", len(rows))
			}
			r := rows[0]
			none, err := govcd.QueryVirtualCenters(client, "name==nobody")
			if err != nil {
				return err
			}
			return want(r.Name == p.VCenter.Name && r.ListenerState == "CONNECTED" && r.IsEnabled && len(none) == 0 &&
				strings.Contains(r.HREF, "/api/admin/extension/vimServer/"), "%+v", r)
		}},
		{"nsxt_manager_by_name_S2", func() error {
			if p.Nsx == "" {
				return errors.New("the plan names no NSX-T manager")
			}
			m, err := client.GetNsxtManagerByName(p.Nsx)
			if err != nil {
				return err
			}
			urn, err := m.Urn()
			if err != nil {
				return err
			}
			all, err := client.QueryNsxtManagers()
			if err != nil {
				return err
			}
			return want(m.NsxtManager.Name == p.Nsx && strings.HasPrefix(urn, "urn:vcloud:nsxtmanager:") && len(all) == 1, "%+v", m.NsxtManager)
		}},
		{"update_description_keeps_the_password", func() error {
			vc, err := client.GetVCenterById(created.VSphereVCenter.VcId)
			if err != nil {
				return err
			}
			change := *vc.VSphereVCenter
			change.Description = "changed"
			updated, err := vc.Update(&change)
			if err != nil {
				return err
			}
			if updated.VSphereVCenter.Description != "changed" || updated.VSphereVCenter.Password != "" {
				return fmt.Errorf("%+v", updated.VSphereVCenter)
			}
			created = updated
			_, err = awaitConnected(p.VCenter.Name)
			return err
		}},
		{"api_token", func() error {
			t, err := client.CreateToken("System", "terraform")
			if err != nil {
				return err
			}
			first, err := t.GetInitialApiToken()
			if err != nil {
				return err
			}
			u, _ := url.Parse(p.Cell + "/api")
			other := govcd.NewVCDClient(*u, false)
			if _, err := other.SetApiToken("System", first.RefreshToken); err != nil {
				return err
			}
			if _, err := other.GetAllVCenters(nil); err != nil {
				return err
			}
			found, err := client.GetTokenByNameAndUsername("terraform", p.User)
			if err != nil {
				return err
			}
			if err := found.Delete(); err != nil {
				return err
			}
			third := govcd.NewVCDClient(*u, false)
			_, err = third.SetApiToken("System", first.RefreshToken)
			return want(err != nil, "a deleted token logs in")
		}},
		{"enabled_vcenter_is_not_deleted", func() error {
			err := created.Delete()
			return want(err != nil, "it was deleted while enabled")
		}},
		{"disable_and_delete", func() error {
			if err := created.Disable(); err != nil {
				return err
			}
			if err := created.Delete(); err != nil {
				return err
			}
			_, err := client.GetVCenterByName(p.VCenter.Name)
			return want(govcd.ContainsNotFound(err), "%v", err)
		}},
		{"create_async_then_disable_and_delete", func() error {
			if _, err := client.AutoTrustHttpsCertificate(vcURL, nil); err != nil {
				return err
			}
			task, err := client.CreateVcenterAsync(config(p.VCenter))
			if err != nil {
				return err
			}
			if err := task.WaitTaskCompletion(); err != nil {
				return err
			}
			vc, err := awaitConnected(p.VCenter.Name)
			if err != nil {
				return err
			}
			if err := vc.Disable(); err != nil {
				return err
			}
			return vc.Delete()
		}},
		{"wrong_vcenter_password_fails_once_and_says_so", func() error {
			if _, err := client.AutoTrustHttpsCertificate(vcURL, nil); err != nil {
				return err
			}
			bad := p.VCenter
			bad.Password = "wrong"
			before := time.Now()
			_, err := client.CreateVcenter(config(bad))
			return want(err != nil && time.Since(before) < 60*time.Second, "%v after %s", err, time.Since(before))
		}},
		{"vcsim_attaches", func() error {
			if p.Sim.URL == "" {
				return errors.New("the plan names no simulator")
			}
			t, err := client.AutoTrustHttpsCertificate(simURL, nil)
			if err != nil {
				return err
			}
			simTrust = t
			vc, err := client.CreateVcenter(config(p.Sim))
			if err != nil {
				return err
			}
			if _, err := awaitConnected(p.Sim.Name); err != nil {
				return err
			}
			if err := vc.RefreshVcenter(); err != nil {
				return err
			}
			vc, err = client.GetVCenterByName(p.Sim.Name)
			if err != nil {
				return err
			}
			if err := vc.Disable(); err != nil {
				return err
			}
			return vc.Delete()
		}},
		{"delete_trusted_certificates_S5", func() error {
			if simTrust != nil {
				if all, err := client.GetAllTrustedCertificates(nil, nil); err == nil {
					for _, c := range all {
						if c.TrustedCertificate.ID == simTrust.TrustedCertificate.ID {
							if err := c.Delete(); err != nil {
								return err
							}
						}
					}
				}
			}
			all, err := client.GetAllTrustedCertificates(nil, nil)
			if err != nil {
				return err
			}
			for _, c := range all {
				if err := c.Delete(); err != nil {
					return err
				}
			}
			all, err = client.GetAllTrustedCertificates(nil, nil)
			if err != nil {
				return err
			}
			return want(len(all) == 0, "%d are left", len(all))
		}},
		{"logout", func() error {
			if err := client.Disconnect(); err != nil {
				return err
			}
			_, err := client.GetAllVCenters(nil)
			return want(err != nil, "the session lives on")
		}},
	}
}

func main() {
	var p plan
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		log.Fatal(err)
	}
	all := steps(p)
	if len(p.Inventory) > 0 {
		all = nil
		for _, t := range p.Inventory {
			for _, s := range inventorySteps(p, t) {
				all = append(all, step{t.Vdc + "_" + s.name, s.run})
			}
		}
	}
	for i, t := range p.Uploads {
		if i == 0 {
			all = nil
		}
		all = append(all, uploadSteps(p, t)...)
	}
	failed := false
	fmt.Printf("1..%d\n", len(all))
	for i, s := range all {
		err := s.run()
		if err == nil {
			fmt.Printf("ok %d - %s\n", i+1, s.name)
			continue
		}
		failed = true
		fmt.Printf("not ok %d - %s\n# %s\n", i+1, s.name, strings.ReplaceAll(err.Error(), "\n", "\n# "))
	}
	if failed {
		os.Exit(1)
	}
}
