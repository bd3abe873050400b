// vApp templates or media, of one catalog or of all: each with its download and the way out of the catalog.
import { useState } from 'preact/hooks';
import { filesOf, findLink, pathOf, readEntities, tasksOf, type Entity, type EntityRow } from '../lib/catalogs';
import { useData } from '../lib/data';
import { change, filterValue } from '../lib/rest';
import { useSession } from '../lib/session';
import { bytes, utc } from '../lib/text';
import { taskPath } from '../lib/task';
import type { Task } from '../lib/types';
import { Failure, Loading } from './alert';
import { Badge } from './badge';
import { plain } from './certificate';
import { Confirm } from './confirm';
import { Grid, type Column } from './grid';
import { TaskStep } from './taskstep';

export type EntityKind = 'template' | 'medium';

function statusBadge(status: string) {
  if (status === 'RESOLVED') return <Badge mood="good">Ready</Badge>;
  return status === 'FAILED_CREATION' ? <Badge mood="bad">Failed</Badge> : <Badge mood="busy">Being uploaded</Badge>;
}

const COLUMNS: Column<EntityRow>[] = [
  { title: 'Name', sort: 'name', cell: (r) => plain(r.name) },
  { title: 'Status', sort: 'status', narrow: true, cell: (r) => statusBadge(r.status) },
  { title: 'Catalog', sort: 'catalogName', cell: (r) => plain(r.catalog) },
  { title: 'VDC', sort: 'vdcName', cell: (r) => plain(r.vdc) },
  { title: 'Owner', sort: 'ownerName', cell: (r) => plain(r.owner) },
  { title: 'Created', sort: 'creationDate', narrow: true, cell: (r) => utc(r.made).slice(0, 16) },
];

const OVF: [rel: string, ending: string, text: string][] = [
  ['download:ovaDefault', '.ova', 'OVA'], ['download:ovaIdentity', '.ova', 'OVA with identity'], ['download:default', '.ovf', 'OVF descriptor'],
];

/** What can be fetched now: an address each, with the name that the file gets. */
function downloads(e: Entity): { path: string; name: string; text: string }[] {
  const ovf = OVF.flatMap(([rel, ending, text]) => {
    const path = findLink(e, rel);
    return path ? [{ path, name: e.name + ending, text }] : [];
  });
  const files = filesOf(e).flatMap((f) => {
    const path = findLink(f, 'download:default');
    return path ? [{ path, name: e.name, text: `Image, ${bytes(f.size)}` }] : [];
  });
  return [...ovf, ...files];
}

function EntityDetail({ path, kind }: { path: string; kind: EntityKind }) {
  const { data: entity, error, again } = useData<Entity>(path, ['catalog', 'task']);
  const [removing, setRemoving] = useState(false);
  const [task, setTask] = useState<string | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  if (error && !entity) return <Failure why={error} again={again} />;
  if (!entity) return <Loading what="it" />;
  const enable = findLink(entity, 'enable');
  const remove = findLink(entity, 'remove');
  const open = downloads(entity);
  const running = tasksOf(entity)[0];
  const run = (method: string, to: string) => {
    setWhy(null);
    setTask(null);
    change<Task>(method, to).then((t) => setTask(taskPath(t.href)), setWhy);
  };
  return (
    <div>
      {entity.description && <p>{plain(entity.description)}</p>}
      {kind === 'medium' && entity.size !== undefined && <p>{bytes(Number(entity.size))}</p>}
      <div class="vs-tools">
        {enable && !open.length && <button type="button" class="btn btn-sm" disabled={task !== null && why === null} onClick={() => run('POST', enable)}>Prepare download</button>}
        {open.map((d) => <a key={d.path} class="btn btn-sm btn-primary" href={d.path} download={d.name}>Download {d.text}</a>)}
        {remove && <button type="button" class="btn btn-sm btn-danger-outline" onClick={() => setRemoving(true)}>Delete</button>}
      </div>
      {removing && remove && (
        <Confirm title={`Delete ${plain(entity.name)}`} verb="Delete" onClose={() => setRemoving(false)} onConfirm={() => run('DELETE', remove)}>
          It goes from the catalog and from the vCenter Server that keeps it.
        </Confirm>
      )}
      <Failure why={why} />
      {task && <TaskStep key={task} path={task} onSuccess={() => { setTask(null); again(); }} />}
      {!task && running && running.status !== 'success' && <TaskStep path={pathOf(running.href)} onSuccess={again} />}
    </div>
  );
}

export function EntityGrid({ kind, catalog }: { kind: EntityKind; catalog?: string }) {
  const provider = useSession().provider;
  const template = kind === 'template';
  const type = template ? (provider ? 'adminVAppTemplate' : 'vAppTemplate') : provider ? 'adminMedia' : 'media';
  return (
    <Grid label={template ? 'vApp templates' : 'Media'} path={`/api/query?type=${type}&format=records`} kinds={['catalog']} columns={catalog ? COLUMNS.filter((c) => c.title !== 'Catalog') : COLUMNS}
      rowKey={(r) => r.path} sort="name" search="name" read={readEntities} {...(catalog ? { filter: `catalog==${filterValue(catalog)}` } : {})}
      empty={template ? 'No vApp template is here yet.' : 'No media are here yet.'} detail={(r) => <EntityDetail path={r.path} kind={kind} />} />
  );
}
