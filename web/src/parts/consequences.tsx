// What a change of trust would do, asked before it is made: what breaks, what can't be known, how many live sessions end.
import { useEffect, useState } from 'preact/hooks';
import { OWN, change } from '../lib/rest';
import { plural } from '../lib/text';
import { Alert, Failure, Loading } from './alert';
import { plain } from './certificate';

interface WhatIf {
  breaks: number;
  verified: number;
  unknown: number;
  sessionsEnding: number;
  features: { of: string; kind: string; count: number; standsStill: string }[];
  endpoints: { key: string; name: string; state: 'verified' | 'fails' | 'unknown'; rule: string | null; why: string | null; unknown: string | null; standsStill: string }[];
}

const SHOWN = 50; // endpoints listed; the rest is counted

export function Consequences({ grants, onKnown }: { grants: string[]; onKnown: () => void }) {
  const [answer, setAnswer] = useState<WhatIf | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  const key = grants.join(' ');
  useEffect(() => {
    setAnswer(null);
    change<WhatIf>('POST', `${OWN}/whatIf`, { action: 'delete', certificates: key.split(' ') }).then((a) => {
      setAnswer(a);
      onKnown();
    }, setWhy);
  }, [key]);
  if (why) return <Failure why={why} />;
  if (!answer) return <Loading what="what it would break" />;
  const hit = answer.endpoints.filter((e) => e.state !== 'verified');
  return (
    <div>
      <Alert tone={answer.breaks ? 'danger' : answer.unknown ? 'warning' : 'success'}>
        {answer.breaks ? `${plural(answer.breaks, 'endpoint')} would no longer be verified.` : 'Nothing that is verified now would break.'}
        {answer.unknown > 0 && ` Of ${plural(answer.unknown, 'endpoint')} it can't be known; unknown is not safe.`}
        {` ${plural(answer.sessionsEnding, 'live session')} would end.`}
      </Alert>
      {answer.features.length > 0 && (
        <ul>{answer.features.map((f) => <li key={`${f.of} ${f.kind}`}>{plain(f.of)}: {f.count} × {plain(f.kind)}: {plain(f.standsStill)}</li>)}</ul>
      )}
      {hit.length > 0 && (
        <details>
          <summary>{plural(hit.length, 'endpoint')}</summary>
          <ul>{hit.slice(0, SHOWN).map((e) => <li key={e.key}>{plain(e.name)}: {plain(e.why ?? e.unknown ?? e.state)} {e.rule && <code>{e.rule}</code>}</li>)}</ul>
          {hit.length > SHOWN && <p>and {hit.length - SHOWN} more</p>}
        </details>
      )}
    </div>
  );
}
