/** nginx (open source), set up for the same workers as well as its manual allows. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { host } from '../processes/network.ts'
import type { Contestant, Setting } from './contestant.ts'

export const nginxContestants: readonly Contestant[] = [
  nginx('least_conn', 'least_conn', 'queues in the workers'),
  {
    ...nginx('hash', 'hash $host consistent', 'hash $host consistent, queues in the workers'),
    isExemplary: true,
  },
]

export function nginx(name: string, balancing: string, note: string): Contestant {
  return {
    name: `nginx ${name}`,
    product: 'nginx',
    note,
    isExemplary: false,
    async balancer(setting) {
      const folder = join(setting.folder, `nginx-${setting.port}`)
      await mkdir(folder)
      const file = join(folder, 'nginx.conf')
      await writeFile(file, configuration(setting, folder, balancing))
      return {
        name: `nginx ${name}`,
        file: 'nginx',
        args: ['-p', folder, '-e', 'stderr', '-c', file],
      }
    },
  }
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/**
 * Without `max_conns`: a queue for what is beyond it is in the paid edition only, and without a
 * queue it would hand a tenant on to any worker. A worker that refuses is left out for a second.
 */
function configuration({ port, workerPorts }: Setting, folder: string, balancing: string): string {
  const servers = workerPorts.map(
    (worker) => `    server ${host}:${worker} max_fails=1 fail_timeout=1s;`,
  )
  const paths = temporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`)
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 8000; }
http {
  access_log off;
  client_body_buffer_size 1m;
  keepalive_timeout 120s;
  keepalive_requests 1000000;
${paths.join('\n')}
  upstream workers {
    ${balancing};
${servers.join('\n')}
    keepalive 1000;
    keepalive_requests 1000000;
  }
  server {
    listen ${host}:${port} backlog=4096;
    location / {
      proxy_pass http://workers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffering off;
      proxy_next_upstream error timeout;
    }
  }
}
`
}
