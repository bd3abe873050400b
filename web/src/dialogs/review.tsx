// "Review untrusted (n)": the same view over everything that is open, one after the other.
import { useEffect, useState } from 'preact/hooks';
import { OWN, get, type Page } from '../lib/rest';
import type { Inspected, VCenter, VCenterWithTrust } from '../lib/types';
import { Failure, Loading } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Modal } from '../parts/modal';
import { TrustStep, aliasOf, inspect } from '../parts/trustview';
import { VmcaStep } from '../parts/vmcastep';
import { endpointOf } from './attach';

const PAGE = 128;

interface Open {
  vcenter: VCenter;
  endpoint: Inspected | null; // what its endpoint presents and isn't trusted
}

/** True when its VMCA waits for a person. */
export function isOpen({ isEnabled, trust }: VCenterWithTrust): boolean {
  return isEnabled && (trust.state === 'untrusted' || trust.state === 'unreviewed' || (trust.state === 'needs-7.0' && !trust.reviewed));
}

async function untrusted(): Promise<Open[]> {
  const found: Open[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const list = await get<Page<VCenterWithTrust>>(`${OWN}/vcenters?page=${page}&pageSize=${PAGE}&sortAsc=name`);
    pages = list.pageCount;
    for (const vcenter of list.values.filter((v) => v.isEnabled)) {
      if (!vcenter.isConnected) {
        const { host, port } = endpointOf(vcenter.url);
        const seen = await inspect(host, port).catch(() => null);
        if (seen && !seen.verdict.ok) found.push({ vcenter, endpoint: seen });
        continue;
      }
      if (isOpen(vcenter)) found.push({ vcenter, endpoint: null });
    }
  }
  return found;
}

export function ReviewDialog({ onClose }: { onClose: () => void }) {
  const [open, setOpen] = useState<Open[] | null>(null);
  const [at, setAt] = useState(0);
  const [why, setWhy] = useState<unknown>(null);
  const look = () => {
    setWhy(null);
    untrusted().then(setOpen, setWhy);
  };
  useEffect(look, []);
  const now = open?.[at];
  const next = () => setAt(at + 1);
  return (
    <Modal title={open ? `Review untrusted (${Math.max(0, open.length - at)})` : 'Review untrusted'} size="large" onClose={onClose}>
      <Failure why={why} again={look} />
      {!open && !why && <Loading what="what every vCenter presents" />}
      {open && !now && (
        <>
          <p>{open.length ? 'Everything was reviewed.' : 'Nothing is untrusted.'}</p>
          <div class="vs-buttons"><button type="button" class="btn btn-primary" onClick={onClose}>Done</button></div>
        </>
      )}
      {now?.endpoint && (
        <>
          <h3>{plain(now.vcenter.name)}: the endpoint's certificate</h3>
          <TrustStep key={now.vcenter.vcId} seen={now.endpoint} alias={aliasOf(now.endpoint.host)} onCancel={next} onTrusted={next} onAgain={look} />
        </>
      )}
      {now && !now.endpoint && <VmcaStep key={now.vcenter.vcId} urn={now.vcenter.vcId} name={now.vcenter.name} onDone={next} />}
    </Modal>
  );
}
