// A task under the eyes of who started it.
import { useEffect } from 'preact/hooks';
import { useTask } from '../lib/task';
import type { Task } from '../lib/types';
import { Alert, Failure, Loading } from './alert';
import { plain } from './certificate';

export function TaskProgress({ task }: { task: Task }) {
  const percent = task.status === 'success' ? 100 : task.progress ?? 0;
  return (
    <div>
      <p>{plain(task.operation)}</p>
      <progress class="vs-progress" max={100} value={percent} aria-label={plain(task.operation)}>{percent} %</progress>
      <p class="vs-quiet" role="status">{task.status === 'queued' ? 'Waiting' : plain(task.details ?? '')}</p>
    </div>
  );
}

export function TaskStep({ path, onSuccess, onFailure }:
  { path: string; onSuccess: (task: Task) => void; onFailure?: (task: Task) => void }) {
  const { task, error, done, again } = useTask(path);
  const status = task?.status;
  useEffect(() => {
    if (!task || !done) return;
    if (status === 'success') onSuccess(task);
    else onFailure?.(task);
  }, [done, status]);
  if (error && !task) return <Failure why={error} again={again} />;
  if (!task) return <Loading what="the task" />;
  if (done && status !== 'success')
    return <Alert tone="danger">{plain(task.error?.message ?? `The task ended: ${status}`)}</Alert>;
  return <TaskProgress task={task} />;
}
