import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSamples, webhookSecret } from './samples.ts';
import { type FuzzedServer, startServer } from './server.ts';
import { type Authentication, writeSettings } from './settings.ts';

/** With a key that is good, more operations than these take something, also in a short time. */
const mostUnreached = 0.6;

/** How a round of schemathesis goes. */
export interface RoundOptions {
  /** Schemathesis's. */
  readonly command: string;
  /** An empty folder for it. */
  readonly folder: string;
  readonly authentication: Authentication;
  readonly seconds: number;
  /** Of schemathesis. Absent: it draws one. */
  readonly seed?: string;
}

/** What came of a round. */
export interface RoundResult {
  readonly authentication: Authentication;
  /** Requests that were made up and sent. */
  readonly cases: number;
  /** Failed checks that differ, requests without an answer, and what we saw of the server ourselves. */
  readonly findings: number;
  /** How many were tried. */
  readonly operations: number;
  /** Those that took no request that fits the document: all were refused, for whoever asked or for what they asked. */
  readonly unreached: readonly string[];
  readonly seconds: number;
  readonly seed: string;
}

/** What we read of schemathesis's report. */
interface Report {
  readonly seed: string;
  readonly running_time: number;
  readonly operations: { readonly tested: number; readonly total: number };
  readonly test_cases: { readonly generated: number; readonly unique_failures: number };
  readonly errors: readonly unknown[];
  readonly valid_rates: Readonly<Record<string, Readonly<Record<string, { readonly accepted: number }>>>>;
}

/** Fuzzes a server of its own for some time. What schemathesis prints goes to stdout, as it comes. */
export async function fuzzOnce(options: RoundOptions): Promise<RoundResult> {
  const { folder, authentication } = options;
  mkdirSync(folder, { recursive: true });
  await using server = await startServer(join(folder, 'server'));
  const samples = await makeSamples(server);
  const settings = writeSettings(folder, { server, samples, authentication });
  const report = await schemathesis(options, { settings, server });
  const unreached = Object.entries(report.valid_rates)
    .filter(([, phases]) => Object.values(phases).every(({ accepted }) => accepted === 0))
    .map(([operation]) => operation);
  const ours = [
    ...server.errors,
    ...(server.alive() ? [] : ['the server ended']),
    ...(authentication !== 'none' && unreached.length > report.operations.tested * mostUnreached
      ? ['most operations refused everything: nothing was tried']
      : []),
  ];
  for (const problem of ours) process.stdout.write(`${problem}\n`);
  return {
    authentication,
    cases: report.test_cases.generated,
    findings: report.test_cases.unique_failures + report.errors.length + ours.length,
    operations: report.operations.tested,
    unreached,
    seconds: report.running_time,
    seed: report.seed,
  };
}

async function schemathesis(
  { command, folder, seconds, seed }: RoundOptions,
  { settings, server }: { readonly settings: string; readonly server: FuzzedServer },
): Promise<Report> {
  const file = join(folder, 'report.json');
  const argv = [
    '--no-color',
    `--config-file=${settings}`,
    'run',
    `${server.url}/openapi.json`,
    '--checks=all',
    '--mode=all',
    '--phases=examples,coverage,fuzzing,stateful',
    `--max-time=${seconds}`,
    '--request-timeout=20',
    `--report-json-path=${file}`,
    '--generation-database=none',
    // A machine that is busy is slow, and a schema of which few values are made up finds less; neither is wrong.
    '--suppress-health-check=all',
    ...(seed === undefined ? [] : [`--seed=${seed}`]),
  ];
  const child = spawn(command, argv, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      WATERFLOW_FUZZ_WEBHOOK_SECRET: webhookSecret,
      WATERFLOW_FUZZ_OWN_KEY: server.keys.own,
      WATERFLOW_FUZZ_AGENT_KEY: server.keys.agent,
    },
  });
  const [code] = await once(child, 'close');
  // 1: there are failures.
  if (code !== 0 && code !== 1) throw new Error(`schemathesis ended with ${String(code)}`);
  // A seed has more digits than a number of ours. Schemathesis's version is ours to choose, and with it the form of its report.
  return JSON.parse(readFileSync(file, 'utf8').replace(/"seed": (\d+)/u, '"seed": "$1"')) as Report;
}
