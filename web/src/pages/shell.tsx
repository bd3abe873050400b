// The frame: VCD's two levels, with its nouns. What somebody may not see isn't offered to him.
import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useConnected } from '../lib/live';
import { go, href, type Place } from '../lib/route';
import { useSession } from '../lib/session';
import { Alert, Empty } from '../parts/alert';
import { AdvisoryBanner } from '../parts/advisorybanner';
import { EntityGrid } from '../parts/entitygrid';
import { Link } from '../parts/link';
import { TaskPanel } from '../parts/taskpanel';
import { AdvisoriesPage } from './advisories';
import { AuditPage } from './audit';
import { CatalogPage } from './catalog';
import { CatalogsPage } from './catalogs';
import { CertificatesPage } from './certificates';
import { HostsPage } from './hosts';
import { InboxPage } from './inbox';
import { NsxPage } from './nsx';
import { SessionsPage } from './sessions';
import { SettingsPage } from './settings';
import { TasksPage } from './tasks';
import { TrustAuditPage } from './trustaudit';
import { VcenterPage } from './vcenter';
import { VcentersPage } from './vcenters';
import { VmPage } from './vm';
import { VmsPage } from './vms';

interface Entry {
  at: string;
  title: string;
  right?: string;               // without it the entry isn't there
  provider?: true;              // nor for an organization, whatever its rights
  page: (place: Place) => ComponentChild;
}

interface Group {
  title: string;
  entries: Entry[];
}

const VCENTER = 'vCenter: View';
const TRUST = 'Truststore: View';
const CATALOGS = 'Catalog: View Private and Shared Catalogs';
const ENTITIES = 'vApp Template / Media: View';

const AREAS: { at: string; title: string; groups: Group[] }[] = [
  {
    at: 'resources', title: 'Resources', groups: [
      {
        title: 'Infrastructure Resources', entries: [
          { at: 'vcenters', title: 'vCenter Server Instances', right: VCENTER, provider: true, page: (p) => (p.path[2] ? <VcenterPage key={p.path[2]} urn={p.path[2]} /> : <VcentersPage place={p} />) },
          { at: 'nsx', title: 'NSX Managers', right: VCENTER, provider: true, page: () => <NsxPage /> },
          { at: 'hosts', title: 'Hosts', right: VCENTER, provider: true, page: (p) => <HostsPage place={p} /> },
        ],
      },
      {
        title: 'Cloud Resources', entries: [
          { at: 'vms', title: 'Virtual Machines', page: (p) => (p.path[2] ? <VmPage key={p.path[2]} urn={p.path[2]} /> : <VmsPage />) },
        ],
      },
    ],
  },
  {
    at: 'content', title: 'Content', groups: [
      {
        title: 'Content', entries: [
          { at: 'catalogs', title: 'Catalogs', right: CATALOGS, page: (p) => (p.path[2] ? <CatalogPage key={p.path[2]} urn={p.path[2]} /> : <CatalogsPage />) },
          { at: 'templates', title: 'vApp Templates', right: ENTITIES, page: () => <><h1>vApp Templates</h1><EntityGrid kind="template" /></> },
          { at: 'media', title: 'Media', right: ENTITIES, page: () => <><h1>Media</h1><EntityGrid kind="medium" /></> },
        ],
      },
    ],
  },
  {
    at: 'administration', title: 'Administration', groups: [
      {
        title: 'Certificate Management', entries: [
          { at: 'certificates', title: 'Trusted Certificates', right: TRUST, provider: true, page: (p) => <CertificatesPage place={p} /> },
          { at: 'audit', title: 'Trust audit', right: TRUST, provider: true, page: () => <TrustAuditPage /> },
        ],
      },
      {
        title: 'Settings', entries: [
          { at: 'general', title: 'General', right: 'System Settings: View', provider: true, page: () => <SettingsPage /> },
          { at: 'advisories', title: 'Advisories', page: () => <AdvisoriesPage /> },
        ],
      },
    ],
  },
  {
    at: 'monitor', title: 'Monitor', groups: [
      {
        title: 'Monitor', entries: [
          { at: 'tasks', title: 'Tasks', page: () => <TasksPage /> },
          { at: 'inbox', title: 'Inbox', right: TRUST, provider: true, page: (p) => <InboxPage place={p} /> },
          { at: 'audit', title: 'Audit trail', right: 'Audit: View', provider: true, page: () => <AuditPage /> },
          { at: 'sessions', title: 'Sessions', page: () => <SessionsPage /> },
        ],
      },
    ],
  },
];

