/** The options for the health of a worker, as others see it. */
import { type NumberSpec, OptionError, type TextSpec } from '@resumelb/common'

const urlForm = 'a URL such as http://127.0.0.1:9000/health'

export const healthTable: {
  readonly healthCommand: TextSpec
  readonly healthUrl: TextSpec
  readonly healthInterval: NumberSpec & { readonly default: number }
  readonly healthRise: NumberSpec & { readonly default: number }
  readonly healthFall: NumberSpec & { readonly default: number }
  readonly maxEventLoopDelay: NumberSpec
  readonly maintenanceFile: TextSpec
} = {
  healthCommand: {
    type: 'text',
    form: 'a command of the shell',
    help: 'Shell command that checks the health; exit status 0 means healthy',
  },
  healthUrl: {
    type: 'text',
    form: urlForm,
    check: checkUrl,
    help: 'URL that is requested to check the health; a status below 400 means healthy',
  },
  healthInterval: {
    default: 2_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'Time between two health checks, and the timeout of one',
  },
  healthRise: {
    default: 2,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Consecutive successful checks after which an unhealthy worker is healthy',
  },
  healthFall: {
    default: 3,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Consecutive failed checks after which a healthy worker is unhealthy',
  },
  maxEventLoopDelay: {
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    otherwise: 'not checked',
    help: 'Mean delay of the event loop between two checks above which the worker is unhealthy',
  },
  maintenanceFile: {
    type: 'text',
    form: 'the path of a file',
    help: 'While this file exists, the worker drains: it stays connected, and gets no new requests',
  },
}

function checkUrl(text: string, option: string): void {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return
  throw new OptionError(option, urlForm, text)
}
