/** The same rules hold when `node:http` reads all requests, as in the server of another program. */
import { readBy } from '../support/balancer.ts'

readBy('node:http')
await import('./exchange.test.ts')
await import('./worker-side.test.ts')
