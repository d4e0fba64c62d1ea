import type { NodeCatalogue, NodeDescription } from '../../dsl/api.ts';
import type { JsonObject } from '../../schemas/index.ts';

/** Of a description in a manifest, which its author wrote. */
const longestDescription = 300;

/**
 * What a model is told of the language before it is asked: its schema, and the nodes that there are with their inputs. Nothing of it comes from
 * the environment, from values or from files of the user's.
 */
export function languageText(schema: JsonObject, catalogue: NodeCatalogue): string {
  const nodes = catalogue.names().flatMap((uses): readonly string[] => {
    const found = catalogue.find(uses);
    return 'node' in found ? [nodeText(found.node)] : [];
  });
  return [
    'You write workflow files for Waterflow, in YAML 1.2. The language is close to GitHub Actions, and differs where the schema below says so.',
    'Answer with one complete workflow file in a single fenced block of YAML, and with nothing else.',
    'Rules:',
    '- `on:` says what starts it; inputs of a run by hand stand under `on: { manual: { inputs: … } }`.',
    '- A step has either `uses: NODE` with the inputs of that node under `with`, or `run: SCRIPT`. Use only the nodes that are listed.',
    '- Expressions stand in `${{ }}`; contexts are inputs, vars, env, needs, matrix, strategy, steps, job, workflow, runner, each, secrets, tenant.',
    '- Never put an expression into a script: give it to the script by `env`, and quote the variable there.',
    '- Secrets are named as `${{ secrets.NAME }}`. Never write a value of a secret.',
    '- Give steps an `id` where others read their outputs, as `${{ steps.ID.outputs.NAME }}`.',
    '- Do not call other workflow files, and do not use nodes in folders (`./folder`).',
    '',
    'The nodes, each with its inputs:',
    ...nodes,
    '',
    'The JSON Schema of workflow files:',
    JSON.stringify(schema),
  ].join('\n');
}

function nodeText({ uses, description, inputs }: NodeDescription): string {
  const lines = Object.entries(inputs).map(([name, { type, required, default: byDefault, description: what }]) => {
    const facts = [
      ...(type === undefined ? [] : [typeof type === 'string' ? type : JSON.stringify(type)]),
      ...(required === true ? ['required'] : []),
      ...(byDefault === undefined ? [] : [`default ${JSON.stringify(byDefault)}`]),
    ].join(', ');
    return `    ${name} (${facts}): ${shortened(typeof what === 'string' ? what : '')}`;
  });
  return [`- ${uses}: ${shortened(description)}`, ...lines].join('\n');
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length > longestDescription ? `${line.slice(0, longestDescription - 1)}…` : line;
}

/** The nodes that a file from elsewhere may use: not those in folders beside it, which nobody is to look into for it. */
export function withoutFolders(catalogue: NodeCatalogue): NodeCatalogue {
  return {
    permissionSchemas: () => catalogue.permissionSchemas(),
    permissionProblem: (capability, entry) => catalogue.permissionProblem?.(capability, entry),
    names: () => catalogue.names().filter((name) => !isFolder(name)),
    find: (uses) =>
      isFolder(uses)
        ? { missing: 'a node in a folder is not looked at here', remedy: 'Use one of the nodes that are listed.' }
        : catalogue.find(uses),
  };
}

function isFolder(uses: string): boolean {
  return uses.startsWith('.') || uses.startsWith('/');
}
