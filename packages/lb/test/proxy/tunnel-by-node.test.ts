/** The same rules hold where a server of `node:http` releases the connection. */
import { readBy } from '../support/balancer.ts'

readBy('node:http')
await import('./tunnel.test.ts')
