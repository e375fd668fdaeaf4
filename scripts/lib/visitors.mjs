/** Visitors of the demonstration: requests that keep coming, so that there is something to see. */
import { Agent, request } from 'node:http'
import { host } from './demonstration.mjs'

/** The tenants that visitors ask for; the first 16 are left to the reader, who finds them cold. */
const [firstTenant, lastTenant] = [17, 64]

/** Connections, and so requests at once; when all are busy, visitors wait. */
const connections = 4

const words = ['contract', 'invoice', 'meeting', 'report']

/** Sends so many requests a second to the load balancer at that port, for as long as we run. */
export function sendVisitors(port, perSecond) {
  if (perSecond === 0) return
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const timer = setInterval(() => {
    if (Object.values(agent.requests).flat().length < connections) visit(port, agent)
  }, 1000 / perSecond)
  timer.unref()
}

function visit(port, agent) {
  const headers = { host: `tenant-${someTenant()}.localhost` }
  const word = words[Math.floor(Math.random() * words.length)]
  request({ host, port, path: `/search?q=${word}`, headers, agent })
    .once('response', (response) => response.resume())
    // It is being started again, or everything ends.
    .once('error', () => undefined)
    .end()
}

/** Small numbers come more often than large ones, as with real tenants. */
function someTenant() {
  const place = Math.random() ** 2 * (lastTenant - firstTenant + 1)
  return firstTenant + Math.floor(place)
}
