// MODULE: there are none, and nobody can load one.

import t from 'tap'
import { ANY, transcript } from '../helpers/transcript.ts'

transcript(t, 'MODULE is off unless enable-module-command says otherwise', [
  ['MODULE LIST', []],
  [
    'MODULE LOAD /nonexistent/module.so',
    '-ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  ],
  [
    'MODULE LOADEX /nonexistent/module.so',
    '-ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  ],
  [
    'MODULE UNLOAD nosuch',
    '-ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  ],
  ['MODULE LOAD', "-ERR wrong number of arguments for 'module|load' command"],
  ['MODULE', "-ERR wrong number of arguments for 'module' command"],
  ['MODULE NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try MODULE HELP."],
  ['MODULE HELP', ANY, 'shape'],
  ['MULTI', '+OK'],
  [
    'MODULE LOAD /nonexistent/module.so',
    '-ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  ],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
])

transcript(
  t,
  'MODULE knows no modules',
  [
    ['MODULE LIST', []],
    ['MODULE LIST x', "-ERR wrong number of arguments for 'module|list' command"],
    [
      'MODULE LOAD /nonexistent/module.so',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    [
      'MODULE LOAD /nonexistent/module.so with arguments',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    [
      'MODULE LOADEX /nonexistent/module.so',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    [
      'MODULE LOADEX /nonexistent/module.so CONFIG a b ARGS c',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    [
      'MODULE LOADEX /nonexistent/module.so CONFIG a',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    [
      'MODULE LOADEX /nonexistent/module.so WHAT',
      '-ERR Error loading the extension. Please check the server logs.',
    ],
    ['MODULE UNLOAD nosuch', '-ERR Error unloading module: no such module with that name'],
    ['MODULE UNLOAD', "-ERR wrong number of arguments for 'module|unload' command"],
    ['MODULE LOAD', "-ERR wrong number of arguments for 'module|load' command"],
    ['MODULE', "-ERR wrong number of arguments for 'module' command"],
    ['MODULE NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try MODULE HELP."],
    ['MODULE HELP', ANY, 'shape'],
    [
      "EVAL \"return redis.call('MODULE', 'LIST')\" 0",
      '-ERR This Redis command is not allowed from script script: 7936d52454cf42bd8b6374e9b038a0cae959a792, on @user_script:1.',
    ],
  ],
  { config: [['enable-module-command', 'yes']] },
)
