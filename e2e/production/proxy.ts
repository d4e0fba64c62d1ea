/** nginx in front of both servers and of both nodes of Temporal: with a certificate for clients, which need one of theirs, and for what is behind. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../before-temporal.ts';
import { freePort } from '../nginx-servers.ts';
import { type SiteNode, siteNode } from './node.ts';
import { temporalName } from './temporal.ts';

/** Made for whom nginx is to know servers as: by an address it knows nobody. */
export const waterflowName = 'waterflow.test';

/** What it stands in front of. */
export interface SiteProxy extends SiteNode {
  readonly waterflowUrl: string;
  readonly temporalHost: string;
}

/** Makes one; it isn't started yet. */
export async function siteProxy(
  folder: string,
  site: {
    readonly by: Authority;
    readonly servers: readonly string[];
    readonly frontends: readonly string[];
    readonly answers: (url: string) => Promise<boolean>;
  },
): Promise<SiteProxy> {
  const { by, servers, frontends } = site;
  by.issue('proxy', `IP:127.0.0.1,DNS:${temporalName}`);
  const own = join(folder, 'nginx');
  mkdirSync(own);
  const [waterflow, temporal] = [await freePort(), await freePort()];
  writeFileSync(join(own, 'nginx.conf'), configuration(own, { by, servers, frontends, waterflow, temporal }));
  const node = siteNode({
    command: 'nginx',
    // One process: workers would outlive a master that is killed.
    argv: ['-p', own, '-c', join(own, 'nginx.conf'), '-g', 'daemon off; master_process off;'],
    logFile: join(folder, 'nginx.log'),
    answers: () => site.answers(`https://127.0.0.1:${waterflow}`),
  });
  return { ...node, waterflowUrl: `https://127.0.0.1:${waterflow}`, temporalHost: `127.0.0.1:${temporal}` };
}

function configuration(
  own: string,
  site: {
    readonly by: Authority;
    readonly servers: readonly string[];
    readonly frontends: readonly string[];
    readonly waterflow: number;
    readonly temporal: number;
  },
): string {
  const { by, servers, frontends, waterflow, temporal } = site;
  const file = (name: string): string => join(by.folder, name);
  const upstream = (name: string, addresses: readonly string[]): string =>
    `upstream ${name} { ${addresses.map((address) => `server ${address} max_fails=0;`).join(' ')} keepalive 16; }`;
  const tls = `
      ssl_certificate ${file('proxy.pem')}; ssl_certificate_key ${file('proxy.key')};
      ssl_client_certificate ${file('ca.pem')}; ssl_verify_client on;
      client_max_body_size 0;`;
  const behind = (kind: 'proxy' | 'grpc', name: string): string => `
        ${kind}_ssl_certificate ${file('proxy.pem')}; ${kind}_ssl_certificate_key ${file('proxy.key')};
        ${kind}_ssl_trusted_certificate ${file('ca.pem')}; ${kind}_ssl_verify on; ${kind}_ssl_name ${name};
        ${kind}_connect_timeout 2s;`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${own}/${kind};`,
  );
  return `
worker_processes 1; pid ${own}/pid; error_log ${own}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; ${temporary.join(' ')}
  ${upstream('waterflow', servers)}
  ${upstream('temporal', frontends)}
  server {
    listen 127.0.0.1:${waterflow} ssl;${tls}
    location / {
      proxy_pass https://waterflow;${behind('proxy', waterflowName)}
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout 1h;
    }
  }
  server {
    listen 127.0.0.1:${temporal} ssl http2;${tls}
    http2_max_concurrent_streams 1000; keepalive_requests 1000000;
    grpc_read_timeout 1h; grpc_send_timeout 1h; client_body_timeout 1h;
    location / {
      grpc_pass grpcs://temporal;${behind('grpc', temporalName)}
    }
  }
}
`;
}
