// Made from schemas/secrets.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * Where an agent has secrets from: providers, and what each secret is called there. It holds no value of a secret.
 */
export interface SecretsFile {
  version: 1;
  /**
   * How long a value is kept in memory once it was read: 1m. `0s` reads it for each step anew; an hour at most.
   */
  cache?: string;
  /**
   * By a name of yours, which records and messages show.
   */
  providers: {
    [k: string]: SecretProviderEntry;
  };
  /**
   * By the name that workflows have for it.
   */
  secrets: {
    [k: string]: SecretEntry;
  };
}
/**
 * One of environment, files, vault and command.
 */
export interface SecretProviderEntry {
  environment?: EnvironmentProviderEntry;
  files?: FilesProviderEntry;
  vault?: VaultProviderEntry;
  command?: CommandProviderEntry;
}
/**
 * Variables of the agent's own environment.
 */
export interface EnvironmentProviderEntry {
  /**
   * Before the name of each variable: WF_SECRET_.
   */
  prefix?: string;
}
/**
 * A folder with a file for each secret, which only the agent and its group may read.
 */
export interface FilesProviderEntry {
  folder: string;
}
/**
 * A KV store, version 2, of HashiCorp Vault.
 */
export interface VaultProviderEntry {
  /**
   * https://vault.example.com:8200; http only on this machine.
   */
  address: string;
  /**
   * Of Vault Enterprise.
   */
  namespace?: string;
  /**
   * Where the KV store is mounted: secret.
   */
  mount?: string;
  tls?: VaultTlsEntry;
  auth: VaultAuthEntry;
  /**
   * How long an answer may take: 5s.
   */
  timeout?: string;
  /**
   * How often it is asked where it isn't reached, or can't answer at the moment: 4.
   */
  attempts?: number;
}
export interface VaultTlsEntry {
  /**
   * A PEM file: who vouches for Vault's certificate. Default: whom the machine trusts.
   */
  ca?: string;
  /**
   * A PEM file: the agent's own certificate.
   */
  cert?: string;
  /**
   * A PEM file with its private key, for the agent's and its group's eyes only.
   */
  key?: string;
  /**
   * The name in Vault's certificate, where it isn't that of the address.
   */
  'server-name'?: string;
}
/**
 * One of token-file, token-variable and approle.
 */
export interface VaultAuthEntry {
  /**
   * A file with a token, for the agent's and its group's eyes only. It is read anew with each use.
   */
  'token-file'?: string;
  /**
   * The variable of the agent's environment that holds a token.
   */
  'token-variable'?: string;
  approle?: VaultAppRoleEntry;
}
export interface VaultAppRoleEntry {
  'role-id': string;
  /**
   * A file with the secret id, for the agent's and its group's eyes only. It is read anew with each login.
   */
  'secret-id-file': string;
  /**
   * Where AppRole is mounted: approle.
   */
  mount?: string;
}
/**
 * A program that prints a secret.
 */
export interface CommandProviderEntry {
  /**
   * Its absolute path and its arguments, without a shell. `{path}` and `{name}` stand for what the secret has as its path, and its name.
   *
   * @minItems 1
   * @maxItems 64
   */
  command: [string, ...string[]];
  /**
   * What it prints: the value, or an object of JSON with a field for it. Default: raw.
   */
  output?: 'raw' | 'json';
  /**
   * The variables that it gets of the agent's environment, beside PATH.
   */
  environment?: string[];
  /**
   * After which it is killed: 10s.
   */
  timeout?: string;
}
export interface SecretEntry {
  provider: string;
  /**
   * What it is called there: a variable, a file below the folder, a path of Vault, what the program is asked for. Default: the secret's own name.
   */
  path?: string;
  /**
   * Of what stands at that path: needed where that has several.
   */
  field?: string;
  /**
   * Of a KV store. Default: the newest.
   */
  version?: number;
  /**
   * Whose runs have it. Default: everybody's.
   *
   * @minItems 1
   */
  tenants?: [string, ...string[]];
}
