/** Addresses as people write them: HOST:PORT, [IPV6]:PORT, :PORT. */
import { isIPv6 } from 'node:net'
import { OptionError } from './errors.ts'

export interface Address {
  /** A name or an IP address, IPv6 without brackets. Empty: every address of this machine. */
  readonly host: string
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number
}

const pattern = /^(?:\[([^\]]*)\]|([^:[\]\s/]*)):(\d{1,5})$/

/** What an address is, for messages. */
export const addressForm = 'an address such as 127.0.0.1:8000, [::1]:8000, name:8000 or :8000'

/** Reads an address, the value of `option`. Throws an {@link OptionError} that shows what it looks like. */
export function parseAddress(text: string, option = 'the address'): Address {
  const match = pattern.exec(text.trim())
  const port = Number(match?.[3])
  const ipv6 = match?.[1]
  if (!match || port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw new OptionError(option, addressForm, text)
  }
  return { host: ipv6 ?? match[2] ?? '', port }
}

/** Writes an address as {@link parseAddress} reads it. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The same address as text, checked: programs may give either. Throws an {@link OptionError}. */
export function addressText(address: string | Address, option?: string): string {
  const text = typeof address === 'string' ? address : formatAddress(address)
  parseAddress(text, option)
  return text.trim()
}
