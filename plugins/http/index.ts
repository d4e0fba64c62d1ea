import { definePlugin, type Host, type Json, type Plugin, stepFailure } from 'waterflow/plugin';
import { encode } from './body.ts';
import { parseDuration } from './duration.ts';
import { checkExpectation, type Expectation, misfitOf } from './expectation.ts';
import { explained } from './explained.ts';
import { checkInputs, type Inputs, isExpectation, parseSize } from './inputs.ts';
import { waitOf } from './retry-after.ts';
import { checkStatuses, describeExpectation, isExpected } from './status.ts';

type Request = Parameters<Host['net']['request']>[0];
type Answer = Awaited<ReturnType<Host['net']['request']>>;

/** Outputs as plugin.yaml declares them. */
interface Outputs {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Json;
  readonly 'elapsed-ms': number;
  readonly url: string;
  readonly redirects: number;
  readonly attempts: number;
  readonly path?: string;
  readonly bytes?: number;
  readonly sha256?: string;
}

const defaultTimeout = '30s';
const defaultDownloadTimeout = '30m';
const defaultExpectation = '2xx';
/** Where the step says who may be redirected to, and not how often. */
const defaultRedirects = 5;
/** Of a download without `max-size`; what the step may write, and the disk, bound it before. */
const maxBytes = 1024 ** 4;
/** Of an answer's body that a failure's message shows. */
const shownCharacters = 200;

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  checkInputs(inputs);
  const expectation = expectationOf(inputs);
  checkExpectation(expectation);
  checkStatuses(inputs['retry-on'], 'retry-on');
  const { answer, attempts } = await ask(await requestOf(inputs, host), { inputs, expectation, host });
  const outputs = outputsOf(answer, { inputs, attempts });
  const misfit = statusMisfit(answer, expectation) ?? contentMisfit(outputs.body, expectation);
  if (misfit === undefined) {
    if (outputs.path !== undefined) host.log(`wrote ${outputs.bytes} bytes to ${outputs.path}`);
    return outputs;
  }
  const remedy = remedyOf(answer, inputs);
  const times = attempts === 1 ? '' : ` (${attempts} times)`;
  throw stepFailure(`${inputs.method} ${inputs.url} answered ${answer.status}${times}${misfit}`, {
    outputs,
    ...(remedy === undefined ? {} : { remedy }),
  });
});
export default plugin;

function expectationOf({ expect }: Inputs): Expectation & { readonly status: NonNullable<Expectation['status']> } {
  if (isExpectation(expect)) return { ...expect, status: expect.status ?? defaultExpectation };
  return { status: expect ?? defaultExpectation };
}

async function requestOf(inputs: Inputs, host: Host): Promise<Request> {
  const { url, method, token, download, sha256, proxy } = inputs;
  const { headers, body } = await encode(inputs, async () => `waterflow-${await host.random.uuid()}`);
  const auth = authOf(inputs);
  const timeout = inputs.timeout ?? (download === undefined ? defaultTimeout : defaultDownloadTimeout);
  return {
    url,
    method,
    headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
    ...(auth === undefined ? {} : { auth }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(download === undefined ? {} : { response: { file: download }, max_bytes: sizeOf(inputs) }),
    redirects: inputs.redirects ?? (inputs['redirect-to'] === undefined ? 0 : defaultRedirects),
    timeout_ms: parseDuration(timeout, 'timeout'),
  };
}

/** Secrets here are placeholders: the agent puts the values in on the way out. */
function authOf(inputs: Inputs): Request['auth'] {
  const { user, password, 'client-certificate': certificate, 'client-key': key } = inputs;
  if (user === undefined && key === undefined) return undefined;
  return {
    ...(user === undefined || password === undefined ? {} : { basic: { user, password } }),
    ...(certificate === undefined || key === undefined ? {} : { client_cert: { certificate, key } }),
  };
}

function sizeOf({ 'max-size': size }: Inputs): number {
  return size === undefined ? maxBytes : parseSize(size);
}

interface Asking {
  readonly inputs: Inputs;
  readonly expectation: Expectation;
  readonly host: Host;
}

/** Asks as often as the step lets it; a status that is expected is never a reason to ask again. */
async function ask(
  request: Request,
  { inputs, expectation, host }: Asking,
): Promise<{ readonly answer: Answer; readonly attempts: number }> {
  const longest = parseDuration(inputs['retry-wait'], 'retry-wait');
  for (let attempts = 1; ; attempts += 1) {
    const answer = await host.net.request(request).catch((cause: unknown) => {
      throw explained(cause, inputs);
    });
    const again =
      attempts <= inputs.retries &&
      statusMisfit(answer, expectation) !== undefined &&
      isExpected(answer.status, inputs['retry-on'], 'retry-on');
    if (!again) return { answer, attempts };
    const wait = waitOf(answer.headers['retry-after'], { attempts, now: await host.now(), longest });
    if (wait > longest) {
      throw stepFailure(
        `${inputs.method} ${inputs.url} answered ${answer.status}, and asks to wait ${Math.ceil(wait / 1000)} s`,
        { outputs: outputsOf(answer, { inputs, attempts }), remedy: 'Try again later, or raise `retry-wait`.' },
      );
    }
    host.log(`${inputs.url} answered ${answer.status}; asking again in ${Math.ceil(wait / 1000)} s`);
    await host.sleep(wait);
  }
}

/** What a failure says behind the status; undefined where the status is expected. */
function statusMisfit(
  { status, headers, body }: Answer,
  { status: expected = defaultExpectation }: Expectation,
): string | undefined {
  if (isExpected(status, expected)) return undefined;
  const location = status >= 300 && status < 400 ? headers['location'] : undefined;
  const detail =
    location === undefined
      ? (body ?? '').slice(0, shownCharacters)
      : `it redirects to ${location}, which is not followed`;
  return `, expected ${describeExpectation(expected)}${detail === '' ? '' : `: ${detail}`}`;
}

function contentMisfit(body: string, expectation: Expectation): string | undefined {
  const misfit = misfitOf(expectation, { body, json: parse(body) });
  return misfit === undefined ? undefined : `: ${misfit}`;
}

function outputsOf(
  answer: Answer,
  { inputs, attempts }: { readonly inputs: Inputs; readonly attempts: number },
): Outputs {
  const body = answer.body ?? '';
  const { status, headers, url, redirects, bytes, sha256 } = answer;
  return {
    status,
    headers,
    body,
    json: parse(body) ?? null,
    'elapsed-ms': answer.elapsed_ms,
    url,
    redirects,
    attempts,
    // Where the status was no 2xx, the answer came here and no file was written.
    ...(inputs.download === undefined || sha256 === undefined ? {} : { path: inputs.download, bytes, sha256 }),
  };
}

/** Undefined where it isn't JSON. */
function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function remedyOf({ status }: Answer, inputs: Inputs): string | undefined {
  if (status === 401 || status === 403) return 'Check the credentials that the step gives.';
  if (status === 407) return 'The proxy wants a login, which this node does not have.';
  if (status >= 300 && status < 400 && inputs['redirect-to'] === undefined) {
    return 'Give the address that it redirects to as `url`, or name its origin in `redirect-to`.';
  }
  if (status === 429 || status >= 500) return 'Try again later, or let the step do so by `retries`.';
  return undefined;
}
