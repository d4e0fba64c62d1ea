import { describe, expect, test } from 'vitest';
import { addressGroup, clientAddress, isSecure, trustedProxies } from './addresses.ts';

const proxies = trustedProxies(['10.0.0.1', '192.168.0.0/16', 'fd00::/8', 'nonsense', '10.9.9.9/x', '10.9.9.9/33']);

describe("a client's address", () => {
  test.each([
    ['nobody is trusted who is not listed', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a trusted proxy says who it is', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['also over an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['what the client claims itself does not count', '10.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
    ['a row of trusted proxies is followed', '10.0.0.1', '198.51.100.1, 192.168.3.4', '198.51.100.1'],
    ['but only as far as it goes', '10.0.0.1', '1.2.3.4, 198.51.100.1, 192.168.3.4', '198.51.100.1'],
    ['a connection that is gone already has none', '', '198.51.100.1', ''],
    ['no header: the proxy itself', '10.0.0.1', undefined, '10.0.0.1'],
    ['a text that is no address ends the row', '10.0.0.1', '198.51.100.1, evil\u0000', '10.0.0.1'],
    ['IPv6, with brackets and a port', 'fd00::1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['an entry that could not be read trusts nobody', '10.9.9.9', '198.51.100.1', '10.9.9.9'],
  ])('%s', (_, peer, forwarded, expected) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(clientAddress(peer, headers, proxies)).toBe(expected);
  });

  test('a long row of proxies is not followed without end', () => {
    const row = Array.from({ length: 10_000 }, () => '10.0.0.1').join(', ');
    expect(clientAddress('10.0.0.1', { 'x-forwarded-for': row }, proxies)).toBe('10.0.0.1');
  });
});

test('a connection is secure by itself, or as a trusted proxy says', () => {
  const headers = { 'x-forwarded-proto': 'https' };
  expect(isSecure({ encrypted: true, peer: '203.0.113.9' }, {}, proxies)).toBe(true);
  expect(isSecure({ peer: '10.0.0.1' }, headers, proxies)).toBe(true);
  expect(isSecure({ peer: '203.0.113.9' }, headers, proxies)).toBe(false);
  expect(isSecure({ peer: '10.0.0.1' }, { 'x-forwarded-proto': 'http' }, proxies)).toBe(false);
});

test.each([
  ['198.51.100.1', '198.51.100.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['2001:0DB8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('limits count %s as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
