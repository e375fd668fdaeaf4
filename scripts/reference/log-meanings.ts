/**
 * What each log message means, and what to do. A new message needs a row here; `npm run reference`
 * then writes docs/reference/log-messages.md.
 */

export interface Meaning {
  readonly means: string
  /** What the operator should do; absent if nothing. */
  readonly toDo?: string
  /** The level, and the facts, where the code does not show them. */
  readonly level?: string
  readonly facts?: readonly string[]
}

/** The facts of a request in trouble, see failure-facts.ts. */
const requestFacts = [
  'failure',
  'reason',
  'request',
  'method',
  'url',
  'requestClass',
  'worker',
  'attempts',
]

/** By message; `…` stands for a part that differs. */
export const meanings: Readonly<Record<string, Meaning>> = {
  // Start and end
  listening: {
    means: 'the load balancer accepts connections at this address; one line for each address',
    facts: ['address', 'tls', 'proxyProtocol', 'pid'],
  },
  'worker listening': { means: 'the worker accepts load balancers at this address' },
  'warming up': { means: 'the worker fills its caches before it takes requests (`--warm-up`)' },
  'still warming up': {
    means:
      'every ten seconds: `done` of `total` classes have been warmed up, of which `failed` were not',
  },
  'warmed up': { means: 'the worker takes requests from now on' },
  'warm-up stopped': { means: 'the worker was stopped while it warmed up' },
  'warm-up not finished in time': {
    means: '`--warm-up-timeout` is over: the worker takes requests with some classes cold',
    toDo: 'raise `--warm-up-timeout` or `--warm-up-concurrency`, or lower `--warm-up-classes`',
  },
  'a class could not be warmed up': {
    means: 'its requests failed or took too long, or the function for it rejected; it is cold',
    toDo: 'look for errors of the handler; the class may be gone',
  },
  'worker joins': {
    means: 'a worker without classes has connected; it gets warm for so many `classes` of others',
  },
  'classes taken over': {
    means:
      'the worker had no classes, and is warm for `done` of the `total` that it was given of others',
  },
  'classes handed over': {
    means:
      'this load balancer sends the worker nothing more (`drain`, or another version), and others are warm for its `classes`',
  },
  'classes not handed over in time': {
    means:
      'as before, but some of the workers that should get warm for its `classes` were not within 10 s',
    toDo: 'see whether requests of such a class take long',
  },
  'handing over': {
    means: 'the worker is about to leave; others get warm for its classes first (`--handover`)',
  },
  'handed over': { means: 'other workers are warm for the classes, and the worker drains' },
  'hand-over not finished in time': {
    means: '`--handover` is over: the worker drains, and some classes find cold caches',
    toDo: 'raise `--handover`, or look why the other workers take so long',
  },
  'handler failed at a warm-up request': {
    means: 'as `handler failed`, for a request that the worker has sent itself',
    toDo: 'see `err`; the handler can tell such requests by `request.resumelb.isWarmUp`',
  },
  'admin server listening': { means: '`--admin` is served at this address' },
  'stopping: finishing requests in progress': {
    means: 'a signal to stop was received; `backlog` is the number of requests in progress',
  },
  'not ready any more: draining soon': {
    means: '`/readyz` answers 503; requests are served as before for `drainDelaySeconds`',
  },
  draining: {
    means:
      'the worker takes no new requests; `takesSessions` is true while it takes those of its sessions (`--sticky`)',
  },
  'not all requests finished in time': {
    means:
      '`--drain-timeout` has passed: `requests` were cut off, each with a line `request failed` or `response aborted`',
    toDo: 'a longer `--drain-timeout`, if the requests are meant to take that long',
  },
  'drain timeout: exiting with unfinished requests': {
    means: '`--drain-timeout` has passed: `backlog` requests were cut off',
    toDo: 'a longer `--drain-timeout`, if the requests are meant to take that long',
  },
  'second signal: exiting now': {
    means: 'a second SIGTERM or SIGINT ended the worker with `backlog` unfinished requests',
  },
  'worker stopped': { means: 'the worker has closed all connections, and exits' },
  'signal ignored': { means: 'the signal has no effect on a worker' },
  'open file limit too low for --max-connections: lowered': {
    means: 'of the `wanted` connections, only `maxConnections` are accepted at a time',
    toDo: 'raise `LimitNOFILE` or `ulimit -n`, or lower `--max-connections`',
  },
  'worker address is the address of the load balancer itself': {
    means: 'requests would go in a circle',
    toDo: 'name the ports of the workers instead',
  },
  'cannot accept connections': {
    means:
      'the system refuses new connections, mostly because file descriptors have run out; at most once in 10 s',
    toDo: 'raise `LimitNOFILE` or `ulimit -n`',
  },
  'handleRequest serves requests of node:http and node:https only': {
    means: 'a program has passed a request of `node:http2` to `handleRequest`; it was answered 505',
    toDo: 'let the load balancer [listen itself](../http.md#tls-and-http2)',
  },

  // Restarts
  'measured résumés taken over': {
    means: 'a new process begins with what the old one has measured of `http://` workers',
  },
  'restarting: starting the new process': { means: 'after SIGUSR2; `pid` is that of this process' },
  'the new process serves: this one drains': { means: '`pid` is that of the new process' },
  'processes serve clients': {
    means:
      'with `--processes`: all of them have been started; `pid` is that of the primary process',
  },
  'process started': { means: 'a process that serves clients; `process` is its number' },
  'process has ended: starting another': {
    means:
      'a process that serves clients has ended by itself, with an exit status or by a signal; another one is started after `delaySeconds`',
    toDo: 'look at what it has logged before; SIGKILL may come from a lack of memory',
  },
  'process did not stop: killed': {
    means: 'a process has not finished in all the time that `--drain-timeout` and others allow',
    toDo: 'see whether a classifier of your own blocks it',
  },
  'the new process failed to start: this one continues': {
    means:
      'nothing has changed; `reason` is the exit status of the new process, or that it was too slow',
    toDo: 'look at what the new process has logged',
  },
  'cannot restart': {
    means:
      'SIGUSR2 was refused: another restart is under way, or the process is stopping or has the number 1',
  },
  'sockets passed that no --address names': {
    means: 'systemd or the old process has passed sockets that are not used; they were closed',
    toDo: 'compare `--address` with the socket unit',
  },
  'not listening: the watchdog gets no ping': {
    means: 'an `--address` is closed although the process is not stopping; systemd will restart it',
  },
  'cannot notify systemd': {
    means: '`systemd-notify` failed; systemd may take the start for failed',
    toDo: 'install `systemd-notify`, or set `NotifyAccess=all`',
  },

  // Configuration and changes
  'configuration reloaded': {
    means: '`changed` options count now, those of `restart` after a restart',
  },
  'options that need a restart have changed': { means: '`restart` names them', toDo: 'restart' },
  'cannot reload the configuration; the old one stays in force': {
    means:
      'after SIGHUP or a reload; nothing has changed. `reason` says what is bad, and in which line',
    toDo: 'correct it, and check it with `--check`',
  },
  'changes restored': { means: 'those of `--state-file` count, at the start' },
  'cannot write the state file: a restart will undo the change': {
    means: 'the change counts, but is not kept',
    toDo: 'the folder of `--state-file` must exist and be writable',
  },
  'worker added by the operator': { means: 'over the admin address, from `client`' },
  'worker removed by the operator': {
    means: 'over the admin address; it finishes its requests',
  },
  'worker drained by the operator': {
    means:
      'over the admin address; it gets no new requests, and after `deadlineSeconds` its connection is broken',
  },
  'worker made ready by the operator': { means: 'over the admin address: requests again' },
  'settings changed by the operator': { means: 'over the admin address' },
  'configuration reload requested by the operator': { means: 'over the admin address' },
  'the admin server failed': {
    means: 'a request to the admin server caused an error, which is logged with its stack',
    toDo: 'report it as a bug',
  },
  'REPL listening': { means: '`--repl` is served; its clients can do all that the process can' },
  'REPL session started': { means: 'a client has connected to `--repl`' },

  // Where the workers come from
  'workers of the name': {
    means: 'a lookup of a `dns:` or `srv:` name has found other workers',
  },
  'cannot look up the name: its known workers stay': {
    means: 'DNS cannot be asked; logged once until it works again',
    toDo: 'look at the DNS server, and at `--resolver`',
  },
  'the name has no addresses: its known workers stay for now': {
    means: 'its workers stay for `holdSeconds` (`--resolve-hold`)',
  },
  'the name has no addresses: it has no workers any more': {
    means: '`--resolve-hold` has passed; the workers were removed',
  },
  'workers file reloaded': { means: '`--workers-file` has changed' },
  'cannot reload the workers': {
    means: 'after a reload of the configuration; the workers stay as they are',
    toDo: 'correct what `reason` says',
  },
  'cannot reload the workers file': {
    means: '`--workers-file` has a bad line or cannot be read; the workers stay as they are',
    toDo: 'correct what `reason` says',
  },
  'registered workers': {
    means:
      'the workers in ZooKeeper have changed: their number, and up to some of those that appeared or are gone',
  },
  'no worker is registered': {
    means: 'the tree has no workers; repeated every 30 s',
    toDo: 'start workers with this `--path`, or correct the path',
  },
  'node does not exist in ZooKeeper: waiting for it': {
    means: 'repeated every 30 s',
    toDo: 'create the tree, or correct the path',
  },
  settings: { means: 'the settings of the node in ZooKeeper count now' },
  'settings rejected': {
    means: 'a setting of the node is not valid; the previous settings stay',
    toDo: 'correct the property',
  },
  'property ignored': {
    means: 'an unknown property, or one with a bad value; its last valid value stays',
    toDo: 'correct the property',
  },
  'load balancer registered': { means: 'in ZooKeeper, as this node' },
  'worker registered': { means: 'in ZooKeeper, as this node' },
  'stopped before it was registered': { means: 'nothing was registered in ZooKeeper' },
  'not registered: other machines cannot connect to unix sockets': {
    means: 'the load balancer listens at unix sockets only, and is not registered in ZooKeeper',
  },
  'new ZooKeeper session': { means: 'registrations and watches are made anew' },
  'reconnected to ZooKeeper': { means: 'the session goes on' },
  'connection to ZooKeeper lost': { means: 'it is connected to again' },
  'ZooKeeper session expired': { means: 'registrations are gone until the next session' },
  'cannot reach ZooKeeper; …': {
    means:
      'for `seconds`; the message says what goes on meanwhile. Logged after 3 s, then every 30 s',
    toDo: 'look at the servers of ZooKeeper',
  },
  ZooKeeper: {
    means: 'the session warns: `reason` says of what, for instance of a missing permission',
  },

  // Connections between load balancers and workers
  'connected to worker': {
    means: 'the worker gets requests; `classes` is the number of classes in its résumé',
  },
  'worker does not answer: it gets no new requests': {
    means:
      'its event loop is blocked, or its host is lost; it keeps the `requests` that it has, until ' +
      '`--response-timeout`, unless its host proves to be lost',
    toDo: 'look for handlers that compute for long: see [isolation](../isolation.md#a-worker-that-does-not-answer)',
  },
  'requests of a class crash workers': {
    means:
      'two workers have crashed while they had requests of this class, and of no other as often. For 60 s after ' +
      'the last such crash, its requests are not repeated, and the last worker is kept for other classes',
    toDo: 'look at the lines `request failed` of the class for the URL: see [isolation](../isolation.md#a-request-that-crashes-workers)',
  },
  'worker answers again': {
    means: 'after so many `seconds`; it gets requests again',
  },
  'worker is draining': { means: 'the worker is stopping, and gets no new requests' },
  'worker is in maintenance': {
    means: 'its `--maintenance-file` exists: it stays connected, and gets no new requests',
  },
  'maintenance of the worker has ended': { means: 'the worker gets requests again' },
  'no connection to worker': {
    means:
      'the worker is not reachable; the load balancer tries again after `retrySeconds`. A warning at once, when the ' +
      '`code` changes, and every 30 s, with the consecutive `failures` and the `seconds` since the first; otherwise ' +
      'at level debug. After `worker is draining`, which is an orderly restart, at level info for 30 s',
    toDo:
      'see the [codes](../../packages/protocol/SPEC.md#9-the-end-of-a-connection); `TLS_FAILED` is a ' +
      '[matter of certificates](../deployment.md#tls-between-load-balancers-and-workers)',
    level: 'warn, info, debug',
  },
  'link state': { means: 'a step of a connection to a worker' },
  'no worker is connected': {
    means:
      'none of the `workers` has been connected for so many `seconds`; repeated every 30 s. Requests wait, and ' +
      'fail after `--wait-timeout`',
    toDo: 'look whether workers run and are reachable',
  },
  'worker ejected after too many consecutive failures': {
    means: 'see `--max-failures`; `ejection ended` follows after `seconds`',
    toDo: 'look at the log of the worker',
  },
  'ejection ended': { means: 'the worker gets requests again' },
  'requests now go to this version': { means: 'with `--single-version`' },
  'worker is unhealthy': {
    means: 'health checks of an `http://` worker have failed',
    toDo: 'look at the server',
  },
  'worker is healthy': { means: 'health checks of an `http://` worker succeed again' },
  'upstream is unreachable: not ready': {
    means:
      'the server behind a worker (`--upstream`), or an `http://` worker, refuses connections; it gets requests only ' +
      'if no other worker is left',
    toDo: 'look at the server',
  },
  'upstream is reachable: ready': { means: 'it accepts connections again' },
  'no valid response of the HTTP server': {
    means:
      'an `http://` worker closed without a response, or sent an invalid one; at most one line in 10 s per server',
    toDo: 'look at the log of the server',
  },
  'load balancer connected': { means: 'its requests are served' },
  'load balancer disconnected': { means: 'it has closed the connection in an orderly way' },
  'connection to a load balancer lost': {
    means:
      '`WRITE_TIMEOUT`, `SILENCE_TIMEOUT`: it read or sent nothing for 30 s; `LIMIT_EXCEEDED`: it is the 257th. See ' +
      'all [codes](../../packages/protocol/SPEC.md#9-the-end-of-a-connection)',
    toDo: 'look at the log of the load balancer',
  },
  'connection of an unidentified client ended': {
    means:
      'a client did not identify itself as a load balancer; `count` since the last such line, at most one line in ' +
      '10 s. With `TLS_FAILED`, its certificate was refused, or it does not speak TLS',
    toDo: 'nothing for a port scan; otherwise see [TLS](../deployment.md#tls-between-load-balancers-and-workers)',
  },
  'monitor disconnected': { means: '`get-worker-resume` has read the résumé' },
  'résumé requested': { means: 'by `get-worker-resume`' },

  // Requests
  'request failed': {
    means:
      'the load balancer answered a request itself; `attempts` is the number of workers that had it',
    toDo: 'see [failures](../operations.md#failures)',
    facts: requestFacts,
  },
  'request retried': {
    means: 'its worker was lost or cancelled it, and another worker gets it',
    toDo: 'look at the log and the exit status of the worker',
    facts: requestFacts,
  },
  'response aborted': {
    means:
      'the response failed after a part of it had been sent; the connection of the client was closed. The access ' +
      'log has the status, the bytes sent, and `truncated`',
    toDo: 'look at the log of the worker',
    facts: requestFacts,
  },
  'request refused': {
    means:
      'input of `client` was answered before it was a complete request (400, 408, 431, ...), or violates TLS or ' +
      'HTTP/2 (`detail`)',
    toDo: 'nothing: mostly scanners',
  },
  'connection refused': {
    means:
      'a connection was closed before it carried anything: its PROXY protocol header was missing, wrong or not from ' +
      'a trusted proxy (`BAD_PROXY_HEADER`), `--max-connections` were open (`TOO_MANY_CONNECTIONS`), or the system ' +
      'refuses new ones (`ACCEPT_FAILED`)',
    toDo: 'compare `--trusted-proxy` or `--max-connections` with what you need',
  },
  'the classifier failed': {
    means: 'the function of `--request-classifier` threw an error; the request got the class `""`',
    toDo: 'correct the function',
  },
  'request classified without its body': {
    means:
      'the classifier needs the body of a request, which is longer than `--max-classified-body` (`TOO_LONG`), did ' +
      'not come within `--classify-timeout` (`TIMEOUT`), or found `--max-classified-bodies` in use (`NO_ROOM`); the ' +
      'request was served, and mostly has the class `""`',
    toDo: 'raise that limit, if there is memory for it ([size-and-depth.md](../size-and-depth.md))',
  },
  'handler failed': {
    means: 'the application threw an error, which is logged with its stack; the client got 500',
    toDo: 'correct the application',
  },
  'no response: …': {
    means: 'the `--upstream` server gave no valid response; the client got 502',
    toDo: 'look at the log of the server',
  },

  // Health of a worker
  'unhealthy: not ready': {
    means:
      'a `check` (`--health-command`, `--health-url`, `--max-event-loop-delay`) has failed `--health-fall` times; ' +
      '`reason` is the last one',
    toDo: 'look at what is checked',
  },
  'healthy again': { means: 'the `check` has succeeded `--health-rise` times' },
  'in maintenance: draining': { means: 'the `--maintenance-file` has appeared' },
  'maintenance has ended': { means: 'the `--maintenance-file` is gone' },

  // Files
  'access log reopened': { means: 'after the signal' },
  'cannot reopen the access log': {
    means: 'the load balancer keeps writing the old file',
    toDo: 'the folder of the access log must exist and be writable',
  },
  'access log lines lost': {
    means: 'the disk is full, or the reader of standard output has stopped',
  },
  'trace log lines lost': { means: 'the disk is full' },
  'résumé loaded': {
    means:
      'at the start; `classes` is the number of classes that are still known, 0 without a file',
  },
  'cannot read the résumé file: starting without it': {
    means: 'the file is damaged or not readable',
    toDo: 'remove the file, or correct its permissions',
  },
  'cannot save the résumé file': {
    means: 'what was learned is not kept over a restart',
    toDo: 'the folder of `--resume-file` or `--resume-dir` must exist and be writable',
  },
  'certificate reloaded': { means: 'its files have changed' },
  'cannot reload the certificate; the previous one is still used': {
    means:
      'a file is missing or damaged, or the key belongs to another certificate; `error` says which',
    toDo: 'correct the files',
  },
  'certificate has expired: clients will refuse it': {
    means: 'at the start and after a reload',
    toDo: 'renew it',
  },
  'certificate is not valid yet: clients will refuse it': {
    means: 'at the start and after a reload',
    toDo: 'look at the clock of the machine, or wait',
  },
}
