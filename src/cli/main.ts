#!/usr/bin/env node
// redis-tls-mock on the command line: takes redis-server's arguments and configuration files, logs
// as it does, and ends as it does.

import { subcommandOf } from './subcommands.ts'

const words = process.argv.slice(2)
const subcommand = subcommandOf(words)
// A subcommand does without the server.
if (subcommand !== undefined) void subcommand()
else {
  void import('./run.ts').then(async ({ run }) => {
    process.exitCode = await run(words)
  })
}
