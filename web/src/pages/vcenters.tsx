// vCenter Server Instances: connection, version and trust at a glance, and the walk over what is not trusted yet.
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { CLOUD, OWN, change, start, urlPart, type Page } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import { useMay } from '../lib/session';
import type { VCenter, VCenterWithTrust } from '../lib/types';
import { AttachDialog, useOpenAttach } from '../dialogs/attach';
import { EditVcenterDialog } from '../dialogs/editvcenter';
import { ReviewDialog, isOpen } from '../dialogs/review';
import { Alert, Failure } from '../parts/alert';
import { Badge } from '../parts/badge';
import { plain } from '../parts/certificate';
import { Confirm } from '../parts/confirm';
import { Grid, type Column } from '../parts/grid';
import { Link } from '../parts/link';
import { trustBadge } from '../parts/vmcastep';

/** What a vCenter is used for, in words. */
export const USE: Record<string, string> = { NONE: 'not used yet', IAAS: 'IaaS', SDDC: 'SDDC', MIXED: 'IaaS and SDDC' };

export function connection(v: VCenter) {
  if (!v.isEnabled) return <Badge mood="plain">Disabled</Badge>;
  if (v.isConnected) return <Badge mood="good">Connected</Badge>;
  if (v.listenerState === 'CONNECTING' || v.listenerState === 'INITIAL') return <Badge mood="busy">Connecting</Badge>;
  return <Badge mood="bad" title={v.connectionProblem ?? ''}>{v.listenerState === 'INVALID_SETTINGS' ? 'Password rejected' : 'Disconnected'}</Badge>;
}

function trustCell({ trust }: VCenterWithTrust) {
  const { total, verified } = trust.hosts;
  return (
    <>
      {trustBadge(trust)}{' '}
      <Badge mood={total === 0 ? 'plain' : verified === total ? 'good' : 'warn'} title={trust.text}>{verified} of {total} hosts verified</Badge>
    </>
  );
}

export function VcentersPage({ place }: { place: Place }) {
  const may = useMay('vCenter: Manage');
  const [resumed, endResumed] = useOpenAttach();
  const [attaching, setAttaching] = useState(false);
  const [editing, setEditing] = useState<VCenter | null>(null);
  const [removing, setRemoving] = useState<VCenter | null>(null);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [rows, setRows] = useState<VCenterWithTrust[]>([]);
  const [why, setWhy] = useState<unknown>(null);
  const [said, setSaid] = useState('');
  const open = useData<Page<VCenterWithTrust>>(`${OWN}/vcenters?page=1&pageSize=128&sortAsc=name`, ['vcenter', 'grant', 'host']);
  const review = place.query.get('review') !== null;
  const picked = rows.filter((r) => chosen.has(r.vcId));
  const one = picked.length === 1 ? picked[0]! : null;

  const act = (deed: () => Promise<unknown>, words: string) => {
    setWhy(null);
    setSaid('');
    deed().then(() => setSaid(words), setWhy);
  };
  const columns: Column<VCenterWithTrust>[] = [
    { title: 'Name', sort: 'name', cell: (r) => <Link to={['resources', 'vcenters', r.vcId]}>{plain(r.name)}</Link> },
    { title: 'Connection', sort: 'listenerState', narrow: true, cell: connection },
    { title: 'Version', sort: 'vcVersion', narrow: true, cell: (r) => plain(r.vcVersion ?? '') },
    { title: 'URL', sort: 'url', cell: (r) => plain(r.url) },
    { title: 'Use', cell: (r) => USE[r.mode] ?? r.mode },
    { title: 'NSX-V', narrow: true, cell: (r) => (r.nsxVManager ? plain(r.nsxVManager.url) : 'none') },
    { title: 'Trust', cell: trustCell },
  ];
  return (
    <>
      <h1>vCenter Server Instances</h1>
      <Failure why={why} />
      {said && <Alert tone="info">{said}</Alert>}
      <Grid label="vCenter Server Instances" path={`${OWN}/vcenters`} kinds={['vcenter', 'grant', 'host']} columns={columns} rowKey={(r) => r.vcId} sort="name"
        search="name" selected={chosen} onSelect={(keys, all) => { setChosen(keys); setRows(all); }}
        empty={<>No vCenter Server is registered yet. {may && <button type="button" class="btn btn-primary btn-sm" onClick={() => setAttaching(true)}>Attach the first one</button>}</>}
        tools={may && (
          <>
            <button type="button" class="btn btn-sm" onClick={() => setAttaching(true)}>Add</button>
            <button type="button" class="btn btn-sm" disabled={!one} onClick={() => setEditing(one)}>Edit</button>
            <button type="button" class="btn btn-sm" disabled={!one?.isEnabled} onClick={() => one && act(() =>
              change('POST', `/api/admin/extension/vimServer/${one.vcId.split(':').pop()!}/action/refresh`), `${plain(one.name)} is read again; see the tasks.`)}>Refresh</button>
            <button type="button" class="btn btn-sm" disabled={!one || one.isEnabled} title="It must be disabled first"
              onClick={() => setRemoving(one)}>Unregister</button>
            <button type="button" class="btn btn-sm" onClick={() => go(`${href('resources', 'vcenters')}?review=1`)}>
              {open.data ? `Review untrusted (${open.data.values.filter(isOpen).length}${open.data.pageCount > 1 ? '+' : ''})` : 'Review untrusted'}
            </button>
          </>
        )} />
      {attaching && <AttachDialog resume={null} onClose={() => setAttaching(false)} />}
      {!attaching && resumed && may && <AttachDialog resume={resumed} onClose={endResumed} />}
      {editing && <EditVcenterDialog vcenter={editing} onClose={() => setEditing(null)} />}
      {removing && (
        <Confirm title={`Unregister ${plain(removing.name)}`} verb="Unregister" onClose={() => setRemoving(null)}
          onConfirm={() => act(() => start('DELETE', `${CLOUD}/virtualCenters/${urlPart(removing.vcId)}`), `${plain(removing.name)} is being unregistered; see the tasks.`)}>
          What was trusted for it and its hosts, and what is known of them, go with it.
        </Confirm>
      )}
      {review && may && <ReviewDialog onClose={() => go(href('resources', 'vcenters'))} />}
    </>
  );
}
