import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Attack } from '../../runtime/attacks/attack.ts';
import { type Canaries, startCanaries } from '../../runtime/attacks/canaries.ts';
import { mutations } from '../../runtime/attacks/mutations.ts';
import { type Breach, breachesOf, type Observation } from '../../runtime/attacks/observation.ts';
import { createSupervisor } from '../../runtime/supervisor/index.ts';
import { isJsonObject, type Json, type JsonObject, parseDuration } from '../../schemas/index.ts';
import { leftoversOf } from './leftovers.ts';
import { type MutableSources, mutableSources } from './mutate.ts';
import type { NakedTask } from './naked-child.ts';
import { codeOf, prepareWorkspace } from './plugin.ts';
import { tryAttack } from './stage.ts';
import { textsIn } from './workspace.ts';

/** Whether an attack works where nothing holds it, and so whether its being held says anything. */
export interface Control {
  readonly attack: string;
  readonly fine: boolean;
  /** `unshown`: without no single protection does it succeed. Two of them may hold it; or it never would. */
  readonly shown: 'works' | 'unshown' | 'broken';
  readonly why: string;
}

type Shown = Omit<Control, 'attack' | 'fine'>;

/** What runs unheld for so long has no deadline. */
const shortestMs = 4000;
/** What a process holds beyond this has no bound. */
const nakedResidentBytes = 320 * 1024 * 1024;
const pollMs = 20;
const pageBytes = 4096;

/** Shows of each attack that its oracle fires where nothing holds it. */
export async function tryControls(
  attacks: readonly Attack[],
  progress: (text: string) => void,
): Promise<readonly Control[]> {
  const controls: Control[] = [];
  using sources = attacks.some(({ control }) => control === 'mutation') ? await mutableSources() : undefined;
  for (const attack of attacks) {
    const shown = await controlOf(attack, sources);
    const control = { attack: attack.id, fine: shown.shown !== 'broken', ...shown };
    controls.push(control);
    progress(`${attack.id}: ${wordFor[control.shown]} (${control.why})`);
  }
  return controls;
}

const wordFor: Readonly<Record<Control['shown'], string>> = {
  works: 'works',
  unshown: 'not shown',
  broken: 'DOES NOT WORK',
};

/** One line for each attack that doesn't work, or isn't shown to. */
export function renderControls(controls: readonly Control[]): string {
  const of = (shown: Control['shown']): readonly Control[] => controls.filter((control) => control.shown === shown);
  return [
    ...[...of('unshown'), ...of('broken')].map(({ attack, shown, why }) => `${attack} ${wordFor[shown]}: ${why}`),
    `${controls.length} controls: ${of('works').length} work, ${of('unshown').length} that no missing protection alone lets through, ${of('broken').length} that prove nothing`,
  ].join('\n');
}

async function controlOf(attack: Attack, sources: MutableSources | undefined): Promise<Shown> {
  switch (attack.control) {
    case 'naked':
      return judge(attack, await runNaked(attack));
    case 'level': {
      const [level] = attack.declared.levels;
      const [runtime] = attack.runtimes;
      if (level === undefined || runtime === undefined) return { shown: 'broken', why: 'it declares no level' };
      await using supervisor = await createSupervisor({ highest_level: level });
      const { verdict } = await tryAttack(attack, { level, runtime }, supervisor);
      return judge(attack, verdict.kind === 'declared' ? verdict.breaches : []);
    }
    case 'mutation':
      return mutated(attack, sources);
    default:
      return attack.control satisfies never;
  }
}

/** Whether it succeeds without one of its protections. */
async function mutated(attack: Attack, sources: MutableSources | undefined): Promise<Shown> {
  const known = mutations.filter(({ protection }) => attack.protections.includes(protection));
  if (known.length === 0) return { shown: 'broken', why: 'no mutation takes one of its protections away' };
  for (const mutation of known) {
    const result = await sources?.without(mutation, [attack]);
    if (result?.fine === true) return { shown: 'works', why: `it succeeds without ${mutation.protection}` };
  }
  const names = known.map(({ protection }) => protection).join(', ');
  return { shown: 'unshown', why: `tried without each of ${names}` };
}

function judge(attack: Attack, breaches: readonly Breach[]): Shown {
  const found = breaches.find(({ oracle }) => oracle === attack.oracle);
  if (found !== undefined) return { shown: 'works', why: found.what };
  const others = breaches.map(({ oracle, what }) => `${oracle}: ${what}`).join('; ');
  return { shown: 'broken', why: `its oracle ${attack.oracle} doesn't fire${others === '' ? '' : `, but ${others}`}` };
}

