import { describe, expect, it } from 'vitest';
import { compile } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { applyChanges, editWorkflow, invertChanges, outlineOf, type WorkflowEdit } from './index.ts';

const check = (text: string) => compile(text, { file: 'w.yml', catalogue: testCatalogue }).diagnostics;

/** The text after an edit, or why there is none. */
function edited(text: string, edit: WorkflowEdit): string {
  const result = editWorkflow(text, edit, check);
  if ('refused' in result) return `refused: ${result.refused.why}`;
  const after = applyChanges(text, result.changes);
  expect(applyChanges(after, invertChanges(text, result.changes))).toBe(text);
  return after;
}

/** A `-` before lines that went, a `+` before those that came. */
function difference(before: string, edit: WorkflowEdit): string {
  const [old, now] = [before.split('\n'), edited(before, edit).split('\n')];
  let head = 0;
  while (head < old.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const went = old.slice(head, old.length - tail).map((line) => `-${line}`);
  const came = now.slice(head, now.length - tail).map((line) => `+${line}`);
  return [...went, ...came].join('\n');
}

const workflow = `# Builds and ships.
on: manual

jobs:
  # First of all.
  build: # quick
    steps:
      - id: make
        run: |
          # no comment of YAML
          make
      # Looks at it.
      - name: "Test" # thoroughly
        run: make test

  ship:
    needs: build
    if: needs.build.result == 'success'
    steps:
      - uses: http@v1
        with: { url: 'https://example.com/\${{ needs.build.result }}', method: PUT } # once
      - run: echo done
`;

const build = { list: ['jobs', 'build', 'steps'], index: 0 };
const ship = { list: ['jobs', 'ship', 'steps'], index: 0 };

describe('jobs', () => {
  it('are added in the manner of the file', () => {
    const job = { needs: ['ship'], steps: [{ run: 'echo one\necho two\n' }] };
    expect(edited(workflow, { kind: 'add-job', id: 'tell', job })).toBe(
      `${workflow}\n  tell:\n    needs: [ship]\n    steps:\n      - run: |\n          echo one\n          echo two\n`,
    );
    expect(difference(workflow, { kind: 'add-job', id: 'tell', after: 'build', job })).toBe(
      '+  tell:\n+    needs: [ship]\n+    steps:\n+      - run: |\n+          echo one\n+          echo two\n+',
    );
    expect(difference(workflow, { kind: 'add-job', id: 'test', after: 'build', job: { steps: [{ run: 'x' }] } })).toBe(
      '+  test:\n+    steps:\n+      - run: x\n+',
    );
    expect(edited(workflow, { kind: 'add-job', id: 'ship', job })).toBe('refused: taken');
    expect(edited(workflow, { kind: 'add-job', id: 'no id', job })).toBe('refused: mistakes');
  });

  it('are renamed wherever they are named, and nowhere else', () => {
    const after = edited(workflow, { kind: 'rename-job', id: 'build', to: 'compile' });
    expect(after).toBe(
      workflow
        .replace('  build: #', '  compile: #')
        .replace('needs: build', 'needs: compile')
        .replaceAll('needs.build', 'needs.compile'),
    );
  });

  it('are deleted with what names them as needed, but not from under an expression', () => {
    expect(edited(workflow, { kind: 'delete-job', id: 'build' })).toBe('refused: mistakes');
    expect(difference(workflow, { kind: 'delete-job', id: 'ship' }).split('\n').slice(-2)).toEqual([
      '-      - run: echo done',
      '+  # once',
    ]);
    const alone = workflow.slice(0, workflow.indexOf('\n  ship:'));
    expect(edited(alone, { kind: 'delete-job', id: 'build' })).toBe('refused: last');
  });

  it('are moved with the comments above them', () => {
    const after = edited(workflow, { kind: 'move-job', id: 'build', index: 1 });
    expect(after.indexOf('# First of all.')).toBeGreaterThan(after.indexOf('ship:'));
    expect(
      after.endsWith(
        '\n\n  # First of all.\n  build: # quick\n' +
          workflow.slice(workflow.indexOf('    steps:'), workflow.indexOf('\n  ship:')),
      ),
    ).toBe(true);
    expect(edited(after, { kind: 'move-job', id: 'build', index: 0 })).toBe(workflow);
  });

  it.each([
    ['needs: build', 'needs: [build, test]'],
    ['needs: [build]', 'needs: [build, test]'],
    ['needs: [ build ] # one', 'needs: [ build, test ] # one'],
    ['needs:\n      - build # one', 'needs:\n      - build # one\n      - test'],
    ['needs: [\n      build # one\n    ]', 'needs: [\n      build, # one\n      test\n    ]'],
    ['timeout-minutes: 5', 'needs: [test]\n    timeout-minutes: 5'],
  ])('are connected: %j', (before, after) => {
    const text = `jobs:\n  build: { steps: [{ run: a }] }\n  test: { steps: [{ run: a }] }\n  ship:\n    ${before}\n    steps: [{ run: a }]\n`;
    const found = edited(text, { kind: 'connect', job: 'ship', needs: 'test' });
    expect(found).toBe(text.replace(before, after));
    expect(edited(found, { kind: 'connect', job: 'ship', needs: 'test' })).toBe('refused: taken');
    expect(edited(found, { kind: 'connect', job: 'test', needs: 'ship' })).toBe('refused: mistakes');
    const back = edited(found, { kind: 'disconnect', job: 'ship', needs: 'test' });
    expect(outlineOf(back)?.jobs[2]?.needs).toEqual(before.includes('build') ? ['build'] : []);
  });
});

describe('steps', () => {
  it('are added where they are wanted', () => {
    const step = { uses: 'sleep@v1', with: { duration: '5s' } };
    const lines = '+      - uses: sleep@v1\n+        with:\n+          duration: 5s';
    for (const index of [0, 1, 2]) {
      expect(difference(workflow, { kind: 'add-step', at: { ...build, index }, step })).toBe(lines);
    }
    expect(edited(workflow, { kind: 'add-step', at: { ...build, index: 1 }, step })).toContain(
      'duration: 5s\n      # Looks at it.',
    );
    expect(edited(workflow, { kind: 'add-step', at: build, step: { uses: 'http@v1' } })).toBe('refused: mistakes');
  });

  it('are moved with the comments above them, also to another job', () => {
    const test = { ...build, index: 1 };
    const first = edited(workflow, { kind: 'move-step', from: test, to: build });
    expect(first).toContain(
      'steps:\n      # Looks at it.\n      - name: "Test" # thoroughly\n        run: make test\n      - id: make',
    );
    const elsewhere = edited(workflow, { kind: 'move-step', from: test, to: { ...ship, index: 2 } });
    expect(
      elsewhere.endsWith(
        '- run: echo done\n      # Looks at it.\n      - name: "Test" # thoroughly\n        run: make test\n',
      ),
    ).toBe(true);
    expect(edited(elsewhere, { kind: 'move-step', from: build, to: ship })).toBe('refused: last');
  });

  it('are deleted, and what was said in them stays', () => {
    expect(difference(workflow, { kind: 'delete-step', at: { ...build, index: 1 } })).toBe(
      '-      - name: "Test" # thoroughly\n-        run: make test\n+      # thoroughly',
    );
    expect(edited(workflow, { kind: 'delete-step', at: { ...build, index: 2 } })).toBe('refused: missing');
  });

  it('are not moved before what they read', () => {
    const text = `jobs:\n  a:\n    steps:\n      - id: one\n        run: echo\n      - run: echo \${{ steps.one.outcome }}\n`;
    const list = ['jobs', 'a', 'steps'];
    expect(edited(text, { kind: 'move-step', from: { list, index: 1 }, to: { list, index: 0 } })).toBe(
      'refused: mistakes',
    );
  });
});

describe('fields', () => {
  it.each([
    ['make test', { ...build, index: 1 }, ['run'], '-        run: make test\n+        run: make check', 'make check'],
    [
      'quotes stay',
      { ...build, index: 1 },
      ['name'],
      '-      - name: "Test" # thoroughly\n+      - name: "a \\"b\\"" # thoroughly',
      'a "b"',
    ],
    ['blocks stay', build, ['run'], '-          make\n+          make all', '# no comment of YAML\nmake all\n'],
    [
      'texts become blocks',
      { ...build, index: 1 },
      ['run'],
      '-        run: make test\n+        run: |-\n+          a\n+          b',
      'a\nb',
    ],
    [
      'what is like a number stays a text',
      { ...build, index: 1 },
      ['run'],
      '-        run: make test\n+        run: "12"',
      '12',
    ],
    ['keys have their usual places', build, ['name'], '+        name: Make', 'Make'],
    ['mappings come with their first key', { ...build, index: 1 }, ['env', 'A'], '+        env:\n+          A: b', 'b'],
  ])('are set: %s', (_, at, field, expected, value) => {
    expect(difference(workflow, { kind: 'set-field', at, field, value })).toBe(expected);
  });

  it('are set and taken away between braces', () => {
    const set = edited(workflow, {
      kind: 'set-field',
      at: ship,
      field: ['with', 'headers'],
      value: { Accept: 'a, b' },
    });
    expect(set).toContain(`method: PUT, headers: { Accept: "a, b" } } # once`);
    const gone = edited(set, { kind: 'set-field', at: ship, field: ['with', 'headers'] });
    expect(gone).toBe(workflow);
    expect(edited(workflow, { kind: 'set-field', at: ship, field: ['with', 'method'], value: 'GET' })).toContain(
      'method: GET }',
    );
  });

  it('take the key with them that holds nothing else', () => {
    const text = edited(workflow, { kind: 'set-field', at: build, field: ['env', 'A'], value: 'b' });
    expect(edited(text, { kind: 'set-field', at: build, field: ['env', 'A'] })).toBe(workflow);
  });

  it('of jobs have their usual places, too', () => {
    expect(difference(workflow, { kind: 'set-job-field', id: 'ship', field: ['runs-on'], value: 'web' })).toBe(
      '+    runs-on: web',
    );
    const named = edited(workflow, { kind: 'set-job-field', id: 'build', field: ['name'], value: 'Build it' });
    expect(named).toContain('  build: # quick\n    name: Build it\n    steps:\n');
    expect(edited(named, { kind: 'set-job-field', id: 'build', field: ['name'] })).toBe(workflow);
    expect(edited(workflow, { kind: 'set-job-field', id: 'ship', field: ['runs-on'], value: 'web' })).toContain(
      "result == 'success'\n    runs-on: web\n    steps:\n",
    );
    expect(edited(workflow, { kind: 'set-job-field', id: 'ship', field: ['steps'] })).toBe('refused: mistakes');
  });

  it('of what several share are left to the text', () => {
    const shared = `jobs:\n  a:\n    steps:\n      - &one { run: echo }\n      - *one\n`;
    const at = { list: ['jobs', 'a', 'steps'], index: 0 };
    expect(edited(shared, { kind: 'set-field', at, field: ['run'], value: 'printf' })).toBe('refused: layout');
  });

  it('never cost a comment', () => {
    const text = `jobs:\n  a:\n    steps:\n      - uses: http@v1\n        with:\n          url: https://example.com/\n          headers:\n            # for the proxy\n            A: b\n`;
    const at = { list: ['jobs', 'a', 'steps'], index: 0 };
    expect(edited(text, { kind: 'set-field', at, field: ['with', 'headers'], value: { B: 'c' } })).toBe(
      'refused: comments',
    );
    expect(edited(text, { kind: 'set-field', at, field: ['with', 'headers', 'A'], value: 'c' })).toBe(
      text.replace('A: b', 'A: c'),
    );
  });
});

describe('the first job', () => {
  const job = { steps: [{ run: 'echo' }] };
  const jobs = 'jobs:\n  a:\n    steps:\n      - run: echo\n';
  it.each([
    ['', `on: manual\n\n${jobs}`],
    ['# To be written.', `# To be written.\non: manual\n\n${jobs}`],
    ['# To be written.\r\n', `# To be written.\non: manual\n\n${jobs}`.replaceAll('\n', '\r\n')],
    ['on: manual # by hand\n', `on: manual # by hand\n${jobs}`],
    ['on: manual\njobs:\n', `on: manual\n${jobs}`],
    ['on: manual\njobs: {}\n', 'on: manual\njobs: { a: { steps: [{ run: echo }] } }\n'],
  ])('can be added to a file without: %j', (text, after) => {
    expect(outlineOf(text)).toEqual({ jobs: [] });
    expect(edited(text, { kind: 'add-job', id: 'a', job })).toBe(after);
  });
});

describe('texts in other forms', () => {
  it('may say which YAML they are, and where they end', () => {
    const text = `%YAML 1.2\n--- # begins\n${workflow}...\n# ends\n`;
    expect(difference(text, { kind: 'set-job-field', id: 'ship', field: ['runs-on'], value: 'web' })).toBe(
      '+    runs-on: web',
    );
  });

  it('keep their line breaks, and what stands behind the last of them', () => {
    const text = 'jobs:\r\n  a:\r\n    steps:\r\n    - run: echo # c';
    expect(
      edited(text, { kind: 'add-step', at: { list: ['jobs', 'a', 'steps'], index: 1 }, step: { run: 'a\nb\n' } }),
    ).toBe('jobs:\r\n  a:\r\n    steps:\r\n    - run: echo # c\r\n    - run: |\r\n        a\r\n        b');
  });

  it.each(['', 'jobs', 'jobs: [', '- a', 'jobs: { a: *b }', 'a: 1\n---\njobs: {}\n'])('are left alone: %j', (text) => {
    expect(edited(text, { kind: 'rename-job', id: 'a', to: 'b' })).toMatch(/^refused: (?:layout|missing)$/u);
  });
});
