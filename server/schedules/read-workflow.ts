import { type SecretNeed, secretNeeds } from '../../dsl/index.ts';
import type { Diagnostic, Digest, Plan } from '../../schemas/index.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerParts } from '../parts.ts';
import { agentSecrets } from '../runs/missing-secrets.ts';
import { compileSent, type SentWorkflow } from '../runs/sent-workflow.ts';
import type { NewRun, Submissions } from '../runs/submissions.ts';

/** What a workflow became. Warnings don't keep it from running. */
export interface ReadWorkflow {
  readonly digest: Digest;
  /** Of the workflow as it was sent. */
  readonly source: Digest;
  readonly plan: Plan;
  readonly warnings: readonly Diagnostic[];
}

/** Reads a workflow whose runs nobody stands by. 422 with every problem, or with the secrets that nobody would be there to give. */
export async function readUnattended(
  parts: Pick<ServerParts, 'catalogue' | 'log'> & { readonly submissions: Pick<Submissions, 'compile'> },
  tenant: string,
  sent: SentWorkflow,
): Promise<ReadWorkflow> {
  const { plan, diagnostics } = await compileSent(parts.submissions, tenant, sent);
  if (plan === undefined) throw workflowRefused(diagnostics);
  const agents = await agentSecrets(parts, tenant);
  const known = new Set(agents === 'unknown' ? [] : agents.map((name) => name.toUpperCase()));
  const missing = secretNeeds(plan.content)
    .filter(({ name }) => !known.has(name))
    .map(nobodyGives);
  if (missing.length > 0) throw workflowRefused(missing);
  return { digest: plan.digest, source: plan.source, plan: plan.content, warnings: diagnostics };
}

/** 422 where the inputs of a run don't fit. */
export async function checkRun(submissions: Pick<Submissions, 'prepare'>, run: NewRun): Promise<void> {
  const prepared = await submissions.prepare(run);
  if (prepared.kind === 'invalid') throw workflowRefused(prepared.diagnostics);
}

/** 422, with the first problem and all of them. */
export function workflowRefused(diagnostics: readonly Diagnostic[]): HttpProblem {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  if (first === undefined) throw new Error('a workflow without a plan has a diagnostic');
  const { severity: _severity, fix: _fix, ...error } = first;
  return new HttpProblem(422, error, { errors: diagnostics });
}

function nobodyGives({ name, at }: SecretNeed): Diagnostic {
  return {
    severity: 'error',
    code: 'SECRET_MISSING',
    message: `the workflow needs the secret ${name}, and nobody is there to give it when a run starts by itself`,
    remedy: `Write \${{ secrets.${name} || '' }} where it may be missing, start the runs with POST /v1/workflows, which takes secrets, or have the agents give it by their secrets file.`,
    ...at,
  };
}
