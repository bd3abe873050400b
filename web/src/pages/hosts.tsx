// Hosts: those of all vCenters, or of one.
import { useData } from '../lib/data';
import { CLOUD, type Page } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import type { VCenter } from '../lib/types';
import { HostGrid } from '../parts/hostgrid';
import { plain } from '../parts/certificate';

export function HostsPage({ place }: { place: Place }) {
  const { data } = useData<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128&sortAsc=name`, ['vcenter']);
  const urn = place.query.get('vcenter') ?? '';
  const to = (id: string) => href('resources', 'hosts') + (id ? `?vcenter=${encodeURIComponent(id)}` : '');
  return (
    <>
      <h1>Hosts</h1>
      <HostGrid key={urn} {...(urn ? { urn } : {})} before={(
        <label class="vs-filter">vCenter Server{' '}
          <select class="clr-select" aria-label="vCenter Server" value={urn} onChange={(event) => go(to(event.currentTarget.value))}>
            <option value="">all</option>
            {(data?.values ?? []).map((v) => <option key={v.vcId} value={v.vcId} selected={v.vcId === urn}>{plain(v.name)}</option>)}
          </select>
        </label>
      )} />
    </>
  );
}
