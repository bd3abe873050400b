import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './rest';

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('a page without a session');
  return session;
}

export function useMay(right: string): boolean {
  return useSession().rights.includes(right);
}
