import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type AuditPlace, auditPlace, testFolder } from '../../runtime/audit/testing/logs.ts';
import { sampleCall, sampleStart } from '../../runtime/audit/testing/samples.ts';
import type { JobKey, JsonObject, RunId } from '../../schemas/index.ts';
import { createFolderStore } from '../../storage/index.ts';
import { commandLine } from '../testing/terminal.ts';

const idOf = (letter: string): RunId => `run-${letter.repeat(26)}` as RunId; // What parseRunId takes.
const started: JsonObject = { type: 'step_started', step: 'a', attempt: 1, job_attempt: 1 };

/** A run with a journal of these events, and the closed log of a call, as the agent leaves them. */
async function ran(
  state: AuditPlace['state'],
  run: RunId,
  checkpoints?: string,
  events = [started],
): Promise<AuditPlace> {
  using store = createFolderStore({ root: state }).create({
    version: 1,
    run,
    created_at: 0,
    tenant: 'default',
    plan: {},
    settings: {},
  });
  const machine = { kind: 'job' as const, job: 'build' as JobKey }; // A job's key is its id.
  store.append(events.map((event) => ({ machine, event })));
  const place = auditPlace(state, run);
  const log = place.open(checkpoints === undefined ? {} : { checkpoints });
  const invocation = log.started({ ...sampleStart, run });
  const call = log.record({ ...sampleCall, run, invocation });
  log.result({ at: sampleStart.at, call, result: 'ok', duration_ms: 1, bytes: 2 });
  await log[Symbol.asyncDispose]();
  return place;
}

function removeLog(place: AuditPlace): void {
  for (const name of place.files()) if (name.startsWith('audit.')) rmSync(join(dirname(place.file), name));
}

async function verify(...words: readonly string[]) {
  const { code, stdout, stderr } = await commandLine(['audit', 'verify', ...words]);
  return { code, stdout, stderr };
}

it('names a run that began a step and whose log was taken away', async () => {
  const state = testFolder();
  removeLog(await ran(state, idOf('0')));
  const { code, stdout } = await verify('--all', '--state', state);
  expect(code).toBe(1);
  expect(stdout).toContain(
    `the log of ${idOf('0')} is MISSING\n  its journal says that it began 1 step, and the log is gone`,
  );
  await ran(state, idOf('1'));
  const both = await verify('--all', '--json', '--state', state);
  expect(both.code).toBe(1);
  const verdicts = both.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(verdicts).toMatchObject([
    { kind: 'intact', run: idOf('1') },
    { kind: 'missing', ok: false, run: idOf('0') },
  ]);
});

it('finds nothing wrong with a run that came to no plugin', async () => {
  const state = testFolder();
  const refused = {
    ...started,
    type: 'step_finished',
    result: { outcome: 'failure', error: { code: 'INVALID_INPUT' } },
  };
  removeLog(await ran(state, idOf('0'), undefined, []));
  removeLog(await ran(state, idOf('1'), undefined, [started, refused]));
  const { code, stderr } = await verify('--all', '--state', state);
  expect(code).toBe(0);
  expect(stderr).toContain('no run here has an audit log, and none should have one');
});

it("says where a run's journal can't tell whether there was a log", async () => {
  const state = testFolder();
  const place = await ran(state, idOf('0'));
  removeLog(place);
  writeFileSync(join(dirname(place.file), 'journal.sqlite'), 'x');
  const { code, stdout } = await verify('--all', '--state', state);
  expect(code).toBe(1);
  expect(stdout).toContain("whether it should have one can't be told");
});

it.each(['heads.ndjson', 'heads/'])('finds by checkpoints in %s that a whole run was taken away', async (name) => {
  const state = testFolder();
  const checkpoints = join(testFolder(), name);
  if (name.endsWith('/')) mkdirSync(checkpoints);
  // Another agent's run in the same place is none of this one's.
  await ran(testFolder(), idOf('7'), checkpoints);
  const place = await ran(state, idOf('0'), checkpoints);
  await ran(state, idOf('1'), checkpoints);
  expect(await verify('--all', '--state', state, '--checkpoints', checkpoints)).toMatchObject({ code: 0 });
  rmSync(dirname(place.file), { recursive: true });
  const { code, stdout } = await verify('--all', '--state', state, '--checkpoints', checkpoints, '--json');
  expect(code).toBe(1);
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(found).toMatchObject([{ kind: 'intact' }, { kind: 'missing', run: idOf('0') }]);
});

it("believes no log without the agent's key, unless it is named", async () => {
  const state = testFolder();
  const place = await ran(state, idOf('0'));
  const kept = join(testFolder(), 'key.pem');
  copyFileSync(join(state, 'agent-key.pem'), kept);
  rmSync(join(state, 'agent-key.pem'));
  const { code, stdout } = await verify(idOf('0'), '--state', state);
  expect(code).toBe(1);
  expect(stdout).toContain('nothing says who wrote it\n');
  const json = await verify(place.file, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, kind: 'untrusted', key_known: false });
  for (const words of [[idOf('0'), '--state', state], ['--all', '--state', state], [place.file]]) {
    expect(await verify(...words, '--key', kept)).toMatchObject({ code: 0 });
  }
  const publicHalf = join(state, 'public.pem');
  writeFileSync(publicHalf, place.key.publicKey);
  expect(await verify(place.file, '--key', publicHalf)).toMatchObject({ code: 0 });
});

it('finds a log that was written anew with another key', async () => {
  const state = testFolder();
  await ran(state, idOf('0'));
  const other = join(testFolder(), 'other.pem');
  const { publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(other, publicKey.export({ type: 'spki', format: 'pem' }));
  expect(await verify(idOf('0'), '--state', state, '--key', other)).toMatchObject({ code: 1 });
});

it.each(['nowhere.pem', 'text'])('refuses a key that is none: %s', async (name) => {
  const state = testFolder();
  await ran(state, idOf('0'));
  writeFileSync(join(state, 'text'), 'no key');
  const { code, stderr } = await verify(idOf('0'), '--state', state, '--key', join(state, name));
  expect(code).toBe(2);
  expect(stderr).toContain('is no key of an agent');
  expect(readdirSync(state)).not.toContain('nowhere.pem');
});
