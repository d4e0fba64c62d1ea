// Made from schemas/plugin-cases.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * What a plugin is given and what must come of it, for `waterflow plugin test`.
 *
 * @minItems 1
 * @maxItems 1000
 */
export type PluginCasesFile = [Case, ...Case[]];
/**
 * A file's content: text, or bytes in base64.
 */
export type Content =
  | string
  | {
      base64: string;
    };
/**
 * As `net GET https://…`, which is compared by what the call is about, or in its parts, whose arguments are compared one by one.
 */
export type Call =
  | string
  | {
      capability: string;
      operation: string;
      args?: {
        [k: string]: unknown;
      };
    };
/**
 * A text, or `{ $matches: pattern }`.
 */
export type Text =
  | string
  | {
      $matches: string;
    };

export interface Case {
  /**
   * What the case shows, in a few words.
   */
  name: string;
  /**
   * The plugin's inputs. `${{ secrets.NAME }}` stands for a secret of the case.
   */
  inputs?: {
    [k: string]: unknown;
  };
  /**
   * Secrets by name, with values that are worth nothing to anybody.
   */
  secrets?: {
    [k: string]: string;
  };
  /**
   * The step's environment.
   */
  env?: {
    [k: string]: string;
  };
  /**
   * When the run began, RFC 3339. Default 2026-01-01T00:00:00Z. Of a recorded case: sleeps move it at once.
   */
  time?: string;
  /**
   * What is in the workspace, by path.
   */
  files?: {
    [k: string]: Content;
  };
  /**
   * What the step is narrowed to, in the forms of a workflow's `permissions`. Default: all that the manifest requests.
   */
  permissions?: {
    [k: string]: {
      [k: string]: unknown;
    }[];
  };
  /**
   * recorded, the default: calls of the outside world are answered by `host_calls`. real: they are made, where --real allows it.
   */
  host?: 'recorded' | 'real';
  /**
   * The calls of the outside world, in their order, each with its answer.
   */
  host_calls?: Entry[];
  expect?: Expectation;
}
export interface Entry {
  call?: Call;
  /**
   * What the call gives. Default null.
   */
  ok?: {
    [k: string]: unknown;
  };
  /**
   * How the call fails, instead.
   */
  error?: {
    code: 'NOT_FOUND' | 'FAILED' | 'INVALID_ARGUMENTS' | 'TIMEOUT' | 'LIMIT_EXCEEDED' | 'CANCELLED' | 'STORAGE_FAILED';
    message: string;
  };
  /**
   * What the call leaves in the workspace.
   */
  files?: {
    [k: string]: Content;
  };
  /**
   * What the call writes to the log, as a program does.
   */
  log?: string;
  /**
   * Instead of all else: calls that are made in whatever order.
   *
   * @minItems 1
   */
  'any-order'?: [Answered, ...Answered[]];
}
export interface Answered {
  call: Call;
  /**
   * What the call gives. Default null.
   */
  ok?: {
    [k: string]: unknown;
  };
  /**
   * How the call fails, instead.
   */
  error?: {
    code: 'NOT_FOUND' | 'FAILED' | 'INVALID_ARGUMENTS' | 'TIMEOUT' | 'LIMIT_EXCEEDED' | 'CANCELLED' | 'STORAGE_FAILED';
    message: string;
  };
  /**
   * What the call leaves in the workspace.
   */
  files?: {
    [k: string]: Content;
  };
  /**
   * What the call writes to the log, as a program does.
   */
  log?: string;
}
export interface Expectation {
  /**
   * The outputs, all of them. `{ $matches: pattern }` stands for a text, `{ $any: true }` for any value.
   */
  outputs?: {
    [k: string]: unknown;
  };
  /**
   * How the step fails. Without it the step must succeed.
   */
  error?: {
    code: string;
    message?: Text;
  };
  /**
   * Files of the workspace afterwards, by path; null: there is none. Others may be there.
   */
  files?: {
    [k: string]:
      | null
      | string
      | {
          $matches: string;
        }
      | {
          base64: string;
        };
  };
  /**
   * The calls that are denied, all of them, in their order.
   */
  denials?: {
    call: Call;
    /**
     * How the rule begins that denies it: `manifest`, `step`, `manifest plugin.yaml:14`.
     */
    rule?: string;
  }[];
  /**
   * Lines of the log, in their order. Others may stand between them.
   */
  log?: Text[];
}
