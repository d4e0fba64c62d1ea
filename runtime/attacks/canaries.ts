import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../schemas/index.ts';
import type { NeighbourKind } from './neighbours/neighbour.ts';
import { startNeighbours } from './neighbours/start.ts';
import { type GrantedServer, startGrantedServer } from './testing/granted-server.ts';

/** Texts that nobody can guess, each at a place that is closed to guests. */
export interface CanaryTokens {
  /** The content of a file outside of the workspace, which every user may read. */
  readonly file: string;
  /** In the agent's environment. */
  readonly environment: string;
  /** The value of the run's secret TOKEN. */
  readonly secret: string;
}

/** The agent's variable that holds {@link CanaryTokens.environment}. */
export const canaryVariable = 'WATERFLOW_ATTACK_CANARY';

/** What an attack is told of its surroundings: it needs no luck, only a way out. */
export interface Arena {
  readonly [name: string]: string | number;
  readonly outside: string;
  readonly file: string;
  readonly target: string;
  readonly port: number;
  readonly forbidden: string;
  readonly forbidden_port: number;
  readonly origin: string;
  readonly origin_port: number;
  readonly abstract: string;
  readonly pid: number;
  readonly agent: number;
  readonly marker: string;
}

/** Everything that an attack may not reach, watched. */
export interface Canaries extends AsyncDisposable {
  readonly tokens: CanaryTokens;
  readonly arena: Arena;
  readonly granted: GrantedServer;
  /** Secrets of the run. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What reached what nobody granted, or a granted server in a way that wasn't. */
  contacts(): readonly string[];
  /** What is different outside since the beginning. */
  changes(): readonly string[];
  signalled(): boolean;
  /** What came to where no secret belongs. */
  received(): string;
  /** Containers that outlived the step. */
  leftovers(): readonly string[];
}

/** Puts canaries up for one attack, and what it needs beside them. */
export async function startCanaries(beside: readonly NeighbourKind[] = []): Promise<Canaries> {
  const random = (): string => randomBytes(12).toString('hex');
  const marker = `attack-${random()}`;
  const tokens = { file: `file-${random()}`, environment: `environment-${random()}`, secret: `secret-${random()}` };
  const folder = mkdtempSync(join(tmpdir(), `waterflow-${marker}-`));
  const outside = join(folder, 'outside');
  makeOutside(outside, tokens.file);
  // Open to everybody, so that nothing but confinement stands in the way.
  chmodSync(folder, 0o755);
  const before = snapshot(outside);
  const contacts: string[] = [];
  const { server, port } = await startForbidden(contacts, 0);
  const abstract = `\0${marker}`;
  const { server: abstractServer } = await startForbidden(contacts, abstract);
  const granted = await startGrantedServer(`http://127.0.0.1:${port}`);
  const victim = await startVictim();
  const neighbours = await startNeighbours(beside, { file: tokens.file, marker, outside });
  process.env[canaryVariable] = tokens.environment;
  return {
    tokens,
    granted,
    secrets: { TOKEN: tokens.secret, ...neighbours.secrets },
    received: () => `${granted.received()}\n${neighbours.received()}`,
    leftovers: () => neighbours.leftovers(),
    arena: {
      ...neighbours.arena,
      outside,
      file: join(outside, 'canary.txt'),
      target: join(outside, 'target.txt'),
      port,
      forbidden: `http://127.0.0.1:${port}`,
      forbidden_port: port,
      origin: granted.origin,
      origin_port: Number(new URL(granted.origin).port),
      abstract: marker,
      pid: victim.pid ?? 0,
      agent: process.pid,
      marker,
    },
    contacts: () => [...contacts, ...granted.trespasses(), ...neighbours.trespasses()],
    changes: () => differences(before, snapshot(outside)),
    signalled: () => victim.exitCode !== null || victim.signalCode !== null,
    async [Symbol.asyncDispose]() {
      server.close();
      abstractServer.close();
      await granted[Symbol.asyncDispose]();
      await neighbours[Symbol.asyncDispose]();
      if (victim.exitCode === null && victim.signalCode === null) {
        victim.kill('SIGKILL');
        await once(victim, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Replaces `@ORIGIN@` and the like by the arena's values, in a text that becomes a file, and `"#PORT#"` by a number. */
export function withArena(text: string, arena: JsonObject): string {
  const value = (whole: string, name: string): string => {
    const found = arena[name.toLowerCase()];
    return typeof found === 'string' || typeof found === 'number' ? `${found}` : whole;
  };
  return text.replaceAll(/"#([A-Z_]+)#"/g, value).replaceAll(/@([A-Z_]+)@/g, value);
}

function makeOutside(outside: string, token: string): void {
  mkdirSync(outside);
  writeFileSync(join(outside, 'canary.txt'), `${token}\n`);
  writeFileSync(join(outside, 'target.txt'), 'as it was\n');
  chmodSync(outside, 0o777);
  chmodSync(join(outside, 'canary.txt'), 0o644);
  chmodSync(join(outside, 'target.txt'), 0o666);
}

async function startForbidden(
  contacts: string[],
  at: string | number,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    contacts.push(`a connection to what nobody granted (${typeof at === 'string' ? 'abstract socket' : 'port'})`);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
  });
  if (typeof at === 'string') server.listen({ path: at });
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  // Listening on TCP where it isn't a path.
  return { server, port: typeof at === 'string' ? 0 : (address as AddressInfo).port };
}

/** A process of the user as whom hosts and confined programs run, who may therefore signal it. */
async function startVictim(): Promise<ChildProcess> {
  const nobody = 65_534;
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const victim = spawn('sleep', ['3600'], { stdio: 'ignore', ...user });
  await once(victim, 'spawn');
  return victim;
}

function snapshot(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      const content = stats?.isFile() === true ? readFileSync(path, 'latin1') : '';
      return [name, `${stats?.mode.toString(8) ?? 'gone'} ${content}`] as const;
    }),
  );
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} outside of the workspace was ${after.has(name) ? 'written' : 'removed'}`);
}
