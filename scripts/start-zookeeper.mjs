/**
 * The quick start with ZooKeeper: a throw-away server, the example by several workers that register
 * there, and two load balancers that find them, until Ctrl-C.
 *
 *   npm run start:zookeeper                              on ports 8080 and 8081
 *   npm run start:zookeeper -- --port 9000 --workers 8   0: any free ports
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkPort, Demonstration, host, untilAnswered } from './lib/demonstration.mjs'
import { root, run } from './lib/run.mjs'
import { Supervised } from './lib/supervisor.mjs'
import { build, checkNode, install } from './setup.mjs'
import { howToInstall, isThere } from './tools.mjs'

const worker = 'packages/worker/bin/resumelb-worker.js'
const loadBalancer = 'packages/lb/bin/zkresumelb.js'
const treeCommand = 'packages/zookeeper/bin/resumelb-tree.js'
const application = 'examples/search/dist/app.js'
const tree = 'examples/search/tree.txt'

/** Seconds: short, so that one sees what happens when something is silent. */
const sessionTimeout = ['--session-timeout', '5']

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.PORT || '8080' },
      workers: { type: 'string', default: '4' },
    },
  })
  const wanted = whole('port', values.port, 0, 65_534)
  const count = whole('number of workers', values.workers, 1, 100)
  checkNode()
  if (!(await isThere('zookeeper'))) throw new Error(howToInstall('zookeeper'))
  const ports = [wanted, wanted && wanted + 1]
  for (const port of ports) await checkPort(port)
  process.chdir(root)
  await install()
  await build()

  const isOver = rememberSignals()
  const server = await startServer()
  try {
    if (!isOver()) await importTree(server.connectionString)
    if (!isOver()) await serve(server.connectionString, ports, count, isOver)
  } catch (error) {
    // Ctrl-C in a terminal also ends a command that runs just then, which is no failure.
    if (!isOver()) throw error
  } finally {
    await server.dispose()
  }
}

/** From now on a signal ends nothing by itself, so that what has been started can be ended in order. */
function rememberSignals() {
  let isOver = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      isOver = true
    })
  }
  return () => isOver
}

/** The tests' server. It is written in TypeScript, which is only understood after the set-up. */
async function startServer() {
  const { tsImport } = await import('tsx/esm/api')
  const { startZooKeeper } = await tsImport('../test/support/zookeeper-server.ts', import.meta.url)
  return startZooKeeper()
}

async function importTree(connection) {
  const args = [treeCommand, 'import', '-c', connection, tree]
  const { code, output } = await run({ file: process.execPath, args })
  if (code !== 0) throw new Error(output)
}

async function serve(connection, ports, count, isOver) {
  const demonstration = new Demonstration()
  const { say } = demonstration
  const workers = []
  for (let index = 0; index < count; index++) {
    workers.push(
      new Supervised({
        name: `w${index + 1}`,
        address: { host, port: 0 },
        args: [
          ...[worker, application, '--description', `w${index + 1}`],
          ...['--zookeeper', connection, '--path', '/search', ...sessionTimeout],
        ],
        env: { WORKER_NAME: `w${index + 1}` },
        say,
      }),
    )
  }
  const balancers = ports.map(
    (port, index) =>
      new Supervised({
        name: `lb${index + 1}`,
        address: { host, port },
        args: [loadBalancer, '-LINFO', '-l', '', ...sessionTimeout, connection, '/lb'],
        say,
      }),
  )
  // From here on the demonstration ends when a signal comes.
  if (isOver()) return
  await demonstration.run([balancers, workers], async () => {
    for (const each of workers) each.start()
    await Promise.all(workers.map((each) => each.listening))
    for (const each of balancers) each.start()
    const listening = await Promise.all(balancers.map((each) => each.listening))
    await Promise.all(listening.map(untilAnswered))
    console.log(whatToTry(connection, listening, workers))
  })
}

function whole(what, text, min, max) {
  const number = Number(text)
  if (Number.isInteger(number) && number >= min && number <= max) return number
  throw new Error(`Expected the ${what} to be from ${min} to ${max}, got ${text}`)
}

function whatToTry(connection, ports, [first]) {
  const [one, two] = ports.map((port) => `http://tenant-07.localhost:${port}`)
  const command = `node ${join(root, treeCommand)}`
  return `
Two load balancers find their workers in ZooKeeper at ${connection}.

  In a browser:               ${one}/ or ${two}/

  In another terminal:
    Send a request            curl '${one}/search?q=contract'
    Show the tree             ${command} export -c ${connection} --ephemeral
    Change load balancers     ${command} set -c ${connection} /lb price=2
    Change workers            ${command} set -c ${connection} /search concurrency=2
    Set an invalid value      ${command} set -c ${connection} /lb "price = 'much'"
    Kill a worker             kill -9 ${first.pid}   (${first.name}; it is started again)
    Drain a worker            kill ${first.pid}   (it unregisters first, and is started again)

Ctrl-C stops everything.
`
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
process.exit()
