/** How a database writes what migrations need. */
export interface Dialect {
  /** Compared byte by byte, so that both databases order alike. */
  readonly text: string;
  /** 64 bits. */
  readonly integer: string;
  readonly real: string;
  /** A primary key that counts up. */
  readonly counter: string;
  /** Columns of any length that an index may hold beside those that it is ordered by, so that the table isn't read. */
  readonly alsoIndexed: (columns: string) => string;
  /** After a table's closing bracket. */
  readonly table: string;
}

/** A step from one form of the tables to the next. Those that were released never change. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: (dialect: Dialect) => readonly string[];
}

export const sqliteDialect: Dialect = {
  text: 'TEXT',
  integer: 'INTEGER',
  real: 'REAL',
  counter: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  alsoIndexed: (columns) => `, ${columns}`,
  table: ' STRICT',
};

export const postgresqlDialect: Dialect = {
  text: 'TEXT COLLATE "C"',
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  counter: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  // What an index of PostgreSQL holds is at most 2,704 bytes long; its reads don't hold up the server.
  alsoIndexed: () => '',
  table: '',
};

function runs({ text, integer, alsoIndexed, table }: Dialect): readonly string[] {
  const filtered = alsoIndexed('status, folded_name, folded_workflow');
  return [
    `CREATE TABLE plans (digest ${text} PRIMARY KEY, content ${text} NOT NULL, put_at ${integer} NOT NULL)${table}`,
    `CREATE TABLE runs (
      run ${text} PRIMARY KEY,
      tenant ${text} NOT NULL,
      workflow ${text} NOT NULL,
      name ${text} NOT NULL,
      folded_workflow ${text} NOT NULL,
      folded_name ${text} NOT NULL,
      file ${text} NOT NULL,
      labels ${text} NOT NULL,
      status ${text} NOT NULL,
      attempt ${integer} NOT NULL,
      created_at ${integer} NOT NULL,
      started_at ${integer},
      ended_at ${integer},
      origin_kind ${text} NOT NULL,
      origin_id ${text} NOT NULL,
      origin ${text} NOT NULL,
      plan ${text} NOT NULL REFERENCES plans (digest),
      request ${text} NOT NULL,
      error ${text}
    )${table}`,
    `CREATE INDEX runs_newest ON runs (created_at, run${filtered})`,
    `CREATE INDEX runs_newest_of_tenant ON runs (tenant, created_at, run${filtered})`,
    'CREATE INDEX runs_of_origin ON runs (origin_kind, origin_id, created_at, run)',
    'CREATE INDEX runs_of_plan ON runs (plan)',
    'CREATE INDEX runs_of_status ON runs (status, created_at, run)',
    'CREATE INDEX runs_of_tenant_and_status ON runs (tenant, status, created_at, run)',
    'CREATE INDEX runs_ended ON runs (ended_at, run) WHERE ended_at IS NOT NULL',
    // `pair` stands for a label's name and value; the others are the run's, so that lists of a label need not be sorted.
    `CREATE TABLE run_labels (
      pair ${text} NOT NULL,
      labelled_at ${integer} NOT NULL,
      labelled_run ${text} NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
      PRIMARY KEY (pair, labelled_at, labelled_run)
    )${table}`,
    'CREATE INDEX run_labels_of_run ON run_labels (labelled_run, pair)',
    // `claim` stands for a tenant and a key.
    `CREATE TABLE claims (
      claim ${text} PRIMARY KEY,
      fingerprint ${text} NOT NULL,
      run ${text} NOT NULL,
      answer ${text} NOT NULL,
      expires_at ${integer} NOT NULL
    )${table}`,
    'CREATE INDEX claims_expired ON claims (expires_at)',
  ];
}

function keys({ text, integer, table }: Dialect): readonly string[] {
  return [
    `CREATE TABLE api_keys (
      id ${text} PRIMARY KEY,
      prefix ${text} NOT NULL,
      hash ${text} NOT NULL,
      name ${text} NOT NULL,
      tenant ${text} NOT NULL,
      role ${text} NOT NULL,
      created_at ${integer} NOT NULL,
      expires_at ${integer},
      revoked_at ${integer},
      last_used_at ${integer}
    )${table}`,
    'CREATE INDEX api_keys_of_prefix ON api_keys (prefix)',
  ];
}

function triggers({ text, integer, table }: Dialect): readonly string[] {
  return [
    `CREATE TABLE schedules (
      id ${text} PRIMARY KEY,
      tenant ${text} NOT NULL,
      name ${text} NOT NULL,
      cron ${text} NOT NULL,
      timezone ${text} NOT NULL,
      overlap ${text} NOT NULL,
      catch_up_ms ${integer} NOT NULL,
      paused ${integer} NOT NULL,
      plan ${text} NOT NULL REFERENCES plans (digest),
      inputs ${text} NOT NULL,
      vars ${text} NOT NULL,
      created_at ${integer} NOT NULL,
      created_by ${text} NOT NULL,
      done_until ${integer} NOT NULL
    )${table}`,
    'CREATE INDEX schedules_of_plan ON schedules (plan)',
    `CREATE TABLE webhooks (
      id ${text} PRIMARY KEY,
      tenant ${text} NOT NULL,
      name ${text} NOT NULL,
      plan ${text} NOT NULL REFERENCES plans (digest),
      vars ${text} NOT NULL,
      sealed_secret ${text} NOT NULL,
      paused ${integer} NOT NULL,
      created_at ${integer} NOT NULL,
      created_by ${text} NOT NULL
    )${table}`,
    'CREATE INDEX webhooks_of_plan ON webhooks (plan)',
    // `delivery` stands for a webhook and the id that a sender gave.
    `CREATE TABLE deliveries (
      delivery ${text} PRIMARY KEY,
      webhook ${text} NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
      received_at ${integer} NOT NULL,
      expires_at ${integer} NOT NULL
    )${table}`,
    'CREATE INDEX deliveries_of_webhook ON deliveries (webhook)',
    'CREATE INDEX deliveries_expired ON deliveries (expires_at)',
  ];
}

function calls({ text, integer, real, counter, table }: Dialect): readonly string[] {
  return [
    `CREATE TABLE calls (
      place ${counter},
      request ${text} NOT NULL,
      at ${integer} NOT NULL,
      tenant ${text},
      caller ${text},
      method ${text} NOT NULL,
      route ${text} NOT NULL,
      target ${text},
      status ${integer} NOT NULL,
      duration_ms ${real} NOT NULL,
      remote ${text} NOT NULL,
      details ${text}
    )${table}`,
    'CREATE INDEX calls_newest ON calls (at, place)',
    'CREATE INDEX calls_newest_of_tenant ON calls (tenant, at, place)',
  ];
}

/** The name is its alone: of those that share one from before, the oldest has it. */
function soleNames({ integer }: Dialect, table: string): readonly string[] {
  return [
    `ALTER TABLE ${table} ADD COLUMN sole_name ${integer} NOT NULL DEFAULT 0`,
    `UPDATE ${table} SET sole_name = 1 WHERE NOT EXISTS (SELECT 1 FROM ${table} AS other
      WHERE other.tenant = ${table}.tenant AND other.name = ${table}.name
        AND (other.created_at < ${table}.created_at OR (other.created_at = ${table}.created_at AND other.id < ${table}.id)))`,
    `CREATE UNIQUE INDEX ${table}_of_name ON ${table} (tenant, name) WHERE sole_name = 1`,
  ];
}

