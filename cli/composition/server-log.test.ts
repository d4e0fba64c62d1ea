import { describe, expect, it } from 'vitest';
import { textStream } from '../testing/terminal.ts';
import { openServerLog } from './server-log.ts';

const at = Date.parse('2026-05-01T12:00:01.500Z');

describe("a server's log on stderr", () => {
  it('is a JSON object a line for programs', () => {
    const stderr = textStream();
    const log = openServerLog({ stderr, now: () => at }, { level: 'info', form: 'json' });
    log.info('listening', { url: 'http://127.0.0.1:1' });
    log.debug('not shown');
    expect(stderr.text()).toBe(
      '{"level":"info","at":"2026-05-01T12:00:01.500Z","message":"listening","url":"http://127.0.0.1:1"}\n',
    );
  });

  it('is lines for people, in which nothing acts on the terminal', () => {
    const stderr = textStream();
    const log = openServerLog({ stderr, now: () => at }, { level: 'debug', form: 'lines' });
    log.warn('slow\u001b[2J\nrequest', { request_id: 'req_1', seconds: 2 });
    expect(stderr.text()).toBe('12:00:01 warn  slow request request_id=req_1 seconds=2\n');
  });
});
