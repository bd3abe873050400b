// Test remote connection: a checklist with what came of each stage, then the chain, and Trust.
import { useState } from 'preact/hooks';
import { CLOUD, timed } from '../lib/rest';
import type { Inspected } from '../lib/types';
import { Alert, Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Icon } from '../parts/icon';
import { SelectField, TextField } from '../parts/form';
import { Modal } from '../parts/modal';
import { TrustStep, aliasOf, inspect } from '../parts/trustview';

interface Probe {
  result: string;
  resolvedIp: string | null;
  canConnect: boolean;
  sslHandshake: boolean;
  connectionResult: string;
  sslResult: string | null;
}

interface Answer {
  probe: Probe;
  ms: Record<string, number>; // of each stage
}

function Line({ ok, ms, children }: { ok: boolean | null; ms?: number | undefined; children: string }) {
  return (
    <li>
      <Icon shape={ok === null ? 'unknown' : ok ? 'check' : 'error'} label={ok === null ? 'not reached' : ok ? 'yes' : 'no'} />
      <span>{children}</span>
      <span class="vs-quiet">{ms === undefined ? '' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`}</span>
    </li>
  );
}

function Checklist({ answer, host, names }: { answer: Answer; host: string; names: boolean }) {
  const { probe: p, ms } = answer;
  const resolved = p.connectionResult !== 'ERROR_CANNOT_RESOLVE_IP';
  const connected = resolved && p.canConnect;
  const spoke = connected && p.sslResult !== null && p.sslResult !== 'ERROR_SSL_ERROR';
  const trusted = spoke && p.sslResult !== 'ERROR_UNTRUSTED_CERTIFICATE';
  return (
    <ul class="vs-plain vs-checklist">
      <Line ok={resolved} ms={ms['resolve']}>{`Resolve: ${resolved ? p.resolvedIp ?? host : `${host} has no address`}`}</Line>
      <Line ok={resolved ? connected : null} ms={ms['connect']}>Connect</Line>
      <Line ok={connected ? spoke : null} ms={ms['handshake']}>TLS handshake</Line>
      <Line ok={spoke ? trusted : null}>Certificate trusted</Line>
      <Line ok={names && trusted ? p.sslResult === 'SUCCESS' : null}>{names ? 'Name fits' : 'Name (was not to be checked)'}</Line>
    </ul>
  );
}

export function TestConnectionDialog({ onClose }: { onClose: () => void }) {
  const [host, setHost] = useState('');
  const [port, setPort] = useState('443');
  const [algorithm, setAlgorithm] = useState('HTTPS');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [seen, setSeen] = useState<Inspected | null>(null);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const test = async () => {
    setBusy(true);
    setWhy(null);
    setAnswer(null);
    setSeen(null);
    try {
      const { answer: result, ms } = await timed<{ targetProbe: Probe }>(`${CLOUD}/testConnection`, {
        host, port: Number(port), secure: true, ...(algorithm ? { hostnameVerificationAlgorithm: algorithm } : {}),
      });
      setAnswer({ probe: result.targetProbe, ms });
      if (result.targetProbe.canConnect && result.targetProbe.sslResult !== 'ERROR_SSL_ERROR') setSeen(await inspect(host, Number(port)));
    } catch (failure) {
      setWhy(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal title="Test Remote Connection" size="large" busy={busy} onClose={onClose}>
      <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); void test(); }}>
        <TextField label="Host" value={host} onInput={setHost} required autoFocus maxLength={256} />
        <TextField label="Port" type="number" value={port} onInput={setPort} required />
        <SelectField label="Verification algorithm" value={algorithm} onInput={setAlgorithm}
          options={[['HTTPS', 'HTTPS (RFC 9110)'], ['LDAPS', 'LDAPS'], ['', 'none: names are not checked']]} />
        <div class="vs-buttons">
          <button type="button" class="btn btn-outline" onClick={onClose}>Close</button>
          <button type="submit" class="btn btn-primary" disabled={busy || !host}>Connect</button>
        </div>
      </form>
      <Failure why={why} />
      {busy && <p class="vs-quiet" role="status">Looking …</p>}
      {answer && <Checklist answer={answer} host={host} names={algorithm !== ''} />}
      {answer && !seen && <p>{plain(answer.probe.result)}</p>}
      {seen && (seen.verdict.ok
        ? <Alert tone="success">{plain(seen.verdict.text ?? 'Trusted.')}</Alert>
        : <TrustStep seen={seen} alias={aliasOf(seen.host)} onCancel={() => setSeen(null)} onAgain={() => void test()} onTrusted={() => void test()} />)}
    </Modal>
  );
}
