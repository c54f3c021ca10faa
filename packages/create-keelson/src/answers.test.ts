import { describe, expect, it } from 'vitest'
import { completeAnswers, imageProblem } from './answers.ts'

const refused = expect.objectContaining({ code: 'KEELSON_CREATE_USAGE' })

describe('completeAnswers', () => {
  it('takes defaults for everything but the name', () => {
    expect(completeAnswers({ name: 'delivery' })).toEqual({
      name: 'delivery',
      template: 'api',
      base: 'alpine',
      ci: 'jenkins',
      image: 'registry.example.org/delivery',
      packages: 'registry',
    })
    expect(completeAnswers({ name: 'delivery', template: 'minimal' }).ci).toBe('none')
  })

  it.each(['', 'Delivery', '1st', 'a_b', 'a.b', '-a', 'a-', '../a', 'a b', 'ä', 'a'.repeat(64)])(
    'refuses the name "%s"',
    (name) => {
      expect(() => completeAnswers({ name })).toThrow(refused)
    },
  )

  it.each(['a', 'a1', 'video-delivery', 'a'.repeat(63)])('takes the name "%s"', (name) => {
    expect(completeAnswers({ name }).name).toBe(name)
  })

  it.each([{ template: 'web' }, { base: 'ubuntu' }, { ci: 'gitlab' }, { image: 'a b' }, { packages: 'git' }])(
    'refuses %o',
    (given) => {
      expect(() => completeAnswers({ name: 'delivery', ...given })).toThrow(refused)
    },
  )
})

describe('imageProblem', () => {
  it.each(['delivery', 'team/delivery', 'localhost:5000/delivery', 'registry.example.org/a/b_c/d-e'])(
    'takes %s',
    (image) => {
      expect(imageProblem(image)).toBeUndefined()
    },
  )

  it.each(['', 'Delivery', 'delivery:1', 'a//b', 'a@sha256:0', "a'; sh", 'a'.repeat(256)])(
    'refuses "%s"',
    (image) => {
      expect(imageProblem(image)).toContain('cannot be the name of an image')
    },
  )
})
