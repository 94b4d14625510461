// What the runner of GitHub Actions makes of the lines that a step writes: the workflow commands in
// them, by its own grammar, and what it shows.

export interface WorkflowCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

/** The old form, which the runner still finds anywhere in a line. */
const OLD_FORM = /##\[([^\]\s]+)([^\]]*)\](.*)/

/** All commands that a step gives; none counts between stop-commands and its word. */
export function workflowCommands(output: string): WorkflowCommand[] {
  const commands: WorkflowCommand[] = []
  let token: string | undefined
  for (const line of output.split(/\r\n|\r|\n/)) {
    const command = commandIn(line)
    if (token !== undefined) {
      if (command?.name === token) token = undefined
    } else if (command?.name === 'stop-commands') {
      token = command.message
    } else if (command !== undefined) {
      commands.push(command)
    }
  }
  return commands
}

function commandIn(line: string): WorkflowCommand | undefined {
  const [, head, message = ''] = /^::(.*?)::(.*)$/.exec(line.trimStart()) ?? []
  if (head === undefined) {
    const [, name, , text = ''] = OLD_FORM.exec(line) ?? []
    return name === undefined ? undefined : { name, properties: {}, message: text }
  }
  const space = head.indexOf(' ')
  const name = space < 0 ? head : head.slice(0, space)
  const pairs = space < 0 ? [] : head.slice(space + 1).split(',')
  const properties = pairs.map(pair => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals).trim(), unescaped(pair.slice(equals + 1))]
  })
  return { name, properties: Object.fromEntries(properties), message: unescaped(message) }
}

const SIGNS: Readonly<Record<string, string>> = {
  '%0D': '\r',
  '%0A': '\n',
  '%3A': ':',
  '%2C': ',',
  '%25': '%',
}

function unescaped(value: string): string {
  return value.replaceAll(/%(?:0D|0A|3A|2C|25)/g, sign => SIGNS[sign] ?? sign)
}
