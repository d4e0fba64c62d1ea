import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readHistory, writeRecord } from '../history.ts';
import { limitsOf } from '../limits.ts';
import type { ComparisonRecord, IdleRecord } from '../record.ts';
import { pagesOf } from './page.ts';
import { plotOf } from './plot.ts';
import { writePages } from './write.ts';

const origin = {
  version: 1,
  at: '2026-01-02T03:04:05.678Z',
  commit: 'abc123',
  modified: false,
  machine: {
    processors: 2,
    model: 'A <fast> one',
    memory_gib: 8,
    os: 'linux 6.1',
    node: '24.0.0',
    load_before: [0.1, 0, 0],
    load_after: [1.5, 0, 0],
  },
} as const;
const record: ComparisonRecord = {
  ...origin,
  kind: 'comparison',
  contestants: [
    { name: 'Waterflow', version: '0.1.0' },
    { name: 'act', version: '0.2' },
  ],
  absent: [
    { contestant: 'Prefect', reason: 'not installed' },
    { contestant: 'act', scenario: 'server-start', reason: 'has no server' },
  ],
  measured: [
    { scenario: 'cold-start', contestant: 'Waterflow', samples: [310, 300] },
    { scenario: 'cold-start', contestant: 'act', samples: [150, 160] },
    { scenario: 'cold-start', contestant: 'docker run', samples: [600] },
    { scenario: 'server-start', contestant: 'Waterflow', samples: [2500] },
  ],
};
const idle: IdleRecord = {
  ...origin,
  kind: 'idle',
  seconds: 600,
  processes: [
    { name: 'embedded', samples: [100, 100, 100, 100, 100, 103, 103, 103] },
    { name: 'on-temporal', samples: [150, 150, 150, 150, 150, 150] },
    { name: 'worker', samples: [100, 100, 100] },
  ],
};

describe('the page of a record', () => {
  const pages = pagesOf({ comparisons: [record], idle });
  const page = pages.get('performance.md') ?? '';

  it('has the row that a peer wins before all others, with its reason and its bound', () => {
    const [lost = '', won = ''] = page.split('## Where Waterflow wins');
    expect(lost).toMatch(
      /\| Cold start \| 300 ms \| act: 150 ms \| \*\*2\.00x\*\* \| 1\.88x to 2\.07x \| [\d.]+x \| Waterflow is a program/u,
    );
    expect(won).toMatch(/\| Cold start \| 300 ms \| docker run: 600 ms \| \*\*0\.50x\*\* \|/u);
  });

  it('says who was absent and why, and what each does not do', () => {
    expect(page).toContain('Absent: Prefect (not installed).');
    expect(page).toContain('Not here: act (has no server).');
    expect(page).toMatch(/\| act \| 0\.2 \| .+ \| a server, a record of runs/u);
  });

  it('says what came of each limit', () => {
    expect(page).toMatch(/start of the server, embedded \| 2500 ms \| 2000 ms \| \*\*missed\*\*/u);
    expect(page).toMatch(/resident \| 105 MB \| 130 MB \| kept/u);
  });

  it('has a picture for each scenario that was measured', () => {
    expect([...pages.keys()]).toEqual(['performance.md', 'performance/cold-start.svg', 'performance/server-start.svg']);
    expect(page).toContain('](performance/cold-start.svg)');
  });

  it('is refused where there is no record', () => {
    expect(() => pagesOf({ comparisons: [], idle })).toThrow('npm run performance');
  });
});

describe('limits', () => {
  it('of servers with nothing to do are of memory and its growth, and of what is above a worker', () => {
    expect(limitsOf(undefined, idle).map(({ measured, kept }) => [measured.toFixed(1), kept])).toEqual([
      ['104.9', true],
      ['3.0', false],
      ['52.4', true],
      ['0.0', true],
    ]);
  });
});

describe('files', () => {
  const folders: string[] = [];
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'waterflow-pages-'));
    folders.push(folder);
    return folder;
  };
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('of records are read again as they were written, the newest first', () => {
    const folder = newFolder();
    writeRecord(record, folder);
    writeRecord({ ...record, at: '2026-02-01T00:00:00.000Z' }, folder);
    writeRecord(idle, folder);
    expect(readHistory(folder)).toEqual({ comparisons: [{ ...record, at: '2026-02-01T00:00:00.000Z' }, record], idle });
    expect(readFileSync(join(folder, '2026-01-02T030405Z-comparison.json'), 'utf8')).toContain('"samples": [310, 300]');
  });

  it('of another version are refused', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'later.json'), '{ "version": 2 }');
    expect(() => readHistory(folder)).toThrow('later.json');
  });

  it('of the page are checked without being written, and pictures that are no longer made are removed', () => {
    const folder = newFolder();
    const history = { comparisons: [record], idle };
    expect(writePages(history, { check: true, folder })).toHaveLength(3);
    expect(readdirSync(folder)).toEqual([]);
    writePages(history, { check: false, folder });
    writeFileSync(join(folder, 'performance', 'old.svg'), '');
    expect(writePages(history, { check: true, folder })).toEqual(['performance/old.svg']);
    writePages(history, { check: false, folder });
    expect(writePages(history, { check: true, folder })).toEqual([]);
  });
});

describe('a picture', () => {
  const widthsIn = (picture: string): readonly number[] =>
    [...picture.matchAll(/class="(?:own|peer)"[^>]* width="([\d.]+)"/gu)].map(([, width]) => Number(width));
  const bar = (name: string, value: number) => ({ name, value, text: `${value} ms`, own: false });

  it('has bars as long as their values', () => {
    const [short = 0, long = 0] = widthsIn(plotOf('Title', 'ms', [bar('a', 10), bar('b', 40)]));
    expect(long / short).toBeCloseTo(4);
  });

  it('says that it is logarithmic where the values are far apart', () => {
    const picture = plotOf('Title', 'ms', [bar('a', 1), bar('b', 1000)]);
    const [short = 0, long = 0] = widthsIn(picture);
    expect(long / short).toBeCloseTo(10);
    expect(picture).toContain('ms; logarithmic');
  });

  it('shows names as they are', () => {
    expect(plotOf('a < b', 'ms', [bar('x & y', 1)])).toContain('x &amp; y');
  });
});
