// Made from schemas/client-config.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * The servers that a user knows, and a model to ask: $XDG_CONFIG_HOME/waterflow/config.yaml.
 */
export interface ClientConfigFile {
  profiles?: {
    [k: string]: Profile;
  };
  /**
   * The profile of commands that name no server.
   */
  'default-profile'?: string;
  generate?: Generate;
}
export interface Profile {
  /**
   * The server: https://waterflow.example.com
   */
  url: string;
  /**
   * A file with the key, for its owner's eyes only.
   */
  'api-key-file'?: string;
  /**
   * The environment variable that holds the key.
   */
  'api-key-env'?: string;
  /**
   * The key itself; then nobody else may read this file.
   */
  'api-key'?: string;
  tls?: {
    /**
     * A PEM file: who vouches for the server's certificate. Default: whom the machine trusts.
     */
    ca?: string;
    /**
     * A PEM file: the user's own certificate, for a server that asks for one.
     */
    cert?: string;
    /**
     * A PEM file with its private key.
     */
    key?: string;
  };
  /**
   * For which tenant runs are submitted, with a key of all of them.
   */
  tenant?: string;
}
/**
 * The model that `waterflow generate` asks. Absent: none is asked.
 */
export interface Generate {
  /**
   * An OpenAI-compatible endpoint, up to what stands before /chat/completions: https://models.example.com/v1
   */
  url: string;
  /**
   * The model, as the endpoint names it.
   */
  model: string;
  /**
   * A file with the key, for its owner's eyes only.
   */
  'api-key-file'?: string;
  /**
   * The environment variable that holds the key.
   */
  'api-key-env'?: string;
  /**
   * The key itself; then nobody else may read this file.
   */
  'api-key'?: string;
}
