import { defineConfig } from 'vitest/config'

/** A project per package that runs on the sources, and one for what needs several of them. */
const unit = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ['test/**/*.test.ts'] },
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
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // For machines that do much else: here a time limit is only against what never ends.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})
