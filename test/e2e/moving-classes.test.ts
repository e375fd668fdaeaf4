/** Classes that move to workers which are warm for them, behind load balancers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { getResume } from '@resumelb/worker'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { startPatientBalancer } from '../support/patient-balancer.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/processes.ts'

const hosts = ['t1.example', 't2.example', 't3.example']
const warm = hosts.map(() => 'warm')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'resumelb-moving-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function start(...options: string[]): Promise<WorkerProcess> {
  const words = ['--warm-up', 'replay', '--handover', '1h', '-LINFO', ...options]
  return startWorkerProcess(words, { app: 'caching.mjs' })
}

async function askAll(port: number): Promise<string[]> {
  const answers = []
  for (const host of hosts) answers.push((await ask(port, '/', { headers: { host } })).text)
  return answers
}

/** The second request of each class is recorded. */
async function fill(port: number): Promise<void> {
  for (let i = 0; i < 3; i++) await askAll(port)
}

async function classesOf({ address }: WorkerProcess): Promise<string[]> {
  return [...(await getResume(address)).resume.keys()].sort()
}

test('a worker that is stopped hands its classes over to workers that are warm then', async () => {
  const workers = await Promise.all([start(), start()])
  // The second load balancer knows what happens by the reports of the workers.
  const [first, second] = await Promise.all([
    startPatientBalancer(workers),
    startPatientBalancer(workers),
  ])
  await fill(first.port)
  const counts = await Promise.all(workers.map(async (each) => (await classesOf(each)).length))
  const { process: leaving } = workers[counts.indexOf(Math.max(...counts))] as WorkerProcess
  expect(await leaving.stop()).toBe(0)
  expect(leaving.stderr).toContain('"handed over"')
  expect(await askAll(first.port)).toEqual(warm)
  expect(await askAll(second.port)).toEqual(warm)
})

test('classes move before a worker is drained or in maintenance, and come back', async () => {
  const file = join(folder(), 'maintenance')
  const one = await start('--maintenance-file', file)
  const two = await start()
  const { balancer, log, port } = await startPatientBalancer([one, two])
  await fill(port)
  const before = `${await classesOf(two)}`
  const isAsBefore = async () => `${await classesOf(two)}` === before
  const hasAll = async () => (await classesOf(two)).length === hosts.length

  balancer.drainWorker(one.address)
  await until(() => log.includes('classes handed over'))
  expect(await askAll(port)).toEqual(warm)
  await until(hasAll)
  balancer.readyWorker(one.address)
  await until(isAsBefore)
  expect(await askAll(port)).toEqual(warm)

  writeFileSync(file, '')
  await until(() => log.includes('worker is in maintenance'))
  expect(await askAll(port)).toEqual(warm)
  await until(hasAll)
  rmSync(file)
  await until(() => log.includes('maintenance of the worker has ended'))
  await until(isAsBefore)
  expect(await askAll(port)).toEqual(warm)

  // The load balancer that has moved them before is still connected.
  const other = await startPatientBalancer([one, two])
  other.balancer.drainWorker(one.address)
  await until(() => other.log.some((message) => message.includes('handed over')))
  expect(other.log).toContain('classes handed over')
  await until(hasAll)
  expect(await askAll(other.port)).toEqual(warm)
})

test('a new version is warm for the classes of the old one before it gets their requests', async () => {
  const old = await start('--worker-version', '1')
  const options = { versions: 'single', settings: { handover: 3_600 } } as const
  const { balancer, log, port } = await startPatientBalancer([old], options)
  await fill(port)
  const next = await Promise.all([1, 2].map(() => start('--worker-version', '2')))
  for (const { address } of next) balancer.addWorker(address)
  await until(() => log.includes('classes handed over'))
  expect((await Promise.all(next.map(classesOf))).flat().sort()).toEqual(hosts)
  balancer.removeWorker(old.address)
  expect(await askAll(port)).toEqual(warm)
})

test('a worker that is added is warm for its share of the classes, and has them for itself', async () => {
  const one = await start()
  const { balancer, log, port } = await startPatientBalancer([one])
  await fill(port)
  const two = await start()
  balancer.addWorker(two.address)
  await until(() => log.includes('worker joins'))
  await until(async () => (await classesOf(one)).length === 2)
  expect([...(await classesOf(one)), ...(await classesOf(two))].sort()).toEqual(hosts)
  expect(await askAll(port)).toEqual(warm)
})
