/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /** The rest of it, as written. */
  readonly rest: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** A Dockerfile, read. */
export interface Dockerfile {
  /** The character that continues lines. */
  readonly escape: '\\' | '`';
  readonly instructions: readonly Instruction[];
}

/** What a Dockerfile can't be. `line` from 1. */
export interface DockerfileProblem {
  readonly problem: string;
  readonly remedy: string;
  readonly line: number;
}

/** Every instruction that the classic builder knows. */
const keywords: ReadonlySet<string> = new Set(
  (
    'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ' +
    'ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'
  ).split(' '),
);

/** More than anybody writes by hand. */
const maxInstructions = 2_000;

/** Of one instruction, joined: the classic builder takes lines up to this. */
const maxInstructionLength = 65_000;

/**
 * Takes a Dockerfile apart as the classic builder does. What is read here is written anew for the daemon, one instruction a line, so
 * nothing rests on both reading continuations, comments and directives alike. (docs.docker.com/reference/dockerfile)
 */
export function parseDockerfile(text: string): Dockerfile | DockerfileProblem {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  const escape = escapeOf(lines);
  const continued = escape === '`' ? /`[ \t]*$/u : /\\[ \t]*$/u;
  const instructions: Instruction[] = [];
  let joined: { text: string; readonly line: number } | undefined;
  for (const [index, line] of lines.entries()) {
    // Within an instruction too comments and empty lines fall away.
    if (/^\s*#/u.test(line) || (line.trim() === '' && (joined === undefined || index < lines.length - 1))) continue;
    const isContinued = continued.test(line);
    joined ??= { text: '', line: index + 1 };
    joined.text += isContinued ? line.replace(continued, '') : line;
    if (isContinued) continue;
    const read = readInstruction(joined.text, joined.line);
    if ('problem' in read) return read;
    // Written anew it would take in the next instruction.
    if (continued.test(read.rest)) {
      return { problem: `it ends with \`${escape}\``, remedy: 'Take that away.', line: read.line };
    }
    instructions.push(read);
    if (instructions.length > maxInstructions) {
      return {
        problem: `it has more than ${maxInstructions} instructions`,
        remedy: 'Put some into a script.',
        line: read.line,
      };
    }
    joined = undefined;
  }
  if (joined !== undefined) {
    return {
      problem: 'its last line is continued, and nothing comes',
      remedy: 'Take the last character away.',
      line: joined.line,
    };
  }
  return { escape, instructions };
}

/** Reads one instruction, as a trigger of an image holds it too. */
export function readInstruction(text: string, line: number): Instruction | DockerfileProblem {
  const parts = /^\s*([A-Za-z]+)(?:\s+(.*))?$/su.exec(text);
  const keyword = (parts?.[1] ?? '').toUpperCase();
  if (!keywords.has(keyword)) {
    const shown = text.trim().split(/\s/u, 1)[0]?.slice(0, 40) ?? '';
    return {
      problem: `\`${shown}\` is not an instruction`,
      remedy: 'The classic builder knows ADD, ARG, CMD, COPY, …',
      line,
    };
  }
  const rest = (parts?.[2] ?? '').trim();
  if (/[\n\r\0\v\f\u0085\u2028\u2029]/u.test(rest)) {
    return { problem: 'it holds a character that may end a line', remedy: 'Write `\\n` in its place.', line };
  }
  if (rest.length > maxInstructionLength) {
    return { problem: 'the instruction is too long', remedy: 'Put it into a script of the context.', line };
  }
  return { keyword, rest, line };
}

/** The directives stand before everything else, each once; another comment ends them. */
function escapeOf(lines: readonly string[]): Dockerfile['escape'] {
  for (const line of lines) {
    const directive = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=(.*)$/u.exec(line);
    if (directive === null) return '\\';
    const [, name = '', value = ''] = directive;
    if (name.toLowerCase() === 'escape') return value.trim() === '`' ? '`' : '\\';
  }
  return '\\';
}
