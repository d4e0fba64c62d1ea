import type { Json } from 'waterflow/plugin';
import { hostsOf, type Inputs, type Variables } from './inputs.ts';

/**
 * A value in YAML, in which each text says that it is no template (`!unsafe`): a `{{` in it stays what it is, wherever it comes from. Texts
 * stand as JSON writes them, so that the agent can put secrets in (`escape: 'json'`).
 */
export function yamlOf(value: Json): string {
  if (typeof value === 'string') return `!unsafe ${quoted(value)}`;
  if (typeof value === 'number') return numberOf(value);
  if (isList(value)) return `[${value.map(yamlOf).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${yamlOf(item)}`);
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}

/** A file of variables. */
export function variablesFile(variables: Variables): string {
  return linesOf(variables, '') || '{}\n';
}

/** The inventory of a step's own hosts; of this machine alone where it has none. */
export function inventoryFile({ hosts, groups = {} }: Pick<Inputs, 'hosts' | 'groups'>): string {
  const all = Object.entries(hostsOf(hosts));
  if (all.length === 0) return localhost;
  const lines = ['all:', '  hosts:'];
  for (const [name, variables] of all) {
    lines.push(`    ${quoted(name)}:${variables === null ? '' : ` ${yamlOf(variables)}`}`);
  }
  const children = Object.entries(groups);
  if (children.length > 0) lines.push('  children:');
  for (const [name, members] of children) {
    lines.push(
      `    ${quoted(name)}:`,
      `      hosts: {${members.map((member) => `${quoted(member)}: null`).join(', ')}}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** As Ansible has it where an inventory doesn't name it: without a connection, and by the Python that Ansible itself runs on. */
const localhost = `all:
  hosts:
    localhost: { ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}" }
`;

function linesOf(variables: Variables, indent: string): string {
  return Object.entries(variables)
    .map(([name, value]) => `${indent}${quoted(name)}: ${yamlOf(value)}\n`)
    .join('');
}

/** YAML 1.1 takes a key without `?` only up to 1,024 characters. */
function keyOf(key: string): string {
  return key.length > 150 ? `? ${quoted(key)} ` : quoted(key);
}

/** JSON, without the characters that YAML takes for a line break or for none that can be printed. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** YAML 1.1 reads `1e21` as a text: it wants a point, and a sign behind the e. */
function numberOf(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  return text.includes('e') && !text.includes('.') ? text.replace('e', '.0e') : text;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
