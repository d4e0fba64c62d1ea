/** The workflows of examples/real-life, as their first lines say to run them: commands, a git repository, folders, no network. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../engine/port.ts';
import {
  type Ended,
  folderWith,
  noticesOf,
  type RunningCommand,
  root,
  start,
  summaryOf,
  waterflow,
} from './command.ts';

const examples = join(root, 'examples', 'real-life');

// Several commands each, on a machine that may be busy.
const timeout = 180_000;

/** A folder with what a sample script makes, and a state of its own. */
function placeWith(sample: string, folder: string): { readonly place: string; readonly source: string } {
  const place = realpathSync(folderWith({}));
  const source = join(place, folder);
  execFileSync('sh', [join(examples, 'samples', sample), source]);
  return { place, source };
}

function begin(
  place: string,
  file: string,
  given: { readonly inputs: Readonly<Record<string, string>>; readonly approve: readonly string[] },
): RunningCommand {
  const inputs = Object.entries(given.inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
  const approve = given.approve.flatMap((plugin) => ['--approve', `./plugins/${plugin}`]);
  const rest = ['--secret', 'DEPLOY_KEY=not-a-real-one', '--state', join(place, 'state'), '--json'];
  return start(['run', file, ...inputs, ...approve, ...rest], { cwd: examples });
}

/** A command from another terminal. */
async function operate(place: string, argv: readonly string[]): Promise<Ended> {
  return await waterflow([...argv, '--state', join(place, 'state')]);
}

/** Of each job its status. */
function statuses({ jobs }: RunSummary): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(jobs).map(([key, { status }]) => [key, status]));
}

