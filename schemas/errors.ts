/**
 * The closed union of error codes, each with its kind. A step that failed, a call that was denied, a limit that was
 * exceeded, machinery that broke and an input that is wrong are different things and are never mixed.
 */
export const errorKinds = {
  STEP_FAILED: 'step',
  INVALID_OUTPUT: 'step',
  CANCELLED: 'step',
  REJECTED: 'step',
  DENIED: 'denied',
  TIMEOUT: 'limit',
  OUT_OF_MEMORY: 'limit',
  LIMIT_EXCEEDED: 'limit',
  OUTPUT_TOO_LARGE: 'limit',
  SANDBOX_CRASHED: 'step',
  CONFINEMENT_UNAVAILABLE: 'machinery',
  AGENT_LOST: 'machinery',
  QUEUE_TIMEOUT: 'machinery',
  QUEUE_EMPTY: 'machinery',
  WORKSPACE_GONE: 'machinery',
  JOURNAL_BROKEN: 'machinery',
  STORAGE_FULL: 'machinery',
  STORAGE_FAILED: 'machinery',
  RUN_LOCKED: 'machinery',
  RUN_LOST: 'machinery',
  RUN_NOT_FOUND: 'input',
  RUN_STATE: 'input',
  UNAUTHENTICATED: 'input',
  FORBIDDEN: 'input',
  NOT_FOUND: 'input',
  CONFLICT: 'input',
  METHOD_NOT_ALLOWED: 'input',
  UNSUPPORTED_MEDIA_TYPE: 'input',
  IDEMPOTENCY_CONFLICT: 'input',
  WEBHOOK_REFUSED: 'input',
  BODY_TOO_LARGE: 'limit',
  RATE_LIMITED: 'limit',
  SERVER_UNAVAILABLE: 'machinery',
  SIGNAL_REFUSED: 'input',
  AUDIT_BROKEN: 'machinery',
  BACKUP_BROKEN: 'input',
  INTERNAL: 'machinery',
  INVALID_INPUT: 'input',
  USAGE: 'input',
  PLUGIN_NOT_FOUND: 'input',
  PLUGIN_MISSING: 'input',
  PLUGIN_INVALID: 'input',
  BUILD_FAILED: 'input',
  TOOLCHAIN_MISSING: 'input',
  LOCAL_PLUGIN: 'input',
  PACKAGE_CORRUPT: 'input',
  PACKAGE_TRAILING_DATA: 'input',
  PACKAGE_TOO_LARGE: 'limit',
  PACKAGE_HEADER: 'input',
  PACKAGE_PATH_TRAVERSAL: 'input',
  PACKAGE_PATH_ABSOLUTE: 'input',
  PACKAGE_PATH_TOO_LONG: 'input',
  PACKAGE_PATH_CHARACTERS: 'input',
  PACKAGE_PATH_RESERVED: 'input',
  PACKAGE_SYMBOLIC_LINK: 'input',
  PACKAGE_HARD_LINK: 'input',
  PACKAGE_SPECIAL_FILE: 'input',
  PACKAGE_DUPLICATE_ENTRY: 'input',
  PACKAGE_NAME_COLLISION: 'input',
  PACKAGE_NOT_CANONICAL: 'input',
  PACKAGE_RECORD_INVALID: 'input',
  PACKAGE_EXTRA_FILE: 'input',
  PACKAGE_MISSING_FILE: 'input',
  PACKAGE_FILE_CHANGED: 'input',
  PACKAGE_MANIFEST_CHANGED: 'input',
  PACKAGE_PRIVATE_FILE: 'input',
  PACKAGE_NAME_CONFUSABLE: 'input',
  PACKAGE_REVOKED: 'input',
  SIGNATURE_MISSING: 'input',
  SIGNATURE_INVALID: 'input',
  SIGNATURE_MISMATCH: 'input',
  SIGNATURE_FOREIGN: 'input',
  SIGNATURE_THRESHOLD: 'input',
  SIGNING_KEY_REVOKED: 'input',
  SIGNING_KEY_EXPIRED: 'input',
  SIGNING_KEY_INVALID: 'input',
  TRUST_INVALID: 'input',
  RELEASE_INVALID: 'input',
  BUNDLE_INVALID: 'input',
  BUNDLE_UNSIGNED: 'input',
  BUNDLE_DOWNGRADE: 'input',
  PLUGIN_PERMISSION_UNUSED: 'input',
  PLUGIN_PERMISSION_MISSING: 'input',
  PLUGIN_PERMISSION_WIDE: 'input',
  PLUGIN_INPUT_UNDECLARED: 'input',
  PLUGIN_OUTPUT_UNDECLARED: 'input',
  PLUGIN_NOT_AWAITED: 'input',
  PLUGIN_GLOBAL_MISSING: 'input',
  PLUGIN_IMPORT_MISSING: 'input',
  PLUGIN_UNDOCUMENTED: 'input',
  PLUGIN_NOT_BUILT: 'input',
  PLUGIN_BUILD_UNUSED: 'input',
  PLUGIN_BUILD_UNRECORDED: 'input',
  PLUGIN_TYPES_STALE: 'input',
  PLUGIN_CASE_FAILED: 'input',
  LOCKFILE_INVALID: 'input',
  PLUGIN_DOWNGRADE: 'input',
  PLUGIN_SWAPPED: 'input',
  PLUGIN_UNAPPROVED: 'input',
  PLUGIN_FOLDER_IN_USE: 'machinery',
  REGISTRY_UNREACHABLE: 'machinery',
  REGISTRY_INVALID: 'input',
  REGISTRY_UNKNOWN: 'input',
  REGISTRY_FOREIGN_KEY: 'input',
  REGISTRY_EXPIRED: 'input',
  REGISTRY_FROZEN: 'input',
  REGISTRY_ROLLED_BACK: 'input',
  REGISTRY_MIXED: 'input',
  REGISTRY_FILE_SWAPPED: 'input',
  POLICY_INVALID: 'input',
  POLICY_SHADOWED: 'input',
  POLICY_UNMATCHED: 'input',
  POLICY_WIDE: 'input',
  POLICY_CONDITION: 'input',
  SECRET_MISSING: 'input',
  SECRET_NOT_READABLE: 'input',
  SECRET_NOT_FOUND: 'input',
  SECRET_DENIED: 'input',
  SECRET_UNREACHABLE: 'step',
  SECRET_INVALID: 'input',
  FILE_NOT_READABLE: 'input',
  FILE_TOO_LARGE: 'input',
  ENCODING: 'input',
  YAML_SYNTAX: 'input',
  YAML_TAB: 'input',
  YAML_DUPLICATE_KEY: 'input',
  YAML_ALIAS_BOMB: 'input',
  YAML_TOO_DEEP: 'input',
  YAML_UNSUPPORTED: 'input',
  UNKNOWN_KEY: 'input',
  MISSING_KEY: 'input',
  WRONG_TYPE: 'input',
  INVALID_VALUE: 'input',
  EMPTY: 'input',
  DUPLICATE_ID: 'input',
  UNKNOWN_NEED: 'input',
  NEEDS_CYCLE: 'input',
  WORKFLOW_NOT_FOUND: 'input',
  WORKFLOW_CYCLE: 'input',
  UNKNOWN_INPUT: 'input',
  MISSING_INPUT: 'input',
  EXPRESSION_SYNTAX: 'input',
  EXPRESSION_LIMIT: 'input',
  UNKNOWN_CONTEXT: 'input',
  UNKNOWN_PROPERTY: 'input',
  UNKNOWN_FUNCTION: 'input',
  WRONG_ARGUMENT_COUNT: 'input',
  CONTEXT_NOT_AVAILABLE: 'input',
  CONDITION_TEXT: 'input',
  EVALUATION_FAILED: 'step',
  SCRIPT_INJECTION: 'input',
  SECRET_ON_COMMAND_LINE: 'input',
  NEVER_TRUE: 'input',
  CONSTANT_CONDITION: 'input',
  UNREACHABLE: 'input',
  UNUSED_OUTPUT: 'input',
  DEPRECATED: 'input',
  UNPINNED_PLUGIN: 'input',
  UNKNOWN_QUEUE: 'input',
} as const;

