import type { CompileResult } from '../../dsl/api.ts';
import type { Diagnostic } from '../../schemas/index.ts';
import type { Message } from './chat.ts';
import { workflowIn } from './workflow-in.ts';

/** What came of asking. */
export interface Generated {
  readonly workflow: string;
  readonly diagnostics: readonly Diagnostic[];
  /** True where no diagnostic is an error. */
  readonly valid: boolean;
  /** How often the model was asked. */
  readonly rounds: number;
}

/** What it is asked with, and by whom it is judged. */
export interface RoundsOptions {
  readonly language: string;
  readonly prompt: string;
  readonly most: number;
  readonly askModel: (messages: readonly Message[], round: number) => Promise<string>;
  readonly compile: (workflow: string) => CompileResult;
}

/** Of a round's diagnostics, those that the model is told. */
const mostTold = 30;

/** Asks until the reply is a valid workflow file, or often enough; each time it is told what is wrong with the last one alone. */
export async function generateInRounds(options: RoundsOptions): Promise<Generated> {
  const { language, prompt, most, askModel, compile } = options;
  const begin: readonly Message[] = [
    { role: 'system', content: language },
    { role: 'user', content: prompt },
  ];
  let messages = begin;
  for (let round = 1; ; round += 1) {
    const reply = await askModel(messages, round);
    const workflow = workflowIn(reply);
    const { plan, diagnostics } = compile(workflow);
    const valid = plan !== undefined;
    if (valid || round >= most) return { workflow, diagnostics, valid, rounds: round };
    messages = [
      ...begin,
      { role: 'assistant', content: `\`\`\`yaml\n${workflow}\`\`\`` },
      { role: 'user', content: toldText(diagnostics) },
    ];
  }
}

function toldText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return [
    'That file is not valid. Correct it, and answer with the whole file again:',
    ...errors.slice(0, mostTold).map(({ code, message, remedy, line, column }) => {
      const place = line === undefined ? '' : `line ${line}, column ${column ?? 1}: `;
      return `- ${place}${code}: ${message}. ${remedy}`;
    }),
  ].join('\n');
}
