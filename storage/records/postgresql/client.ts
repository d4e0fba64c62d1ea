import { Client, type ClientConfig } from 'pg';
import pgpass from 'pgpass';
import { WaterflowFailure } from '../../../schemas/index.ts';

/**
 * A client that asks PostgreSQL's own password file (PGPASSFILE, else ~/.pgpass) where neither its URL nor PGPASSWORD has a password. By itself pg 8
 * does so with a warning at each start that pg 9 won't.
 */
export class ClientWithPasswordFile extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    // Null, whatever the types say, where nobody gave one.
    if (typeof this.password !== 'string') Object.assign(this, { password: () => passwordInFile(this) });
  }
}

/** STORAGE_FAILED where there is none: the server has asked for one. */
const passwordInFile = (client: Client): Promise<string> =>
  new Promise((resolve, reject) => {
    pgpass(client, (password) => {
      if (password === undefined) reject(noPassword(client));
      else resolve(password);
    });
  });

const noPassword = ({ host, user }: Client): WaterflowFailure =>
  new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `PostgreSQL at ${host} asks for the password of ${user}, and none is given`,
    remedy:
      'Name a file with it in DATABASE_PASSWORD_FILE, or a password file of PostgreSQL, readable for its owner alone, in PGPASSFILE.',
  });
