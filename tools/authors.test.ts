import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Journey, travel } from './authors/journey.ts';
import { renderJourneys } from './authors/table.ts';
import { authored, templateNames } from './authors/templates.ts';

it('knows how each template is tried', () => {
  expect([...templateNames].sort()).toEqual(readdirSync(join(import.meta.dirname, '..', 'plugin-templates')).sort());
  for (const name of templateNames) expect(authored(name).tests.length).toBeGreaterThan(1);
});

it('goes with a template from nothing to a signed plugin in a workflow', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-authors-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(await travel('ts', { folder, now: () => 0 })).toMatchObject({ state: 'passed' });
});

it('shows the times of what passed, and why others did not', () => {
  const steps = [
    { name: 'new', duration_ms: 1000 },
    { name: 'test', duration_ms: 250 },
    { name: 'run', duration_ms: 5000 },
  ];
  const journeys: readonly Journey[] = [
    { template: 'ts', state: 'passed', steps },
    { template: 'go', state: 'skipped', reason: 'go is not there', remedy: 'Install it.' },
    { template: 'c', state: 'failed', steps: [], step: 'build', said: 'no' },
  ];
  expect(renderJourneys(journeys).split('\n')).toEqual([
    'seconds         ts',
    'new            1.0',
    'test           0.3',
    'run            5.0',
    'new to tested  1.3',
    'go: skipped: go is not there. Install it.',
    'c: failed at `build`: no',
    '',
  ]);
});
