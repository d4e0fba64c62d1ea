import { join } from 'node:path';
import type { Bench, Figure } from '../figure.ts';
import { residentMebibytes, startBare, startServer } from './process.ts';

const rounds = 10;
const koa = join(import.meta.dirname, 'floors', 'koa.ts');

/** From the command to the first answer of `/readyz`, and the memory of a server that has nothing to do. */
export async function serverStart({ scratch, progress }: Bench): Promise<readonly Figure[]> {
  const [taken, memory, bare, bareMemory]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round += 1) {
    await using server = await startServer(scratch, `start-${round}`);
    taken.push(server.readyMs);
    memory.push(residentMebibytes(server.pid));
    await using floor = await startBare(koa);
    bare.push(floor.readyMs);
    bareMemory.push(residentMebibytes(floor.pid));
  }
  progress(`${rounds} starts`);
  return [
    {
      what: 'start of the server, to its first answer',
      unit: 'ms',
      samples: taken,
      floors: [{ what: 'start of node with an empty Koa server', unit: 'ms', samples: bare }],
      budgets: [{ statistic: 'p95', most: 2000 }],
    },
    {
      what: 'memory of a server that has started',
      unit: 'MiB',
      samples: memory,
      floors: [{ what: 'memory of node with an empty Koa server', unit: 'MiB', samples: bareMemory }],
      budgets: [],
    },
  ];
}
