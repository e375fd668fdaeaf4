/** Heads of requests as load balancers send them. */
import type { RequestHead } from '@resumelb/protocol'

/** A request of class `a` for `/`, by that method. */
export function headOf(method: string): RequestHead {
  return {
    method,
    url: '/',
    headers: '',
    requestClass: 'a',
    id: '1',
    remoteAddress: '127.0.0.1',
    remotePort: 1,
    encrypted: false,
    httpVersion: '1.1',
  }
}
