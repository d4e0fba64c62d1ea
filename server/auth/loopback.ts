import { BlockList, isIP, isIPv6 } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address reaches this machine only, also an IPv4 address in its IPv6 form. False for names. */
export function isLoopbackAddress(text: string): boolean {
  const address = text.replace(/^\[(.*)\]$/u, '$1');
  if (isIP(address) === 0) return false;
  // IPv4 rules hold for mapped addresses, too.
  return loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Whether a Host header is one that a browser sends for a page of this machine: no name that a name server may point here. */
export function isLoopbackHost(header: string): boolean {
  const name = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu.exec(header)?.[1];
  return name !== undefined && (name.toLowerCase() === 'localhost' || isLoopbackAddress(name));
}
