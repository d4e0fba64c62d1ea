/** The names that have a number, too, and what the number's constant is called (Web IDL, section 2.8.1). */
const codes: Readonly<Record<string, readonly [number, string]>> = {
  IndexSizeError: [1, 'INDEX_SIZE_ERR'],
  HierarchyRequestError: [3, 'HIERARCHY_REQUEST_ERR'],
  WrongDocumentError: [4, 'WRONG_DOCUMENT_ERR'],
  InvalidCharacterError: [5, 'INVALID_CHARACTER_ERR'],
  NoModificationAllowedError: [7, 'NO_MODIFICATION_ALLOWED_ERR'],
  NotFoundError: [8, 'NOT_FOUND_ERR'],
  NotSupportedError: [9, 'NOT_SUPPORTED_ERR'],
  InUseAttributeError: [10, 'INUSE_ATTRIBUTE_ERR'],
  InvalidStateError: [11, 'INVALID_STATE_ERR'],
  SyntaxError: [12, 'SYNTAX_ERR'],
  InvalidModificationError: [13, 'INVALID_MODIFICATION_ERR'],
  NamespaceError: [14, 'NAMESPACE_ERR'],
  InvalidAccessError: [15, 'INVALID_ACCESS_ERR'],
  TypeMismatchError: [17, 'TYPE_MISMATCH_ERR'],
  SecurityError: [18, 'SECURITY_ERR'],
  NetworkError: [19, 'NETWORK_ERR'],
  AbortError: [20, 'ABORT_ERR'],
  URLMismatchError: [21, 'URL_MISMATCH_ERR'],
  QuotaExceededError: [22, 'QUOTA_EXCEEDED_ERR'],
  TimeoutError: [23, 'TIMEOUT_ERR'],
  InvalidNodeTypeError: [24, 'INVALID_NODE_TYPE_ERR'],
  DataCloneError: [25, 'DATA_CLONE_ERR'],
};

/** Errors by a name, as the web's interfaces throw them. */
export class DOMException extends Error {
  /** The number of its name; 0 where that has none. */
  declare readonly code: number;

  static {
    // A module's prelude is minified, and an author may print what kind of error it is.
    Object.defineProperty(this, 'name', { value: 'DOMException' });
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'DOMException' });
    for (const [code, constant] of Object.values(codes))
      for (const holder of [this, this.prototype])
        Object.defineProperty(holder, constant, { value: code, enumerable: true });
  }

  constructor(message = '', options: string | { readonly name?: string; readonly cause?: unknown } = 'Error') {
    const { name = 'Error', ...rest } = typeof options === 'object' ? options : { name: options };
    super(message, rest);
    const ofName = Object.hasOwn(codes, name) ? codes[name]?.[0] : undefined;
    Object.defineProperty(this, 'name', { value: name, writable: true, configurable: true });
    Object.defineProperty(this, 'code', { value: ofName ?? 0, configurable: true });
  }
}
