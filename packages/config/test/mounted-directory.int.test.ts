import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createConfig } from '../src/index.ts'

describe('the mounted directory on a real file system', () => {
  it('is read anew soon after each swap of ..data, long before the next poll', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-mounted-'))
    const swap = (generation: string, text: string) => {
      mkdirSync(join(folder, generation))
      writeFileSync(join(folder, generation, 'greeting'), text)
      symlinkSync(generation, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    swap('..1', 'one')
    const config = await createConfig({
      service: 'catalog',
      schema: { greeting: { format: 'string', default: 'none', reload: 'hot' } },
      env: { KEELSON_CONFIG_DIR: folder },
    })
    try {
      for (const text of ['two', 'three', 'four']) {
        swap(`..${text}`, text)
        // The bound is generous, and far below the 30 s of the poll.
        await vi.waitFor(() => expect(config.current.greeting).toBe(text), { timeout: 10_000 })
      }
      expect(config.revision).toBe(4)
    } finally {
      await config.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