function onlyFileIn(folder: string): string {
  const [file, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return readFileSync(join(folder, file ?? ''), 'utf8');
}

describe('deploy-web-app.yml', { timeout }, () => {
  const approve = ['site-check', 'report'];

  async function deploy(place: string, inputs: Readonly<Record<string, string>>): Promise<RunSummary> {
    const run = begin(place, 'deploy-web-app.yml', {
      inputs: { repository: join(place, 'source'), root: join(place, 'sites'), ...inputs },
      approve,
    });
    await run.saying('"type":"awaiting"');
    const refused = await operate(place, ['approve', 'latest', '--by', 'eve']);
    expect(refused.code).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toContain('eve is no approver');
    expect((await operate(place, ['approve', 'latest', '--by', 'ada'])).code).toBe(0);
    return summaryOf(await run.ended);
  }

  it('deploys to staging, waits for an approval, and deploys to production; a canary that breaks is rolled back', async () => {
    const { place } = placeWith('web-app.sh', 'source');
    const hosts = join(place, 'sites', 'production', 'hosts');
    const served = (): string => readlinkSync(join(hosts, readdirSync(hosts)[0] ?? '', 'current'));

    const good = await deploy(place, {});
    expect(good.status).toBe('success');
    expect(statuses(good)).toMatchObject({
      'test (style, true)': 'success',
      staging: 'success',
      'smoke-test': 'success',
      approve: 'success',
      production: 'success',
      rollback: 'skipped',
      report: 'success',
    });
    const { version } = good.jobs['build']?.outputs ?? {};
    expect(basename(served())).toBe(version);

    rmSync(join(place, 'sites', 'reports'), { recursive: true });
    const bad = await deploy(place, { drill: 'production' });
    expect(bad.status).toBe('failure');
    expect(statuses(bad)).toMatchObject({ staging: 'success', production: 'failure', rollback: 'success' });
    expect(bad.jobs['production']?.error).toMatchObject({ message: expect.stringContaining('style.css') });
    expect(bad.jobs['rollback']?.outputs).toEqual({ version });
    expect(basename(served())).toBe(version);
    const report = onlyFileIn(join(place, 'sites', 'reports'));
    expect(/rolled back to \| (.*) \|/.exec(report)?.[1]).toBe(version);
  });

  it('takes a first version that breaks off the air', async () => {
    const { place } = placeWith('web-app.sh', 'source');
    const { jobs } = await deploy(place, { drill: 'production' });
    expect(jobs['rollback']).toMatchObject({ status: 'success', outputs: { version: 'none' } });
    const hosts = join(place, 'sites', 'production', 'hosts');
    expect(readdirSync(join(hosts, readdirSync(hosts)[0] ?? ''))).not.toContain('current');
  });

  it('goes no further than staging with a version that breaks there', async () => {
    const { place, source } = placeWith('web-app.sh', 'source');
    const given = { inputs: { repository: source, root: join(place, 'sites'), drill: 'staging' }, approve };
    const summary = summaryOf(await begin(place, 'deploy-web-app.yml', given).ended);
    expect(statuses(summary)).toMatchObject({ staging: 'failure', approve: 'skipped', production: 'skipped' });
    expect(existsSync(join(place, 'sites', 'production'))).toBe(false);
  });
});

describe('deploy-web-app.yml on many hosts', { timeout }, () => {
  it('touches no host beside the first one where that breaks, and rolls back', async () => {
    const inputs = ['--input', 'repository=/source', '--input', 'root=/sites'];
    const script = ['--hosts', 'production-web=a,b,c,d', '--simulate', 'production / deploy @a.check=failure'];
    const { stdout } = await waterflow(['plan', 'deploy-web-app.yml', ...inputs, ...script], { cwd: examples });
    expect(Array.from(stdout.matchAll(/production \/ deploy @(\w) starts/g), ([, host]) => host)).toEqual(['a']);
    expect(stdout).toContain('✗ production failure');
    expect(stdout).toContain('✓ rollback success');
  });
});

describe('nightly-data-pipeline.yml', { timeout }, () => {
  const approve = ['csv-quality', 'report'];
  const day = '2026-01-31';

  it('checks the files, waits for the warehouse, and reports', async () => {
    const { place, source } = placeWith('sales.sh', 'inbox');
    const run = begin(place, 'nightly-data-pipeline.yml', { inputs: { inbox: source, root: place, day }, approve });
    await run.saying('"type":"awaiting"');
    const loaded = (payload: string): Promise<Ended> =>
      operate(place, ['signal', 'latest', 'warehouse-loaded', '--payload', payload]);
    const refused = await loaded('{"rows":"many","loaded_by":"warehouse"}');
    expect(`${refused.stdout}${refused.stderr}`).toContain('SIGNAL_REFUSED');
    expect((await loaded('{"rows":19,"loaded_by":"warehouse"}')).code).toBe(0);
    const summary = summaryOf(await run.ended);
    expect(summary).toMatchObject({ name: `Sales of ${day}`, status: 'success' });
    expect(summary.jobs['ingest']).toMatchObject({
      outputs: { rows: [4, 3, 10, 3, null], bad_rows: [0, 0, 1, 0, null] },
      steps: { 'shops[4].fetch': { outcome: 'failure', conclusion: 'success', attempts: 3 } },
    });
    expect(summary.jobs['quality-gate']?.outputs).toEqual({ worst: '10', good_rows: '19' });
    const report = readFileSync(join(place, 'reports', `${day}.md`), 'utf8');
    expect(report).toContain('| loaded by | warehouse |');
    expect(report).toContain('| revenue | 389.08 |');
    expect(statuses(summary)).toMatchObject({ 'figures (orders)': 'success', alert: 'skipped' });
  });

  it('loads nothing where too many rows are bad, puts the day aside, and wakes somebody up', async () => {
    const { place, source } = placeWith('sales.sh', 'inbox');
    const inputs = { inbox: source, root: place, day, tolerance: '5' };
    const ended = await begin(place, 'nightly-data-pipeline.yml', { inputs, approve }).ended;
    expect(ended.code).toBe(1);
    expect(statuses(summaryOf(ended))).toMatchObject({
      ingest: 'success',
      'quality-gate': 'failure',
      load: 'skipped',
      report: 'success',
      alert: 'success',
    });
    expect(readFileSync(join(place, 'quarantine', day, 'bad', 'west.csv'), 'utf8')).toContain(
      '22,,4.40,customer is empty',
    );
    expect(readFileSync(join(place, 'alerts', `${day}.txt`), 'utf8')).toContain('failed: success, success, failure');
  });

  it('fails where the file of a shop that must be there is missing, and still checks the others', async () => {
    const { place, source } = placeWith('sales.sh', 'inbox');
    rmSync(join(source, 'south.csv'));
    const inputs = { inbox: source, root: place, day };
    const { jobs } = summaryOf(await begin(place, 'nightly-data-pipeline.yml', { inputs, approve }).ended);
    expect(jobs['ingest']).toMatchObject({
      status: 'failure',
      steps: { shops: { iterations: { success: 4, failure: 1 } }, 'shops[1].fetch': { attempts: 3 } },
    });
    expect(readdirSync(join(place, 'days', day, 'good'))).toEqual(['north.csv', 'online.csv', 'west.csv']);
  });
});

describe('monorepo-ci.yml', { timeout }, () => {
  const check = async (place: string, inputs: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    await begin(place, 'monorepo-ci.yml', {
      inputs: { repository: join(place, 'source'), head: 'change', shared: place, ...inputs },
      approve: ['coverage', 'report'],
    }).ended;

  it('tests what changed, merges what that covers, and packs it; the second time from the cache', async () => {
    const { place } = placeWith('monorepo.sh', 'source');
    const first = summaryOf(await check(place));
    expect(first).toMatchObject({ name: 'Check change against main', status: 'success' });
    expect(Object.keys(first.jobs).filter((key) => key.startsWith('test'))).toEqual([
      'test (core, unit, stable)',
      'test (core, integration, stable)',
      'test (docs, unit, stable)',
      'test (web, unit, stable)',
      'test (web, integration, stable)',
      'test (core, unit, next, true)',
    ]);
    expect(first.jobs).toMatchObject({
      changes: { outputs: { packages: ['core', 'docs', 'web'] } },
      dependencies: { outputs: { hit: 'false' } },
      coverage: { outputs: { percent: '91.7', worst: 'packages/docs/source.txt' } },
      pack: { outputs: { files: ['core.tar.gz', 'docs.tar.gz', 'web.tar.gz'] } },
    });
    expect(readdirSync(join(place, 'results', 'change'))).toContain('web.tar.gz');
    const second = summaryOf(await check(place));
    expect(second.jobs['dependencies']?.outputs).toMatchObject({ hit: 'true' });
  });

  it('packs nothing where a test fails, and lets the other cells end', async () => {
    const { place, source } = placeWith('monorepo.sh', 'source');
    writeFileSync(join(source, 'packages', 'web', 'tests', 'integration'), 'fail 2\n');
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    execFileSync('git', [...author, 'commit', '--quiet', '--all', '--message', 'Break it'], { cwd: source });
    const ended = await check(place);
    expect(ended.code).toBe(1);
    expect(statuses(summaryOf(ended))).toMatchObject({
      'test (web, integration, stable)': 'failure',
      'test (web, unit, stable)': 'success',
      'test (core, unit, next, true)': 'success',
      coverage: 'skipped',
      pack: 'skipped',
      report: 'success',
    });
  });

  it('packs nothing where too little is covered', async () => {
    const { place } = placeWith('monorepo.sh', 'source');
    const ended = await check(place, { threshold: '99' });
    expect(statuses(summaryOf(ended))).toMatchObject({ coverage: 'failure', pack: 'skipped', report: 'success' });
    const said = noticesOf(ended).flatMap((notice) => (notice.type === 'log' ? [notice.text] : []));
    expect(said.join('')).toContain('only 91.7 % of the lines are run, the fewest in packages/docs/source.txt');
  });
});
