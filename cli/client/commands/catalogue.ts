import type { JsonObject } from '../../../schemas/index.ts';
import { isJsonObject } from '../../../schemas/index.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { createClient } from '../http.ts';
import { printJson, printTable, textIn } from '../output.ts';
import { allOf } from '../pages.ts';
import { requireServer } from '../target.ts';
import type { RemoteOptions } from './schedules.ts';

/** Something of which a server has a list, and how a row of its table is made. */
interface Listing {
  readonly path: string;
  readonly list: string;
  readonly header: readonly string[];
  readonly row: (item: JsonObject) => readonly string[];
  readonly empty: string;
}

/** What `waterflow agents`, `queues` and `nodes` list. */
export type ListingName = 'agents' | 'queues' | 'nodes';

const listings: Readonly<Record<ListingName, Listing>> = {
  agents: {
    path: 'v1/agents',
    list: 'agents',
    header: ['agent', 'state', 'queues', 'jobs', 'version', 'confinement', 'machine', 'labels', 'last seen'],
    row: ({ name, state, queues, slots, version, confinement, os, arch, labels, last_seen_at: seen }) => [
      textIn(name),
      textIn(state),
      listText(queues),
      isJsonObject(slots) ? `${textIn(slots['used'])} of ${textIn(slots['total'])}` : '',
      textIn(version),
      `level ${textIn(confinement)}`,
      `${textIn(os)} ${textIn(arch)}`,
      listText(labels),
      textIn(seen),
    ],
    empty: 'no agents',
  },
  queues: {
    path: 'v1/queues',
    list: 'queues',
    header: ['queue', 'agents', 'jobs that wait'],
    row: ({ name, pollers, backlog }) => [textIn(name), textIn(pollers), textIn(backlog)],
    empty: 'no queues',
  },
  nodes: {
    path: 'v1/nodes',
    list: 'nodes',
    header: ['node', 'runtime', 'from', 'what it does'],
    row: ({ name, version, runtime, built_in: builtIn, description }) => [
      `${textIn(name)}@${textIn(version)}`,
      textIn(runtime),
      builtIn === true ? 'built in' : 'installed',
      textIn(description),
    ],
    empty: 'no nodes',
  },
};

/** Lists what a server knows of that kind, one JSON object a line with --json; gives the exit code. */
export async function showListing(terminal: Terminal, name: ListingName, options: RemoteOptions): Promise<number> {
  const client = createClient(requireServer(terminal, options));
  const { path, list, header, row, empty } = listings[name];
  const rows: (readonly string[])[] = [];
  for await (const item of allOf(client, { path, list })) {
    if (options.json === true) printJson(terminal, item);
    rows.push(row(item));
  }
  if (options.json !== true) printTable(terminal, header, { rows, empty });
  return exitCodes.ok;
}

function listText(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(', ') : '';
}
