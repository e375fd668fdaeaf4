/**
 * The certificates with which load balancers and workers identify themselves to each other: read
 * again when their files change.
 */
import { createSecureContext, type SecureContext } from 'node:tls'
import {
  type CertificateFiles,
  type Clock,
  FileWatch,
  type Logger,
  OptionError,
  readAuthorities,
  readCertificate,
  silentLogger,
} from '@resumelb/common'

/** Paths of PEM files. */
export interface PeerCertificateFiles extends CertificateFiles {
  /**
   * The authorities that sign the certificates of peers. Others, such as public ones, do not count.
   */
  readonly ca: string
}

export interface PeerCertificatesOptions {
  /** Hears of certificates that were read again, or cannot be. */
  readonly log?: Logger
  readonly clock?: Clock
  /** What messages call the files. */
  readonly labels?: Readonly<Record<keyof PeerCertificateFiles, string>>
}

/**
 * Options of `node:tls` for either side. Both sides are ours, so there is no need for older
 * versions.
 */
export interface PeerTlsOptions {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
  readonly minVersion: 'TLSv1.3'
}

export class PeerCertificates {
  readonly #files: PeerCertificateFiles
  readonly #log: Logger
  readonly #labels: PeerCertificatesOptions['labels']
  readonly #watch: FileWatch
  readonly #onChange: Set<() => void> = new Set()
  #tlsOptions: PeerTlsOptions
  #context: SecureContext

  /** Reads the files. Throws an {@link OptionError} that names the bad one. */
  constructor(
    files: PeerCertificateFiles,
    { log = silentLogger, clock, labels }: PeerCertificatesOptions = {},
  ) {
    this.#files = files
    this.#log = log
    this.#labels = labels
    this.#tlsOptions = this.#read()
    this.#context = this.#contextOf(this.#tlsOptions)
    const { ca, cert, key = cert } = files
    this.#watch = new FileWatch([ca, cert, key], () => void this.reload(), clock)
  }

  /** For a server of `node:tls`. */
  get tlsOptions(): PeerTlsOptions {
    return this.#tlsOptions
  }

  /** For a new connection. */
  get context(): SecureContext {
    return this.#context
  }

  /**
   * Reads the files again, for new connections. If one of them is bad, that is logged, and nothing
   * changes. Returns whether anything has changed.
   */
  reload(): boolean {
    const { cert: path } = this.#files
    try {
      const { ca, cert, key } = this.#tlsOptions
      const next = this.#read()
      if (next.ca.equals(ca) && next.cert.equals(cert) && next.key.equals(key)) return false
      this.#context = this.#contextOf(next)
      this.#tlsOptions = next
    } catch (error) {
      const facts = { cert: path, error: (error as Error).message }
      this.#log.error(facts, 'cannot reload the certificate; the previous one is still used')
      return false
    }
    for (const tell of this.#onChange) tell()
    this.#log.info({ cert: path }, 'certificate reloaded')
    return true
  }

  /** Watches the files until the function it returns is called. `onChange` follows each change. */
  watch(onChange: () => void = () => undefined): () => void {
    // One function may come twice.
    const tell = () => onChange()
    this.#watch.start()
    this.#onChange.add(tell)
    return () => {
      this.#onChange.delete(tell)
      if (this.#onChange.size === 0) this.#watch.stop()
    }
  }

  #read(): PeerTlsOptions {
    const ca = readAuthorities(this.#files.ca, this.#labels?.ca)
    const { cert, key } = readCertificate(this.#files, this.#labels)
    return { ca, cert, key, minVersion: 'TLSv1.3' }
  }

  #contextOf(options: PeerTlsOptions): SecureContext {
    try {
      return createSecureContext(options)
    } catch (cause) {
      const { message: reason } = cause as Error
      const label = this.#labels?.cert ?? 'cert'
      const expectation = 'a certificate that OpenSSL takes'
      throw new OptionError(label, expectation, this.#files.cert, { reason, cause })
    }
  }
}

/**
 * The certificates that optional files name; `undefined` if none is given. Throws an
 * {@link OptionError} if one of them is bad, or missing beside the others.
 */
export function peerCertificatesFrom(
  { ca, cert, key }: Partial<Record<keyof PeerCertificateFiles, string | undefined>>,
  options: PeerCertificatesOptions & Required<Pick<PeerCertificatesOptions, 'labels'>>,
): PeerCertificates | undefined {
  if (ca !== undefined && cert !== undefined) {
    return new PeerCertificates({ ca, cert, ...(key !== undefined && { key }) }, options)
  }
  const { labels } = options
  const given = [ca && labels.ca, cert && labels.cert, key && labels.key].find(Boolean)
  if (given === undefined) return undefined
  const missing = ca === undefined ? labels.ca : labels.cert
  const shown = 'nothing'
  throw new OptionError(missing, `given with ${given}: both sides show certificates`, undefined, {
    shown,
  })
}
