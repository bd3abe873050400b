// Step 3: the VMCA of a registered vCenter, shown, trusted for its hosts, and what that brought.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useDeed } from '../lib/deed';
import { OWN, change, get, urlPart } from '../lib/rest';
import { plural, sentence } from '../lib/text';
import type { VcenterTrust, VmcaProposal } from '../lib/types';
import { Alert, Failure, Loading } from './alert';
import { Badge } from './badge';
import { CertificateView, plain } from './certificate';
import { SafeButton } from './safe';

const STANDS_STILL =
  'Until then the console, power-on with guest customization, OVF import and export, and media transfers stand still. Everything else works.';

/** Said once: the cell's own text may say it already. */
export function stillWords(text: string): string {
  return /stand still/.test(text) ? '' : STANDS_STILL;
}

const CLASS_WORDS: [string, string][] = [
  ['vmca', 'signed by the VMCA'], ['other-ca', 'signed by another CA'], ['self-signed', 'self-signed'],
  ['installer', "on the installer's certificate"], ['expired', 'expired'], ['misnamed', 'misnamed'],
  ['unreachable', 'unreachable'], ['no-evidence', 'not looked at'],
];

export function Classes({ classes }: { classes: Record<string, number> }) {
  const there = CLASS_WORDS.filter(([key]) => (classes[key] ?? 0) > 0);
  return <ul class="vs-plain">{there.map(([key, words]) => <li key={key}>{plural(classes[key]!, 'host')} {words}</li>)}</ul>;
}

export function trustBadge(t: VcenterTrust) {
  switch (t.state) {
    case 'trusted': return <Badge mood="good">VMCA trusted</Badge>;
    case 'untrusted': return <Badge mood="bad">VMCA not trusted</Badge>;
    case 'unreviewed': return <Badge mood="warn">VMCA not reviewed</Badge>;
    case 'needs-7.0': return t.hosts.total > 0 && t.hosts.verified === t.hosts.total
      ? <Badge mood="good">VMCA found (6.7)</Badge> : <Badge mood="bad">VMCA needs to be found (6.7)</Badge>;
    case 'no-certificate-management': return <Badge mood="plain">no certificate management</Badge>;
    case 'none': return <Badge mood="plain">no VMCA</Badge>;
  }
}

export function VmcaStep({ urn, name, onDone }: { urn: string; name: string; onDone: () => void }) {
  const base = `${OWN}/vcenters/${urlPart(urn)}`;
  const [trust, setTrust] = useState<VcenterTrust | null>(null);
  const [found, setFound] = useState<VmcaProposal | null>(null);
  const [paid, setPaid] = useState<string | null>(null);
  const { busy, why, run } = useDeed();

  const read = useCallback(() => run(async () => setTrust(await get<VcenterTrust>(`${base}/trust`))), [base, run]);
  useEffect(() => void read(), [read]);

  const payoff = async (t: VcenterTrust) => {
    setTrust(t);
    const hosts = await get<{ text: string }>(`${base}/hosts?page=1&pageSize=1`);
    setPaid(hosts.text);
  };
  const grant = (sha256: string, bundle: boolean) =>
    run(async () => payoff(await change<VcenterTrust>('POST', `${base}/trustVmca`, { sha256, bundle })));
  const leave = () => run(async () => {
    await change('POST', `${base}/review`);
    onDone();
  });
  const find = () => run(async () => setFound(await change<VmcaProposal>('POST', `${base}/findVmca`)));

  if (!trust) return <>{why ? <Failure why={why} again={read} /> : <Loading what="the VMCA" />}</>;
  const shown = found?.root ?? trust.vmca;
  const asks = !paid && shown && trust.state !== 'trusted';
  return (
    <div>
      <p>vCenter <strong>{plain(name)}</strong> {trustBadge(trust)}</p>
      {paid && <Alert tone={/ not,/.test(paid) ? 'warning' : 'success'}>{plain(paid)}</Alert>}
      {!paid && trust.state === 'trusted' && <Alert tone="success">{plain(sentence(trust.text))}</Alert>}
      {!paid && trust.state !== 'trusted' && <Alert tone="warning">{plain(sentence(trust.text))} {stillWords(trust.text)}</Alert>}
      {found && !found.root && <Alert tone="warning">{plain(found.text)}</Alert>}
      {asks && (
        <>
          <h3>{found ? 'Found in the bundle that the vCenter serves' : 'VMCA certificate'}</h3>
          {found && <p>{plain(found.text)}</p>}
          <CertificateView cert={shown} />
          <p class="vs-vouches">It will be trusted for the ESXi hosts of {plain(name)}, and for nothing else.</p>
        </>
      )}
      <Classes classes={trust.hosts.classes} />
      <Failure why={why} />
      <div class="vs-buttons">
        {asks
          ? <>
              <SafeButton disabled={busy} onClick={leave}>Leave untrusted</SafeButton>
              <button type="button" class="btn btn-primary" disabled={busy} onClick={() => grant(shown.sha256, found !== null)}>Trust</button>
            </>
          : <>
              {trust.state === 'needs-7.0' && !found && !paid &&
                <button type="button" class="btn btn-outline" disabled={busy} onClick={find}>Find the VMCA</button>}
              <SafeButton key={paid} primary disabled={busy} onClick={onDone}>Done</SafeButton>
            </>}
      </div>
    </div>
  );
}
