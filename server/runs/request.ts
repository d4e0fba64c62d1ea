import { createHash } from 'node:crypto';
import { type Digest, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** What a request for a run says, whichever form it has. */
export interface RunBody {
  readonly workflow: string;
  /** What it is called where it comes from. */
  readonly file?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly inputs: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly dry_run: boolean;
  readonly tenant_id?: string;
}

/** How problems name a workflow that came without a file's name. */
export const workflowFile = 'workflow.yml';

const empty = { files: {}, inputs: {}, secrets: {}, vars: {}, labels: {}, dry_run: false };

/** A body that is a workflow's text, or JSON as the route's schema says. */
export function readRunBody(body: unknown): RunBody {
  if (typeof body === 'string') return { ...empty, workflow: body };
  // The schema of the body says so.
  return { ...empty, ...(body as Pick<RunBody, 'workflow'>) };
}

/**
 * Tells requests apart that came with the same `Idempotency-Key`. Of secrets only the names count: a digest of their values would be one
 * more place from which they could be guessed, for as long as it is stored. HeldSecrets compares those that this process has had.
 */
export function fingerprintOf({ secrets, ...body }: RunBody, tenant: string): Digest {
  return canonicalDigest({ ...body, tenant_id: tenant, secrets: Object.keys(secrets).toSorted() });
}

/** The digest of what a value means. */
export function canonicalDigest(value: Json): Digest {
  // SHA-256 gives 64 lower-case hex digits.
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex')}` as Digest;
}

/** The order of an object's keys says nothing. */
function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([name, inner]) => [name, canonical(inner)]);
}
