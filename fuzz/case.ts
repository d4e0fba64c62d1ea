import type { CompileOptions } from '../dsl/index.ts';
import { assertNever } from '../schemas/index.ts';
import { checkFile, type FileOutcome, Finding } from './check-file.ts';
import { problemOfExpression } from './expressions.ts';
import type { FuzzInput } from './inputs.ts';
import type { Random } from './random.ts';
import type { Seeds } from './seeds.ts';

/** What came of a case. */
export type Outcome = FileOutcome | 'expression';

/** Checks cases, all in the same surroundings. */
export class Checker {
  readonly #called: ReadonlyMap<string, string>;
  readonly #catalogue: CompileOptions['catalogue'];

  constructor({ called }: Seeds, catalogue: CompileOptions['catalogue']) {
    this.#called = called;
    this.#catalogue = catalogue;
  }

  /** Throws where something is found; `random` decides what else is tried with a file. */
  check(input: FuzzInput, random: Random): Outcome {
    switch (input.kind) {
      case 'expression': {
        const problem = problemOfExpression(input.source);
        if (problem !== undefined) throw new Finding(problem);
        return 'expression';
      }
      case 'file':
        return this.#checkFile(input.source, input.source, random);
      case 'called':
        return this.#checkFile(callerOfOther, input.source, random);
      default:
        return assertNever(input);
    }
  }

  #checkFile(source: string | Uint8Array, other: string | Uint8Array, random: Random): FileOutcome {
    const readWorkflow = (path: string) => {
      if (path === 'other.yml') return { source: other };
      const called = this.#called.get(path);
      return called === undefined ? { missing: 'there is no such file' } : { source: called };
    };
    const options: CompileOptions = { file: 'workflow.yml', catalogue: this.#catalogue, readWorkflow };
    return checkFile(source, { options, random, clock: threadCpuMs });
  }
}

const callerOfOther =
  'on: manual\njobs:\n  call:\n    uses: ./other.yml\n    with: { text: a }\n    secrets: inherit\n';

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
