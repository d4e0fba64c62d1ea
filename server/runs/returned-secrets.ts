import type { Engine, RunInfo } from '../../engine/port.ts';
import type { RunId, WaterflowError } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { Dispatcher } from './dispatcher.ts';
import { hasCode, needsNoSecrets, secretsGone } from './failures.ts';
import type { HeldSecrets } from './held-secrets.ts';

type Secrets = Readonly<Record<string, string>>;

/** What values of secrets are taken with that somebody gives to a run again. */
export interface ReturningParts {
  readonly dispatcher: Dispatcher;
  readonly engine: Engine;
  readonly rows: RunRows;
  readonly secrets: HeldSecrets;
  /** Why secrets can't be kept out of logs, undefined where they can. */
  readonly secretsProblem: (secrets: Secrets) => WaterflowError | undefined;
}

/** Values for a run that lacks some since the server was started anew: all of those, or none are taken. RUN_STATE, SECRET_MISSING. */
export async function supplySecrets(row: RunRow, given: Secrets, parts: ReturningParts): Promise<void> {
  const { run } = row;
  const missing = parts.secrets.missing(run, row.request.secrets);
  if (missing.length === 0) throw needsNoSecrets(run);
  const still = missing.filter((name) => !Object.hasOwn(given, name));
  if (still.length > 0) throw secretsGone(run, still);
  await give(row, given, parts);
}

/**
 * The same request for a run came again, with values: what the run lacks of them it gets. False where a value is known to be another
 * than came before, so that it is another request.
 */
export async function takeRepeated(row: RunRow, given: Secrets, parts: ReturningParts): Promise<boolean> {
  const { run } = row;
  if (!parts.secrets.agree(run, given)) return false;
  if (row.ended_at === undefined && parts.secrets.missing(run, row.request.secrets).length > 0) {
    try {
      await give(row, given, parts);
    } catch (cause) {
      // It has just come to its end: the request is answered as before all the same.
      if (!hasCode(cause, 'RUN_STATE')) throw cause;
    }
  }
  return true;
}

/** The names of the secrets whose values steps of a run wait for, each once. */
export function awaitedSecretsOf(awaits: RunInfo['awaits']): readonly string[] {
  return [...new Set(awaits.flatMap((one) => (one.kind === 'secrets' ? one.secrets : [])))];
}

async function give({ run, request }: RunRow, given: Secrets, parts: ReturningParts): Promise<void> {
  const { dispatcher, engine, rows, secrets, secretsProblem } = parts;
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => request.secrets.includes(name)));
  const problem = secretsProblem(own);
  if (problem !== undefined) throw new WaterflowFailure(problem);
  secrets.hold(run, own);
  // An engine that is about to take it may have asked for them just before.
  await dispatcher.taken(run);
  if (!dispatcher.isDriven(run)) {
    // It may have ended since its row was read: then nobody else forgets them.
    if ((await rows.get(run))?.ended_at !== undefined) secrets.forget(run);
    return;
  }
  await engine.giveSecrets(run, secrets.of(run));
  await rows.update(run, { error: null });
}

/** What a run shows that waits for secrets; undefined where it doesn't. */
export function lackingError(run: RunId, awaits: RunInfo['awaits']): WaterflowError | undefined {
  const names = awaitedSecretsOf(awaits);
  return names.length === 0 ? undefined : secretsGone(run, names).error;
}
