import { definePlugin, type Json, type Plugin } from 'waterflow/plugin';
import { parseTimeout } from './duration.ts';
import { describeExpectation, isExpected, type Statuses } from './status.ts';

interface Inputs {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: Json;
  readonly timeout?: string | number;
  readonly expect?: Statuses;
}

interface Outputs {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Json;
}

const defaultTimeout = '30s';
const defaultExpectation = '2xx';
/** Of an answer's body that a failure's message shows. */
const shownCharacters = 200;

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const expectation = inputs.expect ?? defaultExpectation;
  const method = inputs.method ?? 'GET';
  const { headers, body } = encode(inputs);
  const answer = await host.net.request({
    url: inputs.url,
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    redirects: 0,
    timeout_ms: parseTimeout(inputs.timeout ?? defaultTimeout),
  });
  const text = answer.body ?? '';
  if (!isExpected(answer.status, expectation)) {
    const location = answer.headers['location'];
    const detail = location ? `it redirects to ${location}, which is not followed` : text.slice(0, shownCharacters);
    const expected = describeExpectation(expectation);
    throw new Error(
      `${method} ${inputs.url} answered ${answer.status}, expected ${expected}${detail && `: ${detail}`}`,
    );
  }
  return { status: answer.status, headers: answer.headers, body: text, json: parse(text) };
});
export default plugin;

/** Headers are text on the wire. A body that isn't text is JSON, and says so unless the step gave a content type. */
function encode(inputs: Inputs): { readonly headers: Record<string, string>; readonly body?: string } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs.headers ?? {})) {
    headers[name] = String(value);
  }
  const { body } = inputs;
  if (body === undefined || body === null) {
    return { headers };
  }
  if (typeof body === 'string') {
    return { headers, body };
  }
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return { headers: typed ? headers : { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
