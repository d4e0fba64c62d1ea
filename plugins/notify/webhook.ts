import type { Host, Json } from 'waterflow/plugin';
import { factsOf, type Inputs } from './inputs.ts';

/** What a webhook gets where the step has no payload of its own. */
export function webhookPayload(inputs: Inputs, step: Host['step']): Json {
  if (inputs.payload !== undefined) return inputs.payload;
  const { title, message, status, fields, link } = inputs;
  return {
    ...(title === undefined ? {} : { title }),
    message,
    ...(status === undefined ? {} : { status }),
    ...(fields === undefined ? {} : { fields: factsOf(inputs) }),
    ...(link === undefined ? {} : { link }),
    run: {
      id: step.run,
      attempt: step.run_attempt,
      workflow: step.workflow,
      job: step.job,
      step: step.step,
    },
  };
}

/** Headers of the step's own. */
export function webhookHeaders(inputs: Inputs): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs.headers ?? {})) {
    if (!/^x-/i.test(name)) {
      throw new Error(`headers: ${JSON.stringify(name)} doesn't begin with X-; for other headers use http@v1`);
    }
    headers[name.toLowerCase()] = String(value);
  }
  return headers;
}
