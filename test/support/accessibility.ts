/** Checks pages for what keeps people from using them. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds wrong with the page, in short. */
export async function findings(page: Page): Promise<unknown> {
  // The policy of the page is about its documents, and does not bind the debugger.
  await page.evaluate(axe.source)
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`)
}
