import { describe, expect, it } from 'vitest'
import { checkExamples } from '../../scripts/check-examples.ts'
import { readExamples } from '../../scripts/doc-examples.ts'
import { createTree, packageTree } from './tree.ts'

describe('readExamples', () => {
  it('takes TypeScript only, and not what is marked', () => {
    const page =
      '# A\n\n```ts\na()\n```\n\n```sh\nls\n```\n\n```ts ignore\n…\n```\n\n```ts file=video.ts\nb()\n```\n'
    expect(readExamples('README.md', page)).toEqual([
      { page: 'README.md', line: 4, fileName: undefined, code: 'a()\n' },
      { page: 'README.md', line: 16, fileName: 'video.ts', code: 'b()\n' },
    ])
  })
})

describe('checkExamples', () => {
  it('names the page and line of an example that does not compile, in pages and in doc comments', async () => {
    const source = `/**
 * Adds.
 *
 * @example
 * \`\`\`ts
 * const sum: string = 1 + 1
 * \`\`\`
 */
export const value: number = 1
`
    const root = createTree({
      ...packageTree('a', {}, source),
      'README.md': '# A\n\n```ts\nconst count: number = 1\nconst text: string = count\n```\n',
      'docs/guide.md':
        "```ts file=video.ts\nexport const title: string = 'x'\n```\n\n```ts\nimport { title } from './video.ts'\nconst a: number = title\n```\n",
    })
    const { problems } = await checkExamples(root)
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(/^README\.md:5: error TS2322/),
      expect.stringMatching(/^docs\/guide\.md:7: error TS2322/),
      expect.stringMatching(/^packages\/a\/src\/index\.ts:6: error TS2322/),
    ])
  })

  it('lets examples import the packages by their names', async () => {
    const page =
      "```ts\nimport { KeelsonError } from '@keelson/core/errors'\n\nthrow new KeelsonError('A_CODE', 'A message.')\n```\n"
    expect((await checkExamples(createTree({ 'README.md': page }))).problems).toEqual([])
  })
})
