/** PEM, as Node takes them. */
export interface TlsMaterial {
  /** Who vouches for the server; absent: whom the machine trusts. */
  readonly ca?: string;
  /** For a server that asks for a certificate. */
  readonly cert?: string;
  readonly key?: string;
}

/** The files that a configuration names. */
export interface TlsFiles<Path extends string = string> {
  readonly ca?: Path;
  readonly client?: { readonly cert: Path; readonly key: Path };
}

/** Reads them as they are now. Throws what `read` does. */
export function readTlsMaterial<Path extends string>(
  { ca, client }: TlsFiles<Path>,
  read: (file: Path) => string,
): TlsMaterial {
  return {
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(client === undefined ? {} : { cert: read(client.cert), key: read(client.key) }),
  };
}
