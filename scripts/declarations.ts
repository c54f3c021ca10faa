// Reads an emitted .d.ts file: its statements without comments, what each declares, what it imports and exports.
import { readSource } from './source-text.ts'

/** A top-level statement that declares something. */
export interface Declaration {
  /** The statement, comments removed, without `export` and `declare`. */
  readonly text: string
  /** Words of the statement that may name other declarations. */
  readonly words: ReadonlySet<string>
  /** `import('./x.ts').Name` inside the statement. */
  readonly inlineImports: readonly { readonly specifier: string; readonly name: string }[]
}

/** Where a name of a module comes from. */
export interface Binding {
  readonly specifier: string
  /** Name in that module; `*` for the whole of it. */
  readonly name: string
}

/** One module of the emitted declarations. */
export interface DeclarationModule {
  /** Declarations by name; overloads share one. */
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>
  /** Names brought in by imports. */
  readonly imports: ReadonlyMap<string, Binding>
  /** Exported names: a local name, or a name of another module. */
  readonly exports: ReadonlyMap<string, string | Binding>
  /** `declare module` and `declare global` blocks, which act without being named. */
  readonly augmentations: readonly Declaration[]
}

/** Reads the text of an emitted declaration file. */
export function readDeclarations(text: string): DeclarationModule {
  const declarations = new Map<string, Declaration[]>()
  const imports = new Map<string, Binding>()
  const exports = new Map<string, string | Binding>()
  const augmentations: Declaration[] = []
  for (const statement of splitStatements(readSource(text).code)) {
    const from = /^(?:import|export)\b[^]*?\bfrom\s+['"](?<specifier>[^'"]+)['"]/.exec(statement)
    const list = /^(?<kind>import|export)(?:\s+type)?\s*(?<all>\*\s+as\s+\w+)?\{?(?<names>[^}]*)\}?/.exec(
      statement,
    )?.groups
    const declared =
      /^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:interface|type|class|function|const|let|var|enum|namespace)\s+(?<name>[\w$]+)/.exec(
        statement,
      )?.groups?.['name']
    if (/^declare\s+(?:module|global)\b/.test(statement)) augmentations.push(declaration(statement))
    else if (declared !== undefined && from === null) {
      declarations.set(declared, [...(declarations.get(declared) ?? []), declaration(statement)])
      if (statement.startsWith('export')) exports.set(declared, declared)
    } else if (list !== undefined) {
      const specifier = from?.groups?.['specifier']
      const names = list['all'] ?? list['names'] ?? ''
      for (const { outer, inner } of readNames(names)) {
        if (list['kind'] === 'import' && specifier !== undefined)
          imports.set(inner, { specifier, name: outer })
        if (list['kind'] === 'export')
          exports.set(inner, specifier === undefined ? outer : { specifier, name: outer })
      }
    }
  }
  return { declarations, imports, exports, augmentations }
}

/** Splits at the ends of top-level statements: a semicolon, or the brace that closes a block. */
function splitStatements(code: string): readonly string[] {
  const { bare } = readSource(code)
  const statements: string[] = []
  let start = 0
  let depth = 0
  for (let at = 0; at < bare.length; at++) {
    const char = bare[at] ?? ''
    if ('{(['.includes(char)) depth++
    if ('})]'.includes(char)) depth--
    const block =
      /^\s*(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:interface|class|enum|namespace|module|global)\b/
    if (depth === 0 && (char === ';' || (char === '}' && block.test(bare.slice(start, at))))) {
      statements.push(tidy(code.slice(start, at + 1)))
      start = at + 1
    }
  }
  return statements.filter((statement) => statement !== '')
}

function tidy(statement: string): string {
  const lines = statement.split('\n').map((line) => line.trimEnd())
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .trim()
}

function declaration(statement: string): Declaration {
  const { bare } = readSource(statement)
  return {
    text: statement.replace(/^export\s+/, '').replace(/^declare\s+(?!module|global)/, ''),
    words: new Set(bare.match(/[A-Za-z_$][\w$]*/g)),
    inlineImports: [...statement.matchAll(/\bimport\(["']([^"']+)["']\)\.(\w+)/g)].map((match) => ({
      specifier: match[1] ?? '',
      name: match[2] ?? '',
    })),
  }
}

/** Names of `a, type B as C`, and of `* as d`. */
function readNames(list: string): readonly { readonly outer: string; readonly inner: string }[] {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^type\s+/, ''))
    .filter((item) => /^[\w$*]/.test(item))
    .map((item) => {
      const [outer = '', inner = outer] = item.split(/\s+as\s+|\s+from\b/).map((word) => word.trim())
      return { outer, inner: inner === '' ? outer : inner }
    })
}
