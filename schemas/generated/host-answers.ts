// Made from schemas/host-answers.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * What each call of a capability answers, by `capability.operation`, as the cases of a plugin record it. What is required there decides what a plugin does next, or can't be guessed; the rest of a real answer is filled in.
 */
export interface HostAnswers {
  'net.request'?: {
    status: number;
    url?: string;
    redirects?: number;
    elapsed_ms?: number;
    headers?: {
      [k: string]: string;
    };
    body?: string;
    bytes?: number;
    sha256?: string;
    sent?: {
      bytes: number;
      sha256: string;
    };
  };
  'exec.run'?: {
    exit_code: number;
    signal?: string;
    files?: {
      [k: string]: string;
    };
    stdout?: string;
    stderr?: string;
  };
  'docker.run'?: {
    exit_code: number;
    out_of_memory?: boolean;
    image?: string;
    digests?: string[];
    stdout?: string;
    stderr?: string;
  };
  'docker.start'?: {
    container: string;
    image?: string;
    digests?: string[];
  };
  'docker.exec'?: {
    exit_code: number;
    stdout?: string;
    stderr?: string;
  };
  'docker.logs'?: {
    stdout?: string;
    stderr?: string;
  };
  'docker.wait'?: {
    exit_code: number;
  };
  'docker.status'?: {
    status: string;
    exit_code?: number;
    out_of_memory?: boolean;
    image?: string;
    health?: string;
  };
  'docker.remove'?: null;
  'docker.pull'?: {
    bytes?: number;
    image?: string;
    digests?: string[];
  };
  'docker.push'?: {
    image?: string;
    digest?: string;
  };
  'docker.login'?: null;
  'docker.build'?: {
    image?: string;
  };
  'docker.create_volume'?: null;
  'docker.remove_volume'?: null;
  'fs.read'?: string;
  'fs.write'?: null;
  'fs.list'?: {
    name: string;
    type: 'file' | 'directory' | 'symlink' | 'other';
    bytes: number;
  }[];
  'fs.stat'?: null | {
    type: 'file' | 'directory' | 'symlink' | 'other';
    bytes: number;
    modified_ms: number;
  };
  'fs.mkdir'?: null;
  'fs.remove'?: null;
  'fs.copy'?: null;
  'fs.move'?: null;
  'fs.hash'?: string;
  'fs.glob'?: string[];
  'fs.pack'?: {
    bytes: number;
    entries: number;
    sha256: string;
  };
  'fs.unpack'?: {
    bytes: number;
    entries: number;
  };
  'store.get'?: null | {
    value: unknown;
    version: number;
    expires_at?: string | null;
  };
  'store.set'?: {
    version: number;
  };
  'store.compare_and_set'?: {
    swapped: boolean;
    version: number | null;
  };
  'store.delete'?: boolean;
  'store.list'?: {
    keys: {
      key: string;
      version: number;
      bytes: number;
    }[];
    cursor?: string | null;
  };
  'store.save'?: {
    saved: boolean;
    bytes: number;
    entries?: number;
    sha256: string;
    evicted?: number;
    not_evicted?: string;
  };
  'store.load'?: {
    found: boolean;
    damaged?: boolean;
    entries?: number;
    bytes?: number;
    archive_bytes?: number;
    sha256?: string;
    created_at?: string;
  };
  'store.saved'?: {
    key: string;
    bytes: number;
    sha256: string;
    created_at: string;
  }[];
  'ssh.exec'?: {
    exit_code: number;
    signal?: string;
    stdout?: string;
    stderr?: string;
  };
  'ssh.upload'?: {
    files: number;
    bytes: number;
    unchanged?: number;
    sha256: string;
  };
  'ssh.download'?: {
    files: number;
    bytes: number;
    unchanged?: number;
    sha256: string;
  };
  'ssh.list'?: {
    name: string;
    type: 'file' | 'directory' | 'symlink' | 'other';
    bytes: number;
    mode: number;
    modified_ms: number;
  }[];
  'ssh.stat'?: null | {
    type: 'file' | 'directory' | 'symlink' | 'other';
    bytes: number;
    mode: number;
    modified_ms: number;
  };
  'ssh.mkdir'?: null;
  'ssh.remove'?: null;
  'ssh.rename'?: null;
  'mail.send'?: {
    message_id?: string;
    accepted?: string[];
    rejected?: {
      address: string;
      reason: string;
    }[];
    bytes?: number;
  };
  'secrets.get'?: string;
  'env.set'?: {
    kept_back?: string[];
  };
  'env.add_path'?: null;
}
