import type { PluginManifest } from '../../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  assertNever,
  type Digest,
  type EvaluatedTemplate,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type Permissions,
  type Position,
} from '../../../schemas/index.ts';
import { CallFailure, type CallScope } from '../../capabilities/capability.ts';
import type { LoadedPlugin } from '../../plugin.ts';
import type { Policy } from '../../policy/api.ts';
import { readPolicy } from '../../policy/read.ts';
import type { Grant, GrantRequest } from '../api.ts';
import { authorize } from '../authorize.ts';
import { computeGrant } from '../compute-grant.ts';
import { perform } from '../perform.ts';

/** What a test asks for. Layers that it leaves out are not there, but for the policy, which allows what is requested. */
export interface TestGrant {
  readonly manifest: Permissions;
  readonly policy?: string;
  readonly workflow?: Permissions;
  readonly job?: Permissions;
  readonly step?: Permissions;
  readonly inputs?: JsonObject;
  readonly origin?: LoadedPlugin['origin'];
  readonly name?: string;
  readonly limits?: NonNullable<PluginManifest['limits']>;
  readonly subject?: Partial<GrantRequest['subject']>;
}

const allowAll = 'version: 1\nrules: [{ plugin: "*", allow: requested, profile: host }]\n';
const digest = `sha256:${'0'.repeat(64)}`;

/** A plugin that does nothing, as far as grants can tell. */
export function testPlugin(test: TestGrant): LoadedPlugin {
  const permissions = Object.fromEntries(
    Object.entries(test.manifest).map(([name, entries]) => [
      name,
      entries.map((entry) => ({ reason: 'a test', ...entry })),
    ]),
  );
  const name = test.name ?? 'acme-tool';
  return {
    // The right form, and nobody looks behind it here.
    identity: { name, version: '1.0.0', digest: digest as Digest },
    manifest: {
      name,
      version: '1.0.0',
      description: 'A test.',
      runtime: 'isolate',
      main: 'index.ts',
      permissions,
      ...(test.limits === undefined ? {} : { limits: test.limits }),
    },
    folder: '/plugins/acme-tool' as AbsolutePath,
    origin: test.origin ?? 'built-in',
    code: { runtime: 'isolate', main: 'index.ts', modules: { 'index.ts': '' } },
  };
}

/** A policy that must be right. */
export function testPolicy(text: string): Policy {
  const read = readPolicy(text, 'policy.yaml');
  if ('errors' in read) throw new TypeError(read.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return read.policy;
}

/** A layer of a workflow file that holds no expression. */
export function testLayer(layer: PermissionLayer['layer'], permissions: Permissions, at: Position): PermissionLayer {
  const entries = Object.entries(permissions).map(
    ([name, list]) => [name, list.map((value): EvaluatedTemplate => ({ kind: 'literal', value }))] as const,
  );
  return { version: 2, layer, entries: Object.fromEntries(entries), at };
}

/** What computeGrant() is asked. */
export function testGrantRequest(test: TestGrant): GrantRequest {
  const layers = (['workflow', 'job', 'step'] as const).flatMap((layer): readonly PermissionLayer[] => {
    const permissions = test[layer];
    return permissions === undefined ? [] : [testLayer(layer, permissions, { file: 'ci.yml', line: 7, column: 5 })];
  });
  return {
    plugin: testPlugin(test),
    policy: testPolicy(test.policy ?? allowAll),
    layers,
    inputs: test.inputs ?? {},
    subject: { tenant: 'default', workflow: 'ci', job: 'build', step: '0', ...test.subject },
  };
}

/** A grant that must come about. */
export function testGrant(test: TestGrant): Grant {
  const computed = computeGrant(testGrantRequest(test));
  if ('error' in computed) throw new TypeError(computed.error.message);
  return computed.grant;
}

/** Authorizes and carries out `capability.operation`; what isn't allowed is thrown as a CallFailure. */
export async function callUnder(
  grant: Grant,
  name: `${string}.${string}`,
  call: { readonly args: Json; readonly scope: CallScope },
): Promise<Json> {
  const [capability = '', operation = ''] = name.split('.');
  const answer = authorize(grant, { capability, operation, args: call.args });
  switch (answer.kind) {
    case 'allowed':
      return perform(answer.authorized, call.scope);
    case 'denied':
      throw new CallFailure('DENIED', answer.denial.message, answer.denial);
    case 'invalid':
      throw new CallFailure('INVALID_ARGUMENTS', answer.message);
    default:
      return assertNever(answer);
  }
}
