import type { HostCall, HostCallAnswer } from '../../runtime/host-call.ts';
import type { JsonObject, WaterflowError } from '../../schemas/index.ts';
import type { Meter } from '../quotas/index.ts';

/** What counting the calls of an invocation needs. */
export interface MeteredPowers {
  readonly meter: Pick<Meter, 'spend' | 'isBounded' | 'program'>;
  /** Called where a limit is exceeded: the step must end at once. */
  readonly exceeded: (error: WaterflowError) => void;
  /** Called where a program must wait its turn, with what it waits for. */
  readonly waiting: (what: string) => void;
}

/** Under these names capabilities note bulk bytes, which go past the guest. */
const transferFacts = ['bytes', 'sent_bytes', 'received_bytes'] as const;
const programCalls: ReadonlySet<string> = new Set(['exec.run', 'docker.run', 'docker.exec', 'docker.build']);

/** Books a call and what it carries. An answer where that goes beyond a limit. */
export function spendOnCall({ meter, exceeded }: MeteredPowers, call: HostCall): HostCallAnswer | undefined {
  const error =
    meter.spend('host-calls', 1) ??
    (meter.isBounded('bytes') ? meter.spend('bytes', Buffer.byteLength(JSON.stringify(call.args))) : undefined);
  if (error === undefined) {
    return undefined;
  }
  exceeded(error);
  return { error: { code: error.code, message: error.message } };
}

/** Books bytes that are moved by a program, as they are. */
export function spendOnTransfer({ meter, exceeded }: MeteredPowers, bytes: number): void {
  const error = meter.isBounded('bytes') ? meter.spend('bytes', bytes) : undefined;
  if (error !== undefined) {
    exceeded(error);
  }
}

/** Books what a call has moved beside its arguments: its answer, and what it says that it transferred. */
export function spendOnAnswer({ meter, exceeded }: MeteredPowers, answerBytes: number, facts: JsonObject): void {
  if (!meter.isBounded('bytes')) {
    return;
  }
  const transferred = transferFacts.map((name) => facts[name]).filter((fact) => typeof fact === 'number');
  const error = meter.spend('bytes', answerBytes + transferred.reduce((sum, bytes) => sum + bytes, 0));
  if (error !== undefined) {
    exceeded(error);
  }
}

/** Whether a call starts a program, or a container. */
export function startsProgram({ capability, operation }: Pick<HostCall, 'capability' | 'operation'>): boolean {
  return programCalls.has(`${capability}.${operation}`);
}

/** Programs wait their turn where the policy bounds them. */
export async function inTurn(
  { meter, waiting }: MeteredPowers,
  { call, signal }: { readonly call: HostCall; readonly signal: AbortSignal },
  act: () => Promise<HostCallAnswer>,
): Promise<HostCallAnswer> {
  if (!startsProgram(call)) {
    return await act();
  }
  let turn: Awaited<ReturnType<Meter['program']>>;
  try {
    turn = await meter.program(signal, waiting);
  } catch {
    return { error: { code: 'CANCELLED', message: 'the step is over' } };
  }
  if (typeof turn !== 'function') {
    const { code, message, remedy, rule } = turn;
    return { error: { code, message, remedy, ...(rule === undefined ? {} : { rule }) } };
  }
  try {
    return await act();
  } finally {
    turn();
  }
}
