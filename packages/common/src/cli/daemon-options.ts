/** Options that several daemons have. */

export const drainTable = {
  drainTimeout: {
    default: 30_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time to finish requests after SIGTERM or SIGINT',
  },
} as const

export const checkTable = {
  check: {
    type: 'flag',
    default: false,
    help: 'Only check the options, and the files and modules they name; exit status 0 if good',
  },
} as const

/** Of daemons that register with ZooKeeper. */
export const registrationTable = {
  advertise: {
    type: 'text',
    form: 'a host name or an IP address',
    help: 'Host to register instead of the one in --address',
  },
  zkAuth: {
    type: 'text',
    form: 'USER:PASSWORD',
    otherwise: 'RESUMELB_ZK_AUTH of the environment',
    help: 'Credentials for ZooKeeper',
  },
  sessionTimeout: {
    default: 10_000,
    min: 400,
    max: 3_600_000,
    unit: 'ms',
    help: 'Time without contact after which ZooKeeper drops the registration',
  },
} as const
