import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import clientSchema from '../../schemas/client-config.schema.json' with { type: 'json' };
import type { ClientConfigFile } from '../../schemas/generated/client-config.ts';
import { configPath } from '../client/config-path.ts';
import { checkedKey, keyedUrl, pathInFile } from '../client/credentials.ts';
import { usageError } from '../command.ts';
import { openKey, readConfigFile, readKeyFile } from '../composition/config-file.ts';
import type { Terminal } from '../terminal.ts';

/** A model that somebody runs who was named for this: nobody is by default. */
export interface Endpoint {
  /** Ends with a slash: `chat/completions` is relative to it. */
  readonly url: URL;
  readonly model: string;
  readonly apiKey?: string;
}

type Surroundings = Pick<Terminal, 'cwd' | 'env'>;

/**
 * The endpoint that the environment names (WATERFLOW_GENERATE_URL), else the user's configuration. A key goes to the endpoint that stands
 * in the same place. Throws WaterflowFailure: USAGE where none is named, or it is none that a key may be sent to.
 */
export function findEndpoint(terminal: Surroundings): Endpoint {
  const url = variable(terminal, 'WATERFLOW_GENERATE_URL');
  return url === undefined ? fromFile(terminal) : fromEnvironment(terminal, url);
}

function fromEnvironment(terminal: Surroundings, text: string): Endpoint {
  const model = variable(terminal, 'WATERFLOW_GENERATE_MODEL');
  if (model === undefined) {
    throw usageError('WATERFLOW_GENERATE_URL names an endpoint, and no model', 'Name one in WATERFLOW_GENERATE_MODEL.');
  }
  const [key, file] = [
    variable(terminal, 'WATERFLOW_GENERATE_API_KEY'),
    variable(terminal, 'WATERFLOW_GENERATE_API_KEY_FILE'),
  ];
  if (key !== undefined && file !== undefined) {
    throw usageError(
      'the environment says in two ways which key the endpoint has',
      'Keep WATERFLOW_GENERATE_API_KEY_FILE.',
    );
  }
  const apiKey = file === undefined ? key : readKeyFile(resolve(terminal.cwd, file), { mostReaders: 'owner' });
  const endpoint = { url: endpointUrl(text, 'WATERFLOW_GENERATE_URL'), model };
  return apiKey === undefined ? endpoint : { ...endpoint, apiKey: checkedKey(apiKey, 'WATERFLOW_GENERATE_API_KEY') };
}

function fromFile(terminal: Surroundings): Endpoint {
  const path = configPath(terminal);
  const read = existsSync(path) ? readConfigFile<ClientConfigFile>(path, clientSchema) : undefined;
  const generate = read?.content.generate;
  if (read === undefined || generate === undefined) throw notConfigured(path);
  const { url: text, model, 'api-key': key, 'api-key-file': file, 'api-key-env': name } = generate;
  if (key !== undefined && read.readers !== 'owner') throw openKey(path, 'owner');
  if ([key, file, name].filter((one) => one !== undefined).length > 1) {
    throw usageError(`\`generate\` in ${path} says in several ways which key it has`, 'Keep `api-key-file`.');
  }
  const endpoint = { url: endpointUrl(text, `\`generate.url\` in ${path}`), model };
  if (key !== undefined) return { ...endpoint, apiKey: checkedKey(key, `\`generate.api-key\` in ${path}`) };
  if (file !== undefined) return { ...endpoint, apiKey: readKeyFile(pathInFile(file, path), { mostReaders: 'owner' }) };
  if (name === undefined) return endpoint;
  const found = variable(terminal, name);
  if (found === undefined) {
    throw usageError(
      `the environment variable ${name}, which holds the key of the endpoint, is not set`,
      `Set ${name} in the environment.`,
    );
  }
  return { ...endpoint, apiKey: checkedKey(found, name) };
}

function notConfigured(path: string): Error {
  return usageError(
    'no model is configured, and none is asked by default',
    `Name an OpenAI-compatible endpoint of your own: \`generate: { url: https://models.example.com/v1, model: NAME, api-key-file: FILE }\` in ${path}, or WATERFLOW_GENERATE_URL and WATERFLOW_GENERATE_MODEL. Your prompt goes there.`,
  );
}

function endpointUrl(text: string, from: string): URL {
  return keyedUrl(text, {
    from,
    example: 'Write it as https://models.example.com/v1, up to what stands before `/chat/completions`.',
    keyPlace: 'Give the key by `api-key-file` or WATERFLOW_GENERATE_API_KEY_FILE.',
    exposed: 'the key and the prompt',
    port: 11_434,
  });
}

function variable({ env }: Surroundings, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}
