import { describe, expect, it } from 'vitest'
import { hostNamesOf } from './hosts-file.ts'

describe('hostNamesOf', () => {
  it('reads every alias and no address or comment', () => {
    const names = hostNamesOf(
      '127.0.0.1\tlocalhost\n10.0.0.7  Pod-7.example pod-7 # added by kubelet\n\n#10.0.0.8 gone\n',
    )
    expect([...names]).toEqual(['localhost', 'pod-7.example', 'pod-7'])
  })
})
