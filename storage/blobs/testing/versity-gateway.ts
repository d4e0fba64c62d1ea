/**
 * A real server of S3 for tests: Versity's S3 gateway over a folder, which checks signatures, digests and parts as S3 does. Ask
 * `needs('s3')` of e2e/require.ts first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayProgram } from '../../../e2e/require.ts';
import { testBucket, testKeys, testRegion } from './s3-server.ts';

/** A gateway that runs, until it is disposed of with all its objects. It has the bucket, the keys and the region of the tests. */
export interface TestGateway extends AsyncDisposable {
  readonly endpoint: string;
  /** The file of an object, to look at or to damage. */
  fileOf(key: string): string;
}

const startTimeoutMs = 30_000;
const pollMs = 50;

export async function startGateway(): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-gateway-'));
  mkdirSync(join(folder, testBucket));
  const address = `127.0.0.1:${await freePort()}`;
  const argv = ['--quiet', '--port', address, '--region', testRegion, 'posix', folder];
  const { PATH = '' } = process.env;
  const keys = { ROOT_ACCESS_KEY_ID: testKeys.accessKeyId, ROOT_SECRET_ACCESS_KEY: testKeys.secretAccessKey };
  const child = spawn(gatewayProgram(), argv, { stdio: 'ignore', env: { PATH, ...keys } });
  const ended = once(child, 'exit');
  await answering(`http://${address}`, () => child.exitCode !== null);
  return {
    endpoint: `http://${address}`,
    fileOf: (key) => join(folder, testBucket, key),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(endpoint: string, hasEnded: () => boolean): Promise<void> {
  for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
    if (hasEnded()) throw new Error('the S3 gateway ended');
    try {
      await fetch(endpoint);
      return;
    } catch {
      await sleep(pollMs);
    }
  }
  throw new Error('the S3 gateway does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
