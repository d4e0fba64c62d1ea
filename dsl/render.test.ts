import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../schemas/index.ts';
import { renderDiagnostic } from './index.ts';

const diagnostic: Diagnostic = {
  severity: 'error',
  code: 'UNKNOWN_KEY',
  message: '`stpes` is no key of a job',
  remedy: 'Did you mean `steps`?',
  file: 'ci.yml',
  line: 3,
  column: 5,
  end_line: 3,
  end_column: 10,
};

describe('renderDiagnostic', () => {
  it('shows the line, a caret under each character, and the remedy', () => {
    expect(renderDiagnostic(diagnostic, 'jobs:\n  a:\n    stpes: []\n')).toBe(
      [
        'ci.yml:3:5: error UNKNOWN_KEY: `stpes` is no key of a job',
        '    3 |     stpes: []',
        '      |     ^^^^^',
        '  remedy: Did you mean `steps`?',
      ].join('\n'),
    );
  });

  it('leaves the line out where there is none', () => {
    const { line: _line, column: _column, ...placeless } = diagnostic;
    expect(renderDiagnostic(placeless, 'x').split('\n')).toHaveLength(2);
    expect(renderDiagnostic({ ...diagnostic, line: 99 }, 'x').split('\n')).toHaveLength(2);
  });

  it('keeps the caret under its character after tabs, wide characters and emoji', () => {
    const [, , caret] = renderDiagnostic(
      { ...diagnostic, line: 1, column: 6, end_line: 1, end_column: 7 },
      '\t日😀ax',
    ).split('\n');
    expect(caret).toBe('      | \t     ^');
  });

  it('underlines to the end of the first line of what goes on', () => {
    const [, , caret] = renderDiagnostic({ ...diagnostic, line: 1, column: 4, end_line: 3 }, 'a: bcd\n').split('\n');
    expect(caret).toBe('      |    ^^^');
  });

  it('shows a part of a long line, around the place', () => {
    const source = `${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`;
    const [, line = '', caret = ''] = renderDiagnostic(
      { ...diagnostic, line: 1, column: 5_001, end_line: 1, end_column: 5_005 },
      source,
    ).split('\n');
    expect(line.length).toBeLessThan(200);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
  });

  it('lets no control character of a hostile file through', () => {
    const rendered = renderDiagnostic(
      { ...diagnostic, line: 1, column: 1, message: 'a\x1b[2Jb', file: 'a\x07.yml' },
      'x\x1b]0;y\x07\u202e',
    );
    expect(rendered).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  });
});
