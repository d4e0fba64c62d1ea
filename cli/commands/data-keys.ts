import { join, resolve } from 'node:path';
import { writeKeyFile } from '../../engine/temporal/payloads/key-file.ts';
import { newPayloadKey } from '../../engine/temporal/payloads/payload-keys.ts';
import { newQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { makeNamedFolder } from '../install/write-whole.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** What the commands over keys of data take. */
export interface DataKeyOptions {
  readonly name: string;
  readonly out: string;
  readonly role?: string;
  readonly expires?: number;
  readonly json?: boolean;
}

/**
 * Makes the pair of a queue: the private half as NAME.queue-key, for the queue's agents, the public one on stdout, for the servers. Gives
 * the exit code.
 */
export async function newKeyOfQueue(terminal: Terminal, options: DataKeyOptions): Promise<number> {
  const { id, publicKey, privateKey } = await newQueueKey();
  const file = await writeNew(terminal, options, { ending: 'queue-key', content: privateKey });
  if (options.json === true) {
    terminal.stdout.write(`${plainJson({ id, public_key: publicKey, key_file: file })}\n`);
    return exitCodes.ok;
  }
  terminal.stdout.write(`${publicKey}\n`);
  terminal.stderr.write(
    `${plainLine(`${file}: for each agent of the queue, as its queue-keys-file; it opens the secrets of runs`)}\n` +
      `the public half, for the servers:\n  temporal:\n    queue-keys: { ${options.name}: ${publicKey} }\n`,
  );
  return exitCodes.ok;
}

/** Makes a key that encrypts what Temporal stores, as NAME.payload-key, and prints the file's path; gives the exit code. */
export async function newKeyOfPayloads(terminal: Terminal, options: DataKeyOptions): Promise<number> {
  const file = await writeNew(terminal, options, { ending: 'payload-key', content: newPayloadKey() });
  terminal.stdout.write(options.json === true ? `${plainJson({ key_file: file })}\n` : `${plainLine(file)}\n`);
  if (options.json !== true) {
    terminal.stderr.write(
      'for each server, engine and agent, as temporal.payload-keys-file or WATERFLOW_PAYLOAD_KEYS_FILE; keep a copy: without it nobody reads what it encrypted\n',
    );
  }
  return exitCodes.ok;
}

/** Never in the place of a key that is there. Gives its path. */
async function writeNew(
  terminal: Terminal,
  { name, out, role, expires }: DataKeyOptions,
  { ending, content }: { readonly ending: string; readonly content: string },
): Promise<string> {
  if (role !== undefined || expires !== undefined) {
    throw usageError('a key of data has no --role and no --expires', 'Leave them out.');
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw usageError('--name is no name for files', 'Use letters, digits, `.`, `_` and `-`.');
  }
  const folder = resolve(terminal.cwd, out);
  const file = join(folder, `${name}.${ending}`);
  makeNamedFolder(folder);
  await writeKeyFile(file, [content]);
  return file;
}
