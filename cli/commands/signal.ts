import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { operatorName } from '../composition/operator.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';
import { resumeHint } from './operate.ts';
import { readFileBytes } from './read-file.ts';

/** `waterflow signal`'s options, as the command line gives them. */
export interface SignalOptions {
  readonly payload?: string;
  readonly payloadFile?: string;
  readonly by?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** Sends a run a signal that it waits for; gives the exit code. */
export async function signal(
  terminal: Terminal,
  { run: word, name }: { readonly run: string; readonly name: string },
  options: SignalOptions,
): Promise<number> {
  const run = findRun(openStore(terminal, options.state), word);
  const payload = await readPayload(terminal, options);
  const by = operatorName(options.by);
  await using opened = openOperations(terminal, options.state);
  const { takesEffect } = await opened.engine.operate(run, { kind: 'signal', signal: { name, by, payload } });
  if (options.json === true) {
    const sent = { type: 'operation', run, operation: 'signal', name, by, takes_effect: takesEffect };
    terminal.stdout.write(`${plainJson(sent)}\n`);
    return exitCodes.ok;
  }
  const later = takesEffect === 'now' ? '' : `; ${resumeHint({ run, state: options.state })}`;
  terminal.stdout.write(`${plainLine(`${run} has the signal ${name}${later}`)}\n`);
  return exitCodes.ok;
}

/** What is sent along: JSON of the command line, of a file, or piped in; null where there is none. */
export async function readPayload(terminal: Terminal, { payload, payloadFile }: SignalOptions): Promise<Json> {
  if (payload !== undefined && payloadFile !== undefined) {
    throw usageError('there are two payloads', 'Give --payload or --payload-file, not both.');
  }
  if (payload !== undefined) return parsePayload(payload, '--payload');
  if (payloadFile === undefined) return null;
  if (payloadFile === '-') return parsePayload(await readPiped(terminal), 'what was piped in');
  const remedy = 'Name a file that exists and that you may read, or `-` for what is piped in.';
  return parsePayload((await readFileBytes(terminal, payloadFile, remedy)).toString('utf8'), payloadFile);
}

async function readPiped(terminal: Terminal): Promise<string> {
  const lines: string[] = [];
  for await (const line of terminal.stdin()) {
    if ('tooLong' in line) throw usageError('what is piped in is too long', 'Send at most 256 KiB of JSON.');
    lines.push(line.text);
  }
  return lines.join('\n');
}

function parsePayload(text: string, where: string): Json {
  try {
    // JSON.parse() gives nothing else.
    return JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WaterflowFailure({
      code: 'INVALID_INPUT',
      message: `the payload is not JSON (${where}): ${reason}`,
      remedy: `Write JSON, a text in quotes: --payload '"text"' or --payload '{ "key": 1 }'.`,
    });
  }
}
