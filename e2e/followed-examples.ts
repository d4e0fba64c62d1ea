/** Examples as users of a server run them: `waterflow submit --follow`, and other commands beside it. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { JsonObject } from '../schemas/index.ts';
import { type Ended, type RunningCommand, root, start, waterflow } from './command.ts';
import type { Given } from './example-runs.ts';
import type { ServerProcess } from './server-process.ts';

/** An example that is run, and what somebody does meanwhile. */
export interface FollowedExample {
  readonly file: string;
  readonly given?: Given;
  readonly meanwhile?: (followed: Followed) => Promise<void>;
}

/** A run that is followed. */
export interface Followed {
  readonly run: string;
  readonly user: User;
  readonly process: RunningCommand;
}

/** A line of what a server tells. */
interface Told {
  readonly type: string;
  readonly at?: string;
  readonly job?: string;
  readonly step?: string;
  readonly text?: string;
  readonly event?: { readonly job?: string; readonly step?: string; readonly attempt?: number };
}

/** A run as the API shows it. */
type ShownRun = Readonly<Record<string, unknown>> & { readonly id: string; readonly status: string };

/** What came of a run. */
export interface Outcome {
  readonly code: number | null;
  /** What `--json` shows at its end. */
  readonly run: ShownRun;
  /** When each line was logged, in ms since the epoch. */
  readonly logged: readonly number[];
  /** The lines of the logs, `job/step: text`, step by step. */
  readonly says: readonly string[];
  /** The events, in their order within each job; of what goes on at the same time, within each of that. */
  readonly events: readonly string[];
}

/** Whoever asks a server for something, by the command. */
export class User {
  readonly #server: ServerProcess;
  readonly #key: string;

  constructor(server: ServerProcess, key: string) {
    this.#server = server;
    this.#key = key;
  }

  start(...argv: readonly string[]): RunningCommand {
    return start(argv, { env: this.#env });
  }

  command(...argv: readonly string[]): Promise<Ended> {
    return waterflow(argv, { env: this.#env });
  }

  /** What the server answers. */
  async ask(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.#key}` };
    const response = await fetch(new URL(path, this.#server.url), { headers });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  }

  /** Runs an example to its end. */
  async follow({ file, given = {}, meanwhile }: FollowedExample): Promise<Outcome> {
    const process = this.start('submit', '--follow', '--json', join(root, 'examples', file), ...optionsOf(given));
    if (meanwhile !== undefined) {
      await process.saying('"submitted"');
      const run = /run-[0-9a-z]{26}/u.exec(process.stdout)?.[0] ?? '';
      await meanwhile({ run, user: this, process });
    }
    return await this.outcome(await process.ended);
  }

  /** What a command that follows a run with `--json` came to. */
  async outcome({ code, stdout, stderr }: Ended): Promise<Outcome> {
    // An object a line, as `--json` says; the last one is the run.
    const lines = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Told]));
    const logged = lines.filter(({ type }) => type === 'log');
    const last = lines.at(-1);
    if (last?.type !== 'run') throw new Error(`it was not followed to its end: ${stdout}\n${stderr}`);
    // As the API shows runs.
    const run = last as unknown as ShownRun;
    const events = (await this.ask(`/v1/workflows/${run.id}/events`)).trim().split('\n');
    return {
      code,
      run,
      logged: logged.map(({ at = '' }) => Date.parse(at)),
      says: inOrderOfPlaces(logged.map((line) => [placeOf(line), line.text ?? ''])),
      // A RunEvent a line, as the API says.
      events: inOrderOfPlaces(events.map((line) => eventOf(JSON.parse(line) as Told))),
    };
  }

  get #env(): Readonly<Record<string, string>> {
    return { WATERFLOW_SERVER_URL: this.#server.url, WATERFLOW_API_KEY: this.#key };
  }
}

/** Resolves when a run waits for somebody. */
export async function awaitsSomebody(user: User, run: string): Promise<void> {
  const awaits = async (): Promise<number> => {
    // As the API says.
    const shown = JSON.parse(await user.ask(`/v1/workflows/${run}`)) as { readonly awaits: readonly unknown[] };
    return shown.awaits.length;
  };
  await expect.poll(awaits, { timeout: 240_000 }).toBeGreaterThan(0);
}

/** What came of a run, without its times and ids, the names of the machines, `hosts` and this one, and which cell of a matrix ended last. */
export function withoutPlaceAndTime({ code, run, says, events }: Outcome, hosts: readonly string[]): JsonObject {
  const names = [...hosts, hostname()].map((name) => name.replaceAll('.', '\\.')).join('|');
  const text = JSON.stringify({ code, run, says, events })
    .replaceAll(/"(?:agent|\w+_at|duration_ms)":(?:"[^"]*"|\d+),?/gu, '')
    .replaceAll(',}', '}')
    .replaceAll(/\b(?:run-|key_)[0-9a-z]{26}/gu, 'ID')
    .replaceAll(new RegExp(`\\b(?:${names})\\b`, 'gu'), 'HOST')
    .replaceAll(/\bthe last of them [\w-]+/gu, 'the last of them');
  // What was taken out were whole members.
  return JSON.parse(text) as JsonObject;
}

function placeOf({ job = '', step = '' }: Pick<Told, 'job' | 'step'>): string {
  return `${job}/${step}`;
}

/** What goes on in loops does so at the same time, as jobs do. */
function eventOf({ job = '', type, event = {} }: Told): readonly [string, string] {
  const { step, attempt, job: about = '' } = event;
  const place = step?.includes('[') === true ? placeOf({ job, step }) : `${job}${about}`;
  return [place, [type, step, attempt].filter((part) => part !== undefined).join(' ')];
}

/** What several places did at the same time, one place after the other. */
function inOrderOfPlaces(told: readonly (readonly [string, string])[]): readonly string[] {
  return told
    .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([place, text]) => `${place}: ${text}`);
}

function optionsOf({ inputs = {}, vars = {}, secrets = {} }: Given): readonly string[] {
  const kinds = { '--input': inputs, '--var': vars, '--secret': secrets };
  return Object.entries(kinds).flatMap(([option, pairs]) =>
    Object.entries(pairs).flatMap(([name, value]) => [option, `${name}=${value}`]),
  );
}

/** Whether an example uses plugins that lie beside it, which no server takes. */
export function usesLocalPlugins(file: string): boolean {
  return /uses: \.\/plugins\//u.test(readFileSync(join(root, 'examples', file), 'utf8'));
}
