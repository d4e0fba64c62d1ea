import { type Catalogue, catalogueOf } from './catalogue.ts';
import { type Keys, keysOf } from './keys.ts';
import { platformPowers, type Powers } from './powers.ts';
import { type Runs, runsOf } from './runs.ts';
import { type Schedules, schedulesOf } from './schedules.ts';
import { createTransport } from './transport.ts';
import { serverUrl } from './url.ts';
import { type Webhooks, webhooksOf } from './webhooks.ts';

/** A server, and how it is asked. */
export interface ClientSettings {
  /** Where the server is: `https://waterflow.example.com`. */
  readonly url: string | URL;
  /** An API key or a token; a function where it changes, asked before each attempt. No error and no output of the client shows it. */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** For each attempt of a call that is no stream, in ms. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** How long a call is tried again that gets no answer, or one that says to come again, in ms. Default: 30,000. */
  readonly retryForMs?: number | undefined;
  /** Allows http to other machines, which shows key and secrets to whoever is on the way. */
  readonly allowHttp?: boolean | undefined;
  /** For tests, and platforms that have their own. */
  readonly powers?: Partial<Powers> | undefined;
}

/** The whole API of a server, as an application uses it. */
export interface WaterflowClient extends Runs, Catalogue {
  readonly schedules: Schedules;
  readonly webhooks: Webhooks;
  readonly keys: Keys;
}

/** A client of a server. It holds no connection, and needs no closing. Throws WaterflowError where the URL isn't good. */
export function createClient(settings: ClientSettings): WaterflowClient {
  const { url, apiKey, timeoutMs = 60_000, retryForMs = 30_000, allowHttp = false } = settings;
  const powers = { ...platformPowers, ...settings.powers };
  const transport = createTransport({
    url: serverUrl(url, { allowHttp }),
    // Nowhere but in this closure: nothing that can be printed has it.
    apiKey: typeof apiKey === 'string' ? () => apiKey : apiKey,
    timeoutMs,
    retryForMs,
    powers,
  });
  return {
    ...runsOf(transport),
    ...catalogueOf(transport),
    schedules: schedulesOf(transport),
    webhooks: webhooksOf(transport),
    keys: keysOf(transport),
  };
}
