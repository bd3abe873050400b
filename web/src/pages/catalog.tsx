// One catalog: what is in it, what goes into it, and its end.
import { useState } from 'preact/hooks';
import { catalogPath, findLink, type Link as RelLink } from '../lib/catalogs';
import { useData } from '../lib/data';
import { change } from '../lib/rest';
import { go, href } from '../lib/route';
import { taskPath } from '../lib/task';
import type { Task } from '../lib/types';
import { UploadDialog } from '../dialogs/upload';
import { Failure, Loading } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Confirm } from '../parts/confirm';
import { EntityGrid } from '../parts/entitygrid';
import { Link } from '../parts/link';
import { TaskStep } from '../parts/taskstep';

interface Catalog {
  name: string;
  description?: string;
  link?: RelLink[];
}

export function CatalogPage({ urn }: { urn: string }) {
  const { data, error, again } = useData<Catalog>(catalogPath(urn), ['catalog']);
  const [uploading, setUploading] = useState<'template' | 'medium' | null>(null);
  const [removing, setRemoving] = useState(false);
  const [task, setTask] = useState<string | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  if (error && !data) return <><h1>Catalog</h1><Failure why={error} again={again} /></>;
  if (!data) return <><h1>Catalog</h1><Loading what="the catalog" /></>;
  const remove = findLink(data, 'remove');
  return (
    <>
      <Link to={['content', 'catalogs']} class="vs-up">Catalogs</Link>
      <h1>{plain(data.name)}</h1>
      {data.description && <p>{plain(data.description)}</p>}
      <div class="vs-tools">
        {findLink(data, 'add', 'uploadVAppTemplateParams') && <button type="button" class="btn btn-sm" onClick={() => setUploading('template')}>Upload template</button>}
        {findLink(data, 'add', 'vcloud.media') && <button type="button" class="btn btn-sm" onClick={() => setUploading('medium')}>Upload media</button>}
        {remove && <button type="button" class="btn btn-sm btn-danger-outline" onClick={() => setRemoving(true)}>Delete</button>}
      </div>
      <Failure why={why} />
      {task && <TaskStep path={task} onSuccess={() => go(href('content', 'catalogs'))} />}
      <h2>vApp templates</h2>
      <EntityGrid kind="template" catalog={urn} />
      <h2>Media</h2>
      <EntityGrid kind="medium" catalog={urn} />
      {removing && remove && (
        <Confirm title={`Delete ${plain(data.name)}`} verb="Delete" onClose={() => setRemoving(false)}
          onConfirm={() => change<Task>('DELETE', `${remove}?recursive=true`).then((t) => setTask(taskPath(t.href)), setWhy)}>
          The catalog goes with every template and image that is in it.
        </Confirm>
      )}
      {uploading && <UploadDialog kind={uploading} catalog={urn} title={uploading === 'template' ? `Upload a template to ${plain(data.name)}` : `Upload media to ${plain(data.name)}`}
        onClose={() => setUploading(null)} />}
    </>
  );
}
