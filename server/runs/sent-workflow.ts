import type { Diagnostic } from '../../schemas/index.ts';
import { pathInFiles } from './called-files.ts';
import { workflowFile } from './request.ts';
import type { KeptSource, Submissions } from './submissions.ts';

/** A workflow that came with a request: its text, what it is called where it comes from, and the files that it calls. */
export interface SentWorkflow {
  readonly workflow: string;
  readonly file?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** Reads a workflow as it was sent. Paths that lead nowhere are errors; a file that nothing calls is a warning. */
export async function compileSent(
  submissions: Pick<Submissions, 'compile'>,
  tenant: string,
  { workflow, file = workflowFile, files = {} }: SentWorkflow,
): Promise<KeptSource> {
  const wrong = pathProblems(file, Object.keys(files));
  if (wrong.length > 0) return { diagnostics: wrong };
  const compiled = await submissions.compile(tenant, { workflow, files, file: pathInFiles(file) });
  if (compiled.plan === undefined) return compiled;
  const called = new Set(Object.keys(compiled.plan.content.workflows ?? {}));
  const unread = Object.keys(files).filter((path) => !called.has(pathInFiles(path)));
  return { ...compiled, diagnostics: [...compiled.diagnostics, ...unread.map(neverCalled)] };
}

function pathProblems(file: string, paths: readonly string[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  const problems = isRelative(file) ? [] : [noPath(file, '/file')];
  for (const path of paths) {
    const plain = pathInFiles(path);
    if (!isRelative(path)) problems.push(noPath(path, pointerTo(path)));
    else if (seen.has(plain)) problems.push(twice(path));
    seen.add(plain);
  }
  return problems;
}

/** A path below the folder of the workflow, written as it is called, but for a `./` before it. */
function isRelative(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (path.length > 1000 || /[\u0000-\u001f\u007f-\u009f\\]/u.test(path)) return false;
  return pathInFiles(path)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}

function noPath(path: string, pointer: string): Diagnostic {
  return {
    severity: 'error',
    code: 'INVALID_VALUE',
    message: `${JSON.stringify(path.slice(0, 200))} is no path of a file beside the workflow`,
    remedy: 'Write a relative path with `/` between its parts, and without `..`: `jobs/build.yml`.',
    pointer,
  };
}

function twice(path: string): Diagnostic {
  return {
    severity: 'error',
    code: 'INVALID_VALUE',
    message: `${JSON.stringify(path)} comes twice in \`files\`, with and without \`./\``,
    remedy: 'Send one of the two.',
    pointer: pointerTo(path),
  };
}

function neverCalled(path: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'UNKNOWN_KEY',
    message: `nothing calls ${JSON.stringify(path)}, which came in \`files\``,
    remedy: 'Leave it out, or call it by that path.',
    pointer: pointerTo(path),
  };
}

function pointerTo(path: string): string {
  return `/files/${path.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
