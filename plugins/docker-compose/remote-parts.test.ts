import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { remotePartsOf } from './remote-parts.ts';

const address = 'https://example.com/x.yml';

describe('a Compose file', () => {
  it.each<[string, readonly string[]]>([
    ['include: [oci://registry.example/x:1]', ['oci://registry.example/x:1']],
    ['include:\n  - https://github.com/acme/x.git#main\nservices: {}', ['https://github.com/acme/x.git#main']],
    ['include:\n- path: git@github.com:acme/x.git', ['git@github.com:acme/x.git']],
    [`services:\n  a:\n    extends: { file: "${address}", service: a }`, [address]],
    [`services:\n  a:\n    extends:\n      service: a\n      file: ${address}\n`, [address]],
    [`services:\n  a:\n    extends: &base # it\n\n      'file': '${address}'\n`, [address]],
    [`services:\n  a:\n    extends: {\n      service: a,\n      file: ${address} }`, [address]],
    [`services: { a: { image: x, extends: { service: a, file: ${address} } } }`, [address]],
    [`{"services": {"a": {"extends": {"file": "${address}", "service": "a"}}}}`, [address]],
    [`services:\n  extends:\n    extends:\n      file: ${address}`, [address]],
    [
      `services:\n  a:\n    extends:\n      file: ${address}\n  b:\n    extends:\n      file: git@x.example:y`,
      [address, 'git@x.example:y'],
    ],
  ])('which is %j fetches %j', (text, found) => expect(remotePartsOf(text)).toEqual(found));

  it.each([
    'include: [other.yml] # not https://example.com',
    `services:\n  a:\n    environment: { URL: ${address} }`,
    `services:\n  a:\n    labels: { file: ${address} }`,
    `services:\n  a:\n    labels:\n      file: ${address}`,
    `services:\n  a:\n    environment:\n      file: ${address}\n    extends:\n      file: base.yml\n      service: a`,
    `services:\n  a:\n    extends:\n      file: base.yml\n    labels:\n      file: ${address}`,
    `services:\n  a:\n    extends: { file: base.yml, service: a }\n    labels: { file: ${address} }`,
    `services: { a: { extends: { file: base.yml }, labels: { file: ${address} } } }`,
    `services:\n  a: { extends: {\n      file: base.yml },\n      labels: { file: ${address} } }`,
    `services:\n  extends:\n    image: x\n    labels:\n      file: ${address}`,
    `services:\n  a:\n    extends: b\n    labels:\n      file: ${address}`,
  ])('which is %j fetches nothing', (text) => expect(remotePartsOf(text)).toEqual([]));

  it('is looked at to its end, whatever it is', () => {
    const lines = fc.array(fc.stringMatching(/^ {0,4}(extends: ?|file: ?|https:\/\/x|\{|\}|#){0,4}$/), {
      maxLength: 12,
    });
    const property = fc.property(lines, (given) => Array.isArray(remotePartsOf(given.join('\n'))));
    expect(fc.check(property).failed).toBe(false);
  });
});
