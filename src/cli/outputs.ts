// `--reporter FORM` and `--reporter FORM=FILE`, which several subcommands take.

import fs from 'node:fs'
import path from 'node:path'
import { printableByteLines } from '../util/printable.ts'
import { systemReason } from '../util/system-error.ts'
import { type Option, UsageError } from './options.ts'
import { print, writeBytesFile, writeReportFile } from './out.ts'

export interface Output<Form extends string> {
  readonly form: Form
  /** Undefined: standard output. */
  readonly file: string | undefined
}

/** The option that readOutputs() reads. */
export function reporterOption(forms: readonly string[]) {
  return {
    type: 'string',
    multiple: true,
    value: 'FORM',
    words: forms,
    what:
      `${forms.join(', ')} (default: ${forms[0]}); FORM=FILE writes it to a file; ` +
      'may be given several times',
  } as const satisfies Option
}

/**
 * `junit=report.xml`, or just `junit`; without any, text.
 * @throws UsageError
 */
export function readOutputs<Form extends string>(
  words: readonly string[] | undefined,
  forms: readonly Form[],
  option = 'reporter',
): readonly Output<Form>[] {
  return (words ?? [forms[0] ?? 'text']).map(word => {
    const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    const form = forms.find(known => known === name)
    if (form === undefined) throw new UsageError(`--${option} is one of ${forms.join(', ')}`)
    return outputTo(form, file)
  })
}

/**
 * A report to be; the folder of its file is made now, and not when all work is done.
 * @throws UsageError if that cannot be, or the file is a folder
 */
export function outputTo<Form extends string>(form: Form, file: string | undefined): Output<Form> {
  if (file === undefined) return { form, file }
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.accessSync(fs.existsSync(file) ? file : path.dirname(file), fs.constants.W_OK)
  } catch (error) {
    throw new UsageError(`Cannot write ${file}: ${systemReason(error)}`)
  }
  if (file === '' || fs.statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`Cannot write '${file}': it is no file`)
  }
  return { form, file }
}

/** ACL files are bytes, which Redis reads again; every other form is text. */
export function writeOutputs<Form extends string>(
  outputs: readonly Output<Form>[],
  textOf: (form: Form) => string,
): void {
  for (const { form, file } of outputs) {
    const text = textOf(form)
    if (form === 'acl') {
      if (file === undefined) print(printableByteLines(text))
      else writeBytesFile(file, text)
    } else if (file === undefined) print(text)
    else writeReportFile(file, text)
  }
}
