/**
 * Runs the primary process of several: it binds the sockets, starts the processes that serve
 * clients and replaces those that end, and tells of all. It has no clients itself.
 */
import { randomBytes } from 'node:crypto'
import { isUnixAddress, logLevelNamed, type TcpAddress } from '@resumelb/common'
import { runServices, type Service, ServiceManager, shutdownSignal } from '@resumelb/common/cli'
import { mergedBacklogs } from '../../admin/merged/backlogs.ts'
import { StatusServer } from '../../admin/status-server.ts'
import { adminServer } from '../admin-service.ts'
import { parseClientAddress } from '../client-address.ts'
import { registrationServices } from '../discovery-services.ts'
import type { Plan } from '../plan.ts'
import { processCount } from '../processes-option.ts'
import { Handover } from '../restart/handover.ts'
import { ListeningSockets } from '../restart/listening-sockets.ts'
import { type RunOptions, stoppedOnce } from '../run-options.ts'
import { StateFile } from '../state-file.ts'
import { AllMembers } from './all-members.ts'
import { FirstStartError, Members } from './members.ts'
import { MembersBackend } from './members-backend.ts'
import { shareOf } from './share.ts'

/** Milliseconds that processes have to end beyond all that they may wait for. */
const lateTime = 10_000

/** Serves until a signal, or until another process has taken over. Resolves with the exit status. */
export async function runPrimary(what: RunOptions): Promise<number> {
  const { plan, statusServer, inheritance, log } = what
  const { values } = plan.line
  const count = processCount(values.processes)
  const sockets = new ListeningSockets(inheritance.sockets)
  const stateFile = stateFileOf(what)
  const members = new Members({
    count,
    socketsOf: (number) => shareOf(sockets.shared, number, count),
    assignment: (isFirst) => ({
      state: all.state ?? null,
      readyWorkers: (isFirst && inheritance.predecessor?.readyWorkers) || null,
    }),
    stopTimeout: stopTimeout(plan),
    onClosing: () => sockets.closeBound(),
    log,
  })
  const all = new AllMembers(members, stateFile?.read())
  const reload = async () => {
    // Nothing is changed anywhere if anything is bad.
    const next = await what.read()
    log.level = logLevelNamed(next.line.values.logLevel)
    return all.reload()
  }
  const onChange = () => {
    if (all.state !== undefined) stateFile?.save(all.state)
  }
  const id = randomBytes(6).toString('base64url')
  const backend = () => new MembersBackend({ id, members, all, hooks: { reload, onChange }, log })
  const backlogs = {
    start: () => undefined,
    stop: () => undefined,
    read: async () => mergedBacklogs(await all.ask('backlogs')),
  }
  const { listen } = sockets
  const status =
    statusServer === undefined ? [] : [new StatusServer(statusServer, backlogs, listen)]
  const exclusive = [...status, ...adminServer(values, backend, log, listen)].map(stoppedOnce)
  const manager = new ServiceManager({
    log,
    isWell: () => members.serving.length > 0,
    status: () => `${members.serving.length} of ${count} processes serve clients`,
  })
  const handover = new Handover({
    ...{ inheritance, sockets, exclusive, manager, log },
    readyWorkers: async () => Math.max(0, ...(await all.ask('readyWorkers'))),
    onHandedOver: () => {
      sockets.leave()
      members.handOver()
    },
  })
  const [workers, registration] = registrationServices(
    what.discovery,
    () => addressOf(sockets),
    log,
  )
  const preparation = [...workers, bindingOf(plan, sockets, count), members]
  const services =
    inheritance.predecessor === undefined
      ? [...exclusive, ...preparation, handover, ...registration]
      : [...preparation, ...exclusive, handover, ...registration]
  try {
    await runServices(services, untilEnd({ members, reload, handover, manager, plan, log }))
  } catch (error) {
    // The processes have said why.
    if (error instanceof FirstStartError) return error.code
    throw error
  }
  return members.exitCode
}

/** Binds the sockets for clients, as a service. */
function bindingOf({ line: { values } }: Plan, sockets: ListeningSockets, count: number): Service {
  return {
    start: async () => {
      for (const text of values.address) await sockets.bind(parseClientAddress(text), count)
    },
    stop: async () => sockets.closeBound(),
  }
}

/** Where others reach the processes: the first address that is no unix socket. */
function addressOf(sockets: ListeningSockets): TcpAddress | undefined {
  return sockets.bound
    .map(({ address }) => address)
    .find((address): address is TcpAddress => !isUnixAddress(address))
}

function stateFileOf({ plan: { line }, log }: RunOptions): StateFile | undefined {
  const { stateFile } = line.values
  return stateFile === undefined
    ? undefined
    : new StateFile(stateFile, line.labelOf('stateFile'), log)
}

function stopTimeout({ line: { values } }: Plan): number {
  const { drainDelay, drainTimeout, upgradeDrainTimeout } = values
  return drainDelay + drainTimeout + upgradeDrainTimeout + lateTime
}

/** Resolves as that of a single process: the other processes leave their signals to this one. */
async function untilEnd({
  members,
  reload,
  handover,
  manager,
  plan,
  log,
}: {
  readonly members: Members
  readonly reload: () => Promise<unknown>
  readonly handover: Handover
  readonly manager: ServiceManager
  readonly plan: Plan
  readonly log: RunOptions['log']
}): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
    process.on(signal, () => {
      for (const member of members.running) member.reopen(signal)
    })
  }
  const reloadAndLog = async () => {
    await reload().catch(({ message: reason }: Error) =>
      log.error({ reason }, 'cannot reload the configuration; the old one stays in force'),
    )
  }
  process.on('SIGHUP', () => void manager.reload(reloadAndLog))
  process.on('SIGUSR2', () => void handover.begin())
  const signalled = shutdownSignal(() => {
    members.kill()
    process.exit(1)
  })
  const signal = await Promise.race([signalled, handover.done])
  if (signal !== undefined) manager.stopping(stopTimeout(plan))
  log.info({ ...(signal && { signal }) }, 'stopping: finishing requests in progress')
}
