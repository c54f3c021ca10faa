import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasConflictMarks, mergeLines } from './merge-lines.ts'
import { planUpdate, type UpdateStep } from './plan-update.ts'

const names = { yours: 'yours', base: 'template 0.1.0', theirs: 'template 0.2.0' }

type Tree = Readonly<Record<string, string>>

function plan(base: Tree, yours: Tree, theirs: Tree): readonly UpdateStep[] {
  const map = (tree: Tree) => new Map(Object.entries(tree))
  return planUpdate({ base: map(base), yours: map(yours), theirs: map(theirs), names })
}

const file = 'first\nsecond\nthird\nfourth\nfifth\n'
const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`

describe('planUpdate', () => {
  it('does nothing when the template has not changed, whatever was edited, added or deleted', () => {
    expect(plan({ a: file, b: file }, { a: `${file}mine\n`, own: 'x' }, { a: file, b: file })).toEqual([])
  })

  it('takes a change to a file that was not edited', () => {
    const theirs = file.replace('second', 'SECOND')
    expect(plan({ a: file }, { a: file }, { a: theirs })).toEqual([
      { path: 'a', action: 'changed', text: theirs },
    ])
  })

  it('keeps an edit beside a change', () => {
    const steps = plan({ a: file }, { a: `mine\n${file}` }, { a: `${file}theirs\n` })
    expect(steps).toEqual([{ path: 'a', action: 'changed', text: `mine\n${file}theirs\n` }])
  })

  it('does nothing when both made the same change', () => {
    const same = file.replace('third', 'THIRD')
    expect(plan({ a: file }, { a: same }, { a: same })).toEqual([])
  })

  it('marks a line that both changed in different ways, and loses neither', () => {
    const [step] = plan(
      { a: file },
      { a: file.replace('third', 'mine') },
      { a: file.replace('third', 'theirs') },
    )
    expect(step).toMatchObject({ path: 'a', action: 'conflict', note: '1 place' })
    expect(step?.text).toBe(
      'first\nsecond\n<<<<<<< yours\nmine\n||||||| template 0.1.0\nthird\n=======\ntheirs\n>>>>>>> template 0.2.0\nfourth\nfifth\n',
    )
  })

  it('adds a file that is new in the template', () => {
    expect(plan({}, {}, { a: file })).toEqual([{ path: 'a', action: 'added', text: file }])
  })

  it('marks a file that both added with different contents', () => {
    const [step] = plan({}, { a: 'mine\n' }, { a: 'theirs\n' })
    expect(step?.action).toBe('conflict')
    for (const line of ['mine', 'theirs']) expect(step?.text).toContain(`${line}\n`)
  })

  it('removes a file that the template has dropped and nobody edited', () => {
    expect(plan({ a: file }, { a: file }, {})).toEqual([{ path: 'a', action: 'removed' }])
  })

  it('keeps a file that the template has dropped and somebody edited', () => {
    expect(plan({ a: file }, { a: `${file}mine\n` }, {})).toMatchObject([{ path: 'a', action: 'kept' }])
  })

  it('does not bring back a file that was deleted, and says that the template changed it', () => {
    expect(plan({ a: file }, {}, { a: `${file}theirs\n` })).toMatchObject([{ path: 'a', action: 'kept' }])
    expect(plan({ a: file }, {}, {})).toEqual([])
  })

  it('moves a file with the template, its edits with it', () => {
    const steps = plan(
      { 'src/a.ts': file },
      { 'src/a.ts': `${file}mine\n` },
      { 'src/b.ts': `theirs\n${file}` },
    )
    expect(steps).toEqual([
      { path: 'src/b.ts', from: 'src/a.ts', action: 'moved', text: `theirs\n${file}mine\n` },
    ])
  })

  it('takes a change to where a file was moved by its team', () => {
    const steps = plan({ 'a.ts': file }, { 'lib/a.ts': `${file}mine\n` }, { 'a.ts': `theirs\n${file}` })
    expect(steps).toEqual([{ path: 'lib/a.ts', action: 'changed', text: `theirs\n${file}mine\n` }])
  })

  it('leaves both files when the template moves one onto another', () => {
    const steps = plan({ 'a.ts': file }, { 'a.ts': file, 'b.ts': 'own\n' }, { 'b.ts': file })
    expect(steps).toMatchObject([{ path: 'a.ts', action: 'kept' }])
  })

  it('takes the changes of two versions at once', () => {
    const second = file.replace('second', '0.2')
    const third = `${second}0.3\n`
    expect(plan({ a: file }, { a: `mine\n${file}` }, { a: third })).toEqual([
      { path: 'a', action: 'changed', text: `mine\n${third}` },
    ])
  })

  it('keeps the line ends of a checkout on Windows, and sees no difference in them', () => {
    const windows = file.replaceAll('\n', '\r\n')
    expect(plan({ a: file }, { a: windows }, { a: file })).toEqual([])
    expect(plan({ a: file }, { a: windows }, { a: `${file}theirs\n` })).toEqual([
      { path: 'a', action: 'changed', text: `${windows}theirs\r\n` },
    ])
  })
})

describe('planUpdate, of JSON', () => {
  const base = { name: 'a', scripts: { test: 'vitest run' }, dependencies: { keelson: '0.1.0' } }

  it('merges neighbouring keys that a merge of lines would take for a conflict', () => {
    const yours = { ...base, dependencies: { keelson: '0.1.0', pg: '^8.0.0' } }
    const theirs = { ...base, dependencies: { keelson: '0.2.0' }, engines: { node: '>=24' } }
    const [step] = plan(
      { 'package.json': json(base) },
      { 'package.json': json(yours) },
      { 'package.json': json(theirs) },
    )
    expect(step?.action).toBe('changed')
    expect(step?.text).toBe(
      json({ ...base, dependencies: { keelson: '0.2.0', pg: '^8.0.0' }, engines: { node: '>=24' } }),
    )
  })

  it('marks a key that both changed, and one that one side removed', () => {
    const yours = { ...base, scripts: { test: 'mine' }, dependencies: {} }
    const theirs = { ...base, scripts: { test: 'theirs' }, dependencies: { keelson: '0.2.0' } }
    const [step] = plan({ 'a.json': json(base) }, { 'a.json': json(yours) }, { 'a.json': json(theirs) })
    expect(step).toMatchObject({ action: 'conflict', note: '2 places' })
    expect(step?.text).toContain(
      '<<<<<<< yours\n    "test": "mine"\n||||||| template 0.1.0\n    "test": "vitest run"\n=======\n    "test": "theirs"\n>>>>>>> template 0.2.0\n',
    )
    expect(step?.text).toContain('    "keelson": "0.2.0"\n>>>>>>>')
  })

  it('keeps order and indentation, and changes not a byte when there is nothing to take', () => {
    const yours =
      '{\n\t"dependencies": { "keelson": "0.1.0" },\n\t"scripts": { "test": "mine" },\n\t"name": "a"\n}'
    const theirs = json({ ...base, dependencies: { keelson: '0.2.0' } })
    const [step] = plan({ 'a.json': json(base) }, { 'a.json': yours }, { 'a.json': theirs })
    expect(Object.keys(JSON.parse(step?.text ?? '') as object)).toEqual(['dependencies', 'scripts', 'name'])
    expect(step?.text).toMatch(/^\{\n\t"dependencies"/)
    expect(step?.text).toMatch(/\}$/)
    const same = json({ ...base, name: 'b' })
    expect(
      plan({ 'a.json': json(base) }, { 'a.json': same }, { 'a.json': same.replaceAll('  ', '\t') }),
    ).toEqual([])
  })

  it('merges JSON with comments by lines', () => {
    const commented = `// why\n${json(base)}`
    const [step] = plan(
      { 'a.json': json(base) },
      { 'a.json': commented },
      { 'a.json': json({ ...base, dependencies: { keelson: '0.2.0' } }) },
    )
    expect(step?.text).toBe(commented.replace('0.1.0', '0.2.0'))
  })
})

