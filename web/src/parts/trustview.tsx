// Step 1 and its siblings: what an endpoint really presents, why that isn't believed, what would be stored and what that would
// vouch for. Trusting is bound to what is shown: the challenge is good once, for five minutes, for this chain alone.
import { useId, useState } from 'preact/hooks';
import { OWN, change } from '../lib/rest';
import type { Certificate, Grant, Inspected } from '../lib/types';
import { Alert, Failure } from './alert';
import { Badge } from './badge';
import { Breakable, CertificateView, plain } from './certificate';
import { SafeButton } from './safe';

export function inspect(host: string, port: number): Promise<Inspected> {
  return change<Inspected>('POST', `${OWN}/inspect`, { host, port });
}

export function confirmTrust(seen: Inspected, sha256: string, alias: string): Promise<Grant> {
  return change<Grant>('POST', `${OWN}/confirm`, { challenge: seen.challenge, sha256, alias });
}

function vouches(cert: Certificate, seen: Inspected): string {
  const where = `${seen.host}:${seen.port}`;
  if (cert === seen.chain[0]) return `This pins one certificate: it vouches for ${where} until that certificate is renewed.`;
  return `This authority vouches for ${where}, also after its certificate is renewed; for no other endpoint and for no ESXi host.`;
}

function Reason({ seen }: { seen: Inspected }) {
  const v = seen.verdict;
  return (
    <Alert tone="warning">
      <strong>{v.what ?? v.rule}</strong> {v.why && plain(v.why)}
      {v.expected && <> Expected: {plain(v.expected)}.</>}{v.seen && <> Seen: {plain(v.seen)}.</>}
      {v.next && <> {plain(v.next)}</>} <code>{v.rule}</code>
    </Alert>
  );
}

interface Props {
  seen: Inspected;
  stored: string;                       // SHA-256 of what would be stored
  onStored: (sha256: string) => void;
}

export function TrustView({ seen, stored, onStored }: Props) {
  const name = useId();
  const [shown, setShown] = useState(stored);
  const cert = seen.chain.find((c) => c.sha256 === shown) ?? seen.chain[0];
  const chosen = seen.chain.find((c) => c.sha256 === stored);
  return (
    <div>
      <p>Server <strong>{plain(seen.host)}:{seen.port}</strong> at {seen.address}, {seen.tls}</p>
      {seen.verdict.ok ? <Alert tone="success">Trusted already: {plain(seen.verdict.text ?? '')}</Alert> : <Reason seen={seen} />}
      <div class="vs-chain">
        <fieldset class="vs-chain-list">
          <legend>{seen.chain.length > 1 ? 'Chain presented; choose what is stored' : 'Certificate presented'}</legend>
          {seen.chain.map((c, i) => (
            <div key={c.sha256} class={c.sha256 === stored ? 'vs-chain-item vs-chain-stored' : 'vs-chain-item'}>
              <input type="radio" id={`${name}-${i}`} name={name} checked={c.sha256 === stored} disabled={!seen.challenge}
                onChange={() => { onStored(c.sha256); setShown(c.sha256); }} />
              <label for={`${name}-${i}`}>{i === 0 ? 'Server' : 'Issuer'}: <Breakable text={plain(c.subject) || '(empty subject)'} behind="," /></label>{' '}
              {c.sha256 === stored && <Badge mood="plain">will be stored</Badge>}{' '}
              {c.sha256 !== shown && (
                <button type="button" class="btn btn-sm btn-link vs-inline" onClick={() => setShown(c.sha256)}>Show</button>
              )}
            </div>
          ))}
        </fieldset>
        {cert && <CertificateView cert={cert} />}
      </div>
      {chosen && seen.challenge && <p class="vs-vouches">{vouches(chosen, seen)}</p>}
      {seen.alsoSent.length > 0 && (
        <details>
          <summary>{seen.alsoSent.length} more sent that issued nothing in this chain; it can't be trusted from here</summary>
          <ul>{seen.alsoSent.map((c) => <li key={c.sha256}>{plain(c.subject)} <code>{c.sha256}</code></li>)}</ul>
        </details>
      )}
      {!seen.verdict.ok && !seen.challenge && (
        <Alert tone="danger">Trusting would not help here. {seen.store.wouldBe.text && plain(seen.store.wouldBe.text)}</Alert>
      )}
    </div>
  );
}

/** Label of a grant that a person makes here: unique, and says when. */
export function aliasOf(what: string): string {
  return `${what} ${new Date().toISOString().replace(/\.\d+Z$/, 'Z')}`;
}

/** The view with its two buttons; Cancel has the focus. */
export function TrustStep({ seen, alias, onTrusted, onCancel, onAgain }:
  { seen: Inspected; alias: string; onTrusted: () => void; onCancel: () => void; onAgain: () => void }) {
  const [stored, setStored] = useState(seen.store.sha256);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const trust = () => {
    setBusy(true);
    setWhy(null);
    confirmTrust(seen, stored, alias).then(onTrusted, (failure: unknown) => {
      setBusy(false);
      setWhy(failure);
    });
  };
  return (
    <>
      <TrustView seen={seen} stored={stored} onStored={setStored} />
      <Failure why={why} again={onAgain} />
      <div class="vs-buttons">
        <SafeButton disabled={busy} onClick={onCancel}>Cancel</SafeButton>
        {seen.verdict.ok
          ? <button type="button" class="btn btn-primary" onClick={onTrusted}>Next</button>
          : <button type="button" class="btn btn-primary" disabled={busy || !seen.challenge || why !== null} onClick={trust}>Trust</button>}
      </div>
    </>
  );
}
