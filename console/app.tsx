import type { VNode } from 'preact';
import { LazyEditor } from './pages/editor/lazy.tsx';
import { NotFound } from './pages/not-found.tsx';
import { RunPage } from './pages/run/run-page.tsx';
import { RunsPage } from './pages/runs/runs-page.tsx';
import { AgentsPage } from './pages/stock/agents-page.tsx';
import { NodesPage } from './pages/stock/nodes-page.tsx';
import { QueuesPage } from './pages/stock/queues-page.tsx';
import { SchedulesPage } from './pages/stock/schedules-page.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Loading } from './parts/loading.tsx';
import { Problem } from './parts/problem.tsx';
import { Shell } from './parts/shell.tsx';
import { begin } from './state/begin.ts';
import { route } from './state/route.ts';
import { session } from './state/session.ts';

/** The console: who one is decides whether it asks for a key, and the address what it shows. */
export function App(): VNode {
  return <Shell>{contentOf()}</Shell>;
}

function contentOf(): VNode {
  const { value } = session;
  switch (value.state) {
    case 'unknown':
      return <Loading />;
    case 'failed':
      return <Problem problem={value.why} again={() => void begin()} />;
    case 'out':
      return <SignIn why={value.why} />;
    case 'in':
      return pageOf(route.value.path);
    default:
      return value satisfies never;
  }
}

function isSide(side: string | undefined): boolean {
  return side === undefined || side === 'calls' || side === 'timeline' || side === 'file';
}

const lists: ReadonlyMap<string, () => VNode> = new Map([
  ['runs', () => <RunsPage />],
  ['editor', () => <LazyEditor />],
  ['schedules', () => <SchedulesPage />],
  ['agents', () => <AgentsPage />],
  ['queues', () => <QueuesPage />],
  ['nodes', () => <NodesPage key="nodes" kind="nodes" />],
  ['plugins', () => <NodesPage key="plugins" kind="plugins" />],
]);

function pageOf([first, second, side, ...rest]: readonly string[]): VNode {
  const list = second === undefined ? lists.get(first ?? 'runs') : undefined;
  if (list !== undefined) return list();
  if (first === 'runs' && second !== undefined && rest.length === 0 && isSide(side)) {
    return <RunPage key={second} id={second} side={side} />;
  }
  return <NotFound />;
}
