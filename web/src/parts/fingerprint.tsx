import { useState } from 'preact/hooks';
import { Breakable } from './certificate';
import { Icon } from './icon';

export function Copy({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(text).then(() => setSaid('copied'), () => setSaid('not copied'));
  };
  return (
    <>
      <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={copy}>
        <Icon shape="copy" />
      </button>
      <span class="vs-quiet" role="status">{said}</span>
    </>
  );
}

export function Fingerprint({ kind, value }: { kind: 'SHA-256' | 'SHA-1'; value: string }) {
  return <span class="vs-fingerprint"><code><Breakable text={value} behind=":" /></code> {kind === 'SHA-256' && <Copy text={`SHA256:${value}`} what="SHA-256 fingerprint" />}</span>;
}
