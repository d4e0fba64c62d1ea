import { assertNever, plainJson, plainLine, plainLogLine } from '../../schemas/index.ts';
import type { HttpProblem } from '../http/problem.ts';
import type { UnplacedLine } from './assembler.ts';
import type { StreamFormat } from './negotiate.ts';
import type { LogPart } from './read-log.ts';

/** How parts of a stream are written, of which the last is its `end`. An empty text is nothing. */
export interface Writing<Part> {
  /** Before anything else, at once. */
  readonly opening: string;
  readonly part: (part: Part) => string;
  /** Where the stream breaks off after it has begun, so that no status can say why. Undefined: the format has no place for it. */
  readonly failure: (problem: HttpProblem) => string | undefined;
  /** Where it is ended before its own end, because the server is. Undefined as above. */
  readonly interrupted: string | undefined;
}

/** Clients wait so long before they connect again. */
const retryMs = 2000;

/** The start of every SSE stream (HTML Living Standard, 9.2). */
export const sseOpening: string = `retry: ${retryMs}\n\n`;
/** A comment: nothing for the client, and a living connection for whatever lies between. */
export const sseKeepAlive = ': keep-alive\n\n';

/**
 * One event. Its data is JSON on one line, in which no character that ends a line in SSE, or in any reader's idea of a line, stands as
 * it is; so nothing that somebody logs can look like a field of the stream.
 */
export function sseEvent(data: unknown, fields: { readonly event?: string; readonly id?: string } = {}): string {
  const event = fields.event === undefined ? '' : `event: ${fields.event}\n`;
  const id = fields.id === undefined ? '' : `id: ${fields.id}\n`;
  return `${event}${id}data: ${plainJson(data)}\n\n`;
}

/** The last event of a stream that broke off: the error, and the status that its answer would have had. */
export function sseFailure({ error, status }: HttpProblem): string {
  return sseEvent({ ...error, status }, { event: 'failure' });
}

/** How a run's log is written in a format. */
export function logWriting(run: string, format: StreamFormat): Writing<LogPart> {
  switch (format) {
    case 'ndjson':
      return {
        opening: '',
        part: (part) => (part.kind === 'line' ? `${plainJson(part.line)}\n` : ''),
        failure: () => undefined,
        interrupted: undefined,
      };
    case 'sse':
      return { opening: sseOpening, part: (part) => ssePart(run, part), failure: sseFailure, interrupted: '' };
    case 'text':
      return textWriting();
    default:
      return assertNever(format);
  }
}

function ssePart(run: string, part: LogPart): string {
  switch (part.kind) {
    case 'line':
      return sseEvent(part.line, { id: part.line.position });
    case 'end':
      return sseEvent({ run, status: part.state.status }, { event: 'end' });
    case 'quiet':
      return sseKeepAlive;
    case 'pause':
    case 'unfinished':
      return '';
    default:
      return assertNever(part);
  }
}

/** As `waterflow logs` prints it: each line with its job and step in front, and nothing in it that a terminal would carry out. */
function textWriting(): Writing<LogPart> {
  const attempts = new Map<string, string>();
  const write = (line: UnplacedLine): string => {
    const place = `[${plainLine(`${line.job}/${line.step}`)}]`;
    const attempt = `${line.attempt}${line.job_attempt > 1 ? ` of the job's attempt ${line.job_attempt}` : ''}`;
    const isOther = (attempts.get(place) ?? '1') !== attempt;
    if (isOther) attempts.set(place, attempt);
    return `${isOther ? `${place} -- attempt ${attempt}\n` : ''}${place} ${plainLogLine(line.text)}\n`;
  };
  return {
    opening: '',
    part: (part) => (part.kind === 'line' || part.kind === 'unfinished' ? write(part.line) : ''),
    interrupted: '-- the log breaks off: the server is shutting down\n',
    failure: ({ error: { code, message } }) => `-- the log breaks off: ${code}: ${plainLine(message)}\n`,
  };
}
