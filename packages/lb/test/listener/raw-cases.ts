/** Requests as bytes, and what becomes of them. */

export interface RawCase {
  readonly what: string
  /** Of latin1. */
  readonly bytes: string
  /**
   * Statuses of the answers, in order, and whether the connection is then `open`, in step, or
   * `closed`.
   */
  readonly outcome: string
  /** What the application saw: method, target and body of each request. */
  readonly saw: readonly string[]
}

type Row = [what: string, bytes: string, outcome: string, ...saw: string[]]

const host = 'Host: a\r\n'
const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
/** A GET of `/x` with these field lines, besides Host. */
const get = (...fields: string[]) => lines('GET /x HTTP/1.1', 'Host: a', ...fields)
/** A GET for this value of Host. */
const at = (value: string) => lines('GET /x HTTP/1.1', `Host: ${value}`)
/** A GET of this target. */
const of = (target: string) => lines(`GET ${target} HTTP/1.1`, 'Host: a')
/** A POST with these field lines, and what follows. */
const post = (fields: string[], rest: string) =>
  lines('POST /x HTTP/1.1', 'Host: a', ...fields) + rest
const chunked = (rest: string) => post(['Transfer-Encoding: chunked'], rest)
const coded = (value: string) => post([`Transfer-Encoding: ${value}`], '0\r\n\r\n')
const sized = (value: string) => post([`Content-Length: ${value}`], 'hello')

const [served, refused] = ['200 open', '400 closed']
const x = 'GET /x'

