/** The roads from a client to the application: who stands in front, and how it is set up. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from '../../test/support/certificates.ts'
import { freePorts, host } from '../affinity/processes/network.ts'
import { type Command, isInstalled } from '../affinity/processes/program.ts'

/** One road: one or two processes in front, with their children, and one behind them. */
export interface Contestant {
  readonly name: string
  readonly front: readonly Command[]
  readonly back: Command
  /** Where clients connect. */
  readonly port: number
  /** The same for HTTPS and HTTP/2, if it serves them. */
  readonly securePort?: number
}

/** The certificate of all of them: a file with the certificate, one with the key, one with both. */
interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly both: string
}

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const node = process.execPath

/** Connections that a proxy keeps to the application. */
const connections = 64

/** All that can be measured here. `folder` is for the configurations of the others. */
export async function contestants(folder: string): Promise<Contestant[]> {
  const files = await writeCertificate(folder)
  const all = [await resumelb(files), await upstream(), await direct()]
  if (await isInstalled('nginx')) all.push(await nginx(folder, files))
  if (await isInstalled('haproxy')) all.push(await haproxy(folder, files))
  return [...all, await httpProxy()]
}

/** resumelb with these numbers of processes. */
export async function contestantsOfProcesses(
  folder: string,
  counts: readonly number[],
): Promise<Contestant[]> {
  const files = await writeCertificate(folder)
  return Promise.all(
    counts.map(async (count) => {
      const options = ['--processes', String(count)]
      return { ...(await resumelb(files, options)), name: `resumelb --processes ${count}` }
    }),
  )
}

async function writeCertificate(folder: string): Promise<CertificateFiles> {
  const { cert, key } = await makeCertificate(['localhost'])
  const [certFile, keyFile, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  writeFileSync(certFile, `${cert.trim()}\n`)
  writeFileSync(keyFile, `${key.trim()}\n`)
  writeFileSync(both, `${cert.trim()}\n${key.trim()}\n`)
  return { cert: certFile, key: keyFile, both }
}

async function resumelb(
  { cert, key }: CertificateFiles,
  options: readonly string[] = [],
): Promise<Contestant> {
  const [port = 0, securePort = 0, workerPort = 0] = await freePorts(3)
  const worker = path('../../packages/worker/bin/resumelb-worker.js')
  const balancer = path('../../packages/lb/bin/resumelb.js')
  const workerArgs = [worker, path('app.mjs'), '-a', `${host}:${workerPort}`, '-c', '1000']
  const balancerArgs = [
    ...[balancer, '-l', '', '-a', `http://${host}:${port}`, '-a', `https://${host}:${securePort}`],
    ...['--tls-cert', cert, '--tls-key', key, ...options, `${host}:${workerPort}`],
  ]
  return {
    name: 'resumelb → resumelb-worker',
    port,
    securePort,
    back: { name: 'worker', file: node, args: [...workerArgs, '-L', 'error'] },
    front: [{ name: 'resumelb', file: node, args: [...balancerArgs, '-L', 'error'] }],
  }
}

/** The way of applications in other languages. */
async function upstream(): Promise<Contestant> {
  const [port = 0, workerPort = 0, serverPort = 0] = await freePorts(3)
  const worker = path('../../packages/worker/bin/resumelb-worker.js')
  const balancer = path('../../packages/lb/bin/resumelb.js')
  const server = `http://${host}:${serverPort}`
  const workerArgs = [worker, '--upstream', server, '-a', `${host}:${workerPort}`, '-L', 'error']
  const balancerArgs = [balancer, '-l', '', '-a', `${host}:${port}`, `${host}:${workerPort}`]
  return {
    name: 'resumelb → resumelb-worker --upstream → Node',
    port,
    back: nodeServer(serverPort),
    front: [
      { name: 'worker', file: node, args: workerArgs },
      { name: 'resumelb', file: node, args: [...balancerArgs, '-L', 'error'] },
    ],
  }
}

/** A plain HTTP server, as the others have it. */
async function direct(): Promise<Contestant> {
  const [port = 0, serverPort = 0] = await freePorts(2)
  const balancer = path('../../packages/lb/bin/resumelb.js')
  const server = `http://${host}:${serverPort}`
  const args = [balancer, '-l', '', '-a', `${host}:${port}`, server, '-L', 'error']
  return {
    name: 'resumelb → Node',
    port,
    back: nodeServer(serverPort),
    front: [{ name: 'resumelb', file: node, args }],
  }
}

function nodeServer(port: number): Command {
  return { name: 'node', file: node, args: [path('serve.mjs'), String(port)] }
}

async function nginx(folder: string, { cert, key }: CertificateFiles): Promise<Contestant> {
  const [port = 0, securePort = 0, serverPort = 0] = await freePorts(3)
  const prefix = join(folder, 'nginx')
  mkdirSync(prefix)
  const file = join(prefix, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${prefix}/pid; error_log ${prefix}/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000;
  ${paths.map((name) => `${name}_temp_path ${prefix}/${name};`).join(' ')}
  upstream application {
    server ${host}:${serverPort}; keepalive ${connections}; keepalive_requests 1000000000;
  }
  server {
    listen ${host}:${port};
    listen ${host}:${securePort} ssl http2;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / {
      proxy_pass http://application; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  )
  const args = ['-p', prefix, '-e', join(prefix, 'error.log'), '-c', file]
  const front = [{ name: 'nginx', file: 'nginx', args }]
  return { name: 'nginx → Node', port, securePort, back: nodeServer(serverPort), front }
}

async function haproxy(folder: string, { both }: CertificateFiles): Promise<Contestant> {
  const [port = 0, securePort = 0, serverPort = 0] = await freePorts(3)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
listen front
  bind ${host}:${port}
  bind ${host}:${securePort} ssl crt ${both} alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto http
  server application ${host}:${serverPort}
`,
  )
  const front = [{ name: 'haproxy', file: 'haproxy', args: ['-db', '-f', file] }]
  return { name: 'HAProxy → Node', port, securePort, back: nodeServer(serverPort), front }
}

async function httpProxy(): Promise<Contestant> {
  const [port = 0, serverPort = 0] = await freePorts(2)
  const args = [path('http-proxy.mjs'), String(port), String(serverPort)]
  const front = [{ name: 'http-proxy', file: node, args }]
  return { name: 'http-proxy → Node', port, back: nodeServer(serverPort), front }
}
