// A certificate as an operator compares it. Everything in it was chosen by whoever made it: it is text, and shown as text.
import { Fragment } from 'preact';
import { daysLeft, fromNow, utc } from '../lib/text';
import type { Certificate } from '../lib/types';
import { Badge } from './badge';
import { Fingerprint } from './fingerprint';

export const SOON_DAYS = 30;
const WATCH_DAYS = 240;

/** Characters that turn or hide text, by their number. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A distinguished name in a list: its common name and organization; all of it is a hint. */
export function Dn({ text }: { text: string }) {
  const parts = text.split(/(?<!\\)[,+]/).map((p) => p.trim());
  const value = (key: string) => parts.find((p) => p.startsWith(key))?.slice(key.length) ?? '';
  const [cn, o] = [plain(value('CN=')), plain(value('O='))];
  return <span title={plain(text)}><Breakable text={cn || plain(text) || '(empty)'} behind="." />{cn && o && <span class="vs-rest">{o}</span>}</span>;
}

/** Text without spaces, that may go to the next line behind a sign. */
export function Breakable({ text, behind }: { text: string; behind: ',' | ':' | '.' }) {
  return <>{text.split(behind).map((part, i) => <Fragment key={i}>{i > 0 && <>{behind}<wbr /></>}{part}</Fragment>)}</>;
}

export function Validity({ cert }: { cert: Certificate }) {
  const days = daysLeft(cert.notAfter);
  if (new Date(cert.notBefore).getTime() > Date.now()) return <Badge mood="bad">Not valid yet</Badge>;
  if (days < 0) return <Badge mood="bad">Expired</Badge>;
  if (days < SOON_DAYS) return <Badge mood="bad">Expires in {days} d</Badge>;
  if (days < WATCH_DAYS) return <Badge mood="warn">Expires in {days} d</Badge>;
  return <Badge mood="good">Valid</Badge>;
}

export function CertificateView({ cert }: { cert: Certificate }) {
  return (
    <dl class="vs-facts">
      <dt>Subject</dt><dd><Breakable text={plain(cert.subject) || '(empty)'} behind="," /></dd>
      <dt>Issuer</dt><dd>{cert.issuer === cert.subject ? 'itself (self-signed)' : <Breakable text={plain(cert.issuer)} behind="," />}</dd>
      <dt>Names</dt><dd>{plain(cert.names) || 'none'}</dd>
      <dt>Valid from</dt><dd>{utc(cert.notBefore)} ({fromNow(cert.notBefore)})</dd>
      <dt>Valid to</dt><dd>{utc(cert.notAfter)} ({fromNow(cert.notAfter)}) <Validity cert={cert} /></dd>
      <dt>Serial</dt><dd><code>{cert.serial}</code></dd>
      <dt>Key</dt><dd>{cert.key}{cert.isCa ? ' · certificate authority' : ' · end entity'}</dd>
      {cert.signature && <><dt>Signature</dt><dd>{cert.signature}</dd></>}
      <dt>SHA-256</dt><dd><Fingerprint kind="SHA-256" value={cert.sha256} /></dd>
      <dt>SHA-1</dt><dd><Fingerprint kind="SHA-1" value={cert.sha1} /></dd>
    </dl>
  );
}
