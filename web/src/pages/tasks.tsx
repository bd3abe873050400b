import { useSession } from '../lib/session';
import { readTasks, type TaskRow } from '../lib/tasks';
import { fromNow, utc } from '../lib/text';
import { plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';
import { TaskDetail, taskBadge } from '../parts/taskpanel';

const COLUMNS: Column<TaskRow>[] = [
  { title: 'Task', sort: 'name', cell: (r) => plain(r.name) },
  { title: 'Status', sort: 'status', cell: (r) => taskBadge(r.status) },
  { title: 'Object', sort: 'objectName', cell: (r) => plain(r.objectName) },
  { title: 'Initiator', sort: 'ownerName', cell: (r) => plain(r.ownerName) },
  { title: 'Started', sort: 'startDate', cell: (r) => <span title={utc(r.startDate)}>{fromNow(r.startDate)}</span> },
  { title: 'Completed', sort: 'endDate', cell: (r) => <span title={utc(r.endDate)}>{fromNow(r.endDate)}</span> },
];

export function TasksPage() {
  const type = useSession().provider ? 'adminTask' : 'task';
  return (
    <>
      <h1>Tasks</h1>
      <Grid label="Tasks" path={`/api/query?type=${type}&format=records`} kinds={['task']} columns={COLUMNS} rowKey={(r) => r.href} sort="startDate" down
        read={readTasks} empty="Nothing was done yet." detail={(r) => <TaskDetail href={r.href} />}
        filters={[{ label: 'Status', options: [['status==running', 'running'], ['status==error', 'failed'], ['status==success', 'succeeded']] }]} />
    </>
  );
}
