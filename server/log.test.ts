import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Logger } from 'winston';
import type { ServerConfig } from './config.ts';
import { createServerLog } from './log.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function logTo(level: ServerConfig['logLevel'] = 'debug'): { readonly log: Logger; readonly written: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { log: createServerLog({ level, stream, now: () => at }), written: () => text };
}

describe("the server's log", () => {
  it('is a JSON object a line, with what the message is about', () => {
    const { log, written } = logTo();
    log
      .child({ request_id: 'req_1', trace_id: 'abc' })
      .info('a run was taken', { run: 'run-1', step: 'build', waited_ms: 5 });
    expect(written()).toMatch(/^\{"level":"info","at":"2026-01-02T03:04:05.006Z","message":"a run was taken",.*\}\n$/u);
    expect(JSON.parse(written())).toEqual({
      level: 'info',
      at: '2026-01-02T03:04:05.006Z',
      message: 'a run was taken',
      run: 'run-1',
      step: 'build',
      waited_ms: 5,
      request_id: 'req_1',
      trace_id: 'abc',
    });
  });

  it('leaves out what is below its level', () => {
    const { log, written } = logTo('warn');
    log.info('nothing');
    log.error('something', { cause: new Error('why') });
    expect(written().trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(written())).toMatchObject({ level: 'error', cause: expect.stringMatching(/^Error: why\n/u) });
  });

  it('holds no secret, by its name or by its looks', () => {
    const { log, written } = logTo();
    const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.${'s'.repeat(43)}`;
    const key = `wf_abcdefgh_${'A1b2'.repeat(10)}`;
    log.warn(`with ${key} and Bearer abcdef.ghijkl, ${jwt}`, {
      headers: { Authorization: 'Basic dXNlcjpwYXNz', 'X-API-Key': key, cookie: 'session=hunter2' },
      url: 'postgresql://waterflow:hunter2@db/waterflow',
      client_secret: 'hunter2',
      secrets: ['DEPLOY_KEY'],
    });
    expect(written()).not.toMatch(/hunter2|A1b2A1b2|dXNlcjpwYXNz|abcdef\.ghijkl|eyJzdWIi/u);
    expect(JSON.parse(written())).toMatchObject({
      secrets: ['DEPLOY_KEY'],
      message: expect.stringContaining('wf_abcdefgh_***'),
    });
  });

  it('is one line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, value) => {
        const { log, written } = logTo();
        log.info(`${text}\r\n{"level":"error"}\u2028`, { value, [`x${text}`]: text });
        expect(written()).toMatch(/^[^\p{Cc}\u2028\u2029]*\n$/u);
        expect(JSON.parse(written()).level).toBe('info');
      }),
    );
  });

  it("can't be made to forge its own fields, nor to fail or to be endless", () => {
    const { log, written } = logTo();
    const circle: Record<string, unknown> = {};
    for (let index = 0; index < 100; index += 1) circle[`circle${index}`] = circle;
    log.info('m', { at: 'never', big: 1n, long: 'x'.repeat(100_000), circle });
    expect(JSON.parse(written())).toMatchObject({
      level: 'info',
      at: '2026-01-02T03:04:05.006Z',
      message: 'm',
      big: '1',
    });
    expect(written().length).toBeLessThan(30_000);
  });
});
