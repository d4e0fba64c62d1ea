import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkInputs, type Inputs, joined } from './inputs.ts';
import { failureOf, readResults } from './results.ts';
import { inventoryFile, variablesFile, yamlOf } from './yaml.ts';

/** With the defaults of plugin.yaml. */
const inputs = (given: Partial<Inputs>): Inputs => ({
  playbook: 'site.yml',
  check: false,
  diff: false,
  connection: 'ssh',
  become: false,
  forks: 5,
  'connect-timeout': 10,
  verbosity: 0,
  ...given,
});

/** As Ansible reads it: YAML 1.1, with a tag for texts that are no templates. */
const read = (text: string): unknown =>
  parse(text, { version: '1.1', customTags: [{ tag: '!unsafe', resolve: (value: string) => value }] });

describe('values in YAML', () => {
  it('are read back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), (value) => {
        const given: unknown = JSON.parse(JSON.stringify(value));
        // Without -0, which JSON doesn't know, and lone surrogates, which no encoding does.
        fc.pre(JSON.stringify(given).isWellFormed());
        expect(read(yamlOf(value as never))).toEqual(given);
      }),
    );
  });

  it('are no templates, and stand on one line', () => {
    expect(yamlOf({ a: ['{{ x }}', 'b\nc'] })).toBe(String.raw`{"a": [!unsafe "{{ x }}", !unsafe "b\nc"]}`);
    expect(variablesFile({ a: 'yes', b: 1 })).toBe('"a": !unsafe "yes"\n"b": 1\n');
    expect(variablesFile({})).toBe('{}\n');
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [1e-7, '1.0e-7'],
    [-2.5e-9, '-2.5e-9'],
    [0.1, '0.1'],
  ])('have numbers that YAML 1.1 takes for numbers: %d', (value, text) => expect(yamlOf(value)).toBe(text));
});

describe('an inventory', () => {
  it('has hosts, their variables and groups', () => {
    const hosts = { web: { ansible_port: 2222 }, db: null };
    expect(read(inventoryFile({ hosts, groups: { all_web: ['web'] } }))).toEqual({
      all: { hosts: { web: { ansible_port: 2222 }, db: null }, children: { all_web: { hosts: { web: null } } } },
    });
    expect(read(inventoryFile({ hosts: ['a', 'b'] }))).toEqual({ all: { hosts: { a: null, b: null } } });
  });

  it('is this machine where no host is named', () =>
    expect(read(inventoryFile({}))).toMatchObject({ all: { hosts: { localhost: { ansible_connection: 'local' } } } }));
});

describe('inputs', () => {
  it.each<Partial<Inputs>>([
    { limit: 'web:&prod:!web-3', hosts: ['web.example.com'] },
    { limit: ['~web-[0-9]+', 'db[0:2]', 'a*'], tags: ['a', 'b c'], 'skip-tags': 'x,y' },
    { playbook: 'mein Ordner/site 日本.yml', inventory: './inventories/prod' },
    { hosts: { v6: { ansible_host: '2001:db8::1' }, zone: { ansible_ssh_host: 'fe80::1%eth0' } } },
    { 'extra-vars': { ansible_host: 'db.example.com' } },
  ])('may be %j', (given) => expect(() => checkInputs(inputs(given))).not.toThrow());

  it.each<[Partial<Inputs>, RegExp]>([
    [{ playbook: '@site.yml' }, /^playbook:/],
    [{ inventory: '"hosts"' }, /^inventory:/],
    [{ hosts: [] }, /names none/],
    [{ hosts: { web: { 'a b': 1 } } }, /^hosts\.web: "a b"/],
    [{ hosts: { web: { ansible_host: 1 } } }, /^hosts\.web: ansible_host is/],
    [{ hosts: { web: { ansible_ssh_host: '-oProxyCommand=id' } } }, /^hosts\.web: ansible_ssh_host is/],
    [{ 'extra-vars': { ansible_host: '-oProxyCommand=id' } }, /^extra-vars: ansible_host is/],
    [{ 'extra-vars': { ansible_ssh_host: ['-oProxyCommand=id'] } }, /^extra-vars: ansible_ssh_host is/],
    [{ groups: { web: ['a'] } }, /not among/],
    [{ hosts: ['a'], groups: { 'a b': ['a'] } }, /not a group's name/],
    [{ 'extra-vars': { ansible_ssh_args: '' } }, /the node's own/],
  ])('may not be %j', (given, message) => expect(() => checkInputs(inputs(given))).toThrow(message));

  it('of lists go with commas', () => {
    expect([joined(['a', 'b']), joined('a,b'), joined(undefined)]).toEqual(['a,b', 'a,b', undefined]);
  });
});

describe('results', () => {
  const count = (more: object = {}): object => ({
    ok: 1,
    changed: 0,
    failures: 0,
    unreachable: 0,
    skipped: 0,
    rescued: 0,
    ignored: 0,
    ...more,
  });
  const hosts = { a: count({ changed: 2 }), b: count({ failures: 1 }), c: count({ ok: 0, unreachable: 1 }) };
  const results = readResults(JSON.stringify({ hosts, stats: { x: 1 } }));

  it('have sums and the names of hosts that have trouble', () => {
    expect(results).toEqual({
      changed: true,
      hosts,
      totals: count({ ok: 2, changed: 2, failures: 1, unreachable: 1 }),
      failed_hosts: ['b'],
      unreachable_hosts: ['c'],
      stats: { x: 1 },
    });
    expect([readResults(''), readResults('{"hosts"')]).toEqual([undefined, undefined]);
  });

  it('make a message that says which', () => {
    expect(failureOf(4, results).message).toBe(
      'ansible-playbook ended with exit code 4: 1 of 3 hosts failed (b); 1 of 3 hosts could not be reached (c)',
    );
    expect(failureOf(1, undefined).message).toMatch(/exit code 1; its messages are in the log/);
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`h${index}`, count({ failures: 1 })]));
    expect(failureOf(2, readResults(JSON.stringify({ hosts: many, stats: {} }))).message).toMatch(
      /12 of 12 hosts failed \(h0, .*h9, …\)/,
    );
  });
});