type Theme = 'light' | 'dark';
const THEME_KEY = 'vouchsafe.theme';

function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem(THEME_KEY);
    if (kept === 'light' || kept === 'dark') return kept;
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  });
  useEffect(() => document.body.setAttribute('cds-theme', theme), [theme]);
  const swap = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(THEME_KEY, next);
    setTheme(next);
  };
  return [theme, swap];
}

export function Shell({ place, onLogout }: { place: Place; onLogout: () => void }) {
  const session = useSession();
  const connected = useConnected();
  const [theme, swap] = useTheme();
  const may = (e: Entry) => (!e.provider || session.provider) && (!e.right || session.rights.includes(e.right));
  const areas = AREAS.map((a) => ({ ...a, groups: a.groups.map((g) => ({ ...g, entries: g.entries.filter(may) })).filter((g) => g.entries.length) }))
    .filter((a) => a.groups.length);
  const area = areas.find((a) => a.at === place.path[0]);
  const entry = area?.groups.flatMap((g) => g.entries).find((e) => e.at === place.path[1]);
  const first = (a: (typeof areas)[number]) => [a.at, a.groups[0]!.entries[0]!.at];

  // An address that names no page leads to the first one.
  useEffect(() => {
    const to = area ?? (place.path.length === 0 ? areas[0] : undefined);
    if (to && !place.path[1]) go(href(...first(to)), true);
  }, [place]);
  useEffect(() => {
    document.title = entry ? `${entry.title} · Vouchsafe` : 'Vouchsafe';
  }, [entry]);

  return (
    <div class="vs-frame">
      <a class="vs-skip" href="#content">Skip to content</a>
      <AdvisoryBanner />
      {!connected && <Alert tone="warning">The cell can't be heard; what is shown may be old. Trying again.</Alert>}
      <header class="header header-6">
        <div class="branding"><Link to={first(areas[0]!)} class="logo-and-title"><span class="title">Vouchsafe</span></Link></div>
        <nav class="header-nav" aria-label="Areas">
          {areas.map((a) => (
            <Link key={a.at} to={first(a)} class={a === area ? 'nav-link nav-text active' : 'nav-link nav-text'} current={a === area}>{a.title}</Link>
          ))}
        </nav>
        <div class="header-actions vs-actions">
          <span class="vs-who">{session.user.name}@{session.org.name}</span>
          <button type="button" class="btn btn-sm btn-link vs-onhead" onClick={swap}>{theme === 'dark' ? 'Light theme' : 'Dark theme'}</button>
          <button type="button" class="btn btn-sm btn-link vs-onhead" onClick={onLogout}>Log out</button>
        </div>
      </header>
      <div class="vs-middle">
        <nav class="vs-side" aria-label={area?.title ?? 'Navigation'}>
          {area?.groups.map((g) => (
            <div key={g.title}>
              <h2>{g.title}</h2>
              <ul>
                {g.entries.map((e) => (
                  <li key={e.at}><Link to={[area.at, e.at]} current={e === entry}>{e.title}</Link></li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <main id="content" class="vs-content" tabIndex={-1}>
          {entry ? entry.page(place) : place.path[1] && <><h1>No such page</h1><Empty>There is no page at this address, or you may not see it.</Empty></>}
        </main>
      </div>
      <TaskPanel />
    </div>
  );
}
