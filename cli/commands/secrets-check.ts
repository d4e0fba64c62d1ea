import { resolve } from 'node:path';
import { readSecretsDocument, type SecretsDocument } from '../../agent/secrets/index.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import { openSecrets } from '../composition/secrets.ts';
import { exitCodes } from '../exit-codes.ts';
import { countText, plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { printErrors, readNamedFile } from './policy-file.ts';

interface CheckOptions {
  readonly read?: boolean;
  readonly json?: boolean;
}

/** What was found of one secret; never its value. */
interface TriedSecret {
  readonly secret: string;
  readonly provider: string;
  readonly version?: number;
  readonly error?: WaterflowError;
}

/**
 * Reports all that is wrong with a file of secrets (exit 2). With `--read` also has the providers give each secret, as the agent would, and
 * tells which they don't give (exit 1); no value is shown.
 */
export async function checkSecretsFile(terminal: Terminal, file: string, options: CheckOptions): Promise<number> {
  const text = readNamedFile(terminal, file, 'the secrets file');
  const read = readSecretsDocument(text, resolve(terminal.cwd, file));
  const json = options.json === true;
  if ('errors' in read) {
    if (json) terminal.stdout.write(`${plainJson({ valid: false, errors: read.errors }, 2)}\n`);
    else printErrors(terminal, { text, errors: read.errors }, { json: false });
    if (!json) terminal.stdout.write(`${file}: ${countText(read.errors.length, 'error')}\n`);
    return exitCodes.usage;
  }
  const tried = options.read === true ? await tryAll(terminal, read.document) : undefined;
  const failed = tried?.filter(({ error }) => error !== undefined).length ?? 0;
  if (json) {
    terminal.stdout.write(`${plainJson({ valid: true, ...(tried === undefined ? {} : { secrets: tried }) }, 2)}\n`);
  } else {
    for (const one of tried ?? []) terminal.stdout.write(`${lineOf(one)}\n`);
    terminal.stdout.write(`${file}: ${failed === 0 ? 'no errors' : `${countText(failed, 'secret')} not given`}\n`);
  }
  return failed > 0 ? exitCodes.failed : exitCodes.ok;
}

async function tryAll(terminal: Terminal, document: SecretsDocument): Promise<readonly TriedSecret[]> {
  await using broker = openSecrets(terminal, document, undefined);
  const provided = broker.all;
  return await Promise.all(
    [...document.secrets].map(async ([secret, { provider }]): Promise<TriedSecret> => {
      const resolved = await provided.resolve(secret, new AbortController().signal);
      if ('error' in resolved) return { secret, provider, error: resolved.error };
      const { version } = resolved.ok;
      return { secret, provider, ...(version === undefined ? {} : { version }) };
    }),
  );
}

function lineOf({ secret, provider, version, error }: TriedSecret): string {
  if (error !== undefined) return `${secret}: ${error.code}: ${error.message}\n  ${error.remedy}`;
  return `${secret}: given by ${provider}${version === undefined ? '' : `, version ${version}`}`;
}
