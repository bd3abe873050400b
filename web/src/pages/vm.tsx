// One virtual machine: its state, its power, and its console in a tab of its own.
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { change } from '../lib/rest';
import { href } from '../lib/route';
import { taskPath } from '../lib/task';
import { linkOf, statusText, vmPath, type Vm } from '../lib/vms';
import type { Task } from '../lib/types';
import { Failure, Loading } from '../parts/alert';
import { Badge } from '../parts/badge';
import { plain } from '../parts/certificate';
import { Link } from '../parts/link';
import { TaskStep } from '../parts/taskstep';
import { ConsoleCheck } from '../parts/consolecheck';

const OPERATIONS: [rel: string, title: string][] = [
  ['power:powerOn', 'Power on'], ['power:shutdown', 'Shut down guest'], ['power:reboot', 'Reboot guest'], ['power:powerOff', 'Power off'],
  ['power:reset', 'Reset'], ['power:suspend', 'Suspend'],
];

export function VmPage({ urn }: { urn: string }) {
  const { data: vm, error, again } = useData<Vm>(vmPath(urn), ['vm']);
  const [task, setTask] = useState<string | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  if (error && !vm) return <><h1>Virtual Machine</h1><Failure why={error} again={again} /></>;
  if (!vm) return <><h1>Virtual Machine</h1><Loading what="the machine" /></>;
  const run = (path: string) => {
    setWhy(null);
    setTask(null);
    change<Task>('POST', path).then((t) => setTask(taskPath(t.href)), setWhy);
  };
  const on = linkOf(vm, 'screen:acquireMksTicket') !== null;
  return (
    <>
      <Link to={['resources', 'vms']} class="vs-up">Virtual Machines</Link>
      <h1>{plain(vm.name)} <Badge mood={on ? 'good' : 'plain'}>{statusText(vm)}</Badge></h1>
      <div class="vs-tools">
        {OPERATIONS.map(([rel, title]) => {
          const path = linkOf(vm, rel);
          return path && <button key={rel} type="button" class="btn btn-sm" onClick={() => run(path)}>{title}</button>;
        })}
        {on && <a class="btn btn-sm btn-primary" href={href('console', urn)} target="_blank" rel="noopener">Open console</a>}
      </div>
      <Failure why={why} />
      {task && <TaskStep path={task} onSuccess={() => setTask(null)} />}
      {!on && <p>Its console opens while it is powered on.</p>}
      {on && <ConsoleCheck urn={urn} status={vm.status} />}
    </>
  );
}
