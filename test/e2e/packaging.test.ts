/** What packaging has for systemd, Docker and Kubernetes: its commands are taken by the commands. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { validate } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { resumelb } from '../../packages/lb/src/cli/resumelb-command.ts'
import { zkresumelb } from '../../packages/lb/src/cli/zkresumelb-command.ts'
import { resumelbWorker } from '../../packages/worker/src/cli/resumelb-worker-command.ts'
import { fixture } from '../support/processes.ts'

const root = fileURLToPath(new URL('../../packaging/', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const commands = { resumelb, zkresumelb, 'resumelb-worker': resumelbWorker }

/** Lets a command check its words. Files of the target machine are replaced by some here. */
async function check(
  name: keyof typeof commands,
  words: readonly string[],
  files: Record<string, string> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-packaging-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  let text = JSON.stringify(words)
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path.replaceAll('/', '_'))
    await writeFile(file, inFolder(content))
    text = text.replaceAll(path, file)
  }
  text = text.replaceAll('./app.js', fixture('app.mjs'))
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(await commands[name]([...JSON.parse(text), '--check'])).toBe(0)
  expect(written).toHaveBeenLastCalledWith(`${name}: the configuration is valid\n`)
  written.mockRestore()

  function inFolder(content: string): string {
    let inside = content
    for (const path of Object.keys(files)) {
      inside = inside.replaceAll(path, join(folder, path.replaceAll('/', '_')))
    }
    return inside
  }
}