async function runNaked(attack: Attack): Promise<readonly Breach[]> {
  await using canaries = await startCanaries(attack.beside);
  const [runtime = 'isolate'] = attack.runtimes;
  const folder = dirname(canaries.arena.outside);
  const workspace = join(folder, 'workspace');
  const plugin = join(folder, 'plugin');
  mkdirSync(workspace);
  mkdirSync(plugin);
  const arena: JsonObject = { ...canaries.arena, workspace, record: join(folder, 'audit.ndjson') };
  const file = join(plugin, runtime === 'isolate' ? 'index.mjs' : 'module.wasm');
  copyFileSync(join(attack.folder, 'plugin.yaml'), join(plugin, 'plugin.yaml'));
  writeFileSync(file, await codeOf(attack, { runtime, arena }));
  await prepareWorkspace(attack, { workspace, plugin, arena });
  const { secrets, tokens } = canaries;
  const inputs = { ...attack.with, arena };
  const task: NakedTask = { file, workspace, secrets, rounds: attack.rounds, kept: tokens.file, inputs };
  // Where time is what it takes, a moment is enough; other attacks get the time that their plugin has.
  const timeout_ms = attack.oracle === 'bounds' ? shortestMs : Math.max(shortestMs, timeoutOf(attack));
  const { lines, exceeded } = await runChild(task, timeout_ms);
  const observation = await observationOf(lines, { canaries, workspace, exceeded });
  return breachesOf(observation, canaries.tokens);
}

/** As the manifest has it. */
function timeoutOf({ folder }: Attack): number {
  const manifest = readFileSync(join(folder, 'plugin.yaml'), 'utf8');
  return parseDuration(/timeout: *([0-9a-z]+)/.exec(manifest)?.[1] ?? '') ?? shortestMs;
}

async function runChild(
  task: NakedTask,
  timeout_ms: number,
): Promise<{ readonly lines: readonly Json[]; readonly exceeded: string[] }> {
  const script = join(import.meta.dirname, 'naked-child.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text.length < nakedResidentBytes / 8) text += chunk.toString();
  });
  child.stdin.end(JSON.stringify(task));
  const exceeded = await untilEnd(child, { timeout_ms, said: () => text.length });
  return { exceeded, lines: text.split('\n').flatMap(parsed) };
}

/** Bounds that an unheld process goes over; then it is killed. */
async function untilEnd(
  child: ChildProcess,
  { timeout_ms, said }: { readonly timeout_ms: number; readonly said: () => number },
): Promise<string[]> {
  const exceeded: string[] = [];
  const startedAt = performance.now();
  const end = once(child, 'exit');
  const timer = setInterval(() => {
    const pages = Number(readIfThere(`/proc/${child.pid}/statm`).split(' ')[1] ?? 0);
    if (pages * pageBytes > nakedResidentBytes) exceeded.push('it held more memory than it may');
    if (performance.now() - startedAt > timeout_ms) exceeded.push('it went on past its deadline');
    if (said() > nakedResidentBytes / 16) exceeded.push('it said more than it may');
    if (exceeded.length > 0) child.kill('SIGKILL');
  }, pollMs);
  const [code] = await end;
  clearInterval(timer);
  if (exceeded.length === 0 && code !== 0) exceeded.push(`the process that ran it ended with ${String(code)}`);
  return exceeded;
}

async function observationOf(
  lines: readonly Json[],
  seen: { readonly canaries: Canaries; readonly workspace: string; readonly exceeded: readonly string[] },
): Promise<Observation> {
  const { canaries, workspace } = seen;
  const objects = lines.filter(isJsonObject);
  const logs = objects.flatMap(({ log }) => (typeof log === 'string' ? [log] : []));
  const outputs = objects.flatMap(({ outputs }) => (isJsonObject(outputs) ? [outputs] : []));
  const failures = objects.flatMap(({ failed }) => (typeof failed === 'string' ? [failed] : []));
  return {
    ends: [],
    messages: failures,
    outputs,
    surfaces: {
      'a result': JSON.stringify([...outputs, ...failures]),
      'a log': logs.join('\n'),
      'the audit log': JSON.stringify(objects.map(({ audit }) => audit ?? null)),
      'the workspace': await textsIn(workspace),
      'a request': `${canaries.received()}${canaries.granted.headers()}`,
    },
    changes: canaries.changes(),
    contacts: canaries.contacts(),
    signalled: canaries.signalled(),
    leftovers: [...(await leftoversOf(canaries.arena.marker, workspace)), ...canaries.leftovers()],
    exceeded: seen.exceeded,
    audit: [],
    rendered: [
      ...logs.flatMap((log) => log.split('\n')),
      ...failures,
      ...outputs.flatMap((each) => Object.values(each).map(String)),
    ],
  };
}

function parsed(line: string): readonly Json[] {
  try {
    return [JSON.parse(line) as Json];
  } catch {
    return [];
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
