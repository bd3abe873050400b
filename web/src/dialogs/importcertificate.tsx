// Import: pasted, chosen or dropped; PEM, DER, or a vCenter's download.zip with what its roots would verify.
import { useState } from 'preact/hooks';
import { useDeed } from '../lib/deed';
import { useData } from '../lib/data';
import { CLOUD, OWN, change, urlPart, type Page } from '../lib/rest';
import { messageOf, plural, sentence } from '../lib/text';
import type { Preview, VCenter, VmcaProposal } from '../lib/types';
import { Alert, Failure } from '../parts/alert';
import { CertificateView, plain } from '../parts/certificate';
import { Drop } from '../parts/drop';
import { SelectField, TextArea, TextField } from '../parts/form';
import { Modal } from '../parts/modal';
import { Classes } from '../parts/vmcastep';
import { aliasOf } from '../parts/trustview';

const FILE_MAX = 4 * 1024 * 1024;
const LINE = 64;

function pemOf(der: Uint8Array): string {
  const text = btoa(Array.from(der, (b) => String.fromCharCode(b)).join(''));
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** What it verifies by its signatures, and where it counts already. */
function meaning(c: Preview['certificates'][number]): string {
  const uses = c.verifies.map((v) => `${plural(v.hosts, 'host')} of ${plain(v.vcenter.name)}${v.endpoint ? ' and its endpoint' : ''}`);
  const there = c.grants.map((g) => `${plain(g.alias)} (${plain(g.scope)})`);
  return `It verifies ${uses.join(', ') || 'nothing that the cell has seen'}.${there.length ? ` Trusted already: ${there.join(', ')}.` : ''}`;
}

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const vcenters = useData<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128&sortAsc=name`, ['vcenter']);
  const [alias, setAlias] = useState(aliasOf('imported'));
  const [text, setText] = useState('');
  const [scope, setScope] = useState('any');
  const [zip, setZip] = useState<Blob | null>(null);
  const [vcenter, setVcenter] = useState('');
  const [found, setFound] = useState<VmcaProposal | null>(null);
  const [shown, setShown] = useState<Preview | null>(null);
  const { busy, why, setWhy, run } = useDeed();
  const list = vcenters.data?.values ?? [];

  const take = async (file: File | undefined) => {
    if (!file) return;
    setWhy(null);
    setFound(null);
    setShown(null);
    if (file.size > FILE_MAX) return setWhy(new Error('The file is larger than a certificate or a bundle of them can be.'));
    const bytes = new Uint8Array(await file.arrayBuffer());
    setAlias(aliasOf(file.name));
    if (isZip(bytes)) {
      setZip(new Blob([bytes]));
      setText('');
    } else {
      setZip(null);
      setText(bytes[0] === 0x30 ? pemOf(bytes) : new TextDecoder().decode(bytes));
    }
  };
  const preview = () => run(async () => {
    if (!zip) setShown(await change<Preview>('POST', `${OWN}/certificates/preview`, new Blob([text]), { type: 'application/x-pem-file' }));
    if (zip) setFound(await change<VmcaProposal>('POST', `${OWN}/vcenters/${urlPart(vcenter)}/findVmca`, zip, { type: 'application/zip' }));
  });
  const save = () => run(async () => {
    const body = found?.root
      ? { alias, certificate: found.root.certificate, scope: `vcenter:${vcenter}/hosts` }
      : { alias, certificate: text, scope };
    await change('POST', `${OWN}/grants`, body);
    onClose();
  });
  return (
    <Modal title="Import" size="large" busy={busy} onClose={onClose}>
      <Drop label="Drop a file here, or choose one: PEM, DER, or a vCenter's download.zip" accept=".pem,.crt,.cer,.der,.zip,.0"
        onFiles={(files) => void take(files[0]).catch((e: unknown) => setWhy(messageOf(e)))} />
      {!zip && (
        <>
          <TextArea label="Certificate (PEM)" rows={6} value={text} onInput={(t) => { setText(t); setShown(null); }} />
          <button type="button" class="btn btn-outline" disabled={!text.trim() || busy} onClick={preview}>Preview</button>
        </>
      )}
      {shown?.certificates.map((c) => (
        <div key={c.certificate.sha256}>
          <CertificateView cert={c.certificate} />
          <p>{meaning(c)}</p>
        </div>
      ))}
      {zip && (
        <>
          <SelectField label="vCenter Server that it is from" value={vcenter} onInput={setVcenter}
            options={[['', 'choose'], ...list.map((v): [string, string] => [v.vcId, plain(v.name)])]} />
          <button type="button" class="btn btn-outline" disabled={!vcenter || busy} onClick={preview}>Preview</button>
        </>
      )}
      {found && (
        <>
          <Alert tone={found.root ? 'info' : 'warning'}>{plain(sentence(found.text))}</Alert>
          {found.root && <CertificateView cert={found.root} />}
          {found.root && <p>It signed the certificates of {found.hosts.classes['vmca'] ?? 0} of {plural(found.hosts.total, 'host')}.</p>}
          <Classes classes={found.hosts.classes} />
        </>
      )}
      <TextField label="Alias" value={alias} onInput={setAlias} required maxLength={255} />
      {!zip && (
        <SelectField label="Vouches for" value={scope} onInput={setScope} options={[
          ['any', 'any endpoint'],
          ...list.flatMap((v): [string, string][] => [
            [`vcenter:${v.vcId}/hosts`, `the hosts of ${plain(v.name)}`], [`vcenter:${v.vcId}/endpoint`, `the endpoint of ${plain(v.name)}`],
          ]),
        ]} />
      )}
      <Failure why={why} />
      <div class="vs-buttons">
        <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
        <button type="button" class="btn btn-primary" disabled={busy || !alias || (zip ? !found?.root || found.granted : !text.trim())} onClick={save}>Trust</button>
      </div>
    </Modal>
  );
}
