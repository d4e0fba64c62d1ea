import type { WorkflowInterceptors } from '@temporalio/workflow';
import { ApplicationFailure, getExternalWorkflowHandle, log, workflowInfo } from '@temporalio/workflow';
import { presence } from '../../../agent/worker/protocol.ts';
import type { WaterflowError } from '../../../schemas/index.ts';
import { markIn } from '../payloads/unreadable-mark.ts';
import { names, runOfJob } from '../protocol.ts';
import { refused } from './failures.ts';

/** Why a workflow doesn't take what was sent to it. */
interface Refusal {
  /** Nobody of ours sent it, or what was sent is lost. */
  readonly kind: 'foreign' | 'damaged';
  readonly error: WaterflowError;
}

/**
 * A module of the workflows' script. Whoever reaches Temporal can send signals to workflows, ask for updates and start workflows: what is
 * none of ours is left out or refused, by JOURNAL_BROKEN, before a workflow sees it. A signal of ours that is damaged breaks its run: what
 * it said is lost, and the run might wait for it for ever.
 */
export function interceptors(): WorkflowInterceptors {
  return {
    inbound: [
      {
        async execute(input, next) {
          const refusal = refusalOf(input.args, isInput);
          if (refusal === undefined) return await next(input);
          log.error(`JOURNAL_BROKEN: ${workflowInfo().workflowId} was not begun: ${refusal.error.message}`);
          throw refused(refusal.error);
        },
        async handleSignal(input, next) {
          const refusal = refusalOf(input.args, (value) => isSignal(input.signalName, value));
          if (refusal === undefined) return await next(input);
          const { workflowId, workflowType } = workflowInfo();
          log.error(`JOURNAL_BROKEN: a signal to ${workflowId} was left out: ${refusal.error.message}`);
          if (refusal.kind === 'foreign') return;
          if (workflowType === names.runWorkflow) {
            await next({ ...input, signalName: names.brokenSignal, args: [refusal.error] });
          } else await tellRun(refusal.error);
        },
        validateUpdate(input, next) {
          const refusal = refusalOf(input.args, isOperation);
          if (refusal !== undefined) throw refused(refusal.error);
          next(input);
        },
        async handleUpdate(input, next) {
          const refusal = refusalOf(input.args, isOperation);
          if (refusal !== undefined) throw refused(refusal.error);
          return await next(input);
        },
      },
    ],
  };
}

async function tellRun(error: WaterflowError): Promise<void> {
  const { workflowId, workflowType } = workflowInfo();
  if (workflowType !== names.jobWorkflow) throw ApplicationFailure.nonRetryable(error.message, 'WaterflowError', error);
  await getExternalWorkflowHandle(runOfJob(workflowId)).signal(names.brokenSignal, error);
}

function refusalOf(args: readonly unknown[], isOurs: (value: unknown) => boolean): Refusal | undefined {
  for (const value of args) {
    const mark = markIn(value);
    if (mark !== undefined) return mark;
  }
  if (isOurs(args[0])) return undefined;
  const { workflowId } = workflowInfo();
  return {
    kind: 'foreign',
    error: {
      code: 'JOURNAL_BROKEN',
      message: `what was sent to ${workflowId} by Temporal is nothing that Waterflow writes`,
      remedy: 'Find out who reaches Temporal and writes there; with payload keys nobody else can.',
    },
  };
}

function isInput(value: unknown): boolean {
  if (!isObject(value) || value['version'] !== 1) return false;
  const { workflowId, workflowType } = workflowInfo();
  if (workflowType === names.runWorkflow) {
    return value['run'] === workflowId && isObject(value['plan']) && isObject(value['begin']);
  }
  if (workflowType === names.jobWorkflow) {
    return workflowId.startsWith(`${String(value['run'])}/`) && isObject(value['begin']);
  }
  return true;
}

function isSignal(name: string, value: unknown): boolean {
  switch (name) {
    case names.eventSignal:
      return isObject(value) && (isText(value['type']) || (isText(value['run']) && isText(value['member'])));
    case names.brokenSignal:
      return isObject(value) && isText(value['code']) && isText(value['message']);
    case names.suspectSignal:
      return typeof value === 'boolean';
    case presence.reportSignal:
      return isObject(value) && isText(value['name']) && isText(value['session']) && isObject(value['queues']);
    default:
      return value === undefined;
  }
}

function isOperation(value: unknown): boolean {
  return isObject(value) && isText(value['kind']);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
