// Reads heavy inputs for whoever started the thread: a message is a name and a size, the answer what it took.
import { parentPort } from 'node:worker_threads';
import { compile, renderDiagnostic } from '../../dsl/index.ts';
import { testCatalogue } from '../../dsl/testing/catalogue.ts';
import { heavyCalled, heavyInputs } from './inputs.ts';

/** What is to be read. */
export interface HeavyRequest {
  readonly name: string;
  readonly size: number;
}

/** `ms` is CPU time of the thread; `codes` says which problems there were, each once. */
export interface HeavyAnswer {
  readonly ms: number;
  readonly plan: boolean;
  readonly codes: readonly string[];
}

/** Enough to take for ever if each took as long as the file is. */
const mostRendered = 4_000;

parentPort?.on('message', (request: HeavyRequest) => parentPort?.postMessage(answer(request), []));

function answer({ name, size }: HeavyRequest): HeavyAnswer {
  const source = heavyInputs.find((input) => input.name === name)?.make(size);
  if (source === undefined) throw new Error(`there is no heavy input ${name}`);
  const before = process.threadCpuUsage();
  const { plan, diagnostics } = compile(source, {
    file: 'heavy.yml',
    catalogue: testCatalogue,
    readWorkflow: (path) => {
      const called = heavyCalled(path);
      return called === undefined ? { missing: 'there is no such file' } : { source: called };
    },
  });
  const { user, system } = process.threadCpuUsage(before);
  // Who reads this has a watchdog: showing what was found must not take longer than finding it, either.
  for (const diagnostic of diagnostics.slice(0, mostRendered)) renderDiagnostic(diagnostic, source);
  return {
    ms: (user + system) / 1000,
    plan: plan !== undefined,
    codes: [...new Set(diagnostics.map(({ code }) => code))],
  };
}
