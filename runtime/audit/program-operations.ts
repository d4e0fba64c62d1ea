/** What only programs do, by capability: names that stand in the record beside those of host calls. No plugin can call them. */
export const programOperations: ReadonlyMap<string, readonly string[]> = new Map([
  ['exec', ['connect']],
  ['docker', ['request']],
]);
