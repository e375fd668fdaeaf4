/** The sources of all packages, as the TypeScript compiler understands them. */
import { fileURLToPath } from 'node:url'
import type { Node, SourceFile } from 'typescript/unstable/ast'
import { API, type Checker, type Program } from 'typescript/unstable/sync'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceCode {
  readonly program: Program
  readonly checker: Checker
  /** Of the packages, without their tests. */
  readonly files: readonly SourceFile[]
}

/** Calls `read` with the sources, and returns what it returns. Starts and ends the compiler. */
export function readSourceCode<Result>(read: (code: SourceCode) => Result): Result {
  const api = new API({ cwd: root })
  try {
    const snapshot = api.updateSnapshot({ openProjects: [`${root}tsconfig.test.json`] })
    const [project] = snapshot.getProjects()
    if (project === undefined) throw new Error('tsconfig.test.json is no project')
    const { program, checker } = project
    const files = program
      .getSourceFileNames()
      .filter((name) => /^packages\/\w+\/src\//.test(name.slice(root.length)))
      .map((name) => program.getSourceFile(name))
      .filter((file) => file !== undefined)
    return read({ program, checker, files })
  } finally {
    api.close()
  }
}

/** The path from the root of the repository. */
export function pathOf(file: SourceFile): string {
  return file.fileName.slice(root.length)
}

/** Calls `visit` with each node below this one. */
export function visitAll(node: Node, visit: (node: Node) => void): void {
  node.forEachChild((child) => {
    visit(child)
    visitAll(child, visit)
    return undefined
  })
}
