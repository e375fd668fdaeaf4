/** What the demonstrations (npm start, npm run start:zookeeper) have in common. */
import { request } from 'node:http'
import { createServer } from 'node:net'

export const host = '127.0.0.1'

/** Milliseconds that everything has to start, and later to end. */
const startLimit = 20_000
const stopLimit = 15_000

/** Processes that run until Ctrl-C, and then end in order. */
export class Demonstration {
  #stages = []
  #isStopping = false

  /** Prints a line of one of the processes; while everything is being stopped, only warnings. */
  say = (name, line) => {
    const { isTrouble, text } = readable(line)
    if (isTrouble || !this.#isStopping) console.log(`${name.padEnd(3)} | ${text}`)
  }

  /**
   * Runs until a signal comes or something fails, and ends the processes of the stages, lists of
   * Supervised, one stage after the other. `start` starts them and says what to try.
   */
  async run(stages, start) {
    this.#stages = stages
    const stopped = this.#stopOnSignal()
    const failed = Promise.race(stages.flat().map((each) => each.failed))
    const outcome = await Promise.race([
      stopped,
      failed.then((name) => `${name} does not start, see above.`),
      start().then(
        () => new Promise(() => {}),
        (error) => error.message,
      ),
    ])
    if (outcome === undefined) return
    console.error(outcome)
    process.exitCode = 1
    await this.#stopAll()
  }

  /** Resolves when a signal came and everything has ended. A second one ends it at once. */
  #stopOnSignal() {
    return new Promise((resolve) => {
      let firstAt
      const onSignal = () => {
        const now = performance.now()
        // Under npm, Ctrl-C comes twice at once: from the terminal, and from npm.
        if (firstAt !== undefined && now - firstAt < 500) return
        if (firstAt !== undefined) {
          for (const each of this.#stages.flat()) each.kill()
          process.exit(1)
        }
        firstAt = now
        console.log('\nFinishing requests in progress (Ctrl-C again stops at once) ...')
        this.#stopAll().then(resolve)
      }
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
      if (process.env.npm_lifecycle_event !== undefined) onParentGone(onSignal)
    })
  }

  async #stopAll() {
    this.#isStopping = true
    const timer = setTimeout(() => {
      console.error(`Some processes did not end within ${stopLimit / 1000} s, and are killed.`)
      for (const each of this.#stages.flat()) each.kill()
    }, stopLimit)
    for (const stage of this.#stages) await Promise.all(stage.map((each) => each.stop()))
    clearTimeout(timer)
  }
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

/** Throws an error that says so if the port is taken by now. */
export function checkPort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const taken = `Port ${port} is taken. Choose another: npm start -- --port 9000`
      reject(error.code === 'EADDRINUSE' ? new Error(taken) : error)
    })
    server.listen({ port, host }, () => server.close(resolve))
  })
}

/** A port that is free by now: the wanted one if possible. 0: any. */
export function freePort(wanted) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) =>
      wanted !== 0 && error.code === 'EADDRINUSE' ? resolve(freePort(0)) : reject(error),
    )
    server.listen({ port: wanted, host }, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when a request comes through the load balancer and back. */
export async function untilAnswered(port) {
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

/** A line of a structured log as people like it, any other line as it is. */
function readable(line) {
  if (!line.startsWith('{')) return { isTrouble: false, text: line }
  try {
    const { level, time: _time, name: _name, pid: _pid, msg, ...facts } = JSON.parse(line)
    const isTrouble = level !== 30 && level !== 'info'
    const told = Object.entries(facts).filter(([, value]) => value !== '')
    const words = told.map(
      ([fact, value]) => `${fact}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    const text = words.length > 0 ? `${msg} (${words.join(', ')})` : msg
    return { isTrouble, text: isTrouble ? `warning: ${text}` : text }
  } catch {
    return { isTrouble: true, text: line }
  }
}
