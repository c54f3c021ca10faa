import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createCatalogue } from './catalogue.ts'
import type { Check } from './check.ts'
import { contractSchema } from './contract-schema.ts'

const catalogue = createCatalogue('2026-01-01')

describe('the catalogue', () => {
  it('gives every check an id of its own, in its group, with reason and remedy', () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length)
    for (const { id, group, title, reason, remedy } of catalogue) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/)
      expect(id.startsWith(`${group}.`)).toBe(true)
      expect(title).not.toMatch(/\.$/)
      expect(reason).toMatch(/^[A-Z].*\.$/s)
      expect(remedy).toMatch(/^[A-Z].*\.$/s)
    }
  })

  it('is the page docs/reference/checks.md', async () => {
    await expect(page(catalogue)).toMatchFileSnapshot('../../../../docs/reference/checks.md')
  })

  it('has its contract file described by the published schema', () => {
    const published = new URL('../../schemas/contract.schema.json', import.meta.url)
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(contractSchema)
  })
})

function page(checks: readonly Check[]): string {
  const groups = [...new Set(checks.map(({ group }) => group))]
  const sections = groups.map((group) => {
    const rows = checks
      .filter((check) => check.group === group)
      .map(({ id, title, levels, needsProcess, isOptIn, reason, remedy }) =>
        [
          `### ${id}`,
          '',
          `Holds when ${title}.`,
          '',
          `- level: ${levels.keelson} (keelson), ${levels.generic} (generic)${needsProcess ? '; the command must have started the process' : ''}${isOptIn ? '; only with `--leak`' : ''}`,
          `- why: ${reason}`,
          `- remedy: ${remedy}`,
          '',
        ].join('\n'),
      )
    return `## ${group}\n\n${rows.join('\n')}`
  })
  return [
    '# Checks of keelson verify',
    '',
    'How to use them: [verify](../guides/verify.md). An id is never renamed or used again. This page is generated:',
    '`vitest run --project unit packages/cli/src/verify/catalogue.test.ts -u`.',
    '',
    sections.join('\n'),
  ].join('\n')
}
