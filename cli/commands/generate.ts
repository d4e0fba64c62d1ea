import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compile } from '../../dsl/index.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { ask } from '../generate/chat.ts';
import { type Endpoint, findEndpoint } from '../generate/endpoint.ts';
import { languageText, withoutFolders } from '../generate/language.ts';
import { type Generated, generateInRounds } from '../generate/rounds.ts';
import { packageRoot } from '../package-root.ts';
import { createStyle } from '../report/style.ts';
import { countText, LineBuffer, plainJson, plainLogLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { printDiagnostics } from './diagnostics.ts';
import { writeText } from './write-file.ts';

/** `waterflow generate`'s options, as the command line gives them. */
export interface GenerateOptions {
  readonly prompt: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly rounds: number;
  /** In ms, for each reply. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** In characters: a prompt, and no file. */
const longestPrompt = 32 * 1024;
const mostRounds = 10;
/** What the result is called in diagnostics where it is written to no file. */
const unnamed = 'generated.yml';

/** Has the configured model write a workflow file, until it is valid or was asked often enough; gives the exit code. */
export async function generate(terminal: Terminal, options: GenerateOptions): Promise<number> {
  refuseWrong(terminal, options);
  const endpoint = findEndpoint(terminal);
  const interrupted = new AbortController();
  const stop = terminal.onInterrupt(() => interrupted.abort());
  try {
    const generated = await inRounds(terminal, { endpoint, options, signal: interrupted.signal });
    return await show(terminal, generated, { ...options, model: endpoint.model });
  } catch (cause) {
    if (interrupted.signal.aborted) return exitCodes.interrupted;
    throw cause;
  } finally {
    stop();
  }
}

/** Before anything is sent. */
function refuseWrong({ cwd }: Terminal, { prompt, output, force, rounds }: GenerateOptions): void {
  if (prompt.trim() === '') throw usageError('the prompt is empty', 'Say by --prompt what the workflow is to do.');
  if (prompt.length > longestPrompt) {
    throw usageError(`the prompt is longer than ${longestPrompt / 1024} KiB`, 'Say it in fewer words.');
  }
  if (rounds > mostRounds) throw usageError(`--rounds is more than ${mostRounds}`, `Ask at most ${mostRounds} times.`);
  if (output !== undefined && force !== true && existsSync(resolve(cwd, output))) {
    throw usageError(`${output} exists already`, 'Name another file, or say --force to replace it.');
  }
}

async function inRounds(
  terminal: Terminal,
  {
    endpoint,
    options,
    signal,
  }: { readonly endpoint: Endpoint; readonly options: GenerateOptions; readonly signal: AbortSignal },
): Promise<Generated> {
  const path = join(packageRoot(import.meta.url), 'schemas', 'workflow.schema.json');
  const schema = JSON.parse(await readFile(path, 'utf8')) as JsonObject; // Our own file, which is tested to be a schema.
  const catalogue = withoutFolders(openPlugins(terminal, []).nodes(terminal.cwd as AbsolutePath)); // process.cwd() is absolute.
  return await generateInRounds({
    language: languageText(schema, catalogue),
    prompt: options.prompt,
    most: options.rounds,
    askModel: async (messages, round) => {
      const progress = progressOf(terminal, endpoint, { round, most: options.rounds });
      const reply = await ask(endpoint, messages, {
        signal,
        timeoutMs: options.timeout,
        onText: progress.text,
        fetchIt: fetch,
      });
      progress.end();
      return reply;
    },
    // A file that it calls is an error: what lies here is no business of who wrote it, nor of who is told what is wrong with it.
    compile: (workflow) => compile(workflow, { file: options.output ?? unnamed, catalogue }),
  });
}

/** Shows people the reply as it comes. */
function progressOf(
  { stderr }: Terminal,
  { url, model }: Endpoint,
  { round, most }: { readonly round: number; readonly most: number },
): { readonly text: (text: string) => void; readonly end: () => void } {
  if (!stderr.interactive) return { text: () => {}, end: () => {} };
  const style = createStyle(stderr);
  const buffer = new LineBuffer();
  const print = (lines: readonly string[]): void => {
    for (const line of lines) stderr.write(`${style.dim(`  ${plainLogLine(line)}`)}\n`);
  };
  stderr.write(`asks ${plainLogLine(model)} at ${url.host} (${round} of at most ${countText(most, 'time')})\n`);
  return { text: (text) => print(buffer.push(text)), end: () => print(buffer.flush()) };
}

async function show(
  terminal: Terminal,
  generated: Generated,
  { output, force, json, model }: GenerateOptions & { readonly model: string },
): Promise<number> {
  const { workflow, diagnostics, valid, rounds } = generated;
  const file = valid ? output : undefined;
  if (file !== undefined) {
    await writeText(terminal, { file, existing: force === true ? 'replace' : 'refuse' }, workflow);
  }
  if (json === true) {
    const written = file === undefined ? {} : { file };
    terminal.stdout.write(`${plainJson({ valid, rounds, model, workflow, diagnostics, ...written })}\n`);
    return valid ? exitCodes.ok : exitCodes.failed;
  }
  // As it would be written to a file: the terminal's own guard sees to what a terminal would carry out.
  if (file === undefined) terminal.stdout.write(workflow);
  printDiagnostics(terminal, [{ text: workflow, diagnostics }], { json: false });
  const times = countText(rounds, 'round');
  terminal.stderr.write(
    valid
      ? `valid after ${times}${file === undefined ? '' : `, written to ${file}`}; read it before you run it\n`
      : `not valid after ${times}${output === undefined ? '' : `, so ${output} was not written`}\n`,
  );
  return valid ? exitCodes.ok : exitCodes.failed;
}
