import { useState } from 'preact/hooks';
import { CLOUD, OWN, change, urlPart } from '../lib/rest';
import type { Grant } from '../lib/types';
import { Alert, Failure } from '../parts/alert';
import { Check, TextField } from '../parts/form';
import { Modal } from '../parts/modal';

export function EditCertificateDialog({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const [alias, setAlias] = useState(grant.alias);
  const [scope, setScope] = useState(grant.scope);
  const [widen, setWiden] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setWhy(null);
    try {
      if (alias !== grant.alias)
        await change('PUT', `${CLOUD}/ssl/trustedCertificates/${urlPart(grant.id)}`, { id: grant.id, alias, certificate: grant.certificate.certificate });
      if (scope !== grant.scope) await change('PUT', `${OWN}/grants/${urlPart(grant.id)}`, { scope, widen });
      onClose();
    } catch (failure) {
      setWhy(failure);
    }
  };
  return (
    <Modal title={`Edit ${grant.alias}`} onClose={onClose}>
      <form class="clr-form" onSubmit={save}>
        <TextField label="Alias" value={alias} onInput={setAlias} required maxLength={255} />
        <TextField label="Scope" value={scope} onInput={setScope} required
          help="any, host:<name>:<port>, vcenter:<urn>, vcenter:<urn>/endpoint, vcenter:<urn>/hosts, nsx:<urn>" />
        {scope !== grant.scope && <Check label="I mean to widen what it vouches for" checked={widen} onChange={setWiden} />}
        {widen && <Alert tone="warning">Whoever holds this certificate's key can then stand in for more endpoints.</Alert>}
        <Failure why={why} />
        <div class="vs-buttons">
          <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
          <button type="submit" class="btn btn-primary">Save</button>
        </div>
      </form>
    </Modal>
  );
}
