// Something that a person asked for and waits for: one at a time, and what came of it when it failed.
import { useCallback, useState } from 'preact/hooks';

export interface Deed {
  busy: boolean;
  why: unknown;                                   // of the last failure; null: none
  setWhy: (why: unknown) => void;
  run: (deed: () => Promise<void>) => Promise<void>;
}

export function useDeed(): Deed {
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const run = useCallback(async (deed: () => Promise<void>) => {
    setBusy(true);
    setWhy(null);
    try {
      await deed();
    } catch (failure) {
      setWhy(failure);
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, why, setWhy, run };
}
