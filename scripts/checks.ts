// The list of everything that `npm run check` looks at, in order: quick and telling ones first.

/** A program with its arguments; tools come from node_modules/.bin. */
export type CheckCommand = readonly [program: string, ...args: string[]]

/** One check of the repository. */
export interface Check {
  /** Name for `--only`. */
  readonly name: string
  /** What holds when it passes, for `--list`. */
  readonly holds: string
  /** Commands that must all exit with 0, in order. */
  readonly commands: readonly CheckCommand[]
}

/** Every check of the repository. */
export const checks: readonly Check[] = [
  {
    name: 'lock',
    holds: 'package-lock.json is complete for every platform, so that npm ci accepts it',
    commands: [['node', 'scripts/lock-platforms.mjs', '--check']],
  },
  { name: 'format', holds: 'files are formatted by biome', commands: [['biome', 'format', '.']] },
  {
    name: 'boundaries',
    holds: 'imports go down the layers, and only to declared dependencies',
    commands: [['turbo', 'boundaries']],
  },
  {
    name: 'cycles',
    holds: 'no file imports itself through others',
    commands: [['biome', 'lint', '--error-on-warnings', '.']],
  },
  {
    name: 'types',
    holds: 'packages build, and everything type-checks, tests included',
    commands: [
      ['tsc', '-b', '--pretty', 'false'],
      ['tsc', '-p', 'tsconfig.check.json', '--pretty', 'false'],
      // What runs in a browser has other globals.
      ['tsc', '-p', 'packages/cli/src/dev/page', '--pretty', 'false'],
    ],
  },
  // After the types: rules that need them read the declarations that the build has written.
  {
    name: 'lint',
    holds: 'oxlint finds nothing, rules that need types included',
    commands: [['oxlint', '--type-aware', '--deny-warnings']],
  },
  script('lines', 'no file is longer than 400 lines', 'check-lines.ts'),
  script('options', 'numbers that mean time say their unit', 'check-options.ts'),
  script(
    'imports',
    'foreign code enters through declared dependencies and one adapter each',
    'check-imports.ts',
  ),
  script('errors', 'error codes, catalogues and docs/reference/errors.md agree', 'check-errors.ts'),
  script('metrics', 'metric names, catalogue and docs/reference/metrics.md agree', 'check-metrics.ts'),
  script(
    'channels',
    'declared channels are published, and docs/reference/channels.md lists them',
    'check-channels.ts',
  ),
  script('flows', 'the files listed in docs/flows exist and import in that order', 'check-flows.ts'),
  script('examples', 'TypeScript in pages and doc comments compiles', 'check-examples.ts'),
  script('api', 'the public API is what packages/*/api.d.ts says', 'check-api.ts'),
  {
    name: 'knip',
    holds: 'no file, export or dependency is unused',
    commands: [['knip', '--no-progress', '--no-config-hints']],
  },
  script('packages', 'packed packages are whole, and publint and attw find nothing', 'check-packages.ts'),
  { name: 'unit', holds: 'unit tests pass', commands: [['vitest', 'run', '--project', 'unit']] },
]

function script(name: string, holds: string, file: string): Check {
  return { name, holds, commands: [['node', `scripts/${file}`]] }
}
