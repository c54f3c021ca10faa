import { describe, expect, it } from 'vitest'
import { apiText, checkApi } from '../../scripts/check-api.ts'
import { findPackages, readText } from '../../scripts/repository.ts'
import { createTree, packageTree, type Tree } from './tree.ts'

const declarations: Tree = {
  ...packageTree('a', {}, ''),
  'packages/a/dist/index.d.ts':
    "export { b, type Options as BOptions } from './b.ts';\nexport { aErrors } from './errors.ts';\n",
  'packages/a/dist/errors.d.ts':
    "export declare const aErrors: {\n    readonly KEELSON_A_BROKEN: 'It is broken.';\n};\n",
  'packages/a/dist/b.d.ts': `import type { Shape } from './shape.ts';
/** What b takes. */
export interface Options {
    /** Milliseconds. */
    readonly delayMs: number;
    readonly shape: Shape;
}
export declare function b(options: Options): void;
export declare function internal(): void;
declare module 'fastify' {
    interface FastifyInstance {
        readonly b: Options;
    }
}
`,
  'packages/a/dist/shape.d.ts':
    'export type Shape = {\n    kind: Kind;\n};\ntype Kind = "a" | "b;";\ninterface Other {\n}\nexport {};\n',
}

describe('apiText', () => {
  it('holds what the entry exports and what that mentions, without comments', () => {
    const root = createTree(declarations)
    const [found] = findPackages(root)
    if (found === undefined) throw new Error('the tree has no package')
    expect(apiText(root, found)).toBe(
      `// Public API of @fixture/a. Generated: npm run api

// @fixture/a

export interface Options {
    readonly delayMs: number;
    readonly shape: Shape;
}
// exported as BOptions
export declare const aErrors: {
    readonly KEELSON_A_BROKEN: string;
};
export declare function b(options: Options): void;

// Not exported, but part of the types above.

type Kind = "a" | "b;";
type Shape = {
    kind: Kind;
};

// Added to types of others.

declare module 'fastify' {
    interface FastifyInstance {
        readonly b: Options;
    }
}
`.replaceAll('export declare ', 'export '),
    )
  })
})

describe('checkApi', () => {
  it('refuses a snapshot that is out of date, and one that is not there', () => {
    const root = createTree(declarations)
    expect(checkApi(root).problems).toEqual([expect.stringContaining('packages/a/api.d.ts is out of date')])
    expect(checkApi(root, { write: true }).problems).toEqual([])
    expect(checkApi(root).problems).toEqual([])
    const changed = createTree({
      ...declarations,
      'packages/a/api.d.ts': readText(root, 'packages/a/api.d.ts').replace('delayMs', 'waitMs'),
    })
    expect(checkApi(changed).problems).toEqual([expect.stringContaining('npm run api')])
  })
})
