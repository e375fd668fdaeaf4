/**
 * The quick start: sets everything up, then serves the example application by several worker
 * processes behind resumelb, until Ctrl-C. Some visitors send requests, so that the page of the
 * load balancer has something to show.
 *
 *   npm start                                 on http://127.0.0.1:8080
 *   npm start -- --port 9000 --workers 8      PORT=9000 does as well
 *   npm start -- --visitors 0                 requests per second, 12 by default
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkPort, Demonstration, freePort, host, untilAnswered } from './lib/demonstration.mjs'
import { root } from './lib/run.mjs'
import { Supervised } from './lib/supervisor.mjs'
import { sendVisitors } from './lib/visitors.mjs'
import { build, checkNode, install } from './setup.mjs'

const worker = join(root, 'packages/worker/bin/resumelb-worker.js')
const loadBalancer = join(root, 'packages/lb/bin/resumelb.js')
const application = join(root, 'examples/search/dist/app.js')

async function main() {
  const { port, workers: count, visitors } = settings()
  checkNode()
  await checkPort(port)
  await install()
  await build()

  const admin = await adminOptions(port)
  const demonstration = new Demonstration()
  const { say } = demonstration
  const workers = Array.from(
    { length: count },
    (_, index) =>
      new Supervised({
        name: `w${index + 1}`,
        address: { host, port: 0 },
        // One request at once: a search keeps the processor busy, so a second one could only wait.
        args: [worker, application, '-c', '1'],
        env: { WORKER_NAME: `w${index + 1}` },
        say,
      }),
  )
  const balancer = new Supervised({
    name: 'lb',
    address: { host, port },
    args: [loadBalancer, '-l', '', ...admin.args],
    say,
  })
  // First the load balancer ends, that takes the requests in, then the workers, that have none left.
  await demonstration.run([[balancer], workers], () =>
    serve(balancer, workers, { page: admin.page, visitors }),
  )
}

/** Where the balancer serves its page, and a token for it, which the address of the page holds. */
async function adminOptions(port) {
  const address = `${host}:${await freePort(port === 0 ? 0 : port + 1)}`
  const token = randomBytes(12).toString('hex')
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-start-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'admin-token')
  writeFileSync(file, token, { mode: 0o600 })
  return {
    args: ['--admin', address, '--admin-token-file', file],
    page: `http://${address}/#token=${token}`,
  }
}

/** Starts everything and says what to try. Rejects if nothing comes up. */
async function serve(balancer, workers, { page, visitors }) {
  // First the workers, so that the load balancer finds them all at its first try.
  for (const each of workers) each.start()
  const ports = await Promise.all(workers.map((each) => each.listening))
  const addresses = ports.map((port) => `${host}:${port}`)
  balancer.start(...addresses)
  const port = await balancer.listening
  await untilAnswered(port)
  sendVisitors(port, visitors)
  console.log(whatToTry(port, { workers, addresses, page, visitors }))
}

function settings() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.PORT || '8080' },
      workers: { type: 'string', default: '4' },
      visitors: { type: 'string', default: '12' },
    },
  })
  const { port, workers, visitors } = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number(value)]),
  )
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new Error(`Expected the port to be from 0 to 65535, got ${values.port}`)
  }
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= 100)) {
    throw new Error(`Expected the number of workers to be from 1 to 100, got ${values.workers}`)
  }
  if (!(visitors >= 0 && visitors <= 100)) {
    throw new Error(`Expected the number of visitors to be from 0 to 100, got ${values.visitors}`)
  }
  return { port, workers, visitors }
}

const visitorsText = `
Simulated visitors send requests for tenants 17 to 64, so that the page has something to show.`

function whatToTry(port, { workers, addresses, page, visitors }) {
  const search = (tenant) => `'http://${tenant}.localhost:${port}/search?q=contract'`
  // Of a tenant that nothing else here asks for, so that the first response is cold.
  const show = `curl -sD - -o /dev/null ${search('tenant-08')} | grep ^x-`
  return `
The example is running at http://${host}:${port}/ with ${workers.length} worker processes.

  Page of the load balancer:  ${page}
  Example in a browser:       http://tenant-07.localhost:${port}/

  In another terminal:
    Send a request            curl ${search('tenant-07')}
    Show worker and cache     for i in 1 2 3 4 5; do ${show}; done
    Show the résumés          node packages/worker/bin/get-worker-resume.js ${addresses.join(' ')}
    Kill a worker             kill -9 ${workers[0].pid}   (${workers[0].name}; it is started again)

The first response for a tenant is cold: a worker builds the tenant's index. The second one may be
cold, too, if another worker was idle. All further ones come from the same worker and are warm.${visitors === 0 ? '' : visitorsText}
Ctrl-C stops everything.
`
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
// What is still pending, such as the first request, is not needed any more.
process.exit()
