import type { Attack } from './attack.ts';

/** What lower levels are declared not to hold, as docs/security-model.md has it: a row for each attack. */
export function declaredTable(attacks: readonly Attack[]): string {
  const rows = attacks
    .filter(({ declared }) => declared.levels.length > 0)
    .map(
      ({ id, title, declared }) => `| \`${id}\` | ${title} | ${declared.levels.join(', ')} | \`${declared.doctor}\` |`,
    );
  return ['| attack | what it does | not held at level | doctor |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
