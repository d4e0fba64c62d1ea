import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, Permissions } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';
import { authorize } from './authorize.ts';
import { type Sample, samples } from './testing/arbitraries.ts';
import { type TestGrant, testGrant } from './testing/grant.ts';

type Entries = readonly JsonObject[];

/** What is let through, and with which powers; undefined where it isn't. */
function powersOf(sample: Sample, test: TestGrant, call: HostCall): ReadonlySet<string> | undefined {
  const answer = authorize(testGrant(test), call);
  // Each sample reads what its own capability narrowed to.
  return answer.kind === 'allowed' ? new Set(sample.powers(answer.authorized.effective as never)) : undefined;
}

/** Whether what holds in the first case holds in the second too. */
function isNoWider(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  return one === undefined || (other !== undefined && [...one].every((power) => other.has(power)));
}

/** Each entry of a policy in a rule of its own, so that rules have an order too. */
function policyOf(allow: Entries, deny: Entries, capability: string): string {
  const rules = [
    ...allow.map((entry) => ({ plugin: '*', allow: { [capability]: [entry] } })),
    ...deny.map((entry) => ({ plugin: '*', deny: { [capability]: [entry] } })),
  ];
  return JSON.stringify({ version: 1, rules });
}

describe.each(samples)('grants of $capability', (sample) => {
  const { capability, entry, call } = sample;
  const entries = fc.array(entry, { maxLength: 3 });
  const several = fc.array(entry, { minLength: 1, maxLength: 3 });
  const permissions = (list: Entries): Permissions => ({ [capability]: list });
  const layers = fc.record({
    manifest: several,
    allow: several,
    deny: fc.array(entry, { maxLength: 1 }),
    workflow: fc.option(entries, { nil: undefined }),
    step: fc.option(entries, { nil: undefined }),
  });
  type Layers = typeof layers extends fc.Arbitrary<infer Value> ? Value : never;

  const testOf = ({ manifest, allow, deny, workflow, step }: Layers): TestGrant => ({
    manifest: permissions(manifest),
    policy: policyOf(allow, deny, capability),
    ...(workflow === undefined ? {} : { workflow: permissions(workflow) }),
    ...(step === undefined ? {} : { step: permissions(step) }),
  });
  /** Of one layer: written out in the policy too, since `requested` would leave off what only an operator can give. */
  const aloneOf = (list: Entries): TestGrant => ({
    manifest: permissions(list),
    policy: policyOf(list, [], capability),
  });
  const powers = (given: Layers, wanted: HostCall): ReadonlySet<string> | undefined =>
    powersOf(sample, testOf(given), wanted);

  it('are never wider than any one layer', () => {
    fc.assert(
      fc.property(layers, call, (given, wanted) => {
        const whole = powers(given, wanted);
        for (const list of [given.manifest, given.allow, given.workflow, given.step]) {
          if (list === undefined) continue;
          expect(isNoWider(whole, powersOf(sample, aloneOf(list), wanted))).toBe(true);
        }
      }),
    );
  });

  it('are all that every layer allows, where nothing is denied', () => {
    fc.assert(
      fc.property(layers, call, (given, wanted) => {
        const alone = [given.manifest, given.allow, given.workflow, given.step].every(
          (list) => list === undefined || powersOf(sample, aloneOf(list), wanted) !== undefined,
        );
        expect(powers({ ...given, deny: [] }, wanted) !== undefined).toBe(alone);
      }),
    );
  });

  it('are not widened by another deny, another layer or one entry less', () => {
    fc.assert(
      fc.property(layers, entry, entries, call, (given, more, list, wanted) => {
        const before = powers(given, wanted);
        expect(isNoWider(powers({ ...given, deny: [...given.deny, more] }, wanted), before)).toBe(true);
        const layered = powersOf(sample, { ...testOf(given), job: permissions(list) }, wanted);
        expect(isNoWider(layered, before)).toBe(true);
        const fewer = powers({ ...given, manifest: given.manifest.slice(1) }, wanted);
        expect(fewer === undefined || before !== undefined).toBe(true);
      }),
    );
  });

  it('are the same with a layer that is there twice', () => {
    fc.assert(
      fc.property(layers, call, (given, wanted) => {
        const once = powers({ ...given, step: given.manifest, workflow: undefined }, wanted);
        const twice = powers({ ...given, step: given.manifest, workflow: given.manifest }, wanted);
        expect(twice).toEqual(once);
      }),
    );
  });

  it('are the same in any order of entries, rules and layers', () => {
    fc.assert(
      fc.property(layers, call, (given, wanted) => {
        const turned = {
          manifest: given.manifest.toReversed(),
          allow: given.allow.toReversed(),
          deny: given.deny.toReversed(),
          workflow: given.step?.toReversed(),
          step: given.workflow?.toReversed(),
        };
        expect(powers(turned, wanted)).toEqual(powers(given, wanted));
      }),
    );
  });
});
