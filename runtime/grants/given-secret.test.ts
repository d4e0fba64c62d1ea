import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { createSecretVault } from '../capabilities/secret-vault.ts';
import { authorize } from './authorize.ts';
import { computeGrant } from './compute-grant.ts';
import { entryInWords } from './entry-words.ts';
import { testGrantRequest } from './testing/grant.ts';

const url = 'https://api.example.com/**';
const manifest = { net: [{ url, secrets: ['${{ inputs.token }}'] }] };
const policies = {
  requested: 'version: 1\nrules: [{ plugin: "*", allow: requested }]\n',
  written: 'version: 1\nrules: [{ plugin: "*", allow: { net: [{ url: "https://*/**", secrets: [TOKEN] }] } }]\n',
};

/** What a grant makes of a step that was given `${{ secrets.TOKEN }}` and `${{ secrets.OTHER }}` where `inputs` says so. */
function computed(inputs: (placeholder: (name: string) => string) => JsonObject, policy: string = policies.requested) {
  let last = 0;
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill((last += 1));
  const secrets = createSecretVault({ secrets: { TOKEN: 'value-1', OTHER: 'value-2' }, random: { bytes } });
  const given = inputs((name) => secrets.placeholder(name) ?? '');
  return { secrets, answer: computeGrant({ ...testGrantRequest({ manifest, policy, inputs: given }), secrets }) };
}

/** Whether the secret may go out with a request. */
function goes(answer: ReturnType<typeof computeGrant>, secret: string): boolean {
  if ('error' in answer) throw new TypeError(answer.error.message);
  const args: Json = { method: 'GET', url: 'https://api.example.com/a' };
  const call = authorize(answer.grant, { capability: 'net', operation: 'request', args });
  if (call.kind !== 'allowed') throw new TypeError(`it was ${call.kind}`);
  return (
    call.authorized.recheck({ method: 'GET', url: args['url'], headers: [], secrets: [secret] }).kind === 'allowed'
  );
}

describe('an input in `secrets` of an entry', () => {
  it('is the secret that the step gives there, and no other', () => {
    const { answer } = computed((placeholder) => ({ token: placeholder('TOKEN'), other: placeholder('OTHER') }));
    expect(goes(answer, 'TOKEN')).toBe(true);
    expect(goes(answer, 'OTHER')).toBe(false);
  });

  it('goes nowhere that another layer does not let it go', () => {
    const { answer } = computed((placeholder) => ({ token: placeholder('OTHER') }), policies.written);
    expect(goes(answer, 'OTHER')).toBe(false);
    expect(goes(answer, 'TOKEN')).toBe(false);
  });

  it.each<[string, (placeholder: string) => Json]>([
    ['text around it', (placeholder) => `Bearer ${placeholder}`],
    ['two of them', (placeholder) => `${placeholder}${placeholder}`],
    ['a placeholder of another invocation', () => `wf-secret-${'ab'.repeat(16)}`],
    ['any of them', () => '*'],
  ])('is none with %s', (_what, token) => {
    const { answer } = computed((placeholder) => ({ token: token(placeholder('TOKEN')) }));
    expect(answer).toMatchObject({ error: { code: 'INVALID_INPUT', rule: 'manifest plugin.yaml net[0]' } });
  });

  it('is a text like any other outside of `secrets`', () => {
    const secrets = createSecretVault({
      secrets: { TOKEN: 'value-1' },
      random: { bytes: (length) => new Uint8Array(length) },
    });
    const path = secrets.placeholder('TOKEN') ?? '';
    const request = testGrantRequest({ manifest: { fs: [{ read: '${{ inputs.path }}' }] }, inputs: { path } });
    const answer = computeGrant({ ...request, secrets });
    if ('error' in answer) throw new TypeError(answer.error.message);
    const reads = (text: string) =>
      authorize(answer.grant, { capability: 'fs', operation: 'read', args: { path: text } }).kind;
    expect([reads(path), reads('TOKEN')]).toEqual(['allowed', 'denied']);
  });

  it('leaves the entry out where it is not given, and the denial says so', () => {
    const { answer } = computed(() => ({}));
    if ('error' in answer) throw new TypeError(answer.error.message);
    const args = { method: 'GET', url: 'https://api.example.com/a' };
    expect(authorize(answer.grant, { capability: 'net', operation: 'request', args })).toMatchObject({
      denial: {
        message:
          "acme-tool may not call net.request: plugin.yaml net[0] doesn't hold in this step: `inputs.token` was not given",
        remedy:
          "Give the input; or let the plugin's author request an entry that doesn't read it for steps that leave it out.",
      },
    });
  });

  it('reads as what it is to those who must approve it', () => {
    const words = (entry: JsonObject): string => entryInWords('net', { url, ...entry }).split('; ')[0] ?? '';
    const suffix = 'at public addresses only';
    const start = `request ${url} with GET, HEAD`;
    expect(entryInWords('net', manifest.net[0] ?? {})).toBe(
      `${start}, with the secret given as \`token\` in a header, ${suffix}; \`token\` is whatever a step gives, a secret or a secret's name`,
    );
    expect(words({ 'url-secrets': ['${{ inputs.token }}'] })).toBe(
      `${start}, with the secret given as \`token\` in the URL, ${suffix}`,
    );
    expect(words({ secrets: ['API_KEY', '${{ inputs.token }}'] })).toBe(
      `${start}, with the secrets API_KEY, the one given as \`token\` in headers, ${suffix}`,
    );
    expect(words({ secrets: ['${{ inputs.token }}', 'API_KEY'] })).toBe(
      `${start}, with the secrets the one given as \`token\`, API_KEY in headers, ${suffix}`,
    );
    expect(words({ secrets: ['A_${{ inputs.token }}'] })).toBe(
      `${start}, with the secrets A_\${{ inputs.token }} in headers, ${suffix}`,
    );
    expect(entryInWords('exec', { command: 'git', secrets: ['${{ inputs.token }}'] })).toContain(
      'trusted with the secret given as `token`, which its output may carry back',
    );
  });
});
