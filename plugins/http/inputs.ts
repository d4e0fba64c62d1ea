import type { Json } from 'waterflow/plugin';
import type { Expectation } from './expectation.ts';
import type { Statuses } from './status.ts';

/** A value of YAML that stands for a text. */
export type Scalar = string | number | boolean;

/** A field of a form with files. */
export interface Part {
  readonly name: string;
  readonly value?: Scalar;
  readonly file?: string;
  readonly filename?: string;
  readonly 'content-type'?: string;
}

/** What a step says, as plugin.yaml declares it. What has a default there is always given. */
export interface Inputs {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, Scalar>>;
  readonly body?: Json;
  readonly 'body-file'?: string;
  readonly form?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  readonly multipart?: readonly Part[];
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-key'?: string;
  readonly timeout?: string | number;
  readonly expect?: Statuses | Expectation;
  readonly download?: string;
  readonly sha256?: string;
  readonly 'max-size'?: string | number;
  readonly retries: number;
  readonly 'retry-on': Statuses;
  readonly 'retry-wait': string | number;
  readonly redirects?: number;
  readonly 'redirect-to'?: readonly string[];
  readonly proxy?: string;
}

/** Throws where inputs don't go together: one of them would have no effect, and nobody would see it. */
export function checkInputs(inputs: Inputs): void {
  const bodies = (['body', 'body-file', 'form', 'multipart'] as const).filter((name) => inputs[name] !== undefined);
  if (bodies.length > 1) throw new Error(`${bodies.join(' and ')}: a request has one body`);
  requireBoth(inputs, 'user', 'password');
  requireBoth(inputs, 'client-certificate', 'client-key');
  const logins = (['user', 'token'] as const).filter((name) => inputs[name] !== undefined);
  const header = Object.keys(inputs.headers ?? {}).find((name) => name.toLowerCase() === 'authorization');
  if (logins.length + (header === undefined ? 0 : 1) > 1) {
    const all = [...logins, ...(header === undefined ? [] : [`headers.${header}`])];
    throw new Error(`${all.join(' and ')}: a request has one Authorization header`);
  }
  if (inputs['client-key'] !== undefined && !/^https:/i.test(inputs.url)) {
    throw new Error('client-certificate: it is shown over https only');
  }
  if (inputs['max-size'] !== undefined && inputs.download === undefined) {
    throw new Error('max-size: it is for a download');
  }
  const { expect } = inputs;
  if (
    inputs.download !== undefined &&
    isExpectation(expect) &&
    (expect.json !== undefined || expect.body !== undefined)
  ) {
    throw new Error('expect: what is downloaded is not looked into: give sha256, or leave download out');
  }
}

/** Whether it says more than statuses. */
export function isExpectation(expect: Inputs['expect']): expect is Expectation {
  return typeof expect === 'object' && !Array.isArray(expect);
}

function requireBoth(inputs: Inputs, one: keyof Inputs, other: keyof Inputs): void {
  if ((inputs[one] === undefined) !== (inputs[other] === undefined)) {
    throw new Error(`${one} and ${other} belong together`);
  }
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `10MiB`, or a number of bytes. Throws on anything else. */
export function parseSize(value: string | number): number {
  const [, amount, unit = ''] = /^(\d{1,15})\s?(KiB|MiB|GiB)?$/.exec(String(value).trim()) ?? [];
  const bytes = Number(amount) * (unitBytes[unit] ?? Number.NaN);
  if (!(bytes > 0)) throw new Error(`max-size: ${JSON.stringify(value)} is no size such as 10MiB`);
  return bytes;
}
