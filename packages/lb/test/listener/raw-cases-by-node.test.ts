/** The same becomes of them where `node:http` reads, but for what its parser decides. */
import { readBy } from '../support/balancer.ts'

readBy('node:http')
await import('./raw-cases.test.ts')
