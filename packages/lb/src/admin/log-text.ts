/** The parts of lines of the access log: dates, names of users, text of clients. */
import { oncePerSecond } from '@resumelb/common'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** The time as in the combined format. */
export const dateNow: () => string = oncePerSecond((now) => {
  const day = String(now.getUTCDate()).padStart(2, '0')
  const time = now.toISOString().slice(11, 19)
  return `${day}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}:${time} +0000`
})

/** Only the user name of basic authentication is logged, never the password. */
export function userOf(authorization: string | undefined): string | undefined {
  const credentials = authorization && basic.exec(authorization)?.[1]
  if (!credentials) return undefined
  const [user] = Buffer.from(credentials, 'base64').toString().split(':', 1)
  // Spaces would shift the fields for programs that split lines at them.
  return user?.replaceAll(' ', '%20')
}

const basic = /^basic +([\w+/=-]+) *$/i

/** Escapes text of clients, so that it cannot end a field or a line, or control a terminal. */
export function escaped(text: string | undefined): string {
  if (text === undefined || text === '') return '-'
  return unsafe.test(text) ? text.replace(everyUnsafe, escapeOf) : text
}

const unsafe = /["\\\p{Cc}\p{Zl}\p{Zp}]/u
const everyUnsafe = new RegExp(unsafe, 'gu')

function escapeOf(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const code = character.charCodeAt(0).toString(16)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`
}
