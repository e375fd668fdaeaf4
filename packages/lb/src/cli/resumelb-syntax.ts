/** The options and arguments of the command `resumelb`. */
import type { OptionTable } from '@resumelb/common'
import type { CommandSyntax } from '@resumelb/common/cli'
import { type ListedValues, listedTable } from '../discovery/options.ts'
import { version } from '../version.ts'
import { upstreamTable } from '../workers/upstream/options.ts'
import { leaving, type SharedLine, sharedGroups, type UsualSettings } from './syntax.ts'

/** Defaults of the command that differ from the pool's: those of zc.resumelb's command. */
export const commandSettings: UsualSettings = { variance: 4 }

export interface ResumelbLine extends SharedLine {
  readonly values: SharedLine['values'] & ListedValues & { readonly workers?: readonly string[] }
}

/** Keys of the file that are arguments on the command line. */
const config = {
  workers: {
    type: 'list',
    form: 'addresses of workers',
    help: 'Addresses of the workers, as on the command line',
  },
} as const satisfies OptionTable

export const resumelbSyntax: CommandSyntax = {
  name: 'resumelb',
  version,
  usage: ['[options] WORKER...'],
  description:
    'Balances HTTP requests, sending each class of requests to the workers that handle it best.\n' +
    'WORKER is HOST:PORT. standby=HOST:PORT gets requests only while no other worker can take them;\n' +
    'capacity=2,HOST:PORT gets twice as many as another. dns:NAME:PORT is a worker for each address\n' +
    'of the name, srv:NAME one for each record. http:// and https:// addresses are plain HTTP servers,\n' +
    'as are http+dns: and https+dns:.',
  groups: [
    ...sharedGroups(commandSettings, { variance: { alias: 'v' } }),
    { title: 'Lists of workers that change:', options: listedTable },
    { title: 'Plain HTTP servers as workers:', options: upstreamTable },
  ],
  config,
  examples: [
    ['-LINFO -a :8080 127.0.0.1:8000', 'One worker, listen on port 8080 of all interfaces'],
    ['-a :0 10.0.0.1:8000 10.0.0.2:8000', 'Two workers, any free port'],
    ["-r 'regexp path ^/t/(?<class>[^/]+)' :8000", 'Tenants by the path: /t/NAME/...'],
    ["-r 'regexp header:x-tenant (?<class>.+)' :8000", 'Tenants by a header'],
    ['-r ./classify.js#byTenant :8000', 'Classes by a function of your own'],
    ['--pool classic -v 4 :8000 :8001', 'The policy of zc.resumelb'],
    ['http://10.0.0.1:9000 http://10.0.0.2:9000', 'Two HTTP servers without resumelb-worker'],
    ['dns:app.internal:8000', 'As many workers as the name has addresses'],
    ['--config /etc/resumelb.yaml', 'Options from a file; workers: [...] lists the workers'],
  ],
  epilogue: leaving,
}