/** All of them, in order. */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'runs, keys, schedules, webhooks and calls',
    statements: (dialect) => [...runs(dialect), ...keys(dialect), ...triggers(dialect), ...calls(dialect)],
  },
  {
    number: 2,
    name: 'names of their own, and labels of schedules',
    statements: (dialect) => [
      ...['schedules', 'webhooks', 'api_keys'].flatMap((table) => soleNames(dialect, table)),
      `ALTER TABLE schedules ADD COLUMN labels ${dialect.text} NOT NULL DEFAULT '{}'`,
    ],
  },
  {
    number: 3,
    name: 'what is left of removed runs',
    statements: ({ text, table }) => [`CREATE TABLE leftovers (run ${text} PRIMARY KEY)${table}`],
  },
  {
    number: 4,
    name: 'what runs wait for',
    // `awaited` has the kinds, each once, between commas: `,approval,signal,`. Few of all runs wait at a time.
    statements: ({ text }) => [
      `ALTER TABLE runs ADD COLUMN awaits ${text}`,
      `ALTER TABLE runs ADD COLUMN awaited ${text}`,
      'CREATE INDEX runs_awaiting ON runs (created_at, run) WHERE awaited IS NOT NULL',
      'CREATE INDEX runs_awaiting_of_tenant ON runs (tenant, created_at, run) WHERE awaited IS NOT NULL',
    ],
  },
  {
    number: 5,
    name: 'labels of webhooks',
    statements: ({ text }) => [`ALTER TABLE webhooks ADD COLUMN labels ${text} NOT NULL DEFAULT '{}'`],
  },
  {
    number: 6,
    name: 'queues of runs',
    // As labels are: lists of a queue need not be sorted.
    statements: ({ text, integer, table }) => [
      `ALTER TABLE runs ADD COLUMN queues ${text}`,
      `CREATE TABLE run_queues (
        queue ${text} NOT NULL,
        queued_at ${integer} NOT NULL,
        queued_run ${text} NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
        PRIMARY KEY (queue, queued_at, queued_run)
      )${table}`,
      'CREATE INDEX run_queues_of_run ON run_queues (queued_run, queue)',
    ],
  },
  {
    number: 7,
    name: 'workflows as they were sent',
    statements: ({ text, integer, table }) => [
      `CREATE TABLE sources (digest ${text} PRIMARY KEY, content ${text} NOT NULL, put_at ${integer} NOT NULL)${table}`,
      ...['runs', 'schedules', 'webhooks'].flatMap((name) => [
        `ALTER TABLE ${name} ADD COLUMN source ${text}`,
        `CREATE INDEX ${name}_of_source ON ${name} (source) WHERE source IS NOT NULL`,
      ]),
    ],
  },
];
