import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { dirname, join } from 'node:path';
import { borrowPython } from '../../../clients/testing/clients.ts';
import type { Bench, Figure, Floor } from '../../figure.ts';
import { generate } from '../load/generator.ts';
import { type Served, startServer } from '../process.ts';
import { submission } from '../submit.ts';

const count = 1000;
const atOnce = 20;
/** Before anything counts: code that was never run is slow. */
const warmCount = 200;
/** What is measured is the clients: a run that waits costs its server the least. */
const workflow = 'name: waits\non: manual\njobs: { only: { steps: [{ uses: approval@v1 }] } }\n';

/** A thousand submissions by each client, beside the same ones by the load generator. */
export async function serverClients(bench: Bench): Promise<readonly Figure[]> {
  const python = borrowPython();
  try {
    return [
      await figureOf(bench, 'TypeScript', [process.execPath, join(import.meta.dirname, 'submit.ts')]),
      await figureOf(bench, 'Python, asyncio', [python, join(import.meta.dirname, 'submit.py'), 'async']),
      await figureOf(bench, 'Python, threads', [python, join(import.meta.dirname, 'submit.py'), 'sync']),
    ];
  } finally {
    rmSync(dirname(python), { recursive: true });
  }
}

/** Each with a server of its own, which holds as many runs as the others' do. */
async function figureOf(
  { scratch, progress }: Bench,
  client: string,
  command: readonly [string, ...string[]],
): Promise<Figure> {
  const name = `clients-${client.replaceAll(/\W+/gu, '-')}`;
  const floor = await onServer({ scratch, name: `${name}-floor` }, (server) => byGenerator(server, count));
  const { seconds, latencies } = await onServer({ scratch, name }, (server) => byClient(server, command));
  // So many are under way all the time: the time of all of them is what each takes, one after the other, by how many go beside each other.
  const floorSeconds = floor.samples.reduce((sum, each) => sum + each, 0) / atOnce / 1000;
  const rate = `${(count / seconds).toFixed(0)} a second; the load generator ${(count / floorSeconds).toFixed(0)}`;
  progress(`${client}: ${rate}`);
  return {
    what: `${count} submissions, ${atOnce} at a time: ${client}`,
    unit: 'ms',
    samples: latencies,
    floors: [floor],
    budgets: [],
    note: rate,
  };
}

async function onServer<Measured>(
  { scratch, name }: { readonly scratch: string; readonly name: string },
  measure: (server: Served) => Promise<Measured>,
): Promise<Measured> {
  await using server = await startServer(scratch, name);
  await byGenerator(server, warmCount);
  return await measure(server);
}

async function byGenerator({ url, headers }: Served, requests: number): Promise<Floor> {
  const task = { kind: 'closed-loop', url, headers, requests: [submission(workflow)], run: '', atOnce } as const;
  const { latencies } = await generate({ ...task, count: requests });
  return { what: 'the same by the load generator', unit: 'ms', samples: latencies };
}

interface Submitted {
  readonly seconds: number;
  readonly latencies: readonly number[];
}

async function byClient(
  { url, headers }: Served,
  [program, ...argv]: readonly [string, ...string[]],
): Promise<Submitted> {
  const key = headers['authorization']?.replace('Bearer ', '') ?? '';
  const child = spawn(program, [...argv, url, `${count}`, `${atOnce}`, workflow], {
    env: { ...process.env, WATERFLOW_API_KEY: key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout)) as Submitted; // What the programs beside this one print.
}
