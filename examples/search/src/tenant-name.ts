/** Which tenant a request is for: the first label of the host that it asks for. */

/** `tenant-01`, `tenant-02`, ... */
export function tenantNames(count: number): string[] {
  const digits = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, index) => {
    return `tenant-${String(index + 1).padStart(digits, '0')}`
  })
}

/**
 * `tenant-07` for `Tenant-07.localhost:8080` or `www.tenant-07.example.org.`; `undefined` for a host
 * that names no tenant: none at all, an address, or one label such as `localhost`.
 */
export function tenantOfHost(host: string | undefined): string | undefined {
  if (host === undefined || host.startsWith('[')) return undefined
  const labels = host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/\.$/, '')
    .replace(/^www\./, '')
    .split('.')
  const [first] = labels
  if (labels.length < 2 || labels.every((label) => /^\d+$/.test(label))) return undefined
  return first
}
