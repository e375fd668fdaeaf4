/** The application of the cost benchmark: a 12-byte answer, or a 2 KB page with ten fields. */
const page = Buffer.from('<p>0123456789</p>\n'.repeat(114).slice(0, 2048))

const pageFields = {
  'content-type': 'text/html; charset=utf-8',
  'content-length': page.length,
  'cache-control': 'private, max-age=60',
  etag: '"5f2b-5d3c8a9b7e100"',
  'last-modified': 'Mon, 02 Nov 2026 08:00:00 GMT',
  vary: 'Accept-Encoding, Cookie',
  'set-cookie': 'session=4f1b2d6c8e0a; Path=/; HttpOnly; SameSite=Lax',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

const helloFields = { 'content-type': 'text/plain', 'content-length': 12 }

export default (request, response) => {
  if (request.url === '/page') response.writeHead(200, pageFields).end(page)
  else response.writeHead(200, helloFields).end('hello, world')
}