function linesOf(whole: string): readonly string[] {
  return whole.split('\n')
}

function count(lines: readonly string[], line: string): number {
  return lines.filter((one) => one === line).length
}

describe('mergeLines', () => {
  // Few different lines, so that they repeat and move.
  const text = array(constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))

  it('never loses a line that one side has added', () => {
    assert(
      property(text, text, text, (base, yours, theirs) => {
        const merged = linesOf(mergeLines(base, yours, theirs, names).text)
        for (const side of [linesOf(yours), linesOf(theirs)]) {
          for (const line of new Set(side)) {
            const isNew = count(linesOf(base), line) === 0
            if (isNew) expect(count(merged, line)).toBeGreaterThanOrEqual(count(side, line))
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is one side when the other has changed nothing, and marks nothing then', () => {
    assert(
      property(text, text, (base, changed) => {
        expect(mergeLines(base, changed, base, names)).toEqual({ text: changed, conflictCount: 0 })
        expect(mergeLines(base, base, changed, names)).toEqual({ text: changed, conflictCount: 0 })
        expect(mergeLines(base, changed, changed, names)).toEqual({ text: changed, conflictCount: 0 })
      }),
    )
  })

  it('leaves marks that are recognized', () => {
    expect(hasConflictMarks(mergeLines('a', 'b', 'c', names).text)).toBe(true)
    expect(hasConflictMarks('a <<<<<<< b\n=======\n')).toBe(false)
  })
})
