import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bases, completeAnswers, pipelines, templates } from './answers.ts'
import { toolVersions } from './manifest.ts'
import { ownVersion, render, substitute } from './render.ts'
import type { PackedPackage } from './tarball.ts'

const matrix = templates.flatMap((template) =>
  bases.flatMap((base) => pipelines.map((ci) => ({ template, base, ci }))),
)

function fileOf(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path)
  if (text === undefined) throw new Error(`${path} is not among ${[...files.keys()].join(', ')}`)
  return text
}

describe('render', () => {
  it.each(matrix)('leaves no placeholder with $template, $base, $ci', (given) => {
    const files = render(completeAnswers({ name: 'delivery', ...given }), [])
    for (const [path, text] of files) {
      expect(text, path).not.toMatch(/\{\{[a-zA-Z]/)
      expect(text, path).toMatch(/[^\n]\n$/)
      expect(path).not.toMatch(/(^|\/)_/)
      if (path.endsWith('.json')) expect(() => JSON.parse(text) as unknown).not.toThrow()
    }
    expect(files.has('Jenkinsfile')).toBe(given.ci === 'jenkins' || given.ci === 'both')
    expect(files.has('.github/workflows/ci.yaml')).toBe(given.ci === 'github' || given.ci === 'both')
  })

  it('gives every service sources with a test, image, contract and origin', () => {
    for (const template of templates) {
      const files = render(completeAnswers({ name: 'delivery', template }), [])
      expect([...files.keys()]).toEqual(
        expect.arrayContaining([
          '.dockerignore',
          '.gitignore',
          'Dockerfile',
          'README.md',
          'config/default.json',
          'keelson.contract.json',
          'keelson.json',
          'package.json',
          'src/main.ts',
          'src/service.ts',
          'tsconfig.json',
        ]),
      )
      expect([...files.keys()].filter((path) => /^test\/.*\.test\.ts$/.test(path))).toHaveLength(1)
      expect(JSON.parse(fileOf(files, 'keelson.json'))).toMatchObject({
        version: ownVersion,
        answers: { name: 'delivery', template },
      })
    }
  })

  it('says on SIGTERM what happens, in the README', () => {
    const files = render(completeAnswers({ name: 'delivery' }), [])
    expect(fileOf(files, 'README.md')).toContain('## What happens on SIGTERM')
  })

  it.each([
    ['alpine', 'RUNTIME_IMAGE=node:24-alpine', '["node", '],
    ['slim', 'RUNTIME_IMAGE=node:24-slim', '["node", '],
    ['distroless', 'RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot', '["/nodejs/bin/node", '],
  ])('runs on %s without a shell', (base, image, start) => {
    const text = fileOf(render(completeAnswers({ name: 'delivery', base }), []), 'Dockerfile')
    expect(text).toContain(image)
    expect(text).toContain(`ENTRYPOINT ${start}`)
    expect(text).toMatch(/^USER \d+:\d+$/m)
  })

  it('names tarballs where the packages come from a folder, those in the depth by overrides', () => {
    const packages: readonly PackedPackage[] = [
      { name: '@keelson/cli', version: '0.1.0', file: 'keelson-cli-0.1.0.tgz', needs: [] },
      { name: '@keelson/core', version: '0.1.0', file: 'keelson-core-0.1.0.tgz', needs: [] },
      { name: 'create-keelson', version: '0.1.0', file: 'create-keelson-0.1.0.tgz', needs: [] },
      { name: 'keelson', version: '0.1.0', file: 'keelson-0.1.0.tgz', needs: [] },
    ]
    const files = render(completeAnswers({ name: 'delivery', packages: 'vendor' }), packages)
    expect(JSON.parse(fileOf(files, 'package.json'))).toMatchObject({
      dependencies: { keelson: 'file:vendor/keelson-0.1.0.tgz' },
      devDependencies: { '@keelson/cli': 'file:vendor/keelson-cli-0.1.0.tgz' },
      overrides: { '@keelson/core': 'file:vendor/keelson-core-0.1.0.tgz' },
    })
    expect(JSON.parse(fileOf(files, 'package.json'))).not.toHaveProperty('overrides.create-keelson')
    expect(fileOf(files, 'Dockerfile')).toContain('COPY vendor ./vendor')
    expect(fileOf(files, 'README.md')).toContain('not on a public registry yet')
  })

  it('gives a service the versions of the tools that this repository runs on', () => {
    const root = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>
    } // written by hand in this repository
    for (const [name, range] of Object.entries(toolVersions))
      expect(range).toBe(`^${root.devDependencies[name]}`)
  })
})

describe('substitute', () => {
  it('leaves expressions of GitHub alone', () => {
    expect(substitute('{{name}} ${{ github.sha }}', { name: 'a' }, 'x')).toBe('a ${{ github.sha }}')
  })

  it('refuses a name without a value', () => {
    expect(() => substitute('{{nmae}}', { name: 'a' }, 'x')).toThrow('{{nmae}}')
  })
})
