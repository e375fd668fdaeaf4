/**
 * A value of --address: where to listen for clients, or the name of a socket that is passed. Pure.
 */
import {
  formatAddress,
  type ListenAddress,
  listenForm,
  OptionError,
  parseListenAddress,
} from '@resumelb/common'

export interface ClientAddress extends ListenAddress {
  /** Names the socket in a hand-over: the address without its options, or `fd:NAME`. */
  readonly key: string
  /** Whether it is a socket of the service manager; the address says nothing then. */
  readonly isPassed: boolean
}

export const clientAddressForm: string = `${listenForm}; or fd:NAME, a socket that systemd passes`

const passedPattern = /^(https?:\/\/)?fd:([^?:/]+)(\?.*)?$/i

/** Reads an address, the value of `option`. Throws an {@link OptionError}. */
export function parseClientAddress(text: string, option = 'the address'): ClientAddress {
  const [, scheme = '', name, query = ''] = passedPattern.exec(text.trim()) ?? []
  if (name === undefined) {
    const listen = parsed(text, option, text)
    return { ...listen, key: formatAddress(listen.address), isPassed: false }
  }
  // The port stands for whatever it is.
  return { ...parsed(`${scheme}:0${query}`, option, text), key: `fd:${name}`, isPassed: true }
}

/** `given` is what the user has written. */
function parsed(text: string, option: string, given: string): ListenAddress {
  try {
    return parseListenAddress(text, option)
  } catch (error) {
    const { reason } = error as OptionError
    throw new OptionError(option, clientAddressForm, given, reason === undefined ? {} : { reason })
  }
}
