/** What there is to see in the console, for tests that look at all of it on each engine. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { findingsEverywhere } from '../browser.ts';
import { askServer, endedRun, type ServerProcess } from '../server-process.ts';

/** Jobs run on a queue by a line of its own, which is empty where any will do. */
const release = (on: string): string => `
name: release
run-name: Release \${{ inputs.tag }}
on:
  manual:
    inputs:
      tag: { type: string, default: v1.4.0 }
      docs: { type: boolean, default: false }
jobs:
  build:
    ${on}
    strategy:
      matrix: { system: [linux, macos, windows], flavour: [debug, release] }
    steps:
      - name: Compile
        run: printf '\\033[32mcompiled\\033[0m %s\\n' "\${{ matrix.system }}"; seq 1 200
  lint:
    ${on}
    steps:
      - name: Lint
        run: printf '\\033[31merror\\033[0m main.c:7 unused variable\\n' >&2; exit 1
        continue-on-error: true
  docs:
    ${on}
    if: \${{ inputs.docs }}
    steps:
      - run: echo docs
  metadata:
    ${on}
    steps:
      - name: Ask for the credentials of the machine
        uses: http@v1
        with: { url: "http://169.254.169.254/latest/meta-data/" }
        continue-on-error: true
  approve:
    ${on}
    needs: [build, lint]
    steps:
      - id: review
        uses: approval@v1
        with: { message: "Ship it to everybody?" }
  publish:
    ${on}
    needs: approve
    steps:
      - run: echo published
`;

const upload = (on: string): string => `
name: upload
on: manual
jobs:
  upload:
    ${on}
    steps:
      - name: Send it to the archive
        uses: http@v1
        with: { url: "http://10.0.0.7/archive" }
  announce:
    ${on}
    needs: upload
    steps:
      - run: echo announced
`;

const nightly = `
name: nightly
on: { schedule: [{ cron: "30 2 * * *", timezone: Europe/Vienna }] }
jobs: { tidy: { steps: [{ run: echo tidied }] } }
`;

/** A screen, with a text that is there once it is complete, in each language. */
export interface Screen {
  readonly name: string;
  readonly path: string;
  readonly ready: string;
}

/** A run that waits for its approval, everything before that over, one that failed, and a schedule. `queue`: where their jobs run. */
export async function prepared(
  server: ServerProcess,
  queue?: string,
): Promise<{ readonly waiting: string; readonly failed: string }> {
  const on = queue === undefined ? '' : `runs-on: ${queue}`;
  const begin = async (workflow: string): Promise<string> => {
    const { status, body } = await askServer(server, '/v1/workflows', { workflow, labels: { team: 'web' } });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return String(body['id']);
  };
  await askServer(server, '/v1/schedules', { workflow: nightly });
  const failed = await begin(upload(on));
  await endedRun(server, failed);
  const waiting = await begin(release(on));
  const isReady = async (): Promise<unknown> => {
    const { body } = await askServer(server, `/v1/workflows/${waiting}`);
    // As the API says.
    const jobs = Object.entries(body['jobs'] as Readonly<Record<string, { readonly status: string }>>);
    const open = jobs.filter(([, { status }]) => !['success', 'skipped'].includes(status)).map(([key]) => key);
    return [body['status'], ...open.toSorted()];
  };
  await expect.poll(isReady, { timeout: 300_000, interval: 500 }).toEqual(['waiting', 'approve', 'publish']);
  return { waiting, failed };
}

/** All of them. `agent` and `queue` are names that are there. */
export function screensOf(
  { waiting, failed }: { readonly waiting: string; readonly failed: string },
  { agent, queue }: { readonly agent: string; readonly queue: string },
): readonly Screen[] {
  return [
    { name: 'runs', path: 'runs', ready: 'Release v1.4.0' },
    { name: 'run', path: `runs/${waiting}?job=lint`, ready: 'unused variable' },
    { name: 'why', path: `runs/${failed}`, ready: 'waterflow rerun' },
    { name: 'skipped', path: `runs/${waiting}?job=docs`, ready: 'inputs.docs' },
    { name: 'timeline', path: `runs/${waiting}/timeline`, ready: 'publish' },
    { name: 'boundary', path: `runs/${waiting}/calls?job=metadata`, ready: 'net.request' },
    { name: 'file', path: `runs/${waiting}/file?line=7`, ready: 'latest/meta-data' },
    { name: 'editor', path: 'editor', ready: 'metadata' },
    { name: 'schedules', path: 'schedules', ready: '30 2 * * *' },
    { name: 'agents', path: 'agents', ready: agent },
    { name: 'queues', path: 'queues', ready: queue },
    { name: 'nodes', path: 'nodes', ready: 'approval@v1' },
    { name: 'plugins', path: 'plugins', ready: 'http@v1' },
    { name: 'nowhere', path: 'nowhere', ready: 'Waterflow' },
  ];
}

/** What axe finds in them, in both themes at both widths, in a language. `seen` has each as it is then. */
export async function findingsOfScreens(
  page: Page,
  { url }: ServerProcess,
  {
    screens,
    language,
    seen = async () => {},
  }: {
    readonly screens: readonly Screen[];
    readonly language: 'en' | 'zh';
    readonly seen?: (screen: Screen) => Promise<void>;
  },
): Promise<readonly string[]> {
  await page.goto(new URL('/ui/', url).href);
  await page.evaluate(`localStorage.setItem('waterflow-language', '${language}')`);
  const draft = JSON.stringify({ name: 'release.yml', whole: release('runs-on: local').trimStart() });
  await page.evaluate(`sessionStorage.setItem('waterflow-draft', ${JSON.stringify(draft)})`);
  await page.reload();
  const findings: string[] = [];
  for (const screen of screens) {
    await page.goto(new URL(`/ui/#/${screen.path}`, url).href);
    await page.getByText(screen.ready).first().waitFor();
    findings.push(...(await findingsEverywhere(page)).map((finding) => `${screen.name} in ${language}: ${finding}`));
    await seen(screen);
  }
  return findings;
}
