// Delete: first what would break and how many live sessions end, then a person's word.
import { useState } from 'preact/hooks';
import type { Grant } from '../lib/types';
import { Failure } from '../parts/alert';
import { Consequences } from '../parts/consequences';
import { plain } from '../parts/certificate';
import { Radio } from '../parts/form';
import { Modal } from '../parts/modal';
import { removeGrant } from '../pages/certificates';
import { SafeButton } from '../parts/safe';
import { useScopeText } from '../parts/scope';

export function DeleteCertificateDialog({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const scope = useScopeText();
  const [sessions, setSessions] = useState<'end' | 'finish'>('end');
  const [known, setKnown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const remove = () => {
    setBusy(true);
    removeGrant(grant, sessions).then(onClose, (failure: unknown) => {
      setBusy(false);
      setWhy(failure);
    });
  };
  return (
    <Modal title={`Delete ${plain(grant.alias)}`} size="large" busy={busy} onClose={onClose}>
      <p>{plain(grant.certificate.subject)}, which counts for {scope(grant.scope)}.</p>
      <Consequences grants={[grant.id]} onKnown={() => setKnown(true)} />
      <fieldset class="vs-fieldset">
        <legend>Live sessions that it carries</legend>
        <Radio name="sessions" label="end at once" checked={sessions === 'end'} onChange={() => setSessions('end')} />
        <Radio name="sessions" label="may finish" checked={sessions === 'finish'} onChange={() => setSessions('finish')} />
      </fieldset>
      <Failure why={why} />
      <div class="vs-buttons">
        <SafeButton onClick={onClose}>Cancel</SafeButton>
        <button type="button" class="btn btn-danger" disabled={busy || !known} onClick={remove}>Delete</button>
      </div>
    </Modal>
  );
}
