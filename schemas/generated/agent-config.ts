// Made from schemas/agent-config.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * What `waterflow agent` reads from /etc/waterflow/agent.yaml, or the file of --config. The environment wins over it.
 */
export interface AgentConfigFile {
  /**
   * The agent's name, unique in its namespace. Default: the machine's host name.
   */
  name?: string;
  /**
   * The queues whose jobs it takes: a list, or each with its jobs at a time.
   */
  'task-queues'?:
    | [string, ...string[]]
    | {
        [k: string]: number;
      };
  /**
   * Jobs at a time of each queue that doesn't say so itself.
   */
  slots?: number;
  /**
   * What `runner.labels` has, and what lists of agents show.
   */
  labels?: string[];
  /**
   * The folder of workspaces, audit logs and the spool. One agent at a time uses it.
   */
  'state-dir'?: string;
  /**
   * The folder of installed plugins.
   */
  'plugin-dir'?: string;
  /**
   * What plugins may do at most. Default: that of `waterflow run`.
   */
  policy?: string;
  /**
   * A file that says where the agent has secrets from beside those that come with runs. It holds no value.
   */
  'secrets-file'?: string;
  /**
   * A bucket of S3, or of a server like it, for what plugins keep as archives, such as cache@v1: agents that name the same one share them. Its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from a file. Absent: the state folder.
   */
  archives?: {
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
     * Before the names of all objects: waterflow/archives/.
     */
    prefix?: string;
    /**
     * A file with the keys as ~/.aws/credentials has them, for its owner's and group's eyes only. It is read when the agent starts.
     */
    'credentials-file'?: string;
  };
  /**
   * A file with the private keys of its queues, for its owner's eyes only: they open the secrets of runs.
   */
  'queue-keys-file'?: string;
  docker?: {
    /**
     * Where the Docker daemon sees the agent's state-dir, for an agent in a container: the folder of its machine that is mounted there.
     */
    'workspace-host-path'?: string;
  };
  /**
   * How long jobs may go on when it is asked to stop: 30s.
   */
  'shutdown-grace'?: string;
  /**
   * How long a step that is being cancelled may take to end itself before its processes are killed: 10s.
   */
  'cancel-grace'?: string;
  'log-level'?: 'error' | 'warn' | 'info' | 'debug';
  temporal?: {
    /**
     * Where Temporal is: host:port.
     */
    host?: string;
    namespace?: string;
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
       * A PEM file: the agent's own certificate.
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
  };
  server?: {
    /**
     * The server that logs and large outputs go to. Absent: logs stay on the agent.
     */
    url?: string;
    /**
     * An API key of the role `agent`. Then nobody but the file's owner and group may read it.
     */
    key?: string;
    /**
     * A file with that key, for its owner's and group's eyes only.
     */
    'key-file'?: string;
    tls?: {
      /**
       * A PEM file: who vouches for the server's certificate. Default: whom the machine trusts.
       */
      ca?: string;
      /**
       * A PEM file: the agent's own certificate, for a server that asks for one.
       */
      cert?: string;
      /**
       * A PEM file with its private key.
       */
      key?: string;
    };
    /**
     * How long the result of a step waits for a server that can't be reached to take its log: 10s.
     */
    wait?: string;
    /**
     * What is kept at most for a server that can't be reached: 256MiB.
     */
    spool?: string;
  };
}