/** One of the fixed codes above. */
export type ErrorCode = keyof typeof errorKinds;
/** What sort of thing went wrong. */
export type ErrorKind = (typeof errorKinds)[ErrorCode];

/**
 * An error as users, REST and `--json` see it. `remedy` says what to do about it. Lines and columns are 1-based, columns
 * in UTF-16 code units; `end_column` is exclusive. `rule` names the rule that was broken, e.g. `policy default.yaml:12`.
 */
export interface WaterflowError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly end_line?: number;
  readonly end_column?: number;
  readonly rule?: string;
  /** Of a request to the API: which value of its body it is about, as a JSON Pointer (RFC 6901). */
  readonly pointer?: string;
}

/** What the reader of a file reports: an error that stops it from running, or a warning that doesn't. */
export interface Diagnostic extends WaterflowError {
  readonly severity: 'error' | 'warning';
  /** Present where there is one good guess at what was meant. */
  readonly fix?: Fix;
}

/** Changes of the file that carry out a remedy. */
export interface Fix {
  /** What they do, as an order: write `name`. */
  readonly description: string;
  /** They don't overlap, and places are those of the file before any of them. */
  readonly edits: readonly TextEdit[];
}

/** Puts `text` in the place of what stands between two places; where they are one, nothing goes. */
export interface TextEdit {
  readonly start: TextPlace;
  /** Exclusive. */
  readonly end: TextPlace;
  readonly text: string;
}

/** A place in a file: 1-based, columns in UTF-16 code units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Carries a {@link WaterflowError} over a boundary that catches it. */
export class WaterflowFailure extends Error {
  readonly error: WaterflowError;

  constructor(error: WaterflowError, options?: ErrorOptions) {
    super(error.message, options);
    this.name = 'WaterflowFailure';
    this.error = error;
  }
}
