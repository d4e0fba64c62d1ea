/** The client in TypeScript on the other platforms that it is for: the oldest Node, Deno, and a browser. In `npm run test:clients`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { run } from '../testing/clients.ts';
import { scenariosWith } from '../testing/suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-platforms-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that comes as a package of npm. */
function programOf(requirement: string, path: string): string {
  // Each in a folder of its own: npm takes away what it wasn't asked for.
  const own = mkdtempSync(join(folder, 'program-'));
  run('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', own, requirement]);
  return join(own, 'node_modules', path);
}

describe('the client in TypeScript on Node 20', () => {
  const node = programOf(`node-linux-${process.arch}@20`, `node-linux-${process.arch}/bin/node`);
  scenariosWith({ client: 'node-20', program: () => node });
});

describe('the client in TypeScript on Deno', () => {
  const deno = programOf('deno@2', '.bin/deno');
  scenariosWith({ client: 'deno', program: () => deno });
});

const chromium = (await needs('chromium')) ? spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim() : '';

describe.skipIf(chromium === '')('the client in TypeScript in Chromium', () => {
  scenariosWith({ client: 'chromium', program: () => chromium });
});
