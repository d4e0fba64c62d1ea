import type { Host, Json } from 'waterflow/plugin';

/** One thing that was tried. */
export interface Try {
  readonly what: string;
  readonly result: string;
  readonly escaped: boolean;
}

/** A family of things to try. */
export type Attempt = (host: Host, inputs: object) => Promise<readonly Try[]>;

/** Makes a host call that nobody granted, and notes what the host says to it. */
export async function attemptCall(
  host: Host,
  what: string,
  call: readonly [capability: string, operation: string, args: Json],
): Promise<Try> {
  try {
    const answer = await host.call(...call);
    return { what, result: `worked: ${JSON.stringify(answer)}`, escaped: true };
  } catch (error) {
    return { what, result: describe(error), escaped: false };
  }
}

/** Tries to get at something within the sandbox; `undefined` is nothing. */
export function attemptGrab(what: string, grab: () => unknown): Try {
  try {
    const found = grab();
    return found === undefined
      ? { what, result: 'nothing there', escaped: false }
      : { what, result: `got a ${typeof found}`, escaped: true };
  } catch (error) {
    return { what, result: describe(error), escaped: false };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return `refused: ${String(error)}`;
  }
  const code = 'code' in error ? `${String(error.code)}: ` : '';
  const rule = 'rule' in error ? ` (${String(error.rule)})` : '';
  return `${code}${error.message}${rule}`;
}
