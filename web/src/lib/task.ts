// A task followed to its end: asked again when the cell says that a task changed.
import { useCallback } from 'preact/hooks';
import { useData } from './data';
import { finished, type Task } from './types';

export function taskPath(href: string): string {
  return new URL(href, location.href).pathname;
}

export function useTask(path: string | null): { task: Task | null; error: unknown; done: boolean; again: () => void } {
  const { data, error, again } = useData<Task>(path, ['task']);
  const same = data && path && taskPath(data.href) === path ? data : null;
  return { task: same, error, done: same !== null && finished(same), again: useCallback(again, [again]) };
}
