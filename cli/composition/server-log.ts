import { Writable } from 'node:stream';
import type { Logger } from 'winston';
import type { ServerConfig } from '../../server/config.ts';
import { createServerLog } from '../../server/log.ts';
import { createStyle, type DisplayStatus } from '../report/style.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** A server's log on stderr: a JSON object a line, or `lines` that people read. */
export function openServerLog(
  { stderr, now }: Pick<Terminal, 'stderr' | 'now'>,
  { level, form }: { readonly level: ServerConfig['logLevel']; readonly form: 'json' | 'lines' },
): Logger {
  const style = createStyle(stderr);
  const shown = (line: string): string => (form === 'json' ? line : `${readable(line, style)}\n`);
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stderr.write(shown(chunk.toString('utf8')));
      done();
    },
  });
  return createServerLog({ level, stream, now });
}

const statuses: Readonly<Record<string, DisplayStatus>> = { error: 'failure', warn: 'cancelled' };

/** `12:00:01 warn  there is no API_KEY  key=value`: one line of the log, which is JSON. */
function readable(line: string, style: ReturnType<typeof createStyle>): string {
  // The log writes objects, with these members first.
  const { level, at, message, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>> & {
    readonly level: string;
    readonly at: string;
    readonly message: unknown;
  };
  const about = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  const status = statuses[level];
  const word = level.padEnd('error'.length);
  const time = style.dim(at.slice('2026-01-01T'.length, '2026-01-01T00:00:00'.length));
  return [
    time,
    status === undefined ? word : style.status(status, word),
    plainLine(textOf(message)),
    style.dim(plainLine(about.join(' '))),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
