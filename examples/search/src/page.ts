/** The pages for people. Functions from facts to HTML, nothing else. */
import type { Hit, TenantIndex } from './tenant-index.ts'

/** How an answer was made. */
export interface Served {
  /** The process that made it. */
  readonly worker: string
  /** Whether the tenant's index was there already, or had to be built for this request. */
  readonly index: 'warm' | 'cold'
  /** Milliseconds of building, 0 if it was warm, and of searching. */
  readonly indexMs: number
  readonly searchMs: number
}

export interface Answer {
  readonly query: string
  readonly total: number
  readonly hits: readonly Hit[]
}

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff }
  h1 { font-size: 1.5rem } h2 { font-size: 1.05rem; margin: 1.2rem 0 0 } p { margin: .3rem 0 }
  input { font: inherit; padding: .4rem; width: 20rem; max-width: 60% } button { font: inherit; padding: .4rem .8rem }
  .served { margin: 1rem 0; padding: .6rem .8rem; border-left: .3rem solid }
  .warm { border-color: #2e7d32; background: #edf7ee } .cold { border-color: #1565c0; background: #e8f1fb }
  .quiet { color: #555; font-size: .9rem } ul.tenants { columns: 4; padding-left: 1.2rem }
`

/** A tenant's page: the search form, and what it found if something was asked. */
export function tenantPage(index: TenantIndex, served: Served, answer?: Answer): string {
  const { tenant, trade, documentCount, termCount, suggestions } = index
  const links = suggestions.map(
    (word) => `<a href="/search?q=${encodeURIComponent(word)}">${escapeHtml(word)}</a>`,
  )
  return page(
    `${tenant}, a ${trade}`,
    `${form(answer?.query ?? '')}
    ${answer === undefined ? '' : results(answer)}
    ${servedBy(served)}
    <p>Try ${links.join(', ')}. The ${trade} of ${tenant} has ${documentCount} documents with
      ${termCount} different words.</p>`,
  )
}

/** The page of a host that is no tenant's: where the tenants are. */
export function frontPage(tenants: readonly string[], port: string): string {
  const items = tenants.map(
    (name) => `<li><a href="http://${name}.localhost${port}/">${name}</a></li>`,
  )
  return page(
    'Search for many tenants',
    `<p>Each of these has documents of its own. A worker process keeps the indexes of only a few of them.</p>
    <ul class="tenants">${items.join('')}</ul>`,
  )
}

export function errorPage(status: number, message: string): string {
  return page(String(status), `<p>${escapeHtml(message)}</p>`)
}

function page(title: string, content: string): string {
  // The empty icon: a browser's request for /favicon.ico would count as a tenant's.
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="icon" href="data:,">
  <title>${escapeHtml(title)}</title>
  <style>${style}</style>
</head>
<body>
  <main>
    <h1>${escapeHtml(title)}</h1>
    ${content}
  </main>
</body>
</html>
`
}

function form(query: string): string {
  return `<form action="/search" role="search">
      <label for="q">Search the documents</label><br>
      <input id="q" name="q" type="search" required autofocus value="${escapeHtml(query)}">
      <button>Search</button>
    </form>`
}

function results({ query, total, hits }: Answer): string {
  const count = total === 1 ? '1 document' : `${total} documents`
  const items = hits.map(
    ({ kind, title, excerpt }) =>
      `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(excerpt)} <span class="quiet">${escapeHtml(kind)}</span></p>`,
  )
  return `<p>${count} for “${escapeHtml(query)}”${total > hits.length ? `, the best ${hits.length}` : ''}:</p>
    ${items.join('\n    ')}`
}

function servedBy({ worker, index, indexMs, searchMs }: Served): string {
  const story =
    index === 'warm'
      ? 'it had the index already'
      : `it had to build the index first, which took ${indexMs.toFixed(1)} ms`
  return `<p class="served ${index}">Answered by <strong>${escapeHtml(worker)}</strong>: ${story};
      the rest took ${searchMs.toFixed(2)} ms.</p>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
