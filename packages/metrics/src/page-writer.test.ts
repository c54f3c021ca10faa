import { describe, expect, test } from 'vitest'
import { numberText } from './exposition.ts'
import { encodeBefore, PageWriter } from './page-writer.ts'

function lineOf(value: number): string {
  const page = new PageWriter('text')
  page.line(encodeBefore('a '), value)
  return page.toString()
}

describe('PageWriter', () => {
  test('writes every number as numberText does', () => {
    const powers = Array.from({ length: 20 }, (_, digits) => 10 ** digits)
    const whole = powers.flatMap((power) => [power - 1, power, power + 1])
    const limits = [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER, 1e21]
    const others = [-1, -0.5, 0.1, 1 / 3, 5e-324, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity]
    for (const value of [0, ...whole, ...limits, ...others]) {
      expect(lineOf(value)).toBe(`a ${numberText(value)}\n`)
    }
  })

  test('grows with what is written, characters of every width included', () => {
    const page = new PageWriter('text')
    const before = `route{path="/${'日本ü😀'.repeat(100)}"} `
    for (let line = 0; line < 200; line++) page.line(encodeBefore(before), line)
    page.text(before)
    const lines = Array.from({ length: 200 }, (_, line) => `${before}${line}\n`)
    expect(page.toString()).toBe(lines.join('') + before)
  })

  test('hands a page over, which the next one does not touch', () => {
    const page = new PageWriter('text')
    const take = () => page.take()
    for (let line = 0; line < 5_000; line++) page.line(encodeBefore('first '), line)
    const first = take()
    const text = Buffer.from(first).toString()
    expect(text.split('\n')).toHaveLength(5_001)
    expect(page.length).toBe(0)
    for (let line = 0; line < 6_000; line++) page.line(encodeBefore('second '), line)
    expect(Buffer.from(first).toString()).toBe(text)
    expect(Buffer.from(take()).toString().split('\n')).toHaveLength(6_001)
    expect(take()).toHaveLength(0)
  })

  test('forgets what is cut off', () => {
    const page = new PageWriter('text')
    page.text('kept\n')
    const { length } = page
    page.text('header of nothing\n')
    page.cutAt(length)
    page.line(encodeBefore('a '), 1)
    expect(page.toString()).toBe('kept\na 1\n')
  })
})
