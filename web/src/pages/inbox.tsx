// The inbox: identities that changed, old and new side by side with the evidence, for a person to approve or to refuse.
import { useState } from 'preact/hooks';
import { OWN, change, urlPart } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import { useMay } from '../lib/session';
import { fromNow, plural, utc } from '../lib/text';
import type { Certificate } from '../lib/types';
import { useData } from '../lib/data';
import { Alert, Failure, Loading } from '../parts/alert';
import { Badge, type Mood } from '../parts/badge';
import { CertificateView, plain } from '../parts/certificate';
import { Check, TextField } from '../parts/form';
import { Grid, type Column } from '../parts/grid';
import { Modal } from '../parts/modal';
import { SafeButton } from '../parts/safe';
import { useScopeText } from '../parts/scope';

interface Item {
  id: string;
  kind: 'endpoint' | 'vmca' | 'host';
  state: 'open' | 'approved' | 'rejected' | 'accepted' | 'settled';
  present: boolean;
  owner: string;
  name: string;
  scope: string;
  old: Certificate | null;
  new: Certificate;
  sha256: string;
  evidence: {
    announced: boolean;
    sameKey: boolean;
    sameIssuer: boolean;
    unchangedSince: string;
    lastSeen: string;
    oldBelievedUntil: string | null;
    sightings: number;
    returns: number;
    hosts: { verified: number; answered: number };
  };
  holdUntil: string;
  decidedBy: string | null;
  decided: string | null;
  reason: string | null;
}

const KIND = { endpoint: 'Endpoint', vmca: 'VMCA', host: 'Hosts’ issuer' } as const;
const MOOD: Record<Item['state'], Mood> = { open: 'warn', approved: 'good', rejected: 'bad', accepted: 'good', settled: 'plain' };

function Evidence({ item }: { item: Item }) {
  const e = item.evidence;
  return (
    <dl class="vs-facts">
      <dt>Announced</dt><dd>{e.announced ? 'over a verified connection' : 'by nobody whom the cell believes'}</dd>
      <dt>Key</dt><dd>{e.sameKey ? 'the same as before' : 'another one'}{e.sameIssuer && '; the same issuer'}</dd>
      <dt>Unchanged</dt><dd>since {utc(e.unchangedSince)} ({fromNow(e.unchangedSince)}), seen {plural(e.sightings, 'time')}, last {fromNow(e.lastSeen)}</dd>
      {item.kind !== 'endpoint' && <><dt>Hosts</dt><dd>verifies {e.hosts.verified} of {plural(e.hosts.answered, 'host')} that answered</dd></>}
      {e.returns > 0 && <><dt>Came back</dt><dd>{plural(e.returns, 'time')} after it was gone</dd></>}
      {e.oldBelievedUntil && <><dt>The old one</dt><dd>was believed until {utc(e.oldBelievedUntil)}</dd></>}
      <dt>Presented now</dt><dd>{item.present ? 'yes' : 'no'}</dd>
    </dl>
  );
}

function ItemDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: item, error, again } = useData<Item>(`${OWN}/inbox/${urlPart(id)}`, ['inbox']);
  const may = useMay('Truststore: Manage');
  const scope = useScopeText();
  const [reason, setReason] = useState('');
  const [now, setNow] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  if (!item) return <Modal title="Inbox" onClose={onClose}>{error ? <Failure why={error} again={again} /> : <Loading what="it" />}</Modal>;
  const held = new Date(item.holdUntil).getTime() > Date.now();
  const answer = (verb: 'approve' | 'reject') => {
    setBusy(true);
    setWhy(null);
    change('POST', `${OWN}/inbox/${urlPart(item.id)}/${verb}`, { sha256: item.new.sha256, ...(reason ? { reason } : {}), ...(verb === 'approve' && now ? { now } : {}) })
      .then(onClose, (failure: unknown) => {
        setBusy(false);
        setWhy(failure);
      });
  };
  return (
    <Modal title={`${plain(item.name)} changed`} size="large" busy={busy} onClose={onClose}>
      <p><Badge mood={MOOD[item.state]}>{item.state}</Badge> If approved it counts for {scope(item.scope)}.</p>
      <Evidence item={item} />
      <div class="vs-pair">
        <section aria-label="Before"><h3>Before</h3>{item.old ? <CertificateView cert={item.old} /> : <p>Nothing was known.</p>}</section>
        <section aria-label="Now"><h3>Now</h3><CertificateView cert={item.new} /></section>
      </div>
      {item.state === 'open' && may
        ? (
          <>
            {held && <Alert tone="info">On hold until {utc(item.holdUntil)} ({fromNow(item.holdUntil)}): whoever stands between is often gone by then.</Alert>}
            {held && <Check label="Approve before the hold is over" checked={now} onChange={setNow} />}
            <TextField label="Reason" value={reason} onInput={setReason} maxLength={200} help="Kept in the audit trail." />
            <Failure why={why} />
            <div class="vs-buttons">
              <SafeButton disabled={busy} onClick={onClose}>Cancel</SafeButton>
              <button type="button" class="btn btn-danger" disabled={busy} onClick={() => answer('reject')}>Reject</button>
              <button type="button" class="btn btn-primary" disabled={busy || (held && !now)} onClick={() => answer('approve')}>Approve</button>
            </div>
          </>
        )
        : item.decidedBy && <p>{item.state} by {plain(item.decidedBy)}, {utc(item.decided)}{item.reason && `: ${plain(item.reason)}`}</p>}
    </Modal>
  );
}

export function InboxPage({ place }: { place: Place }) {
  const open = place.path[2];
  const columns: Column<Item>[] = [
    { title: 'What', sort: 'kind', narrow: true, cell: (r) => KIND[r.kind] },
    { title: 'Of', sort: 'name', cell: (r) => plain(r.name) },
    { title: 'State', sort: 'state', narrow: true, cell: (r) => <Badge mood={MOOD[r.state]}>{r.state}</Badge> },
    { title: 'New certificate', cell: (r) => plain(r.new.subject) },
    { title: 'Key', narrow: true, cell: (r) => (r.evidence.sameKey ? 'same' : 'another') },
    { title: 'Since', narrow: true, cell: (r) => <span title={utc(r.evidence.unchangedSince)}>{fromNow(r.evidence.unchangedSince)}</span> },
    {
      title: 'Action', narrow: true,
      cell: (r) => <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`Review ${r.name}`} onClick={() => go(href('monitor', 'inbox', r.id))}>Review</button>,
    },
  ];
  return (
    <>
      <h1>Inbox</h1>
      <Grid label="Inbox" path={`${OWN}/inbox`} kinds={['inbox']} columns={columns} rowKey={(r) => r.id} sort="state" search="name"
        filters={[{ label: 'State', options: [['state==open', 'open'], ['state==approved', 'approved'], ['state==rejected', 'rejected']] }]}
        empty="No identity that was verified before has changed." />
      {open && <ItemDialog key={open} id={open} onClose={() => go(href('monitor', 'inbox'))} />}
    </>
  );
}
