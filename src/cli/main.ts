#!/usr/bin/env node
// redis-tls-mock on the command line: takes redis-server's arguments and configuration files, logs
// as it does, and ends as it does.

import { run } from './run.ts'
import { subcommandOf } from './subcommands.ts'

const words = process.argv.slice(2)
const subcommand = subcommandOf(words)
if (subcommand === undefined) run(words)
else void subcommand()
