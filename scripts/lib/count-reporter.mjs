/**
 * A reporter of Vitest that writes how many tests passed and were skipped, and what failed, as JSON
 * into the file that the variable RESUMELB_TEST_COUNT names. Vitest's own JSON leaves out what fails
 * outside of tests: hooks, and promises that are rejected without a handler.
 */
import { writeFileSync } from 'node:fs'

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, skipped: 0, failures: [] }
    const fail = (name, errors) => count.failures.push({ name, message: messageOf(errors) })
    for (const module of modules) {
      const file = fileOf(module)
      if (module.errors().length > 0) fail(file, module.errors())
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) fail(`${file} > ${suite.fullName}`, suite.errors())
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        if (state === 'failed') fail(`${file} > ${test.fullName}`, errors)
        else count[state === 'passed' ? 'passed' : 'skipped'] += 1
      }
    }
    for (const error of unhandledErrors) fail('outside of any test', [error])
    writeFileSync(process.env.RESUMELB_TEST_COUNT, JSON.stringify(count))
  }
}

function fileOf({ project, relativeModuleId }) {
  return `${project.name}: ${relativeModuleId}`
}

/** For each error its message, the lines of our own code that it went through, and the difference. */
function messageOf(errors) {
  return errors.map((error) => [textOf(error), error.diff].filter(Boolean).join('\n')).join('\n')
}

function textOf({ stack, message, VITEST_TEST_NAME: during }) {
  // The stack of a test that has run out of time begins with something else.
  const text = stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`
  const lines = text.split('\n').filter((line) => !foreignFrame.test(line))
  return [...lines, ...(during === undefined ? [] : [`    during or after: ${during}`])].join('\n')
}

const foreignFrame = /^\s+at .*(node_modules|node:internal|new Promise|\(<anonymous>\))/
