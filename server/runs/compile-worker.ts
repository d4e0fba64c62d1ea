import { createHash } from 'node:crypto';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { compile, resolveInputs } from '../../dsl/index.ts';
import { assertNever, type Digest, WaterflowFailure } from '../../schemas/index.ts';
import { boundedProblems } from './bounded-problems.ts';
import { calledFrom } from './called-files.ts';
import {
  askingCatalogue,
  type CatalogueAnswer,
  type CatalogueQuestion,
  type CompileAnswers,
  type CompileTask,
  type FromCompileThread,
} from './compile-protocol.ts';

/** The thread in which workflows are read: whatever they hold, the server goes on beside it and ends the thread where it takes too long. */

// compile-thread.ts started it with both.
const { answers, bell } = workerData as { readonly answers: MessagePort; readonly bell: Int32Array };

function ask(question: CatalogueQuestion): CatalogueAnswer {
  Atomics.store(bell, 0, 0);
  tell({ kind: 'question', question });
  Atomics.wait(bell, 0, 0);
  // The server posts an answer as JSON before it rings, and nothing else.
  return JSON.parse(String(receiveMessageOnPort(answers)?.message)) as CatalogueAnswer;
}

function tell(message: FromCompileThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  parentPort?.postMessage(message);
}

function carryOut(task: CompileTask): CompileAnswers[CompileTask['kind']] {
  switch (task.kind) {
    case 'compile': {
      const { workflow, files, file } = task.source;
      const catalogue = askingCatalogue(ask);
      const compiled = compile(workflow, { file, catalogue, readWorkflow: calledFrom(files) });
      const { plan } = compiled;
      // Whoever submits a workflow may read each output that its jobs have, so that none is without a use.
      const diagnostics = boundedProblems(compiled.diagnostics.filter(({ code }) => code !== 'UNUSED_OUTPUT'));
      return plan === undefined ? { diagnostics } : { plan: { digest: digestOf(plan), content: plan }, diagnostics };
    }
    case 'resolve':
      return resolveInputs(task.plan, task.given, { front: task.front });
    default:
      return assertNever(task);
  }
}

function digestOf(value: unknown): Digest {
  // SHA-256 gives 64 lower-case hex digits.
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex')}` as Digest;
}

parentPort?.on('message', (task: CompileTask) => {
  try {
    tell({ kind: 'answer', answer: carryOut(task) });
  } catch (cause) {
    const reason = cause instanceof WaterflowFailure ? cause.error.message : String(cause);
    tell({ kind: 'failed', reason });
  }
});
