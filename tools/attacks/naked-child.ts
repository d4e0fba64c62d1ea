// What an attack is run by where nothing holds it: Node itself, with a host that does what it is told. Only `--control` starts it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { basename, dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { runNakedModule } from './naked-module.ts';
import { type NakedMeans, nakedDocker, nakedMail, nakedSsh } from './naked-neighbours.ts';

/** What it is told, as JSON on standard input. */
export interface NakedTask {
  /** A script, or a WASM module. */
  readonly file: string;
  readonly inputs: JsonObject;
  readonly workspace: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** What others keep under any key, in the store that all share. */
  readonly kept: string;
  readonly rounds: number;
}

/** A host call as it stands: nothing of it is checked. A promise only where it takes time. */
export type NakedCall = (capability: string, operation: string, args: JsonObject) => Json | Promise<Json>;

// The one who starts it shares the type.
const task = JSON.parse(await text(process.stdin)) as NakedTask;
process.chdir(task.workspace);

const say = (line: JsonObject): void => void fs.writeSync(1, `${JSON.stringify(line)}\n`);
/** A text as it is, anything else as JSON. */
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const at = (value: Json | undefined): string => resolve(task.workspace, textOf(value));
/** A browser follows more. */
const mostRedirects = 5;
const record = (capability: string, operation: string, args: JsonObject): void =>
  // As a log is often written: a line of text, whatever is in it.
  void fs.writeSync(
    1,
    `${JSON.stringify({ call: `${capability}.${operation}` })}\n${JSON.stringify({ audit: args })}\n`,
  );

const means: NakedMeans = {
  secrets: task.secrets,
  log: (line) => say({ log: line }),
  at,
  textOf,
};
const store = new Map<string, Json>();

const perform: NakedCall = (capability, operation, args) => {
  record(capability, operation, args);
  switch (`${capability}.${operation}`) {
    case 'log.write':
      say({ log: textOf(args['text']) });
      return null;
    case 'fs.read':
      return fs.readFileSync(at(args['path']), 'utf8');
    case 'fs.write':
      fs.mkdirSync(dirname(at(args['path'])), { recursive: true });
      fs.writeFileSync(at(args['path']), textOf(args['content']), { flag: args['append'] === true ? 'a' : 'w' });
      return null;
    case 'fs.list':
      return fs.readdirSync(at(args['path']));
    case 'fs.stat':
      return { bytes: fs.statSync(at(args['path'])).size };
    case 'fs.mkdir':
      return (fs.mkdirSync(at(args['path']), { recursive: true }), null);
    case 'fs.remove':
      return (fs.rmSync(at(args['path']), { recursive: true, force: true }), null);
    case 'fs.copy':
      return (fs.cpSync(at(args['from']), at(args['to']), { recursive: true, dereference: true }), null);
    case 'fs.move':
      return (fs.renameSync(at(args['from']), at(args['to'])), null);
    case 'fs.hash':
      return createHash('sha256')
        .update(fs.readFileSync(at(args['path'])))
        .digest('hex');
    case 'fs.glob':
      return fs.globSync(textOf(args['pattern']));
    case 'net.request':
      return send(textOf(args['url']), args, 0);
    case 'exec.run':
      return run(args);
    case 'mail.send':
      return nakedMail(args, means);
    case 'fs.pack':
      return tar(['-chPf', at(args['to']), '-C', dirname(at(args['from'])), basename(at(args['from']))]);
    case 'fs.unpack':
      fs.mkdirSync(at(args['to']), { recursive: true });
      return tar(['-xPf', at(args['from']), '-C', at(args['to'])]);
    case 'store.get':
      return { value: store.get(textOf(args['key'])) ?? task.kept };
    case 'store.set':
      store.set(textOf(args['key']), args['value'] ?? null);
      return { version: 1 };
    case 'store.list':
      return { keys: [...store.keys()] };
    case 'secrets.get':
      return task.secrets[textOf(args['name'])] ?? null;
    case 'sleep.for':
      return pause(Number(args['ms']), null);
    default:
      if (capability === 'ssh') return nakedSsh(operation, args, means);
      if (capability === 'docker') return nakedDocker(operation, args, means);
      return null;
  }
};

