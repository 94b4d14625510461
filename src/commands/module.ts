// MODULE: there are none, and none can be loaded.

import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'
import { help } from '../server/help.ts'

export const module = family('server', '', {
  module: {
    arity: -2,
    flags: 'protected',
    since: '4.0.0',
    subcommands: {
      help: { arity: 2, flags: 'loading stale', since: '5.0.0', run: moduleHelp },
      list: {
        arity: 2,
        flags: 'admin noscript',
        tips: 'nondeterministic_output_order',
        since: '4.0.0',
        run: moduleList,
      },
      load: {
        arity: -3,
        flags: 'admin noscript no_async_loading',
        since: '4.0.0',
        run: moduleLoad,
      },
      loadex: {
        arity: -3,
        flags: 'admin noscript no_async_loading',
        since: '7.0.0',
        run: moduleLoad,
      },
      unload: {
        arity: 3,
        flags: 'admin noscript no_async_loading',
        since: '4.0.0',
        run: moduleUnload,
      },
    },
  },
})

function moduleList(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.array(0)
}

function moduleLoad(_client: Client, _args: Args, _reply: ReplyWriter): void {
  throw err('Error loading the extension. Please check the server logs.')
}

function moduleUnload(_client: Client, _args: Args, _reply: ReplyWriter): void {
  throw err('Error unloading module: no such module with that name')
}

function moduleHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'LIST',
    '    List the modules that are loaded.',
    'LOAD <path> [<arg> ...]',
    '    Load a module.',
    'LOADEX <path> [[CONFIG NAME VALUE] ...] [ARGS ...]',
    '    Load a module with configuration.',
    'UNLOAD <name>',
    '    Unload a module.',
  ])
}
