/** The options for TLS between load balancers and workers. */
import type { Logger, OptionValues } from '@resumelb/common'
import { type CommandLine, UsageError } from '@resumelb/common/cli'
import { type DialTls, peerCertificatesFrom } from '@resumelb/protocol'

export const workerTlsTable = {
  workerTlsCa: {
    type: 'text',
    form: 'the path of a PEM file',
    help: 'Connect to workers by TLS, if an authority in this file has signed their certificate',
  },
  workerTlsCert: {
    type: 'text',
    form: 'the path of a PEM file',
    help: 'Certificate chain (PEM) with which the load balancer identifies itself to workers',
  },
  workerTlsKey: {
    type: 'text',
    form: 'the path of a PEM file',
    otherwise: '--worker-tls-cert',
    help: 'Private key (PEM) of --worker-tls-cert',
  },
  workerTlsName: {
    type: 'text',
    form: 'a host name or an IP address',
    otherwise: 'the host of each worker',
    help: 'Name that the certificate of every worker must have',
  },
} as const

interface WorkerTlsLine extends CommandLine {
  readonly values: OptionValues<typeof workerTlsTable>
}

/** Reads the certificates. Throws an `OptionError` for a bad file, or a {@link UsageError}. */
export function workerTlsFrom(
  { values, labelOf }: WorkerTlsLine,
  log: Logger,
): { workerTls?: DialTls } {
  const { workerTlsCa: ca, workerTlsCert: cert, workerTlsKey: key, workerTlsName: name } = values
  const labels = {
    ca: labelOf('workerTlsCa'),
    cert: labelOf('workerTlsCert'),
    key: labelOf('workerTlsKey'),
  }
  const certificates = peerCertificatesFrom({ ca, cert, key }, { labels, log })
  if (certificates !== undefined) {
    return { workerTls: { certificates, ...(name !== undefined && { name }) } }
  }
  if (name === undefined) return {}
  throw new UsageError(`${labelOf('workerTlsName')} requires ${labels.ca}`)
}
