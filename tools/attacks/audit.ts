import { readFileSync } from 'node:fs';
import { verifyAudit } from '../../runtime/audit/index.ts';

/** Of one step: large arguments are recorded in short, so that no guest fills the disk by them. */
const mostCharacters = 40 * 1024 * 1024;

/** What is wrong with the record of a run that is over and has made so many calls, and the record itself. */
export async function auditProblems(
  file: string,
  made: number,
): Promise<{ readonly problems: readonly string[]; readonly text: string }> {
  const text = readIfThere(file);
  // Nothing ran that could have called.
  if (text === undefined) return { problems: [], text: '' };
  const verdict = await verifyAudit(file);
  const entries = text.split('\n').filter((line) => line !== '');
  // Each of our own entries has its plugin's identity; what a guest smuggles in as a line of its own would be counted too.
  const calls = entries.filter((line) => line.includes('"kind":"call"')).length;
  return {
    text,
    problems: [
      ...(verdict.ok ? [] : [`the audit log is ${verdict.kind}: ${verdict.reason}`]),
      ...(text.length > mostCharacters ? [`the audit log has ${text.length} characters`] : []),
      ...(calls < made ? [`${made - calls} calls are not in the audit log`] : []),
      ...(calls > made ? [`${calls - made} calls in the audit log were not made`] : []),
    ],
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
