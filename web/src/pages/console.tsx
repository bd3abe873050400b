// The console of a machine in its own tab: noVNC over the cell's own port. What vouches for the host stands above the picture; when
// nothing does, an explanation stands in its place, and the console opens by itself once something does.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { useChanges } from '../lib/live';
import { OWN, filterValue, get, queryText, type Page } from '../lib/rest';
import { useSession } from '../lib/session';
import { messageOf, short } from '../lib/text';
import type { Grant } from '../lib/types';
import { vmPath, type Vm } from '../lib/vms';
import { Alert, Loading } from '../parts/alert';
import { Badge } from '../parts/badge';
import { plain } from '../parts/certificate';
import { acquireTicket } from '../parts/consolecheck';

interface Live {
  id: string;
  vm: { id: string };
  host?: string;
  anchor?: string;
  proof: string;
}

interface Rfb {
  disconnect(): void;
  focus(): void;
  sendCtrlAltDel(): void;
}

const WORDS: Record<number, string> = {
  4403: 'The host was not verified', 4408: 'Its time was up', 4410: 'The trust in its host was withdrawn', 4502: 'The host failed',
};

/** What vouches for the host of this console; only a provider is told which anchor. */
function Vouches({ urn }: { urn: string }) {
  const provider = useSession().provider;
  const [text, setText] = useState<string | null>(null);
  const ask = useCallback(() => {
    void (async () => {
      const list = await get<Page<Live>>(`${OWN}/consoleSessions?page=1&pageSize=128`, { background: true });
      const mine = list.values.find((s) => s.vm.id === urn);
      if (!mine) return setText(null);
      let who = 'a trusted certificate';
      if (provider && mine.anchor) {
        const grants = await get<Page<Grant>>(`${OWN}/grants?${queryText({ pageSize: 1, filter: `sha256==${filterValue(mine.anchor)}` })}`, { background: true });
        who = grants.values[0]?.alias ?? short(mine.anchor);
      }
      setText(`${mine.host ? `${mine.host} verified` : 'Host verified'} by ${who}${mine.proof === 'chain-and-thumbprint' ? ' and its thumbprint' : ''}`);
    })().catch(() => setText(null));
  }, [urn, provider]);
  useEffect(ask, [ask]);
  useChanges(['console'], ask);
  return text && <Badge mood="good">{plain(text)}</Badge>;
}

type State = { at: 'opening' } | { at: 'open' } | { at: 'closed'; why: string };

export function ConsoleTab({ vm: urn }: { vm: string }) {
  const { data: vm } = useData<Vm>(vmPath(urn), ['vm']);
  const [state, setState] = useState<State>({ at: 'opening' });
  const screen = useRef<HTMLDivElement>(null);
  const rfb = useRef<Rfb | null>(null);
  const turn = useRef(0);

  const open = useCallback(async () => {
    const mine = ++turn.current;
    setState({ at: 'opening' });
    try {
      const [{ default: RFB }, ticket] = await Promise.all([import('@novnc/novnc'), acquireTicket(urn)]);
      if (mine !== turn.current || !screen.current) return;
      const socket = new WebSocket(`wss://${location.host}/${ticket.port};${ticket.ticket}`, 'binary');
      socket.addEventListener('close', (event) => {
        if (mine !== turn.current) return;
        rfb.current = null;
        setState({ at: 'closed', why: `${WORDS[event.code] ?? 'The console was closed'}${event.reason ? `: ${event.reason}` : ''}.` });
      });
      const made = new RFB(screen.current, socket, { shared: true });
      made.scaleViewport = true;
      made.addEventListener('connect', () => {
        if (mine === turn.current) setState({ at: 'open' });
        made.focus();
      });
      rfb.current = made;
    } catch (failure) {
      if (mine === turn.current) setState({ at: 'closed', why: messageOf(failure) });
    }
  }, [urn]);

  useEffect(() => {
    void open();
    return () => {
      turn.current += 1;
      rfb.current?.disconnect();
    };
  }, [open]);
  // Trust that came, or this machine was powered on: try again, once for each piece of news. Other machines are no news.
  const closed = state.at === 'closed';
  const again = useCallback(() => {
    if (closed) void open();
  }, [closed, open]);
  useChanges(['grant', 'host'], again);
  useEffect(again, [vm?.status]); // not on `again`: a console that was just closed is not opened at once
  useEffect(() => {
    document.title = vm ? `${vm.name} · Console` : 'Console';
  }, [vm]);

  return (
    <main class="vs-console">
      <div class="vs-console-head">
        <h1>{vm ? plain(vm.name) : 'Console'}</h1>
        {state.at === 'open' && <Vouches urn={urn} />}
        <span class="vs-grow" />
        <button type="button" class="btn btn-sm" disabled={state.at !== 'open'} onClick={() => rfb.current?.sendCtrlAltDel()}>Ctrl-Alt-Del</button>
        <button type="button" class="btn btn-sm" onClick={() => void screen.current?.requestFullscreen()}>Full screen</button>
        {closed && <button type="button" class="btn btn-sm btn-primary" onClick={() => void open()}>Connect again</button>}
      </div>
      {state.at === 'opening' && <Loading what="the console" />}
      {state.at === 'closed' && <Alert tone="warning">{plain(state.why)} It opens again by itself when that is healed.</Alert>}
      <div ref={screen} class={state.at === 'open' ? 'vs-screen' : 'vs-screen vs-screen-off'} />
    </main>
  );
}