describe('units of systemd', () => {
  const services = readdirSync(join(root, 'systemd')).filter((name) => name.endsWith('.service'))

  test.each(services)('%s calls its command rightly', async (name) => {
    const unit = read(`systemd/${name}`).replaceAll('\\\n', '').replaceAll('%i', '8001')
    const [, command = '', rest = ''] =
      /^ExecStart=\/usr\/local\/bin\/(\S+) (.*)$/m.exec(unit) ?? []
    const ours = readdirSync(join(root, 'systemd'))
    const inEtc = ours.filter((file) => unit.includes(`/etc/resumelb/${file}`))
    const [, address = ''] = /^Environment=ADDRESS=(.*)$/m.exec(unit) ?? []
    let environment: NodeJS.Dict<string> = { ADDRESS: address, OPTIONS: '' }
    for (const file of inEtc.filter((each) => each.endsWith('.env'))) {
      environment = { ...environment, ...parseEnv(read(`systemd/${file}`)) }
    }
    const words = rest
      .replace(/\$\{?(\w+)\}?/g, (_, variable) => environment[variable] ?? 'undefined')
      .split(/ +/)
    const yaml = inEtc.filter((each) => each.endsWith('.yaml'))
    const files = yaml.map((file) => [`/etc/resumelb/${file}`, read(`systemd/${file}`)])
    await check(command as keyof typeof commands, words, Object.fromEntries(files))
  })

  test('the alternatives in worker.env are good, too', async () => {
    const text = read('systemd/worker.env').replace(/^# (?=[A-Z]+=)/gm, '')
    const values = [...text.matchAll(/^(\w+)=(.*)$/gm)]
    const options = values.filter(([, name]) => name === 'OPTIONS')
    expect(options.length).toBeGreaterThan(1)
    for (const [, , value = ''] of options) {
      await check('resumelb-worker', ['-a', '0.0.0.0:0', ...value.split(' '), './app.js'])
    }
    expect(values.map(([, , value]) => value)).toContain('--upstream http://127.0.0.1:9000')
    await check('resumelb-worker', ['--upstream', 'http://127.0.0.1:9000'])
  })
})

describe('files for Docker', () => {
  const dockerfiles = ['Dockerfile', 'application.Dockerfile']

  test.each(dockerfiles)('%s has no mistake', (name) => {
    expect(validate(read(`docker/${name}`)).map(({ message }) => message)).toEqual([])
  })

  test('compose.yaml calls the commands rightly, and stops no process early', async () => {
    const { services } = parse(read('docker/compose.yaml'))
    await check('resumelb', services.resumelb.command)
    await check('resumelb-worker', ['-a', '0.0.0.0:8000', ...services.worker.command])
    for (const { stop_grace_period: grace, command } of Object.values<Compose>(services)) {
      expect(Number.parseInt(grace, 10)).toBeGreaterThanOrEqual(stopSeconds(command))
    }
    expect(services.resumelb.command).toContain('dns:worker:8000')
  })
})

interface Compose {
  readonly command: readonly string[]
  readonly stop_grace_period: string
}

/** Seconds that a command with these options may take to stop. */
function stopSeconds(words: readonly string[]): number {
  const secondsOf = (name: string, otherwise: number) => {
    const word = words.find((each) => each.startsWith(`--${name}=`))
    return word === undefined ? otherwise : Number.parseInt(word.split('=')[1] ?? '', 10)
  }
  const draining = Math.max(secondsOf('drain-timeout', 30), secondsOf('upgrade-drain-timeout', 60))
  // As the load balancer itself reckons it.
  return secondsOf('drain-delay', 0) + draining + 10
}

describe('manifests for Kubernetes', () => {
  const manifests = ['workers', 'resumelb'].flatMap((name) =>
    parseAllDocuments(read(`kubernetes/${name}.yaml`)).map((document) => {
      expect(document.errors).toEqual([])
      return document.toJS()
    }),
  )
  const of = (kind: string, name: string) =>
    manifests.find((each) => each.kind === kind && each.metadata.name === name)
  const kinds = { Deployment, Service, PodDisruptionBudget, ConfigMap }
  const names = manifests.map(({ kind, metadata }) => [kind, metadata.name] as const)

  test.each(names)('%s %s follows the schema', (kind, name) => {
    const Kind = kinds[kind as keyof typeof kinds]
    expect(() => new Kind(of(kind, name)).validate()).not.toThrow()
  })

  test.each(['workers', 'resumelb'])('what is called %s selects its pods', (name) => {
    const { selector, template } = of('Deployment', name).spec
    expect(template.metadata.labels).toEqual(selector.matchLabels)
    expect(of('Service', name).spec.selector).toEqual(selector.matchLabels)
    expect(of('PodDisruptionBudget', name).spec.selector).toEqual(selector)
    const [{ ports }] = template.spec.containers
    const portNames = ports.map((port: { name: string }) => port.name)
    for (const { targetPort } of of('Service', name).spec.ports) {
      expect(portNames).toContain(targetPort)
    }
  })

  test('the load balancer has a good configuration, and its probes ask the admin address', async () => {
    const config = of('ConfigMap', 'resumelb').data['resumelb.yaml']
    const { spec } = of('Deployment', 'resumelb').spec.template
    const [container] = spec.containers
    await check('resumelb', container.args, {
      '/etc/resumelb/resumelb.yaml': config,
      '/run/secrets/resumelb/token': 'a-token-that-is-long-enough',
    })
    const options = parse(config)
    const portOf = (name: string) =>
      container.ports.find((port: { name: string }) => port.name === name).containerPort
    expect(options.address).toBe(`0.0.0.0:${portOf('http')}`)
    expect(options.admin).toBe(`0.0.0.0:${portOf('admin')}`)
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'admin' })
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'admin' })
    const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(stopSeconds(words))
    const { periodSeconds, failureThreshold } = container.readinessProbe
    expect(Number.parseInt(options['drain-delay'], 10)).toBeGreaterThan(
      periodSeconds * failureThreshold,
    )
    const { metadata, spec: service } = of('Service', 'workers')
    const [{ port }] = service.ports
    expect(options.workers).toEqual([`dns:${metadata.name}.default.svc.cluster.local:${port}`])
    const paths = container.volumeMounts.map((mount: { mountPath: string }) => mount.mountPath)
    expect(paths).toEqual(['/etc/resumelb', '/run/secrets/resumelb'])
  })

  test('workers listen where the service and the probes ask them', async () => {
    const { spec } = of('Deployment', 'workers').spec.template
    const [{ args, ports, readinessProbe, livenessProbe }] = spec.containers
    const { ENTRYPOINT = '[]' } = instructions('application.Dockerfile')
    const [, ...first] = JSON.parse(ENTRYPOINT)
    await check('resumelb-worker', [...first, ...args])
    expect(first).toContain(`0.0.0.0:${ports[0].containerPort}`)
    for (const { exec } of [readinessProbe, livenessProbe]) {
      expect(exec.command[0]).toBe('get-worker-resume')
      expect(exec.command.at(-1)).toBe(`127.0.0.1:${ports[0].containerPort}`)
    }
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(stopSeconds(args))
  })

  function instructions(name: string): Record<string, string> {
    const lines = read(`docker/${name}`).matchAll(/^([A-Z]+) (.*)$/gm)
    return Object.fromEntries([...lines].map(([, instruction, rest]) => [instruction, rest]))
  }
})
