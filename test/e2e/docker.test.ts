/** The Dockerfiles of packaging/docker: their instructions are run, and what comes of them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished } from 'vitest'
import { imageFrom, inContainer, insideFunction, prelude } from '../support/docker/images.ts'
import { hasNamespaces } from '../support/namespaces.ts'
import { testWith } from '../support/tools.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'packaging/docker')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

const balancer = imageFrom(read('Dockerfile'), 'resumelb', root, [])
const app = join(folder, 'app')
const worker = imageFrom(read('application.Dockerfile'), 'worker', app, [balancer])

const words = ['-a', '127.0.0.1:8080', '--admin', '127.0.0.1:9090', '-l', '', '127.0.0.1:8000']

/** Runs in namespaces of its own for processes and network. */
const containers = `
set -eu
top=$1
${insideFunction}
ip link set lo up
${inContainer(worker, [...worker.entrypoint, ...worker.command])} &
worker=$!
${inContainer(balancer, [...balancer.entrypoint, ...words])} &
balancer=$!
# A function runs in a shell, which has the command as its child.
stop() { kill -TERM $(cat /proc/$1/task/$1/children); }
answers() { node -e "fetch('http://127.0.0.1:8080').then(async (r) => console.log(await r.text()), () => process.exit(1))"; }
until answers; do kill -0 $worker; kill -0 $balancer; done
${inContainer(worker, worker.healthcheck)} > /dev/null && echo worker: healthy
${inContainer(balancer, balancer.healthcheck)} && echo balancer: healthy
stop $balancer
wait $balancer && echo balancer: stopped
${inContainer(balancer, balancer.healthcheck)} || echo balancer: not healthy
stop $worker
wait $worker && echo worker: stopped
`

describe.skipIf(!hasNamespaces())('docker build', () => {
  testWith('ip')(
    'makes images of a load balancer and a worker that serve and stop',
    async () => {
      const top = mkdtempSync(join(tmpdir(), 'resumelb-docker-'))
      onTestFinished(() => rm(top, { recursive: true, force: true }))
      const start = `unshare --net --pid --mount-proc --fork --kill-child sh -c "$2" sh "$top"`
      const script = [prelude, balancer.script, worker.script, start].join('\n')
      const shell = ['unshare', '--mount', 'sh', '-c', script, 'sh', top, containers]
      // It ends if the test runner itself dies.
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...shell], {
        env: { ...process.env, CLEAN: process.env['RESUMELB_CLEAN'] ?? '', CI: 'true' },
      })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (chunk) => {
        stdout += chunk
      })
      child.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      const [code] = await once(child, 'close')
      expect(code, `${stdout}\n${stderr}`).toBe(0)
      expect(stdout).toMatch(/is served by container/)
      expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
        'worker: healthy',
        'balancer: healthy',
        'balancer: stopped',
        'balancer: not healthy',
        'worker: stopped',
      ])
    },
    300_000,
  )
})
