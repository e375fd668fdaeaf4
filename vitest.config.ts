import { configDefaults, defineConfig } from 'vitest/config'

/** Files that run the tests of another file in another setting, which is state of their process. */
const byNode = 'test/**/*-by-node.test.ts'

/** A project per package that runs on the sources, and one for what needs several of them. */
const unit = (name: string) => ({
  extends: true as const,
  test: {
    name,
    root: `packages/${name}`,
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, byNode],
  },
})

export default defineConfig({
  ssr: {
    resolve: { conditions: ['@resumelb/source', 'node'] },
  },
  test: {
    projects: [
      unit('common'),
      unit('protocol'),
      unit('resume'),
      unit('upstream'),
      unit('zookeeper'),
      unit('worker'),
      unit('lb'),
      {
        extends: true,
        test: { name: 'lb-by-node', root: 'packages/lb', include: [byNode], isolate: true },
      },
      { extends: true, test: { name: 'bench', root: 'bench', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'examples', root: 'examples', include: ['*/test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          root: 'test',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
    // Most tests wait for sockets and processes, so that both cores of a small machine have two files
    // at a time; by default there would be one.
    maxWorkers: '100%',
    // No test leaves anything behind, and a process for each file would double the CPU time.
    isolate: false,
    // For machines that do much else: here a time limit is only against what never ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})
