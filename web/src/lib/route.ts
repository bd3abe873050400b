// Addresses: /ui/resources/vcenters/urn:... Each can be linked to, and the browser's back button goes back.
import { useEffect, useState } from 'preact/hooks';

const BASE = '/ui/';

export interface Place {
  path: string[];              // segments behind /ui/, decoded
  query: URLSearchParams;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // what is no UTF-8 names no page either
  }
}

function here(): Place {
  const rest = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : '';
  return { path: rest.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(location.search) };
}

const listeners = new Set<() => void>();

function moved(): void {
  for (const call of listeners) call();
}

addEventListener('popstate', moved);

export function href(...path: string[]): string {
  return BASE + path.map(encodeURIComponent).join('/');
}

export function go(address: string, instead = false): void {
  if (instead) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  moved();
}

/** A link inside the console: the page isn't loaded anew, unless the person wants another tab. */
export function follow(event: MouseEvent): void {
  const link = event.currentTarget as HTMLAnchorElement;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target === '_blank') return;
  event.preventDefault();
  go(link.pathname + link.search);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const call = () => setPlace(here());
    listeners.add(call);
    return () => void listeners.delete(call);
  }, []);
  return place;
}
