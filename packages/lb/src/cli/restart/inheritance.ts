/** What a process gets at its start: sockets of systemd, or those of the process before it. */

/** A socket that listens already. */
export interface PassedSocket {
  /** The address without its options, `fd:NAME`, or an option and its address. */
  readonly key: string
  readonly fd: number
}

export interface Inheritance {
  readonly sockets: readonly PassedSocket[]
  /** The process that this one is to replace, if it is one that hands over. */
  readonly predecessor?: Predecessor
  /** Which of several processes it is, if it is one of those that `--processes` starts. */
  readonly process?: ProcessPlace
}

export interface ProcessPlace {
  /** From 1 on; the process that replaces another one has the same number. */
  readonly number: number
  readonly count: number
}

export interface Predecessor {
  readonly pid: number
  /** How many workers were ready there. */
  readonly readyWorkers: number
  /** Whether it sends what it has measured of `http://` workers. */
  readonly sendsResumes?: boolean
}

type Environment = Record<string, string | undefined>

/** The variable for the inheritance of a successor. */
const variable = 'RESUMELB_INHERITANCE'

/** The first socket of systemd. */
const firstDescriptor = 3

/** The variable, for the environment of a successor. */
export function inheritanceVariable(inheritance: Inheritance): Environment {
  return { [variable]: JSON.stringify(inheritance) }
}

/** Reads the inheritance of this process, and removes it from the environment of its children. */
export function takeInheritance(environment: Environment, pid: number): Inheritance {
  const given = environment[variable]
  const inheritance =
    given === undefined ? systemdSockets(environment, pid) : (JSON.parse(given) as Inheritance)
  for (const name of [variable, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) {
    delete environment[name]
  }
  return inheritance
}

/** What each line of the log says of the process that writes it. */
export function logMembers({
  process,
}: Inheritance): Readonly<Record<string, unknown>> | undefined {
  return process && { process: process.number }
}

/** As sd_listen_fds_with_names(3) does it. */
function systemdSockets(environment: Environment, pid: number): Inheritance {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = environment
  const count = Number(LISTEN_FDS)
  if (Number(LISTEN_PID) !== pid || !Number.isSafeInteger(count)) return { sockets: [] }
  const names = LISTEN_FDNAMES.split(':')
  const sockets = Array.from({ length: count }, (_, index) => ({
    key: `fd:${names[index] || 'unknown'}`,
    fd: firstDescriptor + index,
  }))
  return { sockets }
}
