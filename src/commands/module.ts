// MODULE: there are none, and none can be loaded.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { MODULE } from '../table/families/server.ts'

export const modules = handlers(MODULE, {
  'module|help': moduleHelp,
  'module|list': moduleList,
  'module|load': moduleLoad,
  'module|loadex': moduleLoad,
  'module|unload': moduleUnload,
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
