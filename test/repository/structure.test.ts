import { describe, expect, it } from 'vitest'
import { checkImports } from '../../scripts/check-imports.ts'
import { checks } from '../../scripts/checks.ts'
import { readText, repositoryRoot } from '../../scripts/repository.ts'
import { runCommand, type CommandResult } from '../../scripts/run-command.ts'
import { createTree, packageTree, type Tree } from './tree.ts'

const workspace: Tree = {
  'package.json': {
    name: 'fixture',
    private: true,
    packageManager: 'npm@11.19.1',
    workspaces: ['packages/*'],
  },
  'package-lock.json': { name: 'fixture', lockfileVersion: 3, packages: {} },
  // The rules under test are the repository's own.
  'turbo.json': { boundaries: JSON.parse(readText(repositoryRoot, 'turbo.json')).boundaries, tasks: {} },
  'biome.json': { ...JSON.parse(readText(repositoryRoot, 'biome.json')), vcs: { enabled: false } },
  '.oxlintrc.json': readText(repositoryRoot, '.oxlintrc.json'),
  'knip.json': readText(repositoryRoot, 'knip.json'),
}
const value = 'export const value: number = 1\n'

describe('boundaries', () => {
  it('pass when parts import the base', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree('base', {}, value, 'base'),
      ...packageTree(
        'a',
        { dependencies: { '@fixture/base': '0.1.0' } },
        "export { value } from '@fixture/base'\n",
      ),
    })
    expect(await runCheck('boundaries', root)).toMatchObject({ code: 0 })
  })

  it('fail when a part imports a part, declared or not', async () => {
    const importer = "export { value } from '@fixture/b'\n"
    for (const manifest of [{ dependencies: { '@fixture/b': '0.1.0' } }, {}]) {
      const root = createTree({
        ...workspace,
        ...packageTree('a', manifest, importer),
        ...packageTree('b', {}, value),
      })
      expect(await runCheck('boundaries', root)).toMatchObject({
        code: 1,
        output: expect.stringContaining('@fixture/b'),
      })
    }
  })

  it('fail when the base imports a part', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree(
        'base',
        { dependencies: { '@fixture/a': '0.1.0' } },
        "export { value } from '@fixture/a'\n",
        'base',
      ),
      ...packageTree('a', {}, value),
    })
    expect(await runCheck('boundaries', root)).toMatchObject({ code: 1 })
  })

  it('fail when a package imports files of another by path', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree('base', {}, value, 'base'),
      ...packageTree('a', {}, "export { value } from '../../base/src/index.ts'\n"),
    })
    expect(await runCheck('boundaries', root)).toMatchObject({
      code: 1,
      output: expect.stringContaining('leaves'),
    })
  })

  it('fail when a dependency is not declared', async () => {
    const root = createTree({ ...workspace, ...packageTree('a', {}, "export { request } from 'undici'\n") })
    expect(await runCheck('boundaries', root)).toMatchObject({
      code: 1,
      output: expect.stringContaining('undici'),
    })
  })
})

describe('cycles', () => {
  it('fail when two files import each other', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree(
        'a',
        {},
        "import { other } from './other.ts'\nexport const value: () => number = () => other()\n",
      ),
      'packages/a/src/other.ts':
        "import { value } from './index.ts'\nexport const other: () => number = () => value()\n",
    })
    expect(await runCheck('cycles', root)).toMatchObject({
      code: 1,
      output: expect.stringContaining('cycle'),
    })
  })

  it('pass when imports go one way', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree('a', {}, "export { value } from './value.ts'\n"),
      'packages/a/src/value.ts': value,
    })
    expect(await runCheck('cycles', root)).toMatchObject({ code: 0 })
  })
})

describe('checkImports', () => {
  it('finds an undeclared dependency, and one that only tests may use', () => {
    const source =
      "import { a } from 'undici'\nimport { b } from '@fixture/testing'\nexport const value = [a, b]\n"
    const manifest = { devDependencies: { '@fixture/testing': '0.1.0' } }
    const { problems } = checkImports(createTree(packageTree('a', manifest, source)))
    expect(problems).toHaveLength(2)
    expect(problems[0]).toContain('packages/a/src/index.ts:1: imports undici')
  })

  it('finds a second file that imports a third-party library', () => {
    const root = createTree({
      ...packageTree('a', { dependencies: { undici: '1', fastify: '1' } }, "export { a } from 'undici'\n"),
      'packages/a/src/other.ts': "const late = () => import('undici')\nexport { late }\n",
      'packages/a/src/one.ts':
        "import type { FastifyInstance } from 'fastify'\nexport type One = FastifyInstance\n",
      'packages/a/src/two.ts':
        "import type { FastifyInstance } from 'fastify'\nexport type Two = FastifyInstance\n",
    })
    expect(checkImports(root).problems).toEqual([expect.stringContaining('undici is imported by')])
  })

  it('finds an import of the own index', () => {
    const root = createTree({
      ...packageTree('a', {}, value),
      'packages/a/src/other.ts': "import { value } from './index.ts'\nexport const other: number = value\n",
    })
    expect(checkImports(root).problems).toEqual([expect.stringContaining('imports its own ./index.ts')])
  })

  it('takes no import from a comment or a text', () => {
    const source = "// import 'undici'\nexport const text = `\nimport { x } from 'undici'`\n"
    expect(checkImports(createTree(packageTree('a', {}, source))).problems).toEqual([])
  })
})

describe('tools of the checks', () => {
  it('format: fail on a file that is not formatted', async () => {
    const root = createTree({
      'biome.json': workspace['biome.json'] ?? '',
      'a.ts': 'export const a   =  "x";\n',
    })
    expect(await runCheck('format', root)).toMatchObject({ code: 1 })
  })

  it('lint: fail on a promise that nobody waits for', async () => {
    const root = createTree({
      '.oxlintrc.json': workspace['.oxlintrc.json'] ?? '',
      'tsconfig.json': { compilerOptions: { strict: true, module: 'nodenext', types: [] } },
      'a.ts': 'export async function a(): Promise<void> {}\na()\n',
    })
    expect(await runCheck('lint', root)).toMatchObject({
      code: 1,
      output: expect.stringContaining('no-floating-promises'),
    })
  })

  it('knip: fail on an export that nobody imports', async () => {
    const root = createTree({
      ...workspace,
      ...packageTree('a', {}, "export { value } from './value.ts'\n"),
      'packages/a/src/value.ts': `${value}export const unused: number = 2\n`,
    })
    expect(await runCheck('knip', root)).toMatchObject({ code: 1, output: expect.stringContaining('unused') })
  })
})

async function runCheck(name: string, cwd: string): Promise<CommandResult> {
  const [command] = checks.find((check) => check.name === name)?.commands ?? []
  if (command === undefined) throw new Error(`no check is named ${name}`)
  const [program, ...args] = command
  return runCommand(program, args, { cwd })
}
