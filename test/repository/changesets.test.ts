import { matchesGlob } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findFiles, findPackages, readText, repositoryRoot } from '../../scripts/repository.ts'

const published = findPackages(repositoryRoot).map(({ manifest }) => manifest.name)

describe('pending changesets', () => {
  // A formatter of Markdown takes the header for a heading, and the release then stops at a file that nobody can read.
  it.each(findFiles(repositoryRoot, ['.changeset/*.md']))('%s has a header that names packages', (file) => {
    const [, header = ''] =
      /^---\n((?:'[^'\n]+': (?:major|minor|patch)\n)+)---\n\n\S/.exec(readText(repositoryRoot, file)) ?? []
    const names = [...header.matchAll(/^'([^']+)'/gm)].map(([, name]) => name)
    expect(names).not.toEqual([])
    for (const name of names) expect(published).toContain(name)
  })

  it('move all packages to one version', () => {
    const { fixed } = JSON.parse(readText(repositoryRoot, '.changeset/config.json')) as {
      readonly fixed: readonly (readonly string[])[]
    } // written by hand in this repository
    expect(fixed).toHaveLength(1)
    const left = published.filter((name) => !fixed[0]?.some((pattern) => matchesGlob(name, pattern)))
    expect(left).toEqual([])
  })
})
