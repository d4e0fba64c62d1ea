import { describe, expect, it } from 'vitest';
import { buildFailed, mistakesIn } from './tools.ts';

describe('what compilers say', () => {
  it("of clang's is read with its place, and without what is no error", () => {
    const said = `In file included from src/plugin.c:1:
src/plugin.c:5:3: warning: unused variable 'a' [-Wunused-variable]
src/plugin.c:7:10: error: use of undeclared identifier 'x'
waterflow/waterflow.h:3:1: note: declared here
./src/greet.c:1:9: fatal error: 'missing.h' file not found
2 errors generated.
`;
    expect(mistakesIn(said, { word: 'error' })).toEqual([
      { message: "use of undeclared identifier 'x'", file: 'src/plugin.c', line: 7, column: 10 },
      { message: "'missing.h' file not found", file: 'src/greet.c', line: 1, column: 9 },
    ]);
  });

  it("of Go's is read without the word", () => {
    const said = '# waterflow.local/x\n./main.go:17:2: declared and not used: y\n';
    expect(mistakesIn(said, { word: 'any' })).toEqual([
      { message: 'declared and not used: y', file: 'main.go', line: 17, column: 2 },
    ]);
  });

  it('becomes the first mistake, and how many more there are', () => {
    const [one, two] = [{ message: 'one', file: 'a.c', line: 1, column: 2 }, { message: 'two' }];
    expect(buildFailed([one, two], '').error).toMatchObject({
      code: 'BUILD_FAILED',
      ...one,
      message: 'one (and 1 more)',
    });
  });

  it('is given as it is where no place can be read', () => {
    expect(buildFailed([], '\nlinker: no such file\n').error.message).toBe('linker: no such file');
    expect(buildFailed([], '').error.message).toContain('said nothing');
  });
});