const call = async (...words: Parameters<NakedCall>): Promise<Json> => perform(...words);

async function send(url: string, args: JsonObject, redirects: number): Promise<Json> {
  const headers = isJsonObject(args['headers']) ? args['headers'] : {};
  const outgoing = httpRequest(url, { method: textOf(args['method'] ?? 'GET'), insecureHTTPParser: true });
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, textOf(value));
  outgoing.end(typeof args['body'] === 'string' ? args['body'] : '');
  // An error of the request rejects this.
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { location } = answer.headers;
  if (location === undefined || redirects >= mostRedirects) {
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  }
  answer.resume();
  return send(new URL(location, url).href, args, redirects + 1);
}

/** A plain tar, which believes what it reads. */
function tar(words: readonly string[]): Json {
  const { status } = spawnSync('tar', words, { stdio: 'ignore' });
  return { status };
}

async function run(args: JsonObject): Promise<Json> {
  const argv = Array.isArray(args['args']) ? args['args'].map((word: Json) => textOf(word)) : [];
  const env = isJsonObject(args['env']) ? args['env'] : {};
  const child = spawn(textOf(args['command']), argv, {
    cwd: at(args['cwd'] ?? '.'),
    // Values of this host's calls are texts.
    env: { ...process.env, ...(env as Record<string, string>) },
  });
  // A program may end without having read it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(typeof args['stdin'] === 'string' ? args['stdin'] : '');
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  say({ log: `${stdout}${stderr}` });
  const [code] = (await exit) as [number | null];
  return { exit_code: code ?? 1, stdout, stderr };
}

const host = {
  call,
  log: (line: Json) => say({ log: textOf(line) }),
  now: async () => Date.now(),
  sleep: (ms: number) => call('sleep', 'for', { ms }),
  random: { uuid: async () => randomUUID(), bytes: async (length: number) => new Uint8Array(length) },
  signal: { cancelled: async () => false },
  net: { request: (args: JsonObject) => call('net', 'request', args) },
  exec: { run: (args: JsonObject) => call('exec', 'run', args) },
  secrets: { get: (name: string) => call('secrets', 'get', { name }) },
  fs: {
    read: (path: string, more: JsonObject = {}) => call('fs', 'read', { ...more, path }),
    write: (path: string, content: string, more: JsonObject = {}) => call('fs', 'write', { ...more, path, content }),
    list: (path: string) => call('fs', 'list', { path }),
    stat: (path: string) => call('fs', 'stat', { path }),
    mkdir: (path: string) => call('fs', 'mkdir', { path }),
    remove: (path: string) => call('fs', 'remove', { path }),
    copy: (from: string, to: string) => call('fs', 'copy', { from, to }),
    move: (from: string, to: string) => call('fs', 'move', { from, to }),
    hash: (path: string) => call('fs', 'hash', { path }),
    glob: (pattern: string) => call('fs', 'glob', { pattern }),
  },
};

for (let round = 1; round <= task.rounds; round += 1) {
  const arena = { ...(isJsonObject(task.inputs['arena']) ? task.inputs['arena'] : {}), round };
  const inputs = { ...task.inputs, arena };
  try {
    if (task.file.endsWith('.wasm'))
      say({ outputs: await runNakedModule(task.file, inputs, { call: perform, log: (line) => say({ log: line }) }) });
    else {
      // Every index.js of the corpus exports a plugin's function.
      const { default: plugin } = (await import(pathToFileURL(task.file).href)) as {
        readonly default: (inputs: JsonObject, host: unknown) => Promise<Json>;
      };
      say({ outputs: await plugin(inputs, host) });
    }
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
  }
}
// Connections that are kept would hold it.
process.exit(0);
