/** Figures and names as people read them. Pure. */

/** What is shown for what is unknown. */
const unknown = '–'

/** Seconds: `4.2 ms`, `120 ms`, `3.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return unknown
  const ms = seconds * 1000
  if (ms < 9.95) return `${ms.toFixed(ms === 0 ? 0 : 1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return two(whole, 60, 'min', 1, 's')
  if (whole < 86_400) return two(whole, 3600, 'h', 60, 'min')
  return two(whole, 86_400, 'd', 3600, 'h')
}

function two(seconds: number, large: number, name: string, small: number, rest: string): string {
  const remainder = Math.floor((seconds % large) / small)
  const first = `${Math.floor(seconds / large)} ${name}`
  return remainder === 0 ? first : `${first} ${remainder} ${rest}`
}

/** Seconds from one instant to another, both as in ISO 8601; null if there is no first one. */
export function secondsBetween(from: string | null, to: string): number | null {
  return from === null ? null : Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
}

/** From 0 to 1, as `97 %`. Only all is 100 %, and only none is 0 %. */
export function percent(ratio: number | null): string {
  if (ratio === null) return unknown
  const value = ratio * 100
  if (value > 0 && value < 0.95) return '< 1 %'
  if (value > 99 && value < 100) return `${Math.min(99.9, value).toFixed(1)} %`
  return `${Math.round(value)} %`
}

/** A number with at most three digits, or all of those before the point. */
export function number(value: number | null): string {
  if (value === null) return unknown
  if (value !== 0 && Math.abs(value) < 100 && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(value < 1 ? 2 : 3)))
  }
  return Math.round(value).toLocaleString('en')
}

/** Requests per second, so that small ones in a column can be compared: `0.03`, `12.4`. */
export function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(2) : perSecond.toFixed(1)
}

/** Bytes, in units of 1024. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length, Math.floor(Math.log(value) / Math.log(1024)))
  return `${number(value / 1024 ** power)} ${units[power - 1]}`
}

/** The time of day of an instant, where the reader is. */
export function timeOfDay(instant: string): string {
  return new Date(instant).toLocaleTimeString('en-GB')
}

/** Addresses without the host that all of them share: `:8001`. */
export function shortNames(addresses: readonly string[]): string[] {
  const hosts = new Set(addresses.map((address) => address.replace(/:\d+$/, '')))
  if (hosts.size !== 1) return [...addresses]
  return addresses.map((address) => /:\d+$/.exec(address)?.[0] ?? address)
}

/** `1 worker`, `2 workers`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`
}
