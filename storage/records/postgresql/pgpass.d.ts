/** pgpass 1.0 brings no types. */
declare module 'pgpass' {
  interface Connection {
    readonly host: string;
    readonly port: number;
    readonly database?: string | undefined;
    readonly user?: string | undefined;
  }
  /** Gives the password of the first line that fits, from PGPASSFILE or ~/.pgpass; undefined where there is none. */
  export default function pgpass(connection: Connection, found: (password: string | undefined) => void): void;
}
