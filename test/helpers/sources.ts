// What the sources say of themselves, read with TypeScript's own parser: imports and exports,
// functions and their lengths, and where the types are overruled.

import fs from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

export const SRC = path.join(import.meta.dirname, '..', '..', 'src')

export interface Import {
  /** The imported file below src/, or the name of a package. */
  readonly target: string
  readonly names: readonly string[]
  /** Only types are taken, so that nothing is loaded. */
  readonly isType: boolean
  /** Loaded when it is called, or when a name of it is first used. */
  readonly isLazy: boolean
  /** `export ... from`. */
  readonly isExport: boolean
}

export interface Export {
  readonly name: string
  readonly isType: boolean
}

export interface Fn {
  readonly name: string
  readonly lines: number
}

export interface SourceFacts {
  /** Below src/. */
  readonly file: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
  readonly functions: readonly Fn[]
  /** How often `!` says that something is there. */
  readonly nonNull: number
  /** How often `as` says what something is; `as const` says nothing new. */
  readonly casts: number
  /** Every name in the code. */
  readonly identifiers: ReadonlySet<string>
  /** The lines of comments. */
  readonly comments: readonly string[]
}

export function readSources(): readonly SourceFacts[] {
  return fs
    .readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.tsx?$/.test(file))
    .sort()
    .map(file => factsOf(file, fs.readFileSync(path.join(SRC, file), 'utf8')))
}

export function factsOf(file: string, text: string): SourceFacts {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  const reader = new Reader(file)
  reader.read(tree)
  return {
    file,
    text,
    lines: text.split('\n').length - 1,
    imports: reader.imports,
    exports: reader.exports,
    functions: reader.functions,
    nonNull: reader.nonNull,
    casts: reader.casts,
    identifiers: reader.identifiers,
    comments: commentsOf(text),
  }
}

class Reader {
  readonly imports: Import[] = []
  readonly exports: Export[] = []
  readonly functions: Fn[] = []
  readonly identifiers = new Set<string>()
  nonNull = 0
  casts = 0
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  read(tree: ts.SourceFile): void {
    for (const statement of tree.statements) this.#statement(statement)
    this.#walk(tree, tree)
  }

  #statement(statement: ts.Statement): void {
    if (ts.isImportDeclaration(statement)) {
      const { importClause: clause, moduleSpecifier } = statement
      const bindings = clause?.namedBindings
      const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : []
      const isNamespace = bindings !== undefined && ts.isNamespaceImport(bindings)
      const isWhole = clause?.name !== undefined || isNamespace
      const isType =
        clause !== undefined &&
        (clause.isTypeOnly || (!isWhole && named.every(({ isTypeOnly }) => isTypeOnly)))
      const isLazy = isNamespace && moduleSpecifier.getText().startsWith("'.")
      this.#import(moduleSpecifier, named, { isType, isLazy, isExport: false })
    } else if (ts.isExportDeclaration(statement)) {
      const { exportClause: clause, moduleSpecifier, isTypeOnly } = statement
      const named = clause && ts.isNamedExports(clause) ? clause.elements : []
      const isType = isTypeOnly || (named.length > 0 && named.every(one => one.isTypeOnly))
      if (moduleSpecifier === undefined) return
      this.#import(moduleSpecifier, named, { isType, isLazy: false, isExport: true })
    } else {
      this.#declaration(statement)
    }
  }

  #import(
    specifier: ts.Expression,
    named: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
    how: Pick<Import, 'isType' | 'isLazy' | 'isExport'>,
  ): void {
    if (!ts.isStringLiteral(specifier)) return
    const { text } = specifier
    const target = text.startsWith('.') ? path.join(path.dirname(this.#file), text) : text
    const names = named.map(({ propertyName, name }) => (propertyName ?? name).text)
    this.imports.push({ target, names, ...how })
  }

  #declaration(statement: ts.Statement): void {
    if (!ts.canHaveModifiers(statement)) return
    const modifiers = ts.getModifiers(statement) ?? []
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        if (ts.isIdentifier(name)) this.exports.push({ name: name.text, isType: false })
      }
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      // The signatures of an overloaded function are one name.
      const name = statement.name?.text ?? 'default'
      if (this.exports.at(-1)?.name !== name) this.exports.push({ name, isType: false })
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      this.exports.push({ name: statement.name.text, isType: true })
    }
  }

  #walk(node: ts.Node, tree: ts.SourceFile): void {
    if (ts.isNonNullExpression(node)) this.nonNull++
    else if (ts.isAsExpression(node) && node.type.getText(tree) !== 'const') this.casts++
    else if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) this.identifiers.add(node.text)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      if (specifier) this.#import(specifier, [], { isType: false, isLazy: true, isExport: false })
    } else if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const from = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line
      const to = tree.getLineAndCharacterOfPosition(node.end).line
      const name = node.name?.getText(tree) ?? nameAround(node, tree)
      this.functions.push({ name, lines: to - from + 1 })
    }
    ts.forEachChild(node, child => this.#walk(child, tree))
  }
}

/** Of a function without a name, the name of what holds it. */
function nameAround({ parent }: ts.Node, tree: ts.SourceFile): string {
  return (parent && 'name' in parent && (parent.name as ts.Node | undefined)?.getText(tree)) || ''
}

/** In this house a comment has its lines to itself. */
function commentsOf(text: string): string[] {
  return [...text.matchAll(/^ *(?:\/\/|\/\*\*|\*) ?(.*)$/gm)].map(([, comment = '']) => comment)
}

/** Files that are loaded with a file, itself included: what is imported, but not when called. */
export function loadedWith(
  sources: readonly SourceFacts[],
  ...entries: readonly string[]
): ReadonlySet<string> {
  const byFile = new Map(sources.map(source => [source.file, source]))
  const loaded = new Set<string>()
  const load = (file: string): void => {
    const source = byFile.get(file)
    if (source === undefined || loaded.has(file)) return
    loaded.add(file)
    for (const { target, isType, isLazy } of source.imports) {
      if (!isType && !isLazy) load(target)
    }
  }
  for (const entry of entries) {
    if (!byFile.has(entry)) throw new Error(`There is no ${entry}`)
    load(entry)
  }
  return loaded
}

/** Sets of files that all reach each other by imports, types included; the largest first. */
export function circles(sources: readonly SourceFacts[]): string[][] {
  const byFile = new Map(sources.map(source => [source.file, source]))
  const order = new Map<string, number>()
  const stack: string[] = []
  const open = new Set<string>()
  const found: string[][] = []
  const visit = (file: string): number => {
    const index = order.size
    order.set(file, index)
    stack.push(file)
    open.add(file)
    let lowest = index
    for (const { target } of byFile.get(file)?.imports ?? []) {
      if (!byFile.has(target)) continue
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (open.has(target)) lowest = Math.min(lowest, order.get(target) ?? index)
    }
    if (lowest === index) {
      const circle = stack.splice(stack.indexOf(file))
      for (const one of circle) open.delete(one)
      if (circle.length > 1) found.push(circle.sort())
    }
    return lowest
  }
  for (const { file } of sources) if (!order.has(file)) visit(file)
  return found.sort((a, b) => b.length - a.length)
}
