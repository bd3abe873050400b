// Whether a console would open now: the ticket call looks at the host, and says why not. A ticket that nobody redeems is gone in
// half a minute.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useChanges } from '../lib/live';
import { change } from '../lib/rest';
import { messageOf } from '../lib/text';
import { vmPath } from '../lib/vms';
import { Alert } from './alert';
import { plain } from './certificate';

export interface MksTicket {
  host: string;
  port: number;
  ticket: string;
}

export function acquireTicket(urn: string): Promise<MksTicket> {
  return change<MksTicket>('POST', `${vmPath(urn)}/screen/action/acquireMksTicket`, undefined, { background: true });
}

/** status: of the machine; its news are asked about again, other machines' are not. */
export function ConsoleCheck({ urn, status }: { urn: string; status: number }) {
  const [why, setWhy] = useState<string | null>(null);
  const ask = useCallback(() => {
    acquireTicket(urn).then(() => setWhy(''), (failure: unknown) => setWhy(messageOf(failure)));
  }, [urn]);
  useEffect(ask, [ask, status]);
  useChanges(['grant', 'host'], ask);
  if (why === null) return null;
  return why === ''
    ? <Alert tone="success">The host that runs it is verified: its console opens.</Alert>
    : <Alert tone="warning">Its console can't open: {plain(why)}</Alert>;
}
