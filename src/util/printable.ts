// Text from outside as people may see it. On a terminal control characters move the cursor, rename
// the window and colour what follows; marks of direction show text in another order than it has;
// and what is there without being seen makes two names look like one. This is the one place that
// says what is shown as it is and what is escaped: everything that prints goes through it.
//
// Letters, signs and blanks of all scripts are shown as they are. A backslash is not escaped: what
// is printed is to be read, not to be read back.

import { toText } from './bytes.ts'

const UNSEEN =
  '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Noncharacter_Code_Point}\\p{Default_Ignorable_Code_Point}'
const ESCAPED = new RegExp(`[${UNSEEN}]`, 'gu')
/** The same without the ends of lines. */
const ESCAPED_IN_LINES = new RegExp(`(?!\\r?\\n)[${UNSEEN}]`, 'gu')
const PLAIN = /^[ -~]*$/

/** One line: its ends of lines are escaped as well. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(ESCAPED, escapeOf)
}

/** Several lines, put together by us. */
export function printableLines(text: string): string {
  return text.replace(ESCAPED_IN_LINES, escapeOf)
}

/** JSON that holds the same as before, in escapes that JSON has. */
export function printableJson(json: string): string {
  return json.replace(ESCAPED_IN_LINES, char => char.split('').map(unit).join(''))
}

/** One line out of bytes: what is not UTF-8 is escaped, too. */
export function printableBytes(bytes: string): string {
  return PLAIN.test(bytes) ? bytes : printable(validText(bytes))
}

/** Several lines out of bytes. */
export function printableByteLines(bytes: string): string {
  return printableLines(validText(bytes))
}

/** One letter of two to four bytes, or a byte that belongs to none. */
const SEQUENCES = new RegExp(
  [
    '[\\xc2-\\xdf][\\x80-\\xbf]',
    '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]',
    '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
    '\\xed[\\x80-\\x9f][\\x80-\\xbf]',
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}',
    '[\\xf1-\\xf3][\\x80-\\xbf]{3}',
    '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
    '[\\x80-\\xff]',
  ].join('|'),
  'g',
)

function validText(bytes: string): string {
  if (/[^\0-\xff]/.test(bytes)) return bytes // Text already.
  return toText(bytes.replace(SEQUENCES, found => (found.length > 1 ? found : hex(found))))
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
])

/** As Redis does it, and above ASCII as JavaScript does. */
function escapeOf(char: string): string {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x80) return NAMES.get(char) ?? hex(char)
  return code > 0xffff ? `\\u{${code.toString(16)}}` : unit(char)
}

function hex(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function unit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
