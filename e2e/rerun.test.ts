import { describe, expect, it } from 'vitest';
import { summaryOf } from './command.ts';
import { placeWith } from './place.ts';

const flaky = `
name: flaky
on: { manual: { inputs: { bad: { type: string, default: macos } } } }
jobs:
  build:
    keep-workspace: true
    strategy: { fail-fast: false, matrix: { os: [linux, macos] } }
    steps:
      - id: make
        run: echo "made for $OS" > made.txt
        env: { OS: "\${{ matrix.os }}" }
      - id: check
        run: cat made.txt; test "$OS" != "$BAD"
        env: { OS: "\${{ matrix.os }}", BAD: "\${{ inputs.bad }}" }
  loop:
    keep-workspace: true
    outputs: { seen: "\${{ toJSON(steps.each.outputs.seen) }}" }
    steps:
      - id: each
        uses: for-each@v1
        with:
          items: \${{ fromJSON('["a", "b", "c"]') }}
          fail-fast: false
          steps:
            - id: one
              run: echo "seen=$ITEM by $BAD" >> "$WATERFLOW_OUTPUT"
              env: { ITEM: "\${{ each.value }}", BAD: "\${{ inputs.bad }}" }
          outputs: { seen: "\${{ steps.one.outputs.seen }}" }
  end:
    needs: build
    steps: [{ run: echo "all built" }]
`;

describe('a run that has ended', () => {
  async function ended() {
    const place = placeWith(flaky);
    const first = await place.run().ended;
    expect(first.code).toBe(1);
    const again = async (...options: readonly string[]) => {
      const rerun = await place.command('rerun', 'latest', '--json', ...options);
      const summary = summaryOf(rerun);
      const jobs = Object.entries(summary.jobs).map(([key, job]) => [
        key,
        job.status,
        ...(job.reused ? ['reused'] : []),
      ]);
      return { rerun, summary, jobs: Object.fromEntries(jobs.map(([key, ...rest]) => [key, rest.join(' ')])) };
    };
    return { place, first, again };
  }

  it('runs what failed again with another input, and reuses the rest', async () => {
    const { first, again } = await ended();
    const { rerun, summary, jobs } = await again('--failed', '--input', 'bad=none');
    expect(rerun.code).toBe(0);
    expect(summary).toMatchObject({ run: summaryOf(first).run, attempt: 2 });
    expect(jobs).toEqual({
      'build (linux)': 'success reused',
      'build (macos)': 'success',
      loop: 'success reused',
      end: 'success',
    });
  });

  it('goes on from a step in the workspace that was kept', async () => {
    const { again } = await ended();
    const { summary, jobs } = await again('--from', 'build (macos)/check', '--input', 'bad=none');
    expect(jobs).toMatchObject({ 'build (linux)': 'success reused', 'build (macos)': 'success', end: 'success' });
    expect(summary.jobs['build (macos)']?.steps['make']).toMatchObject({ status: 'success', reused: true });
  });

  it('runs one cell again, and one iteration', async () => {
    const { again } = await ended();
    const cell = await again('--job', 'build (macos)');
    expect(cell.jobs).toEqual({
      'build (linux)': 'success reused',
      'build (macos)': 'failure',
      loop: 'success reused',
      end: 'skipped',
    });
    const iteration = await again('--iteration', 'loop/each[1]', '--input', 'bad=other');
    expect(iteration.jobs).toMatchObject({ 'build (linux)': 'success reused', loop: 'success' });
    const seen = ['a by macos', 'b by other', 'c by macos'];
    expect(iteration.summary.jobs['loop']?.outputs).toEqual({ seen: JSON.stringify(seen, null, 2) });
  });

  it('says what it can not run again', async () => {
    const { place } = await ended();
    const refused = async (...options: readonly string[]) => {
      const { code, stdout } = await place.command('rerun', 'latest', '--json', ...options);
      return { exit: code, ...(JSON.parse(stdout) as { code: string; message: string; remedy: string }) };
    };
    expect(await refused('--job', 'buld')).toMatchObject({
      exit: 2,
      code: 'INVALID_INPUT',
      remedy: expect.stringContaining('build'),
    });
    expect(await refused('--from', 'end/0')).toMatchObject({ exit: 2, code: 'RUN_STATE' });
    const slip = await refused('--from', 'build (macos)/chek');
    expect(slip).toMatchObject({ exit: 2, code: 'INVALID_INPUT', remedy: expect.stringContaining('check') });
    expect(await refused('--input', 'bed=x')).toMatchObject({ exit: 2, code: 'UNKNOWN_INPUT' });
    expect(await refused('--failed', '--job', 'build')).toMatchObject({ exit: 2, code: 'USAGE' });
    expect(await refused('--iteration', 'loop/each')).toMatchObject({ exit: 2, code: 'USAGE' });
    expect((await place.command('get', 'latest', '--json')).stdout).toContain('"attempt":1');
  });

  it('is in the list, and shows what it was', async () => {
    const { place } = await ended();
    const listed = await place.command('list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({ name: 'flaky', status: 'failure', driven: false });
    const { run } = JSON.parse(listed.stdout) as { readonly run: string };
    const shown = await place.command('get', run.slice(0, 12));
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/build \(macos\) +failure/) });
    expect((await place.command('list', '--status', 'running')).stderr).toBe('no runs that are running\n');
    expect((await place.command('get', 'run-zz')).stderr).toContain('RUN_NOT_FOUND');
  });
});
