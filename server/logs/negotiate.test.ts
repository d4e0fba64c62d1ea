import { describe, expect, it } from 'vitest';
import { negotiatedFormat } from './negotiate.ts';

describe('the format of a stream', () => {
  it.each([
    [undefined, 'ndjson'],
    ['', 'ndjson'],
    ['*/*', 'ndjson'],
    ['application/json', 'ndjson'],
    ['text/event-stream', 'sse'],
    ['text/plain', 'text'],
    ['text/*', 'text'],
    ['text/event-stream, text/plain;q=0.5', 'sse'],
    ['text/plain;q=0.4, TEXT/EVENT-STREAM ; q=0.5', 'sse'],
    ['text/event-stream;q=0, */*;q=0.1', 'ndjson'],
    ['application/x-ndjson;q=0, */*;q=0.1', 'text'],
    ['text/plain;q=2', 'ndjson'],
    [',;q=,;', 'ndjson'],
  ])('for %j is %s', (accept, format) => {
    expect(negotiatedFormat(accept, ['ndjson', 'text', 'sse'])).toBe(format);
  });
});
