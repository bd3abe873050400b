// What a page shows, and where it comes from: asked once, and again when the cell says that such a thing changed.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useChanges, type Kind } from './live';
import { get } from './rest';

export interface Loaded<T> {
  data: T | null;         // the last answer, also while a new one is waited for
  error: unknown;
  loading: boolean;
  again: () => void;
}

/** path null: nothing is asked. Answers to older questions are dropped. */
export function useData<T>(path: string | null, kinds: readonly Kind[]): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; of: string | null; loading: boolean }>(
    { data: null, error: null, of: null, loading: path !== null });
  const asked = useRef<AbortController | null>(null);
  const waiting = useRef(false);

  const ask = useCallback((background: boolean) => {
    if (path === null) return;
    asked.current?.abort();
    const mine = new AbortController();
    asked.current = mine;
    setState((s) => ({ ...s, loading: true }));
    get<T>(path, { signal: mine.signal, background })
      .then((data) => {
        if (!mine.signal.aborted) setState({ data, error: null, of: path, loading: false });
      })
      .catch((error: unknown) => {
        if (!mine.signal.aborted) setState((s) => ({ data: s.of === path ? s.data : null, error, of: path, loading: false }));
      })
      .finally(() => {
        if (asked.current === mine) asked.current = null;
        if (waiting.current && !mine.signal.aborted) {
          waiting.current = false;
          ask(true);
        }
      });
  }, [path]);

  useEffect(() => {
    ask(false);
    return () => asked.current?.abort();
  }, [ask]);

  // A change while an answer is on its way is asked for once more behind it, not beside it.
  useChanges(kinds, useCallback(() => {
    if (asked.current) waiting.current = true;
    else ask(true);
  }, [ask]));

  return { data: state.data, error: state.error, loading: state.loading, again: useCallback(() => ask(false), [ask]) };
}
