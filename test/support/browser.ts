/** Debian's Chromium, without a window, for tests of pages. */
import { type Browser, chromium } from 'playwright-core'
import { toolAvailable } from './tools.ts'

/** Whether a browser can be started here; see {@link toolAvailable}. */
export function browserAvailable(): boolean {
  return toolAvailable('chromium')
}

/**
 * Starts the browser, which takes about a second: once per test file. It resolves only `localhost`
 * and the names below it, so that no page can reach anything outside of this machine. The caller
 * closes it.
 */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1 , EXCLUDE *.localhost',
    ],
  })
}
