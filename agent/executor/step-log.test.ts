import { describe, expect, it } from 'vitest';
import { createRedactor } from '../redaction/index.ts';
import { createStepLog, maximumLogBytes, type StepLog } from './step-log.ts';

function logOf(values: readonly string[]): {
  readonly log: StepLog;
  readonly lines: string[];
  readonly exceeded: () => number;
  readonly counted: () => number;
} {
  const lines: string[] = [];
  let exceeded = 0;
  let counted = 0;
  const log = createStepLog({
    redactor: createRedactor(values),
    give: (stream, text) => lines.push(`${stream}: ${text}`),
    exceeded: () => {
      exceeded += 1;
    },
    lines: (count) => {
      counted += count;
    },
  });
  return { log, lines, exceeded: () => exceeded, counted: () => counted };
}

describe('the log of a step', () => {
  it('passes text on at once, each stream for itself', () => {
    const { log, lines } = logOf([]);
    log.write('stdout', 'out');
    log.write('stderr', 'error\n');
    log.write('log', 'a line');
    expect(lines).toEqual(['stdout: out', 'stderr: error\n', 'log: a line\n']);
  });

  it('holds back what may be a secret until that is known', () => {
    const { log, lines } = logOf(['secret-value']);
    log.write('stdout', 'a secret-');
    log.write('stderr', 'value');
    log.write('stdout', 'value b');
    log.write('stdout', ' secret');
    log.end();
    expect(lines.filter((line) => line.startsWith('stdout')).join('')).toBe(
      'stdout: a stdout: *** bstdout:  stdout: secret',
    );
    expect(lines).toContain('stderr: value');
  });

  it('puts characters together that the border of two chunks cut', () => {
    const { log, lines } = logOf(['grün-geheim']);
    const bytes = Buffer.from('x grün-geheim ü');
    for (const byte of bytes) {
      log.write('stdout', Uint8Array.of(byte));
    }
    log.end();
    expect(lines.join('').replaceAll('stdout: ', '')).toBe('x *** ü');
  });

  it('tells of every line, whoever wrote it and in however many parts', () => {
    const { log, counted } = logOf([]);
    log.write('log', 'one');
    log.write('stdout', 'two\nth');
    log.write('stdout', Buffer.from('ree\nfour\n'));
    expect(counted()).toBe(4);
  });

  it('ends at its limit, and says so once', () => {
    const { log, lines, exceeded } = logOf([]);
    const chunk = new Uint8Array(maximumLogBytes / 2).fill(0x61);
    for (let count = 0; count < 4; count += 1) {
      log.write('stdout', chunk);
    }
    expect(exceeded()).toBe(1);
    expect(lines.at(-1)).toBe('log: the log ends here: it is larger than 64 MiB\n');
    expect(lines.filter((line) => line.startsWith('log'))).toHaveLength(1);
  });

  it('ends after two million lines, however short they are', () => {
    const { log, lines, exceeded } = logOf([]);
    const chunk = '\n'.repeat(500_000);
    for (let count = 0; count < 4; count += 1) {
      log.write('stdout', chunk);
    }
    expect(exceeded()).toBe(0);
    log.write('stdout', chunk);
    expect(exceeded()).toBe(1);
    expect(lines).toHaveLength(5);
  });
});
