/**
 * The token that the admin server wants: kept while the tab is open, and sent with each request.
 */

const key = 'resumelb-token'

export function token(): string | null {
  return sessionStorage.getItem(key)
}

export function keepToken(value: string): void {
  sessionStorage.setItem(key, value)
}

/**
 * Takes it from a link that ends with `#token=…`, and out of the address bar. What follows the hash
 * is sent to no server.
 */
export function takeTokenFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return
  keepToken(given)
  history.replaceState(null, '', location.pathname + location.search)
}
