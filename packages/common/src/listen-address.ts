/**
 * Addresses to listen at, with options: HOST:PORT, https://HOST:PORT, unix:/path?mode=660. Pure.
 */
import { type Address, isUnixAddress, parseAddress } from './address.ts'
import { OptionError } from './errors.ts'

/** What an address to listen at may say besides where it is. */
export interface ListenAddress {
  readonly address: Address
  /** Permissions of the unix socket, such as 0o660; by default the umask decides. */
  readonly mode?: number
  /** Whether clients speak TLS; by default they do if a certificate is configured. */
  readonly tls?: boolean
  /** Whether connections begin with a PROXY protocol header; by default `--proxy-protocol` says. */
  readonly proxyProtocol?: boolean
}

/** The options that may follow the address, behind a question mark and with `&` between them. */
export type ListenOption = 'mode' | 'tls' | 'proxy-protocol'

/** What an address to listen at is, for messages. */
export const listenForm =
  'HOST:PORT, :PORT, http://HOST:PORT, https://HOST:PORT or unix:/path, with options such as ?mode=660, ?tls=false or ?proxy-protocol'

/** The same where `mode` is the only option. */
export const plainListenForm = 'HOST:PORT, :PORT or unix:/path, or unix:/path?mode=660'

const schemePattern = /^(https?):\/\//i

/**
 * Reads an address to listen at, the value of `option`. `known` are the options that it may have;
 * the schemes `http` and `https` are those of `tls`. Throws an {@link OptionError}.
 */
export function parseListenAddress(
  text: string,
  option = 'the address',
  known: readonly ListenOption[] = ['mode', 'tls', 'proxy-protocol'],
): ListenAddress {
  const refuse = (reason: string): never => {
    const form = known.includes('tls') ? listenForm : plainListenForm
    throw new OptionError(option, form, text, { reason })
  }
  const [place = '', query] = splitAt(text.trim(), '?')
  const scheme = schemePattern.exec(place)?.[1]?.toLowerCase()
  if (scheme !== undefined && !known.includes('tls')) refuse(`it has no scheme ${scheme}`)
  const address = parsePlace(place.replace(schemePattern, ''), refuse)
  const options: Writable<ListenAddress> = { address }
  if (scheme !== undefined) options.tls = scheme === 'https'
  for (const part of query?.split('&') ?? []) {
    const [name = '', value] = splitAt(part, '=')
    if (!known.includes(name as ListenOption)) refuse(`there is no option '${name}'`)
    setOption(options, name as ListenOption, value, refuse)
  }
  return options
}

type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

function setOption(
  options: Writable<ListenAddress>,
  name: ListenOption,
  value: string | undefined,
  refuse: Refuse,
): void {
  switch (name) {
    case 'mode':
      options.mode = modeOf(options.address, value, refuse)
      break
    case 'tls':
      if (options.tls !== undefined) refuse('it says twice whether it is TLS')
      options.tls = flagOf(name, value, refuse)
      break
    case 'proxy-protocol':
      options.proxyProtocol = flagOf(name, value, refuse)
      break
  }
}

type Refuse = (reason: string) => never

function parsePlace(place: string, refuse: Refuse): Address {
  try {
    return parseAddress(place)
  } catch (error) {
    return refuse((error as OptionError).reason ?? `'${place}' is no address`)
  }
}

function modeOf(address: Address, value: string | undefined, refuse: Refuse): number {
  if (!isUnixAddress(address)) refuse('only unix sockets have a mode')
  const isMode = /^0?[0-7]{3}$/.test(value ?? '')
  return isMode ? Number.parseInt(value as string, 8) : refuse('mode has three octal digits')
}

function flagOf(name: string, value: string | undefined, refuse: Refuse): boolean {
  if (value === undefined || value === 'true') return true
  return value === 'false' ? false : refuse(`${name} is true or false`)
}

function splitAt(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
