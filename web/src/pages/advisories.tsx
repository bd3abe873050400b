import { useState } from 'preact/hooks';
import { CLOUD, change, urlPart } from '../lib/rest';
import { useMay } from '../lib/session';
import { utc } from '../lib/text';
import type { Advisory } from '../lib/types';
import { Failure } from '../parts/alert';
import { Badge } from '../parts/badge';
import { plain } from '../parts/certificate';
import { SelectField, TextArea, TextField } from '../parts/form';
import { Grid, type Column } from '../parts/grid';
import { Modal } from '../parts/modal';

const MOOD = { MANDATORY: 'bad', CRITICAL: 'bad', IMPORTANT: 'warn', NOTICE: 'plain' } as const;
const MESSAGE_MAX = 512;

function NewAdvisory({ onClose }: { onClose: () => void }) {
  const [message, setMessage] = useState('');
  const [priority, setPriority] = useState('NOTICE');
  const [until, setUntil] = useState('');
  const [why, setWhy] = useState<unknown>(null);
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    change('POST', `${CLOUD}/definitions/advisories`, {
      message, priority, displayStart: new Date().toISOString(), ...(until ? { displayEnd: new Date(until).toISOString() } : {}),
    }).then(onClose, setWhy);
  };
  return (
    <Modal title="New advisory" onClose={onClose}>
      <form class="clr-form" onSubmit={create}>
        <TextArea label="Message" value={message} onInput={setMessage} required
          help={`${message.length} of ${MESSAGE_MAX} characters; it can't be changed later.`} error={message.length > MESSAGE_MAX ? 'Too long.' : null} />
        <SelectField label="Priority" value={priority} onInput={setPriority}
          options={[['NOTICE', 'Notice: can be dismissed'], ['IMPORTANT', 'Important: can be snoozed and dismissed'],
            ['CRITICAL', 'Critical: can be snoozed and dismissed'], ['MANDATORY', 'Mandatory: stays']]} />
        <TextField label="Shown until" type="datetime-local" value={until} onInput={setUntil} />
        <Failure why={why} />
        <div class="vs-buttons">
          <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
          <button type="submit" class="btn btn-primary" disabled={!message.trim() || message.length > MESSAGE_MAX}>Create</button>
        </div>
      </form>
    </Modal>
  );
}

export function AdvisoriesPage() {
  const [making, setMaking] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const may = useMay('Advisory Definitions: Create and Delete');
  const columns: Column<Advisory>[] = [
    { title: 'Priority', sort: 'priority', narrow: true, cell: (r) => <Badge mood={MOOD[r.priority]}>{r.priority}</Badge> },
    { title: 'Message', cell: (r) => plain(r.message) },
    { title: 'From', sort: 'displayStart', narrow: true, cell: (r) => utc(r.displayStart) },
    { title: 'Until', sort: 'displayEnd', narrow: true, cell: (r) => utc(r.displayEnd) },
    { title: 'Source', narrow: true, cell: (r) => (r.source === 'INTERNAL' ? 'this cell' : 'a person') },
    ...(may ? [{
      title: 'Action', narrow: true, cell: (r: Advisory) => r.source === 'USER' && (
        <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`Delete advisory: ${r.message}`}
          onClick={() => change('DELETE', `${CLOUD}/definitions/advisories/${urlPart(r.id)}`).catch(setWhy)}>Delete</button>
      ),
    }] : []),
  ];
  return (
    <>
      <h1>Advisories</h1>
      <Failure why={why} />
      <Grid label="Advisories" path={`${CLOUD}/${may ? 'definitions/' : ''}advisories`} kinds={['advisory']} columns={columns} rowKey={(r) => r.id}
        sort="displayStart" down empty="There are no advisories."
        tools={may && <button type="button" class="btn btn-sm" onClick={() => setMaking(true)}>New</button>} />
      {making && <NewAdvisory onClose={() => setMaking(false)} />}
    </>
  );
}
