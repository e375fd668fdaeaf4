/**
 * A load balancer and a worker as processes, for real clients: with TLS, without, and with the
 * PROXY protocol. One for all tests of a file.
 */
import { readFileSync } from 'node:fs'
import { until } from '@resumelb/common/testing'
import { CertificateFolder, makeCertificate } from './certificates.ts'
import { CommandProcess, fixture } from './processes.ts'

export interface Edge {
  /** `https://localhost:PORT`. */
  readonly secure: string
  /** `http://127.0.0.1:PORT`. */
  readonly plain: string
  /** The same, but each connection begins with a PROXY protocol header. */
  readonly proxied: string
  /** The path of the unix socket. */
  readonly socketPath: string
  /** The path of the certificate that clients trust. */
  readonly caFile: string
  /** Its text. */
  readonly ca: string
  readonly balancer: CommandProcess
  /** Ends the processes. */
  close(): Promise<void>
}

/** Starts both with the application of `client-app.mjs`. */
export async function startEdge(): Promise<Edge> {
  const ends: (() => Promise<void>)[] = []
  const folder = new CertificateFolder()
  const files = folder.write('edge', await makeCertificate(['localhost']))
  const socketPath = folder.file('edge.sock')
  const start = (bin: string, args: readonly string[]) =>
    new CommandProcess(bin, args, {}, (end) => ends.push(end))
  const worker = start('packages/worker/bin/resumelb-worker.js', [
    ...[fixture('client-app.mjs'), '-a', '127.0.0.1:0'],
  ])
  const balancer = start('packages/lb/bin/resumelb.js', [
    ...['-a', 'https://127.0.0.1:0', '-a', 'http://127.0.0.1:0'],
    ...['-a', 'http://127.0.0.1:0?proxy-protocol', '-a', `unix:${socketPath}?mode=600&tls=false`],
    ...['--tls-cert', files.cert, '--tls-key', files.key, '--trusted-proxy', 'loopback'],
    ...['-l', '', '-LINFO', await worker.address()],
  ])
  const has = (text: string) => () => balancer.stderr.includes(text)
  await until(has('connected to worker'), () => balancer.stderr, 90_000)
  const listening = [...balancer.stderr.matchAll(/"address":"([^"]+)".*"msg":"listening"/g)]
  const [secure = '', plain, proxied] = listening.map(([, address]) => address)
  return {
    secure: `https://localhost:${secure.split(':').pop()}`,
    plain: `http://${plain}`,
    proxied: `http://${proxied}`,
    socketPath,
    caFile: files.cert,
    ca: readFileSync(files.cert, 'utf8'),
    balancer,
    close: async () => {
      await Promise.all(ends.map((end) => end()))
      folder.remove()
    },
  }
}
