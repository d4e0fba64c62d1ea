import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classifyAddress, mayBeSameMachine } from './addresses.ts';

test.each([
  ['93.184.216.34', 'public'],
  ['2606:4700:4700::1111', 'public'],
  ['64:ff9b::808:808', 'public'],
  ['127.0.0.1', 'private'],
  ['127.255.255.254', 'private'],
  ['0.0.0.0', 'private'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['198.18.0.1', 'private'],
  ['::', 'private'],
  ['::1', 'private'],
  ['::ffff:127.0.0.1', 'private'],
  ['::ffff:7f00:1', 'private'],
  ['::127.0.0.1', 'private'],
  ['64:ff9b::127.0.0.1', 'private'],
  ['64:ff9b:1::808:808', 'private'],
  ['64:ff9b:1::a9fe:a9fe', 'metadata'],
  ['2002:7f00:1::', 'private'],
  ['2001::1', 'private'],
  ['2001:db8::1', 'private'],
  ['fc00::1', 'private'],
  ['fd12:3456::1', 'private'],
  ['169.254.169.254', 'metadata'],
  ['169.254.0.1', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['fe80::1', 'metadata'],
  ['fe80::1%eth0', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['2001:4860::5efe:7f00:1', 'private'],
  ['2001:4860::200:5efe:a00:1', 'private'],
  ['2001:4860::5efe:a9fe:a9fe', 'metadata'],
  ['2001:4860::5efe:808:808', 'public'],
  ['fc00::5efe:808:808', 'private'],
  ['2002:808:808::5efe:7f00:1', 'private'],
  ['2002:7f00:1::5efe:808:808', 'private'],
  ['fe80::5efe:808:808', 'metadata'],
  ['224.0.0.1', 'unusable'],
  ['255.255.255.255', 'unusable'],
  ['ff02::1', 'unusable'],
  ['not an address', 'unusable'],
  ['', 'unusable'],
])('%s is %s', (address, kind) => {
  expect(classifyAddress(address)).toBe(kind);
});

test('an IPv4 address is what it is in each IPv6 form too', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const kind = classifyAddress(address);
      expect(classifyAddress(`::ffff:${address}`)).toBe(kind);
      expect(classifyAddress(`64:ff9b::${address}`)).toBe(kind);
    }),
  );
});

test('classifies any IPv6 address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(['public', 'private', 'metadata', 'unusable']).toContain(classifyAddress(address));
    }),
  );
});

test.each([
  ['10.0.0.1', '10.0.0.1', true],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['[::ffff:a00:1]', '10.0.0.1', true],
  ['64:ff9b::a00:1', '10.0.0.1', true],
  ['2002:a00:1::7', '10.0.0.1', true],
  ['2001:db8::5efe:a00:1', '10.0.0.1', true],
  ['64:ff9b:1:7::a00:1', '10.0.0.1', true],
  ['2002:808:808::5efe:a00:1', '10.0.0.1', true],
  ['2002:808:808::5efe:a00:1', '8.8.8.8', true],
  ['fe80::200:5efe:10.0.0.1%eth0', '::10.0.0.1', true],
  ['2001:db8:0:0::1', '[2001:db8::1]', true],
  ['10.0.0.2', '10.0.0.1', false],
  ['::ffff:10.0.0.2', '10.0.0.1', false],
  ['0.0.0.0', '127.0.0.1', true],
  ['::ffff:0.0.0.0', '127.0.0.1', true],
  ['::', '::1', true],
  ['::1', '0.0.0.1', false],
  ['2001:db8::1', '2001:db8::2', false],
  ['name.example', 'name.example', false],
])('%s may be the machine %s: %s', (one, other, expected) => {
  expect(mayBeSameMachine(one, other)).toBe(expected);
  expect(mayBeSameMachine(other, one)).toBe(expected);
});

test('any two forms of an IPv4 address are one machine, and no less guarded than it is', () => {
  const order = ['public', 'private', 'metadata', 'unusable'];
  const hex = (address: string): string => new URL(`http://[::ffff:${address}]/`).hostname.slice('[::ffff:'.length, -1);
  const forms = [
    (address: string): string => `::ffff:${address}`,
    (address: string): string => `64:ff9b::${address}`,
    (address: string): string => `2002:${hex(address)}::5`,
    (address: string): string => `2001:4860::5efe:${address}`,
    (address: string): string => `2001:4860::200:5efe:${hex(address)}`,
  ];
  const form = fc.constantFrom(...forms);
  fc.assert(
    fc.property(fc.ipV4(), form, form, (address, one, other) => {
      expect(order.indexOf(classifyAddress(one(address)))).toBeGreaterThanOrEqual(
        order.indexOf(classifyAddress(address)),
      );
      expect(mayBeSameMachine(one(address), other(address))).toBe(true);
      expect(mayBeSameMachine(one(address), address)).toBe(true);
    }),
  );
});
