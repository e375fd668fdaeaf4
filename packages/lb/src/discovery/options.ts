/** The options of lists of workers that change. */
import { isIP } from 'node:net'
import {
  isUnixAddress,
  type NumberSpec,
  OptionError,
  type OptionValues,
  parseAddress,
  type TextSpec,
} from '@resumelb/common'

const resolverForm = 'an IP address with a port, such as 10.0.0.2:53'

export const listedTable: {
  readonly workersFile: TextSpec
  readonly resolver: TextSpec
  readonly resolveInterval: NumberSpec
  readonly resolveHold: NumberSpec & { readonly default: number }
} = {
  workersFile: {
    type: 'text',
    form: 'the path of a file',
    help: 'File with further workers, one per line, which is watched for changes; # begins a comment',
  },
  resolver: {
    type: 'text',
    form: resolverForm,
    check: checkResolver,
    otherwise: 'the servers and the hosts file of the system',
    help: 'DNS server for dns: and srv: workers',
  },
  resolveInterval: {
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'the TTL of the answer, but 1 to 30 s',
    help: 'Time between two lookups of a dns: or srv: name',
  },
  resolveHold: {
    default: 30_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Time for which the workers of a name stay while answers have no addresses',
  },
}

export type ListedValues = OptionValues<typeof listedTable>

function checkResolver(text: string, option: string): void {
  const address = parseAddress(text, option)
  if (!isUnixAddress(address) && isIP(address.host) !== 0 && address.port > 0) return
  throw new OptionError(option, resolverForm, text)
}
