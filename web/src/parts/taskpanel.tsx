// What is going on, at the foot of every page.
import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { useSession } from '../lib/session';
import { readTasks, type TaskRow } from '../lib/tasks';
import { fromNow, utc } from '../lib/text';
import { taskPath, useTask } from '../lib/task';
import { Alert } from './alert';
import { Badge } from './badge';
import { plain } from './certificate';
import { Icon } from './icon';
import { TaskProgress } from './taskstep';
import { finished } from '../lib/types';

export function taskBadge(status: string) {
  if (status === 'success') return <Badge mood="good">Succeeded</Badge>;
  if (status === 'error') return <Badge mood="bad">Failed</Badge>;
  if (status === 'canceled' || status === 'aborted') return <Badge mood="warn">{status === 'canceled' ? 'Canceled' : 'Aborted'}</Badge>;
  return <Badge mood="busy">{status === 'queued' ? 'Queued' : 'Running'}</Badge>;
}

export function TaskDetail({ href }: { href: string }) {
  const { task, error } = useTask(taskPath(href));
  if (error) return <Alert tone="warning">This task is no longer kept.</Alert>;
  if (!task) return null;
  return (
    <div>
      {!finished(task) && <TaskProgress task={task} />}
      {task.error?.message && <Alert tone="danger">{plain(task.error.message)}</Alert>}
      {finished(task) && <p>{plain(task.details ?? '')}</p>}
      <p class="vs-quiet">{plain(task.operation)} · {utc(task.startTime)}{task.endTime ? ` to ${utc(task.endTime)}` : ''} · {task.id}</p>
    </div>
  );
}

function isRunning(r: TaskRow): boolean {
  return r.status === 'running' || r.status === 'queued' || r.status === 'preRunning';
}

function Percent({ href }: { href: string }) {
  const { task } = useTask(taskPath(href));
  return task && !finished(task) && task.progress !== undefined ? <span class="vs-quiet">{task.progress} %</span> : null;
}

export function TaskPanel() {
  const session = useSession();
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const type = session.provider ? 'adminTask' : 'task';
  const { data } = useData<unknown>(`/api/query?type=${type}&format=records&pageSize=10&sortDesc=startDate`, ['task']);
  const rows = data ? readTasks(data).values : [];
  const running = rows.filter(isRunning).length;
  const failed = rows.filter((r) => r.status === 'error').length;
  return (
    <section class="vs-tasks" aria-label="Recent tasks">
      <button type="button" class="vs-tasks-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon shape={open ? 'down' : 'up'} /> Recent tasks (running {running}, failed {failed})
      </button>
      {open && (
        <div class="vs-scroll" tabIndex={0} role="region" aria-label="Recent tasks, table">
          <table class="table table-compact">
            <thead><tr>{['Task', 'Status', 'Object', 'Initiator', 'Started', 'Completed'].map((t) => <th key={t} scope="col" class="left">{t}</th>)}<th scope="col" class="vs-pick"><span class="vs-hidden">More</span></th></tr></thead>
            <tbody>
              {rows.length === 0 && <tr><td colSpan={7}>Nothing was done yet.</td></tr>}
              {rows.map((r) => (
                <Fragment key={r.href}>
                  <tr>
                    <td class="left">{plain(r.name)}</td>
                    <td class="left">{taskBadge(r.status)} {isRunning(r) && <Percent href={r.href} />}</td>
                    <td class="left">{plain(r.objectName)}</td><td class="left">{plain(r.ownerName)}</td>
                    <td class="left" title={utc(r.startDate)}>{fromNow(r.startDate)}</td><td class="left" title={utc(r.endDate)}>{fromNow(r.endDate)}</td>
                    <td class="vs-pick"><button type="button" class="btn btn-sm btn-link vs-inline" aria-expanded={shown === r.href} aria-label="Details"
                      onClick={() => setShown(shown === r.href ? null : r.href)}><Icon shape={shown === r.href ? 'up' : 'down'} /></button></td>
                  </tr>
                  {shown === r.href && <tr><td colSpan={7} class="left vs-detail"><TaskDetail href={r.href} /></td></tr>}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
