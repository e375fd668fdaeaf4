/** The certificates that `--tls-cert` and `--tls-key` name. */
import type { SecureVersion } from 'node:tls'
import type { Logger } from '@resumelb/common'
import { UsageError } from '@resumelb/common/cli'
import { Certificates } from '../listener/tls/certificates.ts'
import type { SharedLine } from './syntax.ts'

/**
 * Reads the certificates; `undefined` if none is given. Throws an `OptionError` for a file that is
 * not good, or a {@link UsageError} if the files do not pair up.
 */
export function certificatesFrom(line: SharedLine, log: Logger): Certificates | undefined {
  const { values, labelOf } = line
  const { tlsCert, tlsKey, tlsMinVersion } = values
  const labels = { cert: labelOf('tlsCert'), key: labelOf('tlsKey') }
  if (tlsKey.length > tlsCert.length || (tlsKey.length > 0 && tlsKey.length < tlsCert.length)) {
    throw new UsageError(
      `Expected a ${labels.key} for each ${labels.cert}, or none if those files have the keys, ` +
        `got ${tlsCert.length} certificates and ${tlsKey.length} keys`,
    )
  }
  if (tlsCert.length === 0) return undefined
  const files = tlsCert.map((cert, at) => ({ cert, key: tlsKey[at] ?? cert }))
  return new Certificates(files, { minVersion: tlsMinVersion as SecureVersion, log, labels })
}
