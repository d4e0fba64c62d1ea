import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { grantableCapabilities } from '../../runtime/capabilities/table.ts';
import answersSchema from '../../schemas/host-answers.schema.json' with { type: 'json' };
import type { Json, JsonObject } from '../../schemas/index.ts';
import { answerProblems } from './recorded-answer.ts';
import { wholeAnswer } from './whole-answer.ts';

const schemas: JsonObject = answersSchema.properties;
const operations = grantableCapabilities.flatMap(({ name, operations }) =>
  Object.keys(operations).map((operation) => `${name}.${operation}`),
);

/** What the page of calls says that each answers, by `capability.operation`. */
const documented = new Map(
  readFileSync(join(import.meta.dirname, '../../docs/host-calls.md'), 'utf8')
    .split('\n')
    .flatMap((line): readonly (readonly [string, string])[] => {
      const [, capability, names = '', , answer = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      if (!/^`[a-z]+`$/.test(capability ?? '')) return [];
      return names.split(', ').map((name) => [`${capability}.${name}`.replaceAll('`', ''), answer] as const);
    }),
);

describe('the schemas of answers', () => {
  it('are one for each call that a grant lets through, and valid', () => {
    expect(Object.keys(schemas).sort()).toEqual([...operations].sort());
    expect(new Ajv().validateSchema(answersSchema)).toBe(true);
  });

  it.each(operations)('say of %s what the page of host calls says', (name) => {
    const answer = documented.get(name) ?? '';
    expect(answer).not.toBe('');
    const objects = (answer.match(/`[^`]*`/g) ?? []).filter((code) => /^`\[?\{/.test(code)).join();
    const keys = (objects.match(/[a-z_0-9]+(?=\??[,:} ])/g) ?? []).filter((word) => !['true', 'false'].includes(word));
    const known = JSON.stringify(schemas[name]);
    for (const key of keys) expect(known).toContain(`"${key}"`);
  });
});

describe('a recorded answer', () => {
  const call = (capability: string, operation: string, args: JsonObject = {}) => ({ capability, operation, args });

  it.each<[string, string, Json | undefined, string, string]>([
    [
      'net',
      'request',
      undefined,
      'neither an answer nor an error',
      'Write `ok: { status: 200 }`, or `error: { code: …, message: … }`.',
    ],
    ['net', 'request', {}, '`status` is missing', 'Write `ok: { status: 200 }`.'],
    ['net', 'request', { status: '200' }, '`status` must be of type integer', 'Change the value.'],
    ['net', 'request', { status: 200, heders: {} }, 'unknown key `heders`', 'Did you mean `headers`?'],
    ['net', 'request', { status: 200, body: { a: 1 } }, '`body` must be of type string', 'Change the value.'],
    ['exec', 'run', { exitcode: 0 }, 'unknown key `exitcode`', 'Did you mean `exit_code`?'],
    ['ssh', 'stat', undefined, 'answers with an object or null', 'error'],
    ['docker', 'remove', {}, 'it must be of type null', 'Write `ok: null`.'],
    ['mail', 'send', undefined, 'answers with an object', 'Write `ok: {}`'],
  ])('of %s.%s can not be %j', (capability, operation, ok, message, remedy) => {
    expect(answerProblems(call(capability, operation), ok)).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) }),
    );
  });

  it.each<[string, string, Json | undefined]>([
    ['net', 'request', { status: 204 }],
    ['docker', 'remove', undefined],
    ['fs', 'write', undefined],
    ['ssh', 'stat', null],
    ['mail', 'send', {}],
  ])('of %s.%s may be %j', (capability, operation, ok) => {
    expect(answerProblems(call(capability, operation), ok)).toEqual([]);
  });

  it('is filled in with what a real answer always has', () => {
    const url = 'https://example.com/a';
    const get = call('net', 'request', { url });
    expect(wholeAnswer(get, { status: 200, body: 'é' }, {})).toEqual({
      url,
      redirects: 0,
      elapsed_ms: 0,
      headers: {},
      body: 'é',
      bytes: 2,
      status: 200,
    });
    const download = call('net', 'request', { url, response: { file: 'a' } });
    expect(wholeAnswer(download, { status: 200 }, { a: { base64: 'AAAA' } })).toMatchObject({ bytes: 3 });
    expect(wholeAnswer(download, { status: 200 }, {})).not.toHaveProperty('body');
    // What says why there is no file goes to the plugin.
    expect(wholeAnswer(download, { status: 404, body: 'gone' }, {})).toMatchObject({ body: 'gone', bytes: 4 });
    expect(wholeAnswer(call('exec', 'run', { command: 'git', stdout: 'capture' }), { exit_code: 1 }, {})).toEqual({
      exit_code: 1,
      stdout: '',
      files: {},
    });
    const mail = call('mail', 'send', { to: ['a@example.com', { address: 'b@example.com' }] });
    expect(wholeAnswer(mail, { bytes: 7 }, {})).toMatchObject({
      accepted: ['a@example.com', 'b@example.com'],
      bytes: 7,
    });
    expect(wholeAnswer(call('ssh', 'stat'), null, {})).toBe(null);
  });

  it('fits its schema once it is whole, whatever a case left out', () => {
    const samples: Readonly<Record<string, JsonObject>> = {
      'net.request': { status: 200 },
      'exec.run': { exit_code: 0 },
      'docker.run': { exit_code: 0 },
      'docker.start': { container: 'c' },
      'docker.exec': { exit_code: 0 },
      'docker.status': { status: 'running' },
      'store.get': { value: 1, version: 1 },
      'store.list': { keys: [] },
      'store.save': { saved: true, bytes: 1, sha256: '0'.repeat(64) },
      'store.load': { found: true },
      'ssh.exec': { exit_code: 0 },
    };
    const problems = Object.entries(samples).flatMap(([name, ok]) => {
      const [capability = '', operation = ''] = name.split('.');
      const made = call(capability, operation, {
        url: 'https://example.com/',
        stdout: 'capture',
        to: ['a@example.com'],
      });
      return answerProblems(made, wholeAnswer(made, ok, {}));
    });
    expect(problems).toEqual([]);
  });
});
