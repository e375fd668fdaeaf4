/**
 * Mistakes of operators: each is one line that names the option, what is expected and what came.
 */
import { describeMistakes, type Mistake } from '../../../../test/support/mistakes.ts'
import { getWorkerResume } from '../../src/cli/get-worker-resume-command.ts'
import { resumelbWorker } from '../../src/cli/resumelb-worker-command.ts'

const files: Readonly<Record<string, string>> = {
  'urls.txt': 'http://tenant-1/\n\n# comment\ntenant-2\n',
  'app.mjs': 'export default (q, s) => s.end()\nexport const n = 1\nexport const o = () => 1',
  'makers.mjs': 'export const fails = () => null.x\nexport const rejects = async () => null.x',
}

const mistakes: readonly Mistake[] = [
  [[], 2, 'Expected MODULE'],
  [['a.js', 'b.js'], 2, 'Expected one MODULE, got b.js as well'],
  [['a.js', '--upstream', 'http://127.0.0.1:1'], 2, 'either MODULE or --upstream'],
  [['--upstream', 'ftp://127.0.0.1'], 2, 'Expected --upstream to be', "'ftp://127.0.0.1'"],
  [['--upstream', 'http://127.0.0.1/path'], 2, 'upstream', 'an origin'],
  [['--upstream'], 2, '--upstream', 'got nothing'],
  [['@app.mjs', '--max-queued', '1k'], 2, '--max-queued', 'bytes from 1048576', "'1k'"],
  [['@app.mjs', '--capacity', '0'], 2, '--capacity', 'from 0.01 to 100', "'0'"],
  [
    ['@app.mjs', '--session-drain-time', '31'],
    2,
    '--session-drain-time is a part of --drain-timeout',
  ],
  [['./none.mjs'], 2, 'MODULE', 'there is no file'],
  [['no-such-package'], 2, 'MODULE', "'no-such-package'"],
  [['@folder.mjs'], 2, 'MODULE', 'is a folder'],
  [['@data.json'], 2, 'MODULE', 'loads no .json files'],
  [['@missing.mjs'], 2, 'it imports what is missing', "'no-such-package'"],
  [['@throws.mjs'], 1, 'throws.mjs failed: TypeError', 'throws.mjs:2'],
  [['@app.mjs', '--export', 'none'], 2, 'exports no none', 'it exports default'],
  [['@app.mjs', '--export', 'n'], 2, 'n of', 'a request listener'],
  [['@app.mjs', '--export', 'o'], 2, 'o of', 'made a number'],
  [['@app.mjs', '--export='], 2, 'exports no '],
  [['@makers.mjs', '--export', 'fails'], 1, 'fails of', 'failed: TypeError', 'makers.mjs:1'],
  [['@makers.mjs', '--export', 'rejects'], 1, 'rejects of', 'failed: TypeError', 'makers.mjs:2'],
  [['a.js', '-a', '8000'], 2, '--address', "'8000'"],
  [['a.js', '-a'], 2, '--address', 'got nothing'],
  [['a.js', '-a', 'unix:worker.sock'], 2, '--address', 'the path must be absolute'],
  [['a.js', '-a', ':1?proxy-protocol'], 2, '--address', "no option 'proxy-protocol'"],
  [['a.js', '-a', 'unix:/w', '--path', '/lb/workers'], 2, '--address', 'HOST:PORT with --path'],
  [['a.js', '--tls-ca', 'ca.pem'], 2, '--tls-cert', 'given with --tls-ca', 'got nothing'],
  [['a.js', '--tls-cert', 'c.pem'], 2, '--tls-ca', 'given with --tls-cert', 'got nothing'],
  [['a.js', '--tls-ca', 'no.pem', '--tls-cert', 'no.pem'], 2, '--tls-ca', 'no such file'],
  [['@app.mjs', '--warm-up', 'replya'], 2, '--warm-up', "'replya'"],
  [['@app.mjs', '--warm-up', '@app.mjs'], 2, '--warm-up', 'export a function warm'],
  [['@app.mjs', '--warm-up-urls', 'no.txt'], 2, '--warm-up-urls', 'no such file'],
  [['@app.mjs', '--warm-up-urls', '@urls.txt'], 2, '--warm-up-urls', "'tenant-2'"],
  [['a.js', '-c', '0'], 2, '--concurrency', 'a whole number from 1', "'0'"],
  [['a.js', '-c', '1.5'], 2, '--concurrency', "'1.5'"],
  [['a.js', '--threads=many'], 2, '--threads', "'many'"],
  [
    ['@app.mjs', '-c', '2', '--max-cold-loads', '4'],
    2,
    'Expected --max-cold-loads to be at most --concurrency, which is 2, got 4',
  ],
  [['a.js', '--history', '0'], 2, '--history', 'from 1', "'0'"],
  [['a.js', '--max-classes', ''], 2, '--max-classes', "got ''"],
  [['a.js', '--drain-timeout', 'long'], 2, '--drain-timeout', 'seconds from 0', "'long'"],
  [['a.js', '-L', 'loud'], 2, '--log-level', 'one of trace', "'loud'"],
  [['a.js', '--concurency', '1'], 2, 'Unknown option --concurency', 'did you mean --concurrency?'],
  [['a.js', '--resume-fil', 'x'], 2, 'did you mean --resume-file?'],
  [['a.js', '--no-tracelog'], 2, 'Unknown option --no-tracelog', '--tracelog takes a value'],
  [['a.js', '--advertise', 'web1'], 2, '--advertise', 'requires --zookeeper'],
  [['a.js', '--zk-auth', 'a:b'], 2, '--zk-auth', 'requires --zookeeper'],
  [['a.js', '--session-timeout', '5'], 2, '--session-timeout', 'requires --zookeeper'],
  [['a.js', '--zookeeper', 'zk'], 2, '--path', 'given with --zookeeper'],
  [['a.js', '--path', 'lb'], 2, '--path', "'lb'"],
  [['a.js', '--zookeeper', 'a:b', '--path', '/lb'], 2, '--zookeeper', "not 'b'"],
  [['a.js', '--path', '/lb', '--session-timeout', '0'], 2, '--session-timeout', 'seconds', "'0'"],
  [['a.js', '--path', '/lb', '--zk-auth', ':b'], 2, '--zk-auth', 'USER:PASSWORD'],
]

const readerMistakes: readonly Mistake[] = [
  [[], 2, 'Expected the address'],
  [['8000'], 2, 'a worker', "'8000'"],
  [['127.0.0.1:1', 'b'], 2, 'a worker', "'b'"],
  [['-t', '127.0.0.1:1'], 2, '--timeout', "'127.0.0.1:1'"],
  [['-t', '0', '127.0.0.1:1'], 2, '--timeout', 'seconds from 0.01', "'0'"],
  [['127.0.0.1:1', '-t'], 2, '--timeout', 'got nothing'],
  [['--jsn', '127.0.0.1:1'], 2, 'did you mean --json?'],
  [['--json=1', '127.0.0.1:1'], 2, '--json', 'true or false', "'1'"],
]

describeMistakes(files, [
  ['resumelb-worker', resumelbWorker, mistakes],
  ['get-worker-resume', getWorkerResume, readerMistakes],
])
