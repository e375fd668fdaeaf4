/** The options for TLS with load balancers, and with workers that are asked. */
import { type Logger, type OptionValues, silentLogger } from '@resumelb/common'
import type { CommandLine } from '@resumelb/common/cli'
import { type PeerCertificates, peerCertificatesFrom } from '@resumelb/protocol'

export const tlsTable = {
  tlsCa: {
    type: 'text',
    form: 'the path of a PEM file',
    help: 'Speak TLS, with peers whose certificate an authority in this file has signed',
  },
  tlsCert: {
    type: 'text',
    form: 'the path of a PEM file',
    help: 'Certificate chain (PEM) to show to peers',
  },
  tlsKey: {
    type: 'text',
    form: 'the path of a PEM file',
    otherwise: '--tls-cert',
    help: 'Private key (PEM) of --tls-cert',
  },
} as const

interface TlsLine extends Pick<CommandLine, 'labelOf'> {
  readonly values: OptionValues<typeof tlsTable>
}

/** Reads the certificates; `undefined` if none are given. Throws an `OptionError`. */
export function peerCertificatesOf(
  { values, labelOf }: TlsLine,
  log: Logger = silentLogger,
): PeerCertificates | undefined {
  const { tlsCa: ca, tlsCert: cert, tlsKey: key } = values
  const labels = { ca: labelOf('tlsCa'), cert: labelOf('tlsCert'), key: labelOf('tlsKey') }
  return peerCertificatesFrom({ ca, cert, key }, { labels, log })
}
