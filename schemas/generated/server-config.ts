// Made from schemas/server-config.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * What `waterflow server` reads from /etc/waterflow/server.yaml, or the file of --config. The environment wins over it.
 */
export interface ServerConfigFile {
  /**
   * The address to listen on. Another than a loopback address needs an API key.
   */
  host?: string;
  /**
   * 0: any that is free.
   */
  port?: number;
  /**
   * The folder of the server's data and of its runs.
   */
  state?: string;
  /**
   * A file with the admin key of tenant `default`, for its owner's eyes only.
   */
  'api-key-file'?: string;
  /**
   * PostgreSQL. Absent: SQLite in the state folder.
   */
  'database-url'?: string;
  /**
   * A file with the password of the user in `database-url`, for its owner's and group's eyes only.
   */
  'database-password-file'?: string;
  /**
   * A bucket of S3, or of a server like it, for what agents ship. Its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Absent: the state folder.
   */
  blobs?: {
    bucket: string;
    /**
     * The address of another server than Amazon's: http://minio:9000.
     */
    endpoint?: string;
    /**
     * Default: us-east-1.
     */
    region?: string;
    /**
     * Before the names of all blobs: waterflow/.
     */
    prefix?: string;
  };
  /**
   * How clients reach this server, for links.
   */
  'public-url'?: string;
  /**
   * Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
   */
  'trusted-proxies'?: string[];
  /**
   * Origins whose pages may call the server from a browser.
   */
  'cors-origins'?: string[];
  /**
   * The policy of the agent in the server. Default: that of `waterflow run`.
   */
  policy?: string;
  /**
   * A file that says where the agent in the server has secrets from beside those that come with runs. It holds no value.
   */
  'secrets-file'?: string;
  /**
   * Runs that go on at a time.
   */
  'active-runs'?: number;
  /**
   * How long ended runs are kept: 30d.
   */
  'keep-runs'?: string;
  /**
   * How long the record of API calls is kept: 90d.
   */
  'keep-calls'?: string;
  'log-level'?: 'error' | 'warn' | 'info' | 'debug';
  tls?: {
    /**
     * A PEM file: the certificate, then those that vouch for it.
     */
    cert: string;
    /**
     * A PEM file with its private key.
     */
    key: string;
    /**
     * A PEM file: who vouches for clients. Then nobody connects without such a certificate. Default: none is asked for.
     */
    'client-ca'?: string;
  };
  jwt?: {
    [k: string]: unknown;
  } & {
    'jwks-file'?: string;
    'jwks-url'?: string;
    issuer: string;
    audience: string;
    /**
     * By how much clocks may differ: 30s.
     */
    'clock-skew'?: string;
    'tenant-claim'?: string;
    'role-claim'?: string;
    /**
     * Whether the URL may lead to a private address. Default: false.
     */
    'jwks-allow-private'?: boolean;
    /**
     * Whether a token may be of all tenants, by `*` as its tenant. Default: false.
     */
    'allow-all-tenants'?: boolean;
  };
  limits?: {
    /**
     * Of a request's body: 4MiB.
     */
    body?: string;
    /**
     * Of one key, or of one address without a key. 0: no limit.
     */
    'requests-per-minute'?: number;
    /**
     * Failed authentications of one address. 0: no limit.
     */
    'failures-per-minute'?: number;
    /**
     * Within which a request's headers must have come: 10s.
     */
    'headers-timeout'?: string;
    /**
     * Within which a whole request must have come: 60s.
     */
    'request-timeout'?: string;
    /**
     * For requests in progress at a shutdown: 10s.
     */
    'shutdown-grace'?: string;
    /**
     * Streams of logs and events, and bodies that come as one, at a time: 1000.
     */
    streams?: number;
    /**
     * Other requests that are worked on at a time: 256.
     */
    requests?: number;
    /**
     * Requests beyond that which wait for their turn: 2048.
     */
    'queued-requests'?: number;
    /**
     * How long a request waits for its turn: 10s.
     */
    'queue-timeout'?: string;
    /**
     * Runs that wait until an engine takes them: 10000. Beyond that none is accepted.
     */
    'queued-runs'?: number;
  };
  /**
   * Where Temporal is, on which runs go on then, carried out by agents. Absent, and TEMPORAL_HOST too: the embedded engine, with an agent in the same process.
   */
  temporal?: {
    /**
     * Where Temporal is: host:port.
     */
    host?: string;
    namespace?: string;
    /**
     * Makes the namespace where it isn't there, to keep workflows that ended for so long: 7d. A day at least.
     */
    'create-namespace'?: string;
    /**
     * As Temporal Cloud asks for one. Then nobody but the file's owner and group may read it.
     */
    'api-key'?: string;
    /**
     * A file with that key, for its owner's and group's eyes only. A new key in it is used at once.
     */
    'api-key-file'?: string;
    /**
     * A file with the keys that encrypt what Temporal keeps, for its owner's eyes only.
     */
    'payload-keys-file'?: string;
    tls?: {
      /**
       * A PEM file: who vouches for Temporal's certificate. Default: whom the machine trusts.
       */
      ca?: string;
      /**
       * A PEM file: the server's own certificate.
       */
      cert?: string;
      /**
       * A PEM file with its private key, for its owner's and group's eyes only.
       */
      key?: string;
      /**
       * The name in Temporal's certificate, where it isn't that of the host.
       */
      'server-name'?: string;
    };
    /**
     * The public keys to which the secrets of runs are sealed, by queue: one, or while it is changed several. Agents have the private ones.
     */
    'queue-keys'?: {
      [k: string]: string | [string, ...string[]];
    };
  };
}
