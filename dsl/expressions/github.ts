/** Properties of GitHub's `github` context that have another name here. */
const renamed: Readonly<Record<string, string>> = {
  run_id: 'workflow.run_id',
  run_attempt: 'workflow.run_attempt',
  workflow: 'workflow.name',
  workspace: 'runner.workspace',
  token: 'secrets.GITHUB_TOKEN',
};

/** What a path into the `github` context is here, if anything; `names` are its constant properties, undefined where one is computed. */
export function counterpartOfGithub(names: readonly (string | undefined)[]): string | undefined {
  const [first, second, third] = names.map((name) => name?.toLowerCase());
  if (first === 'event' && second === 'inputs' && third !== undefined && names.length === 3) {
    const name = names[2] ?? '';
    return /^[A-Za-z_][\w-]*$/.test(name) ? `inputs.${name}` : undefined;
  }
  if (first === undefined || names.length !== 1) return undefined;
  return Object.hasOwn(renamed, first) ? renamed[first] : undefined;
}