const framing: Row[] = [
  ['no body', get(), served, x],
  ['a length', sized('5'), served, 'POST /x hello'],
  ['a length of nothing', post(['Content-Length: 0'], ''), served, 'POST /x'],
  ['a length with zeros before it', sized('005'), served, 'POST /x hello'],
  ['a length with blanks around it', sized('  5  '), served, 'POST /x hello'],
  ['a length with a sign', sized('+5'), refused],
  ['a negative length', sized('-5'), refused],
  ['a length in hexadecimal', sized('0x5'), refused],
  ['a length with a fraction', sized('5.0'), refused],
  ['a length with an exponent', sized('5e0'), refused],
  ['an empty length', sized(''), refused],
  ['a length with a blank inside', sized('5 5'), refused],
  ['a list of lengths', sized('5, 5'), refused],
  ['a list of different lengths', sized('5, 6'), refused],
  ['the same length twice', post(['Content-Length: 5', 'Content-Length: 5'], 'hello'), refused],
  ['different lengths', post(['Content-Length: 5', 'Content-Length: 6'], 'hello'), refused],
  ['two lengths of nothing', get('Content-Length: 0', 'Content-Length: 0'), refused],
  ['a length beyond counting', sized('9007199254740993'), refused],
  ['a length beyond 64 bits', sized('18446744073709551621'), refused],
  ['a length in other digits', sized('\xb5'), refused],
  [
    'a length and chunks',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    refused,
  ],
  [
    'chunks and a length',
    post(['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
    refused,
  ],
  ['a body of a GET', `${get('Content-Length: 2')}hi`, served, 'GET /x hi'],
  [
    'a body of a DELETE',
    `${lines('DELETE /x HTTP/1.1', 'Host: a', 'Content-Length: 2')}hi`,
    served,
    'DELETE /x hi',
  ],
  [
    'a body of a HEAD',
    `${lines('HEAD /x HTTP/1.1', 'Host: a', 'Content-Length: 2')}hi`,
    served,
    'HEAD /x hi',
  ],
  [
    'a body that looks like a request',
    post(['Content-Length: 26'], `GET /evil HTTP/1.1\r\nHost:\r\n`.slice(0, 26)),
    served,
    'POST /x GET /evil HTTP/1.1\r\nHost:',
  ],
]

const codings: Row[] = [
  ['chunked', coded('chunked'), served, 'POST /x'],
  ['chunked in other letters', coded('Chunked'), served, 'POST /x'],
  ['chunked with blanks around it', coded('  chunked '), served, 'POST /x'],
  ['an empty coding', post(['Transfer-Encoding:'], ''), refused],
  [
    'an empty coding before a length',
    post(['Transfer-Encoding:', 'Content-Length: 5'], 'hello'),
    refused,
  ],
  [
    'an empty coding before chunks',
    post(['Transfer-Encoding:', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    refused,
  ],
  ['an unknown coding', coded('foo'), refused],
  ['identity', coded('identity'), refused],
  ['gzip alone', coded('gzip'), refused],
  ['gzip before chunked', coded('gzip, chunked'), '501 closed'],
  ['an unknown coding before chunked', coded('foo, chunked'), '501 closed'],
  ['identity before chunked', coded('identity, chunked'), '501 closed'],
  ['chunked before gzip', coded('chunked, gzip'), refused],
  ['chunked before identity', coded('chunked, identity'), refused],
  ['chunked twice', coded('chunked, chunked'), refused],
  [
    'chunked twice in two fields',
    post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    refused,
  ],
  [
    'two fields of codings',
    post(['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    '501 closed',
  ],
  ['a comma behind chunked', coded('chunked,'), refused],
  ['a comma before chunked', coded(',chunked'), refused],
  ['a parameter of chunked', coded('chunked;a=b'), refused],
  ['chunked in quotes', coded('"chunked"'), refused],
  ['a word that ends in chunked', coded('xchunked'), refused],
  ['a word that begins with chunked', coded('chunkedx'), refused],
  ['chunked behind a control character', coded('\x0bchunked'), refused],
  ['chunked before a NUL', coded('chunked\0'), refused],
  ['chunked before a no-break space', coded('chunked\xa0'), refused],
  ['chunked behind a no-break space', coded('\xa0chunked'), refused],
  ['a blank before the colon', post(['Transfer-Encoding : chunked'], '0\r\n\r\n'), refused],
  ['an underscore', `${get('Transfer_Encoding: chunked')}`, served, x],
  [
    'chunks of HTTP/1.0',
    `POST /x HTTP/1.0\r\n${host}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    '200 closed',
    'POST /x hi',
  ],
  [
    'chunks of HTTP/1.0 with a length',
    `POST /x HTTP/1.0\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    refused,
  ],
  ['gzip of HTTP/1.0', `POST /x HTTP/1.0\r\n${host}Transfer-Encoding: gzip\r\n\r\n`, refused],
  [
    'a coding that Connection names',
    post(['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\n\r\n'),
    served,
    'POST /x hi',
  ],
  [
    'a length that Connection names',
    post(['Connection: content-length', 'Content-Length: 2'], 'hi'),
    served,
    'POST /x hi',
  ],
]

const chunks: Row[] = [
  ['one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), served, 'POST /x hello'],
  ['two chunks', chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), served, 'POST /x hello'],
  ['a size with zeros before it', chunked('0005\r\nhello\r\n000\r\n\r\n'), served, 'POST /x hello'],
  ['a size in capitals', chunked('A\r\n0123456789\r\n0\r\n\r\n'), served, 'POST /x 0123456789'],
  ['an extension', chunked('5;a=b\r\nhello\r\n0;c\r\n\r\n'), served, 'POST /x hello'],
  ['a quoted extension', chunked('5;a="b;c"\r\nhello\r\n0\r\n\r\n'), served, 'POST /x hello'],
  ['data that look like chunks', chunked('5\r\n0\r\n\r\n\r\n0\r\n\r\n'), served, 'POST /x 0'],
  ['a size with a sign', chunked('+5\r\nhello\r\n0\r\n\r\n'), refused],
  ['a negative size', chunked('-5\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n'), refused],
  ['no size', chunked('\r\nhello\r\n0\r\n\r\n'), refused],
  ['no hexadecimal size', chunked('g\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size behind a blank', chunked(' 5\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size before a blank', chunked('5 \r\nhello\r\n0\r\n\r\n'), refused],
  ['a size with a blank inside', chunked('0 5\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size with an underscore', chunked('0_5\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size beyond counting', chunked('ffffffffffffffffff\r\nhello'), refused],
  ['a size that overflows to 5', chunked('10000000000000005\r\nhello\r\n0\r\n\r\n'), refused],
  ['more data than the size says', chunked('4\r\nhello\r\n0\r\n\r\n'), refused],
  ['less data than the size says', chunked('6\r\nhello\r\n0\r\n\r\n'), refused],
  ['a size line that ends with LF', chunked('5\nhello\r\n0\r\n\r\n'), refused],
  ['data that end with LF', chunked('5\r\nhello\n0\r\n\r\n'), refused],
  ['data that end with CR', chunked('5\r\nhello\r0\r\n\r\n'), refused],
  ['a size line that ends with CR', chunked('5\rhello\r\n0\r\n\r\n'), refused],
  ['an extension with LF', chunked('5;a\nhello\r\n0\r\n\r\n'), refused],
  ['an extension with CR', chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'), refused],
  ['an extension with a NUL', chunked('5;\0\r\nhello\r\n0\r\n\r\n'), refused],
  ['a blank before an extension', chunked('5 ;a\r\nhello\r\n0\r\n\r\n'), refused],
  ['a blank behind an extension', chunked('5;a \r\nhello\r\n0\r\n\r\n'), refused],
  ['a blank in an extension', chunked('5;a= "b"\r\nhello\r\n0\r\n\r\n'), refused],
  ['an extension whose quotes do not end', chunked('5;a="b\r\nhello\r\n0\r\n\r\n'), refused],
  ['an extension with other bytes', chunked('5;a,b\r\nhello\r\n0\r\n\r\n'), refused],
  ['an escaped quote', chunked('5;a="\\";b"\r\nhello\r\n0\r\n\r\n'), served, 'POST /x hello'],
  ['a long extension', chunked(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`), refused],
  [
    'many long extensions',
    chunked(`${`1;${'a'.repeat(3_000)}\r\nx\r\n`.repeat(7)}0\r\n\r\n`),
    refused,
  ],
]

const trailers: Row[] = [
  ['a trailer', chunked('2\r\nhi\r\n0\r\nX-A: 1\r\n\r\n'), served, 'POST /x hi'],
  ['trailers', chunked('2\r\nhi\r\n0\r\nX-A: 1\r\nX-B:\r\n\r\n'), served, 'POST /x hi'],
  ['a length as a trailer', chunked('0\r\nContent-Length: 9\r\n\r\n'), served, 'POST /x'],
  ['a host as a trailer', chunked('0\r\nHost: b\r\n\r\n'), served, 'POST /x'],
  ['a coding as a trailer', chunked('0\r\nTransfer-Encoding: gzip\r\n\r\n'), served, 'POST /x'],
  ['a trailer without a colon', chunked('0\r\nX-A\r\n\r\n'), refused],
  ['a trailer with a blank before the colon', chunked('0\r\nX-A : 1\r\n\r\n'), refused],
  ['a folded trailer', chunked('0\r\nX-A: 1\r\n 2\r\n\r\n'), refused],
  ['a trailer with a NUL', chunked('0\r\nX-A: \0\r\n\r\n'), refused],
  ['a trailer that ends with LF', chunked('0\r\nX-A: 1\n\r\n'), refused],
  ['an end that is LF', chunked('0\r\n\n'), refused],
  ['trailers that are too long', chunked(`0\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`), refused],
]

const hosts: Row[] = [
  ['a name', at('a.test'), served, x],
  ['a name with a port', at('a.test:8080'), served, x],
  ['a name with an empty port', at('a.test:'), served, x],
  ['an address', at('127.0.0.1:65535'), served, x],
  ['an address of IPv6', at('[::1]:80'), served, x],
  ['an escape', at('a%20b'), served, x],
  ['no name', at(''), served, x],
  ['a name with an underscore', at('a_b.test'), served, x],
  ['no Host', lines('GET /x HTTP/1.1', 'X-A: 1'), refused],
  ['no field at all', 'GET /x HTTP/1.1\r\n\r\n', refused],
  ['two Hosts', get('Host: b'), refused],
  ['the same Host twice', get('Host: a'), refused],
  ['a blank', at('a b'), refused],
  ['a list', at('a.test, b.test'), refused],
  ['a comma', at('a.test,b.test'), refused],
  ['a user', at('u@a.test'), refused],
  ['a path', at('a.test/b'), refused],
  ['a query', at('a.test?b'), refused],
  ['a fragment', at('a.test#b'), refused],
  ['a backslash', at('a.test\\b'), refused],
  ['a scheme', at('http://a.test'), refused],
  ['a port with a letter', at('a.test:80x'), refused],
  ['a port with a sign', at('a.test:+80'), refused],
  ['a port that is too high', at('a.test:65536'), refused],
  ['two ports', at('a.test:80:81'), refused],
  ['an address of IPv6 without an end', at('[::1'), refused],
  ['an address of IPv6 that is none', at('[1:2]'), refused],
  ['an address of IPv6 without brackets', at('::1'), refused],
  ['text behind an address of IPv6', at('[::1]a'), refused],
  ['a bad escape', at('a%2'), refused],
  ['bytes beyond ASCII', at('\xe4.test'), refused],
  ['a tab', at('a\tb'), refused],
  ['a quote', at('"a"'), refused],
]

const targets: Row[] = [
  ['a path', of('/a/b'), served, 'GET /a/b'],
  ['a query', of('/a?b=c&d'), served, 'GET /a?b=c&d'],
  ['signs that browsers leave alone', of('/a|b^{}"<>\\`'), served, 'GET /a|b^{}"<>\\`'],
  ['slashes', of('//a//b'), served, 'GET //a//b'],
  ['dots', of('/../a'), served, 'GET /../a'],
  ['a fragment', of('/x#/admin'), refused],
  ['an asterisk of a GET', of('*'), refused],
  ['an asterisk of OPTIONS', lines('OPTIONS * HTTP/1.1', 'Host: a'), served, 'OPTIONS *'],
  ['an asterisk and more', lines('OPTIONS */x HTTP/1.1', 'Host: a'), refused],
  ['no slash', of('x'), refused],
  ['a query alone', of('?x'), refused],
  ['bytes beyond ASCII', of('/\xe9'), refused],
  ['a blank', of('/a b'), refused],
  ['a tab', of('/a\tb'), refused],
  ['a NUL', of('/a\0b'), refused],
  ['a whole address', of('http://a/x?y'), served, 'GET /x?y'],
  ['a whole address of another host', of('http://b.test:81/x'), served, 'GET /x'],
  ['a whole address without a path', of('http://a'), served, 'GET /'],
  ['a whole address with a query only', of('http://a?y'), served, 'GET /?y'],
  ['a whole address in capitals', of('HTTP://a/x'), served, x],
  [
    'a whole address of OPTIONS without a path',
    lines('OPTIONS http://a HTTP/1.1', 'Host: a'),
    served,
    'OPTIONS *',
  ],
  ['a whole address and no Host', 'GET http://a/x HTTP/1.1\r\n\r\n', refused],
  ['a whole address and a bad Host', lines('GET http://a/x HTTP/1.1', 'Host: a b'), refused],
  ['https in the clear', of('https://a/x'), refused],
  ['another scheme', of('ftp://a/x'), refused],
  ['a user', of('http://u@a/x'), refused],
  ['a user and a password', of('http://u:p@a/x'), refused],
  ['a bad port', of('http://a:80x/x'), refused],
  ['a port that is too high', of('http://a:65536/x'), refused],
  ['no authority', of('http:///x'), refused],
  ['a port alone', of('http://:80/x'), refused],
  ['a fragment of a whole address', of('http://a/x#y'), refused],
  ['a host and a port', of('a:80'), refused],
]

const versions: Row[] = [
  ['HTTP/1.0', `GET /x HTTP/1.0\r\n${host}\r\n`, '200 closed', x],
  ['HTTP/1.0 without a Host', 'GET /x HTTP/1.0\r\n\r\n', '200 closed', x],
  ['HTTP/1.0 that is kept', `GET /x HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`, served, x],
  ['HTTP/1.0 with a bad Host', 'GET /x HTTP/1.0\r\nHost: a b\r\n\r\n', refused],
  ['HTTP/1.0 with two Hosts', `GET /x HTTP/1.0\r\n${host}${host}\r\n`, refused],
  ['HTTP/2.0', lines('GET /x HTTP/2.0', 'Host: a'), '505 closed'],
  ['HTTP/0.9', lines('GET /x HTTP/0.9', 'Host: a'), '505 closed'],
  ['HTTP/3.0', lines('GET /x HTTP/3.0', 'Host: a'), '505 closed'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505 closed'],
  ['no version', 'GET /x\r\n\r\n', refused],
  ['half a version', lines('GET /x HTTP/1', 'Host: a'), refused],
  ['a long version', lines('GET /x HTTP/1.10', 'Host: a'), refused],
  ['a version in lower case', lines('GET /x http/1.1', 'Host: a'), refused],
  ['RTSP', lines('GET /x RTSP/1.0', 'Host: a'), refused],
  ['ICE', lines('GET /x ICE/1.0', 'Host: a'), refused],
  ['a blank behind the version', lines('GET /x HTTP/1.1 ', 'Host: a'), refused],
  ['two blanks', lines('GET  /x HTTP/1.1', 'Host: a'), refused],
  ['a tab for a blank', lines('GET\t/x HTTP/1.1', 'Host: a'), refused],
  ['a blank before the method', lines(' GET /x HTTP/1.1', 'Host: a'), refused],
]

const methods: Row[] = [
  ['a method of WebDAV', lines('PROPFIND /x HTTP/1.1', 'Host: a'), served, 'PROPFIND /x'],
  ['an unknown method', lines('BREW /x HTTP/1.1', 'Host: a'), '501 closed'],
  ['a method in lower case', lines('get /x HTTP/1.1', 'Host: a'), '501 closed'],
  ['CONNECT', lines('CONNECT a:443 HTTP/1.1', 'Host: a:443'), '405 closed'],
  ['CONNECT to a path', lines('CONNECT /x HTTP/1.1', 'Host: a'), '405 closed'],
  ['a method with a sign', lines('GE(T /x HTTP/1.1', 'Host: a'), refused],
  ['TRACE', lines('TRACE /x HTTP/1.1', 'Host: a'), served, 'TRACE /x'],
  [
    'TRACE that may not be passed on',
    lines('TRACE /x HTTP/1.1', 'Host: a', 'Max-Forwards: 0'),
    served,
  ],
  [
    'TRACE that may be passed on',
    lines('TRACE /x HTTP/1.1', 'Host: a', 'Max-Forwards: 1'),
    served,
    'TRACE /x',
  ],
  [
    'OPTIONS that may not be passed on',
    lines('OPTIONS /x HTTP/1.1', 'Host: a', 'Max-Forwards: 0'),
    served,
  ],
  [
    'OPTIONS that may be passed on',
    lines('OPTIONS /x HTTP/1.1', 'Host: a', 'Max-Forwards: 5'),
    served,
    'OPTIONS /x',
  ],
  ['a GET with Max-Forwards', get('Max-Forwards: 0'), served, x],
]

const fields: Row[] = [
  ['no blank behind the colon', get('X-A:1'), served, x],
  ['tabs around a value', get('X-A:\t1\t'), served, x],
  ['bytes beyond ASCII in a value', get('X-A: \xe9\xff'), served, x],
  ['a blank before the colon', get('X-A : 1'), refused],
  ['a tab before the colon', get('X-A\t: 1'), refused],
  ['no colon', get('X-A'), refused],
  ['no name', get(': 1'), refused],
  ['a name with a blank', get('X A: 1'), refused],
  ['a name with bytes beyond ASCII', get('X-\xc4: 1'), refused],
  ['a name in brackets', get('X(A): 1'), refused],
  ['a folded line', get('X-A: 1', ' 2'), refused],
  ['a folded line with a tab', get('X-A: 1', '\t2'), refused],
  ['a folded first line', lines('GET /x HTTP/1.1', ' Host: a'), refused],
  ['a folded length', post(['Content-Length:', ' 5'], 'hello'), refused],
  ['a NUL', get('X-A: \0'), refused],
  ['a control character', get('X-A: \x01'), refused],
  ['DEL', get('X-A: \x7f'), refused],
  ['a CR alone', get('X-A: 1\r2'), refused],
  ['an LF alone', 'GET /x HTTP/1.1\r\nHost: a\nX-A: 1\r\n\r\n', refused],
  ['an LF alone behind the first line', 'GET /x HTTP/1.1\nHost: a\r\n\r\n', refused],
  ['LFs alone', 'GET /x HTTP/1.1\nHost: a\n\n', refused],
  ['an LF alone at the end', 'GET /x HTTP/1.1\r\nHost: a\r\n\n', refused],
  ['a CR that begins a line', get('\rX-A: 1'), refused],
  ['a line end before the request', `\r\n${get()}`, served, x],
  ['line ends before the request', `\r\n\r\n${get()}`, served, x],
  ['an LF before the request', `\n${get()}`, refused],
  ['a TLS client hello', '\x16\x03\x01\x02\x00\x01\x00', refused],
  ['bytes of no protocol', '\xff\xfe\r\n\r\n', refused],
  ['text of no protocol', 'hello world\r\n\r\n', refused],
]

const limits: Row[] = [
  ['a long field', get(`X-A: ${'a'.repeat(10_000)}`), served, x],
  ['a field that is too long', get(`X-A: ${'a'.repeat(20_000)}`), '431 closed'],
  ['too many fields', get(...Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`)), '431 closed'],
  ['many fields', get(...Array.from({ length: 800 }, (_, at) => `X-${at}: 1`)), served, x],
  ['a long target', of(`/${'a'.repeat(10_000)}`), served, `GET /${'a'.repeat(10_000)}`],
  ['a target that is too long', of(`/${'a'.repeat(20_000)}`), '414 closed'],
  ['a field without an end', `GET /x HTTP/1.1\r\n${host}X-A: ${'a'.repeat(20_000)}`, '431 closed'],
]

const persistence: Row[] = [
  ['close', get('Connection: close'), '200 closed', x],
  ['close in capitals', get('Connection: CLOSE'), '200 closed', x],
  ['close in a list', get('Connection: x-a, close'), '200 closed', x],
  ['close and keep-alive', get('Connection: keep-alive, close'), '200 closed', x],
  ['close in a second field', get('Connection: keep-alive', 'Connection: close'), '200 closed', x],
  ['keep-alive', get('Connection: keep-alive'), served, x],
  ['an unknown option', get('Connection: x-a', 'X-A: 1'), served, x],
  ['a word that ends in close', get('Connection: xclose'), served, x],
  [
    'close with a body',
    post(['Connection: close', 'Content-Length: 2'], 'hi'),
    '200 closed',
    'POST /x hi',
  ],
  [
    'close with chunks',
    post(['Connection: close', 'Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\n\r\n'),
    '200 closed',
    'POST /x hi',
  ],
  [
    'close of HTTP/1.0',
    `GET /x HTTP/1.0\r\n${host}Connection: close, keep-alive\r\n\r\n`,
    '200 closed',
    x,
  ],
]

const upgrades: Row[] = [
  // Of a worker that takes none.
  ['an upgrade', get('Connection: Upgrade', 'Upgrade: foo'), '501 closed'],
  [
    'an upgrade to WebSocket',
    get('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'),
    '501 closed',
  ],
  [
    'an upgrade of HTTP/1.0',
    `GET /x HTTP/1.0\r\n${host}Connection: Upgrade\r\nUpgrade: foo\r\n\r\n`,
    '200 closed',
    x,
  ],
  [
    'an upgrade to HTTP/2 or something else',
    get('Connection: Upgrade', 'Upgrade: h2c, foo'),
    '501 closed',
  ],
  [
    'an upgrade to HTTP/2',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'),
    served,
    x,
  ],
  ['an upgrade that Connection does not name', get('Upgrade: foo'), served, x],
  ['an upgrade that Upgrade does not name', get('Connection: Upgrade'), served, x],
  [
    'an upgrade with a body',
    post(['Connection: Upgrade', 'Upgrade: foo', 'Content-Length: 2'], 'hi'),
    served,
    'POST /x hi',
  ],
  [
    'an upgrade with requests behind it',
    `${get('Connection: Upgrade', 'Upgrade: foo')}POST /2 HTTP/1.1\r\n${host}Content-Length: 4\r\n\r\nGET `,
    '501 closed',
  ],
]

const expectations: Row[] = [
  [
    '100-continue with a body',
    post(['Expect: 100-continue', 'Content-Length: 2'], 'hi'),
    '100 200 open',
    'POST /x hi',
  ],
  [
    '100-continue in capitals',
    post(['Expect: 100-Continue', 'Content-Length: 2'], 'hi'),
    '100 200 open',
    'POST /x hi',
  ],
  [
    '100-continue with chunks',
    post(['Expect: 100-continue', 'Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\n\r\n'),
    '100 200 open',
    'POST /x hi',
  ],
  ['100-continue without a body', get('Expect: 100-continue'), served, x],
  [
    '100-continue of HTTP/1.0',
    `POST /x HTTP/1.0\r\n${host}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
    '200 closed',
    'POST /x hi',
  ],
  ['another expectation', post(['Expect: 200-ok', 'Content-Length: 2'], 'hi'), '417 closed'],
  ['two expectations', post(['Expect: 100-continue, x', 'Content-Length: 2'], 'hi'), '417 closed'],
  ['an empty expectation', get('Expect:'), '417 closed'],
]

const pipelines: Row[] = [
  ['three requests', get() + get() + get(), '200 200 200 open', x, x, x],
  ['a body between two', get() + sized('5') + get(), '200 200 200 open', x, 'POST /x hello', x],
  [
    'chunks between two',
    get() + chunked('2\r\nhi\r\n0\r\n\r\n') + get(),
    '200 200 200 open',
    x,
    'POST /x hi',
    x,
  ],
  ['a request behind a close', get('Connection: close') + of('/evil'), '200 closed', x],
  ['a request behind HTTP/1.0', `GET /x HTTP/1.0\r\n${host}\r\n${of('/evil')}`, '200 closed', x],
  ['a request behind a refusal', at('a b') + of('/evil'), refused],
  ['a request behind bad framing', sized('5, 5') + of('/evil'), refused],
  ['a request behind bad chunks', chunked('x\r\n') + of('/evil'), refused],
  ['bad bytes behind a request', `${get()}\0\0\r\n\r\n`, '200 400 closed', x],
  ['bad bytes behind a body', `${sized('5')}\0\r\n\r\n`, '200 400 closed', 'POST /x hello'],
  ['a refused request behind a good one', get() + of('/x#y') + of('/evil'), '200 400 closed', x],
  [
    'an upgrade between two',
    get() + get('Connection: Upgrade', 'Upgrade: foo') + get(),
    '200 501 closed',
    x,
  ],
  ['line ends between two', `${get()}\r\n${get()}`, '200 200 open', x, x],
]

const groups: Readonly<Record<string, readonly Row[]>> = {
  framing,
  'transfer codings': codings,
  chunks,
  trailers,
  Host: hosts,
  targets,
  versions,
  methods,
  fields,
  limits,
  Connection: persistence,
  upgrades,
  Expect: expectations,
  pipelines: pipelines,
}

export const rawCases: readonly RawCase[] = Object.entries(groups).flatMap(([group, rows]) =>
  rows.map(([what, bytes, outcome, ...saw]) => ({
    what: `${group}: ${what}`,
    bytes,
    outcome,
    saw,
  })),
)

/**
 * What differs where a server of `node:http` reads, by its parser's or its own decision: it knows
 * of no method, version or target but to call them bad, is lenient with what comes before a request
 * and between the parts of its first line, and looks at what comes behind the last request.
 */
export const byNode: Readonly<Record<string, string>> = {
  'chunks: a long extension': '413 closed',
  'chunks: many long extensions': '200 closed',
  'trailers: a length as a trailer': '400 closed',
  'trailers: a coding as a trailer': '400 closed',
  'trailers: trailers that are too long': '431 closed',
  'versions: HTTP/3.0': '400 closed',
  'versions: the preface of HTTP/2': '400 closed',
  'versions: no version': '505 closed',
  'versions: RTSP': '200 closed',
  'versions: two blanks': '200 closed',
  'fields: an LF before the request': '200 closed',
  'methods: an unknown method': '400 closed',
  'methods: a method in lower case': '400 closed',
  'methods: CONNECT': 'closed',
  'methods: CONNECT to a path': 'closed',
  'limits: a target that is too long': '431 closed',
  'Expect: 100-continue without a body': '200 closed',
  'pipelines: a request behind a close': '400 closed',
  'pipelines: a request behind HTTP/1.0': '400 closed',
  'pipelines: bad bytes behind a request': '400 closed',
  'pipelines: bad bytes behind a body': '400 closed',
}
