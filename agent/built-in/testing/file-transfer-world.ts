import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startSshd, type TestSshd } from '../../../runtime/capabilities/ssh/testing/sshd.ts';
import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun, type TestStep } from '../../executor/testing/agent.ts';

/** An agent, and a machine that it reaches by SSH: OpenSSH's own server. */
export interface TransferWorld extends AsyncDisposable {
  readonly agent: TestAgent;
  readonly server: TestSshd;
  /** A path in the workspace, and one on the other machine. */
  readonly here: (path: string) => string;
  readonly there: (path: string) => string;
  /** A step with the world's own host and login. */
  transfer(inputs: JsonObject, more?: Partial<TestStep>): Promise<TestRun>;
}

/** What the operator says of servers of this machine: a private address has to be written out. */
export const transferPolicy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: file-transfer
    allow:
      ssh:
        - { host: 127.0.0.1, port: "*", user: "*", secrets: ["*"], read: "/**", write: "/**", commands: [{ command: "*", args: any }], private: true }
`;

/** Starts both. */
export async function startTransferWorld(
  supervisor: Supervisor,
  options: { readonly policy?: string; readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<TransferWorld> {
  // A hundred at once may log in.
  const server = await startSshd({ MaxStartups: '200', MaxSessions: '200' });
  const agent = await createTestAgent({
    supervisor,
    policy: options.policy ?? transferPolicy,
    secrets: { KEY: server.keys.client, STRANGER: server.keys.stranger, ...options.secrets },
  });
  const login = {
    host: '127.0.0.1',
    port: server.port,
    user: server.user,
    'host-key': server.fingerprint,
    key: '${{ secrets.KEY }}',
  };
  return {
    agent,
    server,
    here: (path) => join(agent.claim.workspace, path),
    there: (path) => join(server.root, path),
    transfer: (inputs, more = {}) => agent.run({ uses: 'file-transfer@v1', with: { ...login, ...inputs }, ...more }),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** All files below a folder, sorted; those too that are hidden. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();
}
