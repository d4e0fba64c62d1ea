import { describe, expect, it } from 'vitest';
import { mistakesOf } from './c.ts';
import { missingModule } from './go.ts';
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

  it("of C's linker is said in the author's terms", () => {
    const missing =
      'wasm-ld: error: symbol exported via --export not found: run\nclang: error: linker command failed\n';
    expect(mistakesOf(missing)).toEqual([expect.objectContaining({ message: 'nothing here is called run' })]);
    const unknown = 'wasm-ld: error: /tmp/plugin-1.o: undefined symbol: printf\n';
    expect(mistakesOf(unknown)).toEqual([expect.objectContaining({ message: 'printf is used and not defined' })]);
  });

  it('of a Go module that is not there says how to get it', () => {
    const unknown = 'x.go:3:8: no required module provides package example.com/x; to add it:\n\tgo get example.com/x\n';
    expect(missingModule(unknown)).toMatchObject({
      file: 'x.go',
      line: 3,
      remedy: expect.stringContaining('`go get example.com/x`'),
    });
    const uncached = 'go: example.com/x@v1.0.0: module lookup disabled by GOPROXY=off\n';
    expect(missingModule(uncached)).toMatchObject({
      file: 'go.mod',
      remedy: expect.stringContaining('`go mod download`'),
    });
    expect(missingModule('./main.go:17:2: declared and not used: y\n')).toBeUndefined();
  });

  it('becomes the first mistake, with the others behind it', () => {
    const one = { message: 'one', file: 'a.c', line: 1, column: 2 };
    const two = { message: 'two', file: 'b.c', line: 3, column: 4 };
    const more = Array.from({ length: 5 }, () => ({ message: 'more' }));
    expect(buildFailed([one, two, ...more], '').error).toMatchObject({
      code: 'BUILD_FAILED',
      ...one,
      message: 'one; also b.c:3:4: two; also more; also more; also more (and 2 more)',
    });
  });

  it('is given as it is where no place can be read', () => {
    expect(buildFailed([], '\nlinker: no such file\n').error.message).toBe('linker: no such file');
    expect(buildFailed([], '').error.message).toContain('said nothing');
    expect(buildFailed([], 'x').error.remedy).toContain('what the compiler names');
  });
});
