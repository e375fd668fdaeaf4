/**
 * The quick start: sets everything up, then serves the example application by several worker
 * processes behind resumelb, until Ctrl-C.
 *
 *   npm start                                 on http://127.0.0.1:8080
 *   npm start -- --port 9000 --workers 8      PORT=9000 does as well
 */
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './lib/run.mjs'
import { Supervised } from './lib/supervisor.mjs'
import { build, checkNode, install } from './setup.mjs'

/** Milliseconds that everything has to start, and later to end. */
const startLimit = 20_000
const stopLimit = 15_000

let isStopping = false

const host = '127.0.0.1'
const worker = join(root, 'packages/worker/bin/resumelb-worker.js')
const loadBalancer = join(root, 'packages/lb/bin/resumelb.js')
const application = join(root, 'examples/search/dist/app.js')

async function main() {
  const { port: wanted, workers: count } = settings()
  checkNode()
  const port = await freePort(wanted)
  await install()
  await build()

  const addresses = []
  for (let index = 0; index < count; index++) addresses.push(`${host}:${await freePort(0)}`)
  const workers = addresses.map(
    (address, index) =>
      new Supervised({
        name: `w${index + 1}`,
        // One request at once: a search keeps the processor busy, so a second one could only wait.
        args: [worker, application, '-c', '1', '-a', address],
        env: { WORKER_NAME: `w${index + 1}` },
        say,
      }),
  )
  const balancer = new Supervised({
    name: 'lb',
    args: [loadBalancer, '-l', '', '-a', `${host}:${port}`, ...addresses],
    say,
  })
  const all = [...workers, balancer]
  const stopped = stopOnSignal(balancer, workers)
  const failed = Promise.race(all.map((each) => each.failed))
  const outcome = await Promise.race([
    stopped,
    failed.then((name) => `${name} does not start, see above.`),
    serve(balancer, workers, addresses, port).catch((error) => error.message),
  ])
  if (outcome !== undefined) {
    console.error(outcome)
    process.exitCode = 1
    await stopAll(balancer, workers)
  }
}

/** Starts everything and says what to try. Never resolves; rejects if nothing comes up. */
async function serve(balancer, workers, addresses, port) {
  // First the workers, so that the load balancer finds them all at its first try.
  for (const each of workers) each.start()
  await Promise.all(workers.map((each) => each.listening))
  balancer.start()
  await untilReady(port)
  console.log(whatToTry(port, workers, addresses))
  return new Promise(() => {})
}

function settings() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.PORT || '8080' },
      workers: { type: 'string', default: '4' },
    },
  })
  const [port, workers] = [Number(values.port), Number(values.workers)]
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new Error(`Expected the port to be from 0 to 65535, got ${values.port}`)
  }
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= 100)) {
    throw new Error(`Expected the number of workers to be from 1 to 100, got ${values.workers}`)
  }
  return { port, workers }
}

/** The port, or any free one for 0. Throws an error that says so if it is taken. */
function freePort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const taken = `Port ${port} is taken. Choose another: npm start -- --port 9000`
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error)
    })
    server.listen({ port, host }, () => {
      const address = server.address()
      server.close(() => resolve(address.port))
    })
  })
}

/** Resolves when a request comes through the load balancer and back. */
async function untilReady(port) {
  const deadline = performance.now() + startLimit
  while (!(await answers(port))) {
    if (performance.now() > deadline) {
      throw new Error(`Nothing answered on port ${port} within ${startLimit / 1000} s, see above.`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function answers(port) {
  return new Promise((resolve) => {
    request({ host, port, path: '/', timeout: 2000, agent: false })
      .once('response', (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      .once('timeout', function timedOut() {
        this.destroy()
      })
      .once('error', () => resolve(false))
      .end()
  })
}

function whatToTry(port, workers, addresses) {
  const search = `'http://tenant-07.localhost:${port}/search?q=contract'`
  return `
resumelb serves the example by ${workers.length} worker processes: http://${host}:${port}/

  In a browser:            http://tenant-07.localhost:${port}/
  In another terminal:     curl ${search}
    who answers, and how:  for i in 1 2 3 4 5; do curl -sD - -o /dev/null ${search} | grep ^x-; done
    who is good at what:   node packages/worker/bin/get-worker-resume.js ${addresses.join(' ')}
    what if a worker dies: kill -9 ${workers[0].pid}   (that is ${workers[0].name})

The first answer to a tenant is cold: a worker has to build its index. The next ones come from the
same worker and are warm. Ctrl-C ends it all.
`
}

/** Resolves when a signal came and everything has ended. A second one ends it at once. */
function stopOnSignal(balancer, workers) {
  return new Promise((resolve) => {
    let firstAt
    const onSignal = () => {
      const now = performance.now()
      // Under npm, Ctrl-C comes twice at once: from the terminal, and from npm.
      if (firstAt !== undefined && now - firstAt < 500) return
      if (firstAt !== undefined) {
        for (const each of [balancer, ...workers]) each.kill()
        process.exit(1)
      }
      firstAt = now
      console.log('\nFinishing what is in progress (Ctrl-C again ends it at once) ...')
      stopAll(balancer, workers).then(resolve)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
    if (process.env.npm_lifecycle_event !== undefined) onParentGone(onSignal)
  })
}

/** npm ends the shell between it and us, and the shell passes no signal on. */
function onParentGone(callback) {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, 200)
}

/** First the load balancer, that takes the requests in, then the workers, that have none left. */
async function stopAll(balancer, workers) {
  isStopping = true
  const timer = setTimeout(() => {
    console.error(`Not all ended within ${stopLimit / 1000} s; the rest is killed.`)
    for (const each of [balancer, ...workers]) each.kill()
  }, stopLimit)
  await balancer.stop()
  await Promise.all(workers.map((each) => each.stop()))
  clearTimeout(timer)
}

/** Prints a line of one of the processes; while all is ended, only what is wrong. */
function say(name, line) {
  const { isTrouble, text } = readable(line)
  if (isTrouble || !isStopping) console.log(`${name.padEnd(3)}| ${text}`)
}

/** A line of a structured log as people like it, any other line as it is. */
function readable(line) {
  if (!line.startsWith('{')) return { isTrouble: false, text: line }
  try {
    const { level, time: _time, name: _name, pid: _pid, msg, ...facts } = JSON.parse(line)
    const isTrouble = level !== 30 && level !== 'info'
    const told = Object.entries(facts).filter(([, value]) => value !== '')
    const words = told.map(([fact, value]) => `${fact}=${value}`)
    const text = words.length > 0 ? `${msg} (${words.join(', ')})` : msg
    return { isTrouble, text: isTrouble ? `warning: ${text}` : text }
  } catch {
    return { isTrouble: true, text: line }
  }
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
// Whatever still waits, such as for the first answer, is of no use any more.
process.exit()
