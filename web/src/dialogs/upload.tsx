// A template (OVF with its files, or an OVA) or a medium into a catalog: dropped or chosen, sent with progress and speed, cancelled
// without a trace. The dialog stays while it goes; leaving the page asks first.
import { useEffect, useRef, useState } from 'preact/hooks';
import { membersOf, type Member } from '../lib/tar';
import { bytes, plural } from '../lib/text';
import { uploadMedium, uploadTemplate, type Progress } from '../lib/upload';
import { Alert, Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Drop } from '../parts/drop';
import { TextField } from '../parts/form';
import { Modal } from '../parts/modal';

const SPEED_MS = 3000; // over which speed is taken

/** Bytes a second, from how far it was some seconds ago. */
function useSpeed(sent: number): number {
  const marks = useRef<{ at: number; sent: number }[]>([]);
  const now = performance.now();
  marks.current = [...marks.current.filter((m) => now - m.at < SPEED_MS && m.sent <= sent), { at: now, sent }];
  const first = marks.current[0]!;
  return now - first.at > 0 ? ((sent - first.sent) * 1000) / (now - first.at) : 0;
}

function Going({ progress }: { progress: Progress }) {
  const speed = useSpeed(progress.sent);
  const { total, sent } = progress;
  return (
    <div>
      <progress class="vs-progress" aria-label="Upload" {...(total ? { max: total, value: sent } : {})} />
      <p class="vs-quiet" role="status">
        {plain(progress.said)}
        {total > 0 && <>: {bytes(sent)} of {bytes(total)} ({Math.floor((sent * 100) / total)} %){speed > 0 && sent < total && <>, {bytes(speed)}/s, {plural(Math.ceil((total - sent) / speed), 'second')} left</>}</>}
      </p>
    </div>
  );
}

export function UploadDialog({ kind, catalog, title, onClose }: { kind: 'template' | 'medium'; catalog: string; title: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [members, setMembers] = useState<Member[]>([]);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [done, setDone] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const going = useRef<AbortController | null>(null);
  const busy = progress !== null && !done && why === null;

  useEffect(() => {
    if (!busy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [busy]);
  useEffect(() => () => going.current?.abort(new Error('The upload was cancelled.')), []);

  const take = async (files: File[]) => {
    setWhy(null);
    setDone(false);
    setProgress(null);
    const first = files[0];
    if (!first) return;
    try {
      const ova = kind === 'template' && first.name.toLowerCase().endsWith('.ova');
      const found = ova ? await membersOf(first) : files.map((f) => ({ name: f.name, blob: f }));
      if (kind === 'template' && !found.some((m) => m.name.toLowerCase().endsWith('.ovf'))) throw new Error('There is no .ovf among the files.');
      setMembers(found);
      const named = ova ? first.name : found.find((m) => m.name.toLowerCase().endsWith('.ovf'))?.name ?? first.name;
      setName((before) => before || (kind === 'template' ? named.replace(/\.[^.]*$/, '') : named));
    } catch (failure) {
      setMembers([]);
      setWhy(failure);
    }
  };
  const send = () => {
    const control = new AbortController();
    const u = { signal: control.signal, told: setProgress };
    going.current = control;
    setWhy(null);
    setDone(false);
    setProgress({ said: 'Beginning', sent: 0, total: 0 });
    const work = kind === 'template' ? uploadTemplate(u, catalog, name.trim(), description, members) : uploadMedium(u, catalog, name.trim(), description, members[0]!);
    work.then(() => setDone(true), setWhy);
  };
  const size = members.reduce((n, m) => n + m.blob.size, 0);
  return (
    <Modal title={title} size="large" busy={busy} onClose={onClose}>
      {kind === 'template'
        ? <Drop label="Drop an OVA here, or an OVF with all of its files; or choose them" accept=".ova,.ovf,.vmdk,.mf,.cert,.iso,.nvram" multiple disabled={busy} onFiles={(f) => void take(f)} />
        : <Drop label="Drop an image here, or choose one" accept=".iso,.img,.flp" disabled={busy} onFiles={(f) => void take(f.slice(0, 1))} />}
      {members.length > 0 && <p class="vs-quiet">{members.map((m) => plain(m.name)).join(', ')}: {bytes(size)}</p>}
      <TextField label="Name" value={name} onInput={setName} required maxLength={128} disabled={busy} />
      <TextField label="Description" value={description} onInput={setDescription} maxLength={1024} disabled={busy} />
      {progress && !done && why === null && <Going progress={progress} />}
      {done && <Alert tone="success">{plain(name)} is in the catalog: {bytes(size)} went to the host, verified all the way.</Alert>}
      <Failure why={why} />
      <div class="vs-buttons">
        {busy && <button type="button" class="btn btn-outline" onClick={() => going.current?.abort(new Error('The upload was cancelled.'))}>Cancel the upload</button>}
        {!busy && <button type="button" class="btn btn-outline" onClick={onClose}>Close</button>}
        <button type="button" class="btn btn-primary" disabled={busy || done || !members.length || !name.trim()} onClick={send}>Upload</button>
      </div>
    </Modal>
  );
}
